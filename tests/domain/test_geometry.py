"""Sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.geometry import Size

SIZES = st.builds(Size, st.integers(1, 20_000), st.integers(1, 20_000))


@given(SIZES)
def test_a_size_reads_back_what_it_prints(size: Size) -> None:
    assert Size.parse(str(size)) == size


@pytest.mark.parametrize("text", ["768x512", " 768 x 512 ", "768×512", "768*512", "768,512"])
def test_a_size_can_be_written_in_many_ways(text: str) -> None:
    assert Size.parse(text) == Size(768, 512)


def test_one_number_is_a_square() -> None:
    assert Size.parse("512") == Size(512, 512)


@pytest.mark.parametrize("text", ["", "x", "512x", "x512", "big", "1.5x2", "512x512x512", "9" * 5000, "nan", "512 512"])
def test_anything_else_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        Size.parse(text)


@given(SIZES, st.sampled_from([1, 8, 16, 32, 64]))
def test_rounding_finds_the_nearest_multiple(size: Size, multiple: int) -> None:
    rounded = size.rounded_to(multiple)
    for before, after in ((size.width, rounded.width), (size.height, rounded.height)):
        assert after >= multiple
        assert after % multiple == 0
        assert abs(after - before) <= multiple / 2 or before < multiple
    assert rounded.rounded_to(multiple) == rounded


@given(SIZES, SIZES)
def test_fitting_stays_inside_and_never_enlarges(size: Size, limit: Size) -> None:
    fitted = size.fitted_into(limit)
    assert 1 <= fitted.width <= min(size.width, limit.width)
    assert 1 <= fitted.height <= min(size.height, limit.height)
    assert fitted.fitted_into(limit) == fitted


@given(SIZES, SIZES)
def test_fitting_keeps_the_shape_and_fills_the_limit(size: Size, limit: Size) -> None:
    fitted = size.fitted_into(limit)
    scale = min(1, limit.width / size.width, limit.height / size.height)
    assert abs(fitted.width - max(1, size.width * scale)) <= 0.5 + 1e-6
    assert abs(fitted.height - max(1, size.height * scale)) <= 0.5 + 1e-6
