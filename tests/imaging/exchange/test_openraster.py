"""OpenRaster: our own files exactly, those of others as they mean them, and ours as others see them."""

import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from PIL import Image

from studio.domain.document.adjustments import HueSaturation, Levels
from studio.domain.document.blending import FOREIGN, BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import (
    AdjustmentLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    Mask,
    MaskLayer,
    PaintLayer,
)
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.blend import straight
from studio.imaging.exchange import read, write
from studio.imaging.pixels import encode_png
from studio.imaging.tiles import MemoryBlobs, TileStore
from tests.examples import few
from tests.imaging.exchange.documents import STORE, documents, masked, painted, rendered, solid

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ora")


@settings(max_examples=few(25))
@given(documents())
def test_what_is_saved_comes_back_exactly(folder: Path, document: Document) -> None:
    path, elsewhere = folder / "a.ora", TileStore(MemoryBlobs())
    write(path, document, STORE)
    found = read(path, elsewhere)
    assert found.document == document
    assert found.notices == ()
    with zipfile.ZipFile(path) as archive:
        merged = np.asarray(Image.open(archive.open("mergedimage.png")))
    assert (merged == straight(rendered(document))).all()
    assert (rendered(found.document, elsewhere) == rendered(document)).all()


def test_the_archive_is_as_the_specification_says(tmp_path: Path) -> None:
    path = tmp_path / "a.ora"
    document = Document(Size(600, 300), (PaintLayer(tiles=solid(Rect(0, 0, 600, 300), RED)),))
    write(path, document, STORE)
    assert path.read_bytes()[30:54] == b"mimetypeimage/openraster"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert Image.open(archive.open("Thumbnails/thumbnail.png")).size == (256, 128)
        assert Image.open(archive.open("Thumbnails/thumbnail.png")).getpixel((9, 9)) == RED
        image = ElementTree.fromstring(archive.read("stack.xml"))
        assert image.attrib["version"] == "0.0.6"
        assert (image.attrib["w"], image.attrib["h"]) == ("600", "300")
    first = path.read_bytes()
    write(path, document, STORE)
    assert path.read_bytes() == first


# What another program does with the file: it knows stacks, layers and these operators, and nothing of ours.
def seen_elsewhere(path: Path) -> NDArray[np.float64]:
    """The picture (height, width, 4), straight alpha, 0 to 1, by Compositing and Blending Level 1."""
    with zipfile.ZipFile(path) as archive:
        image = ElementTree.fromstring(archive.read("stack.xml"))
        size = int(image.attrib["h"]), int(image.attrib["w"])
        root = image.find("stack")
        assert root is not None
        canvas = np.zeros((*size, 4))
        _draw(archive, root, canvas)
    colour = canvas[..., :3] / np.maximum(canvas[..., 3:], 1e-9)
    return np.concatenate([colour, canvas[..., 3:]], axis=2)


