"""Photoshop documents: what they hold goes both ways, and the merged picture is the picture."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image
from psd_tools import PSDImage
from psd_tools.api.layers import Group
from psd_tools.constants import BlendMode as StoredMode

from studio.domain.document.adjustments import LINE, Blur, CurvePoint, Curves, Levels
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import (
    AdjustmentLayer,
    GroupLayer,
    ImageLayer,
    Mask,
    MaskLayer,
    PaintLayer,
)
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.blend import straight
from studio.imaging.exchange import read, write
from tests.examples import few
from tests.imaging.exchange.documents import STORE, documents, masked, nameless, painted, rendered, solid

RED = (255, 0, 0, 255)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("psd")


@settings(max_examples=few(25))
@given(documents(everything=False))
def test_what_the_format_holds_comes_back(folder: Path, document: Document) -> None:
    path = folder / "a.psd"
    assert write(path, document, STORE) == ()
    found = read(path, STORE)
    assert found.notices == ()
    # A file without layers is its merged picture.
    assert not document.layers or nameless(found.document) == nameless(document)
    with Image.open(path) as image:
        assert image.mode == "RGBA"
        assert (np.asarray(image) == straight(rendered(document))).all()


def test_the_library_of_the_field_sees_the_same_document(tmp_path: Path) -> None:
    """psd-tools' own view of the tree, which is independent of how we walk the records."""
    group = GroupLayer(
        name="Gruppe Ω",
        mode=BlendMode.PASS_THROUGH,
        children=(
            PaintLayer(name="unten", tiles=solid(Rect(2, 3, 10, 8), RED), locked=True),
            PaintLayer(name="oben", tiles=painted(1, Rect(-4, 0, 9, 9)), clipped=True, visible=False, opacity=0.6),
        ),
        expanded=False,
    )
    top = PaintLayer(name="top", tiles=solid(Rect(0, 0, 5, 5), RED), mask=masked(2, Rect(1, 1, 3, 3), 255))
    write(tmp_path / "a.psd", Document(Size(20, 16), (group, top)), STORE)
    psd = PSDImage.open(tmp_path / "a.psd")
    first, second = psd
    assert (first.name, first.kind, first.blend_mode) == ("Gruppe Ω", "group", StoredMode.PASS_THROUGH)
    assert isinstance(first, Group)
    lower, upper = first
    assert lower.bbox == (2, 3, 12, 11)
    assert lower.locks is not None
    assert lower.locks.complete
    assert (upper.opacity, upper.visible, upper.clipping) == (153, False, True)
    assert second.mask is not None
    assert (second.mask.bbox, second.mask.background_color) == ((0, 0, 256, 256), 255)
    lower_image = lower.topil()
    assert lower_image is not None
    assert lower_image.getpixel((0, 0)) == RED


def test_what_the_format_lacks_is_told_and_drawn(tmp_path: Path) -> None:
    layers = (
        PaintLayer(tiles=solid(Rect(0, 0, 40, 40), RED)),
        PaintLayer(tiles=painted(1, Rect(4, 4, 20, 20))),
        AdjustmentLayer(name="soft", adjustment=Blur(2.0), mask=masked(3, Rect(0, 0, 20, 20), 255)),
        ImageLayer(
            name="turned", tiles=painted(2, Rect(0, 0, 9, 9)), width=9, height=9, matrix=(2, 1, 5, 0, 2, 5, 0, 0, 1)
        ),
        MaskLayer(name="region"),
        AdjustmentLayer(name="half", adjustment=Levels(gamma=1.5), mask=Mask(EMPTY, 100)),
    )
    document = Document(Size(40, 40), layers, selection=Mask())
    told = {layer for notice in write(tmp_path / "a.psd", document, STORE) for layer in notice.layers}
    assert told == {"soft", "turned", "region"}
    found = read(tmp_path / "a.psd", STORE).document
    assert [layer.name for layer in found.layers] == ["", "", "soft", "turned", "half"]
    assert np.abs(rendered(found).astype(int) - rendered(document)).max() <= 2


def psd(
    mode: int,
    depth: int,
    channels: int,
    width: int,
    height: int,
    data: bytes,
    resources: bytes = b"",
    palette: bytes = b"",
) -> bytes:
    """A file without layers, as any program may write it."""
    parts = [struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, height, width, depth, mode)]
    parts += [struct.pack(">I", len(part)) + part for part in (palette, resources, b"")]
    return b"".join([*parts, struct.pack(">H", 0), data])


