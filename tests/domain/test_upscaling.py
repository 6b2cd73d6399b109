import pytest

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.upscaling import Upscaling, require_valid_upscaling


def test_the_result_is_named_after_the_picture() -> None:
    assert Upscaling("pictures/fox.jpg", 2).name == "fox-x2"


@pytest.mark.parametrize(("factor", "size"), [(4, Size(2048, 1)), (2, Size(4096, 4096))])
def test_pictures_within_the_limit_can_be_enlarged(factor: int, size: Size) -> None:
    require_valid_upscaling(Upscaling("fox.png", factor), size)


@pytest.mark.parametrize(("factor", "size"), [(4, Size(2049, 1)), (2, Size(1, 4097)), (3, Size(8, 8)), (1, Size(8, 8))])
def test_others_are_refused_with_a_way_out(factor: int, size: Size) -> None:
    with pytest.raises(StudioError) as caught:
        require_valid_upscaling(Upscaling("fox.png", factor), size)
    assert (caught.value.problem.kind, caught.value.problem.field) == (ErrorKind.INPUT, "factor")
    assert caught.value.problem.hint
