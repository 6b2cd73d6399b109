"""Text to pixels with the fonts of the system, and the layers that keep it editable."""

import dataclasses
import functools
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.domain.document.layers import TextLayer
from studio.domain.document.text import Align, Text
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.imaging import matrices
from studio.imaging.painting.ink import scaled
from studio.imaging.tiles import Pixels, TileStore

LARGEST = 2**26  # pixels of one text
_FILES = (".ttf", ".otf", ".ttc", ".otc")
_Drawn = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Font(NamedTuple):
    """A font: the names that people know, the file, and which of its faces; the built-in one has no file."""

    family: str
    style: str
    path: str = ""
    face: int = 0


BUILT_IN = Font("", "")


@functools.cache
def fonts() -> tuple[Font, ...]:
    """The outline fonts of the system by family and style, each once, after the built-in one."""
    found = {(font.family, font.style): font for font in _installed() if font.family}
    return (BUILT_IN, *(found[names] for names in sorted(found, key=lambda names: (names[0].casefold(), names[1]))))


def font(family: str, style: str = "") -> Font:
    """The font of these names; another style of the family, or the built-in one, where it is not on this system."""
    known = [font for font in fonts() if font.family == family]
    regular = [font for font in known if font.style in ("Regular", "Book", "Roman", "Normal")]
    return next((font for font in known if font.style == style), (regular or known or [BUILT_IN])[0])


def margin(text: Text) -> int:
    """How far inside the picture's border the text's box lies, in pixels: what glyphs may reach beyond it."""
    return math.ceil(text.size * 0.4) + 1


def rendered(text: Text) -> Pixels:
    """The text as premultiplied pixels (h, w, 4), transparent around the letters, with a `margin` on each side.

    Raises StudioError: INPUT where there is nothing to see or far too much, DISK for a font that cannot be read.
    """
    drawn = _loaded(font(text.family, text.style), text.size)
    content = text.content.encode("utf-8", "replace").decode().expandtabs(4)
    printable = "".join(letter for letter in content if letter == "\n" or letter.isprintable())
    if not printable.strip():
        raise StudioError(ErrorKind.INPUT, "There is no text.", "Type some letters.", "content")
    lines = [line for paragraph in printable.split("\n") for line in _wrapped(paragraph, drawn.getlength, text.width)]
    lengths = [drawn.getlength(line) for line in lines]
    box = max(lengths) if text.width is None else text.width
    ascent, descent = _metrics(drawn)
    step, around = (ascent + descent) * text.spacing, margin(text)
    width = math.ceil(box) + 2 * around
    height = math.ceil(step * (len(lines) - 1) + ascent + descent) + 2 * around
    if width * height > LARGEST or max(width, height) > 2**15:
        message = f"The text would be a picture of {width} × {height} pixels."
        raise StudioError(ErrorKind.INPUT, message, "Choose a smaller size or a shorter text.", "size")
    picture = Image.new("L", (width, height))
    pen = ImageDraw.Draw(picture)
    share = {Align.LEFT: 0.0, Align.CENTER: 0.5, Align.RIGHT: 1.0}[text.align]
    for row, (line, length) in enumerate(zip(lines, lengths, strict=True)):
        at = (around + (box - length) * share, around + ascent + row * step)
        pen.text(at, line, fill=255, font=drawn, anchor="ls")
    coverage = np.asarray(picture, np.uint8)
    return scaled(coverage[..., None], np.array((*text.color, 255), np.uint8))


def typed(store: TileStore, text: Text, at: matrices.Point) -> TextLayer:
    """A new layer whose text begins (left, centred or right, as it is aligned) at a point; errors as for `rendered`."""
    pixels = rendered(text)
    height, width = pixels.shape[:2]
    x, y = _anchor(text, width)
    matrix = matrices.translation(round(at[0] - x), round(at[1] - y))
    tiles = store.painted(EMPTY, Rect(0, 0, width, height), pixels)
    name = " ".join(text.content.split())[:40]
    return TextLayer(name=name, tiles=tiles, width=width, height=height, matrix=matrix, text=text)


def retyped(store: TileStore, layer: TextLayer, text: Text) -> TextLayer:
    """The layer with another text, which begins where the old one did, under the same transformation.

    Errors as for `rendered`.
    """
    fresh = typed(store, text, (0.0, 0.0))
    (old_x, old_y), (x, y) = _anchor(layer.text, layer.width), _anchor(text, fresh.width)
    matrix = matrices.composed(layer.matrix, matrices.translation(round(old_x - x), round(old_y - y)))
    own_name = layer.name != " ".join(layer.text.content.split())[:40]
    return dataclasses.replace(
        layer,
        name=layer.name if own_name else fresh.name,
        tiles=fresh.tiles,
        width=fresh.width,
        height=fresh.height,
        matrix=matrix,
        text=text,
    )


def _anchor(text: Text, width: int) -> matrices.Point:
    """The point of the picture that stays where it is when the text changes."""
    around = margin(text)
    x = {Align.LEFT: around, Align.CENTER: width / 2, Align.RIGHT: width - around}[text.align]
    return float(x), float(around)


def _wrapped(paragraph: str, length: Callable[[str], float], width: float | None) -> Iterator[str]:
    """The lines of a paragraph: broken between words, and inside a word only where it is too long for a line."""
    if width is None:
        yield paragraph
        return
    line = ""
    for word in paragraph.split(" "):
        longer = f"{line} {word}" if line else word
        if length(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        line = ""
        for letter in word:
            if line and length(line + letter) > width:
                yield line
                line = ""
            line += letter
    yield line


@functools.lru_cache(maxsize=32)
def _loaded(chosen: Font, size: float) -> _Drawn:
    try:
        return ImageFont.truetype(chosen.path, size, chosen.face) if chosen.path else ImageFont.load_default(size)
    except OSError as error:
        message = f"The font “{chosen.family}” cannot be read: {error}."
        raise StudioError(ErrorKind.DISK, message, "Choose another font.", "family") from error


def _metrics(drawn: _Drawn) -> tuple[int, int]:
    """How far letters reach above and below the line, in pixels."""
    if isinstance(drawn, ImageFont.FreeTypeFont):
        return drawn.getmetrics()
    return math.ceil(drawn.getbbox("Ag")[3]), 0


def _installed() -> Iterator[Font]:
    """What fontconfig knows, or what lies in the system's folders where there is none."""
    listing = "%{file}\t%{index}\t%{family[0]}\t%{style[0]}\n"
    command = ["fc-list", "--format", listing, ":scalable=true"]
    try:
        found = subprocess.run(command, capture_output=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        yield from _in_folders()
        return
    for line in found.decode("utf-8", "replace").splitlines():
        path, index, family, style = (*line.split("\t"), "", "", "")[:4]
        # The upper half of the number tells instances of variable fonts apart, which share their first face.
        if path.lower().endswith(_FILES) and index.isdigit() and int(index) < 2**16:
            yield Font(family, style, path, int(index))


def _in_folders() -> Iterator[Font]:
    for folder in _folders():
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix.lower() in _FILES:
                try:
                    family, style = ImageFont.truetype(str(path), 12).getname()
                except OSError:
                    continue  # a damaged font is none
                yield Font(family or "", style or "", str(path))


def _folders() -> tuple[Path, ...]:
    """Where fonts lie."""
    home = Path.home()
    if sys.platform == "win32":
        own = Path(os.environ.get("LOCALAPPDATA", home)) / "Microsoft" / "Windows" / "Fonts"
        return (Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", own)
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts")
    data = Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"))
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), data / "fonts", home / ".fonts")
