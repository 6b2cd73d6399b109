"""Text set with the fonts of the system and with the built-in one."""

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from studio.domain.document.document import Document
from studio.domain.document.document_json import Decoder, Encoder
from studio.domain.document.layers import TextLayer
from studio.domain.document.text import LONGEST, Align, Text
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect
from studio.imaging import text as text_module
from studio.imaging.matrices import mapped, translation
from studio.imaging.text import BUILT_IN, Font, font, fonts, margin, rendered, retyped, typed
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore
from studio.imaging.transforms import transformed, warp


def inked(pixels: Pixels) -> tuple[int, int, int, int]:
    """The left, top, right and bottom of what is not transparent."""
    rows, columns = np.nonzero(pixels[..., 3].any(axis=1))[0], np.nonzero(pixels[..., 3].any(axis=0))[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_text_is_premultiplied_ink_inside_its_margin() -> None:
    text = Text("Hjfgy Å", size=60, color=(200, 40, 255))
    pixels = rendered(text)
    assert (pixels[..., :3] <= pixels[..., 3:]).all()
    assert (pixels[pixels[..., 3] == 255] == (200, 40, 255, 255)).all() and (pixels[..., 3] == 255).sum() > 300
    left, top, right, bottom = inked(pixels)
    assert left > 0 and top > 0 and right < pixels.shape[1] and bottom < pixels.shape[0]
    assert abs(left - margin(text)) < 12
    assert np.array_equal(rendered(text), pixels)


def test_size_lines_and_spacing() -> None:
    small, large = (rendered(Text("Hxg", size=size)) for size in (20, 80))
    assert inked(large)[3] - inked(large)[1] == pytest.approx(4 * (inked(small)[3] - inked(small)[1]), rel=0.15)
    one, two = rendered(Text("HH", size=40)), rendered(Text("HH\nHH", size=40))
    wide = rendered(Text("HH\nHH", size=40, spacing=2.0))
    step = two.shape[0] - one.shape[0]
    assert 30 < step < 80 and wide.shape[0] - one.shape[0] == pytest.approx(2 * step, abs=2)


def test_lines_are_wrapped_between_words_and_inside_long_ones() -> None:
    words = "one two three four five six seven"
    free, narrow = rendered(Text(words, size=30)), rendered(Text(words, size=30, width=150))
    assert narrow.shape[0] > 2 * free.shape[0] * 0.8 and narrow.shape[1] == 150 + 2 * margin(Text(words, size=30))
    left, _, right, _ = inked(narrow)
    assert right - left <= 150 + 2
    long = rendered(Text("m" * 60, size=30, width=150))
    assert inked(long)[2] - inked(long)[0] <= 150 + 4


def test_lines_meet_where_they_are_aligned() -> None:
    def ends(align: Align) -> list[tuple[int, int]]:
        pixels = rendered(Text("mmmmmm\nm", size=40, align=align))
        half = pixels.shape[0] // 2
        return [(inked(part)[0], inked(part)[2]) for part in (pixels[:half], pixels[half:])]

    (left_1, _), (left_2, _) = ends(Align.LEFT)
    (_, right_1), (_, right_2) = ends(Align.RIGHT)
    first, second = ends(Align.CENTER)
    assert abs(left_1 - left_2) <= 1 and abs(right_1 - right_2) <= 1
    assert abs(sum(first) - sum(second)) <= 2


@pytest.mark.parametrize("content", ["", "  \n\t ", "\x00\x07"])
def test_nothing_to_see_is_refused(content: str) -> None:
    with pytest.raises(StudioError) as caught:
        rendered(Text(content))
    assert caught.value.problem.hint


def test_hostile_texts_are_drawn_or_refused() -> None:
    assert rendered(Text("a\ud800\x00b\u202ec\U0010ffff")).any()
    with pytest.raises(StudioError):
        Text("x" * (LONGEST + 1))
    with pytest.raises(StudioError):
        rendered(Text("m" * 3000, size=500))
    for wrong in ({"size": 0.0}, {"size": float("nan")}, {"width": -1.0}, {"spacing": 99.0}, {"color": (1, 2, 300)}):
        with pytest.raises(StudioError) as caught:
            Text("x", **wrong)
        assert caught.value.problem.field == next(iter(wrong))


def test_the_built_in_font_is_always_there() -> None:
    assert fonts()[0] == BUILT_IN
    assert font("No such family") == BUILT_IN
    assert rendered(Text("abc", family="No such family")).any()
    for known in fonts()[1:4]:
        assert font(known.family, known.style) == known
        assert font(known.family, "No such style").family == known.family
        assert rendered(Text("abc", family=known.family, style=known.style)).any()


def test_fonts_are_found_in_folders_where_there_is_no_fontconfig(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(*args: object, **kwargs: object) -> None:
        raise FileNotFoundError("fc-list")

    monkeypatch.setattr(subprocess, "run", missing)
    monkeypatch.setattr(text_module, "_folders", lambda: (tmp_path, tmp_path / "none"))
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    (tmp_path / "notes.txt").write_bytes(b"text")
    default = ImageFont.load_default(20)
    assert isinstance(default, ImageFont.FreeTypeFont) and isinstance(default.path, io.BytesIO)
    family, style = default.getname()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "good.otf").write_bytes(default.path.getvalue())
    fonts.cache_clear()
    try:
        assert fonts() == (BUILT_IN, Font(family or "", style or "", str(tmp_path / "deep" / "good.otf")))
    finally:
        monkeypatch.undo()
        fonts.cache_clear()


def test_a_damaged_font_is_told(tmp_path: Path) -> None:
    file = tmp_path / "broken.ttf"
    file.write_bytes(b"no font")
    with pytest.raises(StudioError, match="Bad"):
        text_module._loaded(Font("Bad", "Regular", str(file)), 20.0)


@pytest.mark.parametrize("align", Align)
def test_a_text_layer_is_retyped_in_its_place(align: Align) -> None:
    store = TileStore(MemoryBlobs())
    layer = typed(store, Text("first", size=30, align=align), (400.0, 300.0))
    assert layer.name == "first"
    layer = transformed(layer, translation(7, 11))
    assert isinstance(layer, TextLayer)
    changed = retyped(store, layer, Text("a longer second", size=50, align=align))
    assert changed.name == "a longer second" and changed.id == layer.id
    around = margin(changed.text)
    x = {Align.LEFT: around, Align.CENTER: changed.width / 2, Align.RIGHT: changed.width - around}[align]
    assert mapped(changed.matrix, (x, around)) == pytest.approx((407, 311), abs=1.01)
    again = retyped(store, changed, Text("first", size=30, align=align))
    view = Rect(0, 0, 900, 700)
    before, after = inked(warp(store, layer, view)), inked(warp(store, again, view))
    assert np.abs(np.subtract(before, after)).max() <= 1


def test_a_text_layer_survives_the_project_file() -> None:
    store = TileStore(MemoryBlobs())
    layer = typed(store, Text("kept", size=30, color=(1, 2, 3), align=Align.RIGHT, width=300), (10.0, 10.0))
    encoded = Encoder().encode(document := Document(layers=(layer,)))
    assert Decoder(encoded.parts.__getitem__).decode(encoded.digest) == document