def _draw(archive: zipfile.ZipFile, stack: ElementTree.Element, canvas: NDArray[np.float64]) -> None:
    for element in reversed(list(stack)):
        attributes = element.attrib
        if element.tag not in ("stack", "layer") or attributes["visibility"] == "hidden":
            continue
        source = np.zeros_like(canvas)
        if element.tag == "layer":
            picture = np.asarray(Image.open(archive.open(attributes["src"])).convert("RGBA")) / 255
            big = np.zeros((canvas.shape[0] + 2000, canvas.shape[1] + 2000, 4))
            y, x = int(attributes["y"]) + 1000, int(attributes["x"]) + 1000
            big[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
            source = big[1000:-1000, 1000:-1000]
            source = np.concatenate([source[..., :3] * source[..., 3:], source[..., 3:]], axis=2)
        elif attributes.get("isolation") == "auto":
            _draw(archive, element, canvas)
            continue
        else:
            _draw(archive, element, source)
        source = source * float(attributes["opacity"])
        sa, ba = source[..., 3:], canvas[..., 3:].copy()
        if attributes["composite-op"] == "svg:src-atop":
            canvas[..., :3] = source[..., :3] * ba + canvas[..., :3] * (1 - sa)
            continue
        blended = source[..., :3] * ba
        if attributes["composite-op"] == "svg:multiply":
            blended = source[..., :3] * canvas[..., :3]
        canvas[..., :3] = source[..., :3] * (1 - ba) + blended + canvas[..., :3] * (1 - sa)
        canvas[..., 3:] = sa + ba - sa * ba


def base() -> PaintLayer:
    return PaintLayer(name="paper", tiles=solid(Rect(-5, -5, 90, 90), (200, 180, 60, 255)))


CASES: dict[str, tuple[Layer, ...]] = {
    "a mask": (
        base(),
        PaintLayer(tiles=painted(1, Rect(3, 4, 50, 40)), mask=masked(2, Rect(0, 0, 30, 30)), opacity=0.5),
    ),
    "a mask that is switched off": (
        base(),
        PaintLayer(tiles=painted(1, Rect(3, 4, 50, 40)), mask=Mask(), mask_enabled=False),
    ),
    "clipping": (
        base(),
        PaintLayer(tiles=solid(Rect(10, 10, 30, 30), RED), opacity=0.5, mode=BlendMode.MULTIPLY),
        PaintLayer(tiles=painted(4, Rect(20, 0, 40, 70)), clipped=True),
        PaintLayer(tiles=painted(5, Rect(0, 0, 20, 70)), clipped=True, mode=BlendMode.MULTIPLY, opacity=0.4),
    ),
    "clipping to a soft shape": (
        base(),
        PaintLayer(tiles=solid(Rect(10, 10, 30, 30), (90, 0, 0, 90))),
        PaintLayer(tiles=painted(4, Rect(20, 0, 40, 70)), clipped=True),
    ),
    "clipping to what is hidden": (
        base(),
        PaintLayer(tiles=solid(Rect(10, 10, 30, 30), RED), visible=False),
        PaintLayer(tiles=painted(4, Rect(20, 0, 40, 70)), clipped=True),
    ),
    "an adjustment": (
        base(),
        AdjustmentLayer(adjustment=Levels(gamma=2), mask=masked(2, Rect(0, 0, 30, 30)), opacity=0.7),
    ),
    "an adjustment over nothing": (
        PaintLayer(tiles=solid(Rect(10, 10, 30, 30), (90, 20, 0, 90))),
        AdjustmentLayer(adjustment=HueSaturation(hue=90)),
    ),
    "a clipped adjustment": (
        base(),
        PaintLayer(tiles=solid(Rect(10, 10, 30, 30), RED)),
        AdjustmentLayer(adjustment=HueSaturation(hue=90), clipped=True),
    ),
    "a layer clipped to an adjustment": (
        base(),
        AdjustmentLayer(adjustment=HueSaturation(hue=90), mask=masked(2, Rect(0, 0, 40, 40))),
        PaintLayer(tiles=painted(4, Rect(0, 0, 40, 70)), clipped=True),
    ),
    "a transformed picture": (
        base(),
        ImageLayer(tiles=painted(6, Rect(0, 0, 20, 20)), width=20, height=20, matrix=(2.0, 0.5, 9.0, 0, 1, 4, 0, 0, 1)),
    ),
    "a group with a soft mask": (
        base(),
        GroupLayer(
            children=(
                PaintLayer(tiles=solid(Rect(0, 0, 40, 40), BLUE)),
                PaintLayer(tiles=painted(4, Rect(9, 9, 40, 70)), mode=BlendMode.MULTIPLY),
            ),
            mask=masked(2, Rect(0, 0, 60, 60)),
            opacity=0.8,
        ),
    ),
    "a pass-through group with a mask": (
        base(),
        GroupLayer(
            children=(PaintLayer(tiles=painted(4, Rect(9, 9, 40, 70)), mode=BlendMode.MULTIPLY),),
            mask=masked(2, Rect(0, 0, 60, 60)),
            mode=BlendMode.PASS_THROUGH,
        ),
    ),
    "a pass-through group": (
        base(),
        GroupLayer(
            children=(
                PaintLayer(tiles=painted(4, Rect(9, 9, 40, 70)), mode=BlendMode.MULTIPLY),
                AdjustmentLayer(adjustment=Levels(gamma=2)),
            ),
            mode=BlendMode.PASS_THROUGH,
        ),
    ),
    "a mask layer": (base(), MaskLayer(content=masked(1, Rect(0, 0, 50, 50)))),
}


@pytest.mark.parametrize("layers", CASES.values(), ids=CASES.keys())
def test_other_programs_see_the_same_picture(tmp_path: Path, layers: tuple[Layer, ...]) -> None:
    document = Document(Size(64, 60), layers)
    path = tmp_path / "a.ora"
    write(path, document, STORE)
    seen, meant = seen_elsewhere(path) * 255, rendered(document).astype(float)
    seen[..., :3] *= seen[..., 3:] / 255
    assert np.abs(seen - meant).max() < 4
    assert read(path, STORE).document.layers == layers


def archive_of(path: Path, stack: str, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", stack)
        for name, content in members.items():
            archive.writestr(f"data/{name}.png", content)
    return path


def square(colour: tuple[int, ...], side: int = 8) -> bytes:
    return encode_png(np.full((side, side, len(colour)), colour, np.uint8).squeeze())


def test_a_file_as_krita_writes_it(tmp_path: Path) -> None:
    stack = """<?xml version='1.0' encoding='utf-8'?>
    <image version="0.0.1" w="40" h="30" xres="300" yres="300"><stack name="root" opacity="1" visibility="visible"
      composite-op="svg:src-over" isolation="isolate">
      <layer name="Lines" opacity="0.498039215686275" visibility="visible" composite-op="krita:linear light"
        src="data/a.png" x="-3" y="4"/>
      <stack name="Shading" opacity="1" visibility="hidden" composite-op="svg:src-over" isolation="auto">
        <layer name="Shadow" opacity="1" visibility="visible" composite-op="svg:multiply" edit-locked="true"
          src="data/b.png"/>
      </stack>
      <stack name="Glow" opacity="0.5" visibility="visible" composite-op="svg:screen" isolation="isolate"/>
      <layer name="Inherits alpha" opacity="1" visibility="visible" composite-op="svg:src-atop" src="data/a.png"/>
      <layer name="Eraser" opacity="1" visibility="visible" composite-op="svg:dst-out" src="data/a.png"/>
      <filter name="Filter Layer 1" opacity="1" visibility="visible" composite-op="svg:src-over"
        type="applications:krita:levels"/>
      <layer name="Odd" opacity="1" visibility="visible" composite-op="krita:greater" src="data/a.png"/>
      <layer name="Background" opacity="1" visibility="visible" composite-op="krita:linear_burn" selected="true"
        src="data/c.png"/>
    </stack></image>"""
    path = archive_of(tmp_path / "a.ora", stack, a=square(RED), b=square((9, 9, 9)), c=square((7,)))
    found = read(path, STORE)
    document = found.document
    assert document.size == Size(40, 30)
    background, odd, eraser, inherits, glow, shading, lines = document.layers
    assert background.name == "Background"
    assert document.active == background.id
    assert background.mode is BlendMode.LINEAR_BURN
    assert isinstance(background, PaintLayer)
    assert STORE.paint(background.tiles, Rect(0, 0, 1, 1)).tolist() == [[[7, 7, 7, 255]]]
    assert odd.mode is BlendMode.NORMAL
    assert not eraser.visible
    assert inherits.clipped
    assert (glow.mode, glow.opacity) == (BlendMode.SCREEN, 0.5)
    assert isinstance(shading, GroupLayer)
    assert (shading.mode, shading.visible) == (BlendMode.PASS_THROUGH, False)
    assert shading.children[0].locked
    assert shading.children[0].mode is BlendMode.MULTIPLY
    assert isinstance(lines, PaintLayer)
    assert (lines.mode, lines.opacity) == (BlendMode.LINEAR_LIGHT, 0.498039215686275)
    assert STORE.paint(lines.tiles, Rect(-3, 4, 1, 1)).tolist() == [[list(RED)]]
    assert STORE.paint(lines.tiles, Rect(5, 4, 1, 1)).tolist() == [[[0, 0, 0, 0]]]
    told = " ".join(map(str, found.notices))
    for name in ("Odd", "Eraser", "Inherits alpha", "Filter layers", "krita:greater"):
        assert name in told


def test_a_file_as_gimp_writes_it(tmp_path: Path) -> None:
    stack = """<image w="20" h="10"><stack>
      <layer src="data/a.png" name="Ebene #1" x="2" y="3" opacity="0.25"
        visibility="visible" composite-op="svg:overlay" />
      <stack name="Gruppe" opacity="1.0" visibility="visible" composite-op="svg:color">
        <layer src="data/b.png" name="Ebene" x="0" y="0" opacity="1.0" visibility="hidden" composite-op="svg:plus" />
      </stack></stack></image>"""
    found = read(archive_of(tmp_path / "a.ora", stack, a=square(RED), b=square(BLUE)), STORE)
    group, layer = found.document.layers
    assert (layer.name, layer.mode, layer.opacity) == ("Ebene #1", BlendMode.OVERLAY, 0.25)
    assert isinstance(group, GroupLayer)
    assert group.mode is BlendMode.COLOR
    assert (group.children[0].mode, group.children[0].visible) == (BlendMode.ADD, False)
    assert found.notices == ()


def test_a_file_as_mypaint_writes_it(tmp_path: Path) -> None:
    """With its own attributes, layers without a name, places far off, and a background of its own."""
    stack = """<?xml version='1.0' encoding='UTF-8'?>
    <image h="64" version="0.0.6" w="64" xres="72" yres="72"><stack><layer composite-op="svg:src-over" opacity="1.0"
    mypaint_strokemap_v2="data/layer000_strokemap.dat" selected="true" src="data/a.png" visibility="visible"
    x="-64" y="-128" />
    <layer background_tile="data/background_tile.png" edit-locked="true" name="background" src="data/b.png"
    x="0" y="0" />
    <layer name="drawing" src="data/missing.svg" /></stack></image>"""
    found = read(archive_of(tmp_path / "a.ora", stack, a=square(RED, 256), b=square(BLUE)), STORE)
    drawing, background, layer = found.document.layers
    assert layer.name == ""
    assert isinstance(layer, PaintLayer)
    assert layer.tiles.bounds.x == -256
    assert background.locked
    assert isinstance(drawing, PaintLayer)
    assert drawing.tiles == EMPTY
    assert "drawing" in str(found.notices[0])


@pytest.mark.parametrize("mode", [mode for mode in BlendMode if mode is not BlendMode.PASS_THROUGH])
def test_each_mode_is_known_by_the_name_others_use(tmp_path: Path, mode: BlendMode) -> None:
    stack = (
        f'<image w="9" h="9"><stack><layer src="data/a.png" composite-op="{FOREIGN[mode].openraster}"/></stack></image>'
    )
    assert read(archive_of(tmp_path / "a.ora", stack, a=square(RED)), STORE).document.layers[0].mode is mode


def test_16_bits_interlacing_and_palettes(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65_535, 64).astype(np.uint16).reshape(8, 8)
    deep, woven, few = io.BytesIO(), io.BytesIO(), io.BytesIO()
    Image.fromarray(ramp).save(deep, "PNG")
    Image.new("RGB", (8, 8), RED[:3]).convert("P").save(few, "PNG")
    image = Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    image.save(woven, "PNG", interlace=1)
    stack = "<image w='8' h='8'><stack>" + "".join(f"<layer src='data/{n}.png'/>" for n in "abc") + "</stack></image>"
    path = archive_of(tmp_path / "a.ora", stack, a=deep.getvalue(), b=woven.getvalue(), c=few.getvalue())
    found = read(path, STORE)
    palette, interlaced, grey = (STORE.paint(layer.tiles, Rect(0, 0, 8, 8)) for layer in found.document.layers)  # type: ignore[attr-defined]
    assert (palette == RED).all()
    assert (interlaced[..., :3] == np.asarray(image)).all()
    assert np.abs(grey[..., 0] - ramp / 257).max() <= 0.5
    assert "16 bits" in str(found.notices[0])


def test_pixels_changed_by_another_program_win(tmp_path: Path) -> None:
    path = tmp_path / "a.ora"
    layer = PaintLayer(name="retouched", tiles=solid(Rect(0, 0, 8, 8), RED), mask=masked(1, Rect(0, 0, 8, 8)))
    write(path, Document(Size(8, 8), (layer,)), STORE)
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    source = ElementTree.fromstring(members["stack.xml"]).find("stack/layer")
    assert source is not None
    members[source.attrib["src"]] = square(BLUE)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    found = read(path, STORE)
    (changed,) = found.document.layers
    assert isinstance(changed, PaintLayer)
    assert changed.mask is None
    assert STORE.paint(changed.tiles, Rect(0, 0, 1, 1)).tolist() == [[list(BLUE)]]
    assert found.notices[0].layers == ("retouched",)


def test_names_that_xml_cannot_hold(tmp_path: Path) -> None:
    layers = tuple(PaintLayer(name=name) for name in ("a\0b", "\x1b", "\ud800", "<&\"'\n\t\r", "😀", " "))
    write(tmp_path / "a.ora", Document(Size(8, 8), layers), STORE)
    assert read(tmp_path / "a.ora", STORE).document.layers == layers


def test_what_other_programs_lack_is_told(tmp_path: Path) -> None:
    layers = (base(), AdjustmentLayer(name="warm"), PaintLayer(name="c", clipped=True))
    notices = write(tmp_path / "a.ora", Document(Size(8, 8), layers), STORE)
    assert [notice.layers for notice in notices] == [("warm",)]


def test_a_layer_far_out_is_refused_when_saving(tmp_path: Path) -> None:
    layer = PaintLayer(tiles=solid(Rect(10**6, 0, 4, 4), RED))
    (tmp_path / "a.ora").write_bytes(b"old")
    with pytest.raises(StudioError, match="too far out") as caught:
        write(tmp_path / "a.ora", Document(Size(8, 8), (layer,)), STORE)
    assert caught.value.problem.kind is ErrorKind.INPUT
    assert (tmp_path / "a.ora").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.ora"]


def test_the_same_id_twice(tmp_path: Path) -> None:
    ours = f'safelight:id="same" safelight:name={json.dumps(json.dumps("n"))[0]}{"&quot;n&quot;"}"'
    stack = (
        f"<image w='9' h='9'><stack><layer src='data/a.png' {ours}/><layer src='data/a.png' {ours}/></stack></image>"
    )
    one, two = read(archive_of(tmp_path / "a.ora", stack, a=square(RED)), STORE).document.layers
    assert one.id != two.id
    assert one.name == two.name == "n"