@pytest.mark.parametrize(
    ("mode", "depth", "planes", "expected"),
    [
        (3, 8, [10, 20, 30], (10, 20, 30)),
        (3, 16, [257 * 10, 257 * 20, 257 * 30 + 128], (10, 20, 30)),
        (1, 8, [77], (77, 77, 77)),
        (1, 16, [65_535], (255, 255, 255)),
        (8, 8, [77], (77, 77, 77)),
        (4, 8, [255, 255, 255, 255], (255, 255, 255)),
        (4, 8, [255, 255, 255, 0], (0, 0, 0)),
        (9, 8, [128, 128, 128], (119, 119, 119)),
        (3, 8, [10, 20, 30, 99], (10, 20, 30)),  # a saved selection is no transparency
    ],
)
def test_files_without_layers(
    tmp_path: Path, mode: int, depth: int, planes: list[int], expected: tuple[int, int, int]
) -> None:
    data = b"".join(np.full((3, 5), value, f">u{depth // 8}").tobytes() for value in planes)
    (tmp_path / "a.psd").write_bytes(psd(mode, depth, len(planes), 5, 3, data))
    document = read(tmp_path / "a.psd", STORE).document
    assert document.size == Size(5, 3)
    pixels = rendered(document).astype(int)
    assert np.abs(pixels - (*expected, 255)).max() <= 1


def test_light_in_32_bits_becomes_srgb(tmp_path: Path) -> None:
    data = np.repeat(np.array([0.0, 0.2140, 9.0], ">f4"), 1).tobytes()
    (tmp_path / "a.psd").write_bytes(psd(3, 32, 3, 1, 1, data))
    found = read(tmp_path / "a.psd", STORE)
    assert rendered(found.document).tolist() == [[[0, 127, 255, 255]]]
    assert "32 bits" in str(found.notices[0])


def test_bits_and_palettes(tmp_path: Path) -> None:
    (tmp_path / "a.psd").write_bytes(psd(0, 1, 1, 10, 1, bytes([0b10100000, 0b01000000])))
    grey = rendered(read(tmp_path / "a.psd", STORE).document)[0, :, 0]
    assert grey.tolist() == [0, 255, 0, 255, 255, 255, 255, 255, 255, 0]
    palette = bytes(range(256)) + bytes(256) + bytes([9] * 256)
    (tmp_path / "a.psd").write_bytes(psd(2, 8, 1, 3, 1, bytes([0, 7, 255]), palette=palette))
    assert rendered(read(tmp_path / "a.psd", STORE).document)[0, :, :3].tolist() == [[0, 0, 9], [7, 0, 9], [255, 0, 9]]


def test_a_file_of_another_writer(tmp_path: Path) -> None:
    """Made by psd-tools' own functions, which write records in another way than we do."""
    image = PSDImage.new("RGB", (30, 20))
    below = image.create_pixel_layer(Image.new("RGBA", (30, 20), (9, 8, 7, 255)), name="unter", top=0, left=0)
    above = image.create_pixel_layer(Image.new("RGBA", (4, 4), RED), name="über", top=3, left=-2)
    above.blend_mode = StoredMode.SCREEN
    above.fill_opacity = 128
    image.create_group([above], name="Ordner")
    below.remove_mask()
    below.create_mask(Image.new("L", (30, 20), 200))
    below.opacity = 51
    image.save(tmp_path / "a.psd")
    first, second = read(tmp_path / "a.psd", STORE).document.layers
    assert (first.name, first.opacity) == ("unter", 0.2)
    assert first.mask is not None
    assert STORE.mask(first.mask, Rect(0, 0, 1, 1)).tolist() == [[200]]
    assert isinstance(second, GroupLayer)
    (inner,) = second.children
    assert (inner.name, inner.mode, inner.opacity) == ("über", BlendMode.SCREEN, 128 / 255)
    assert isinstance(inner, PaintLayer)
    assert STORE.paint(inner.tiles, Rect(-2, 3, 1, 1)).tolist() == [[list(RED)]]


def test_a_curve_of_many_points_keeps_its_ends(tmp_path: Path) -> None:
    points = tuple(CurvePoint(n / 40, (n / 40) ** 2) for n in range(41))
    layer = AdjustmentLayer(adjustment=Curves(value=points))
    write(tmp_path / "a.psd", Document(Size(4, 4), (layer,)), STORE)
    (found,) = read(tmp_path / "a.psd", STORE).document.layers
    assert isinstance(found, AdjustmentLayer)
    assert isinstance(found.adjustment, Curves)
    assert len(found.adjustment.value) == 19
    assert (found.adjustment.value[0], found.adjustment.value[-1]) == LINE


@pytest.mark.parametrize(("width", "height"), [(16_385, 1), (1, 30_000)])
def test_a_canvas_larger_than_ours_is_refused_with_the_limit(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "a.psd").write_bytes(psd(3, 8, 3, width, height, bytes(3 * width * height)))
    with pytest.raises(StudioError, match="too large") as caught:
        read(tmp_path / "a.psd", STORE)
    assert caught.value.problem.kind is ErrorKind.INPUT
    assert "16,384" in caught.value.problem.hint
