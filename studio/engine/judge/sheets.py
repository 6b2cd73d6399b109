"""Contact sheets of an evaluation: the held-out pictures with their prompts, and pictures beside their neighbours."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.engine.judge.evaluation import Judgement
from studio.engine.judge.reference import Neighbours
from studio.engine.judge.scorer import Pixels

GROUND, TEXT, MUTED, MISS = "#18181b", "#ededf0", "#a9a9b2", "#ff6b6e"  # the window's own greys
_ACROSS = 8
_TILE, _GUTTER, _CAPTION, _LINE, _LETTERS = 192, 16, 44, 17, 13
_SMALL, _ROWS, _COLUMNS = 128, 8, 4
_QUALITY = 88


def held_out_sheet(pictures: Sequence[Pixels], prompts: Sequence[str], matched: Sequence[bool], font: Path) -> Pixels:
    """Pictures in rows of eight with their prompts below; a red dot marks those that were not matched among four."""
    rows = -(-len(pictures) // _ACROSS)
    across = min(_ACROSS, len(pictures))
    width = _GUTTER + across * (_TILE + _GUTTER)
    sheet = Image.new("RGB", (width, _GUTTER + rows * (_TILE + _CAPTION + _GUTTER)), GROUND)
    pen, letters = ImageDraw.Draw(sheet), ImageFont.truetype(font, _LETTERS)
    for number, (picture, prompt, hit) in enumerate(zip(pictures, prompts, matched, strict=True)):
        x = _GUTTER + number % across * (_TILE + _GUTTER)
        y = _GUTTER + number // across * (_TILE + _CAPTION + _GUTTER)
        sheet.paste(_tile(picture, _TILE), (x, y))
        indent = 0
        if not hit:
            pen.ellipse((x, y + _TILE + 12, x + 7, y + _TILE + 19), fill=MISS)
            indent = 12
        for line, words in enumerate(_lines(prompt, letters, _TILE - indent)):
            pen.text((x + indent, y + _TILE + 7 + line * _LINE), words, TEXT, letters)
    return np.asarray(sheet)


def neighbour_sheet(
    pictures: Sequence[Pixels], prompts: Sequence[str], judgement: Judgement, neighbours: Neighbours, font: Path
) -> Pixels:
    """The pictures that are nearest to a training picture by features, each beside its nearest training picture by
    features and by pixels; the nearest first."""
    order = sorted(range(len(pictures)), key=lambda number: judgement.matches[number].feature_distance)
    order = order[: _ROWS * _COLUMNS]
    width = 3 * _SMALL + 2 * (_GUTTER // 4)
    step = _SMALL + _CAPTION + _GUTTER
    columns, rows = min(_COLUMNS, len(order)), -(-len(order) // _COLUMNS)
    sheet = Image.new("RGB", (_GUTTER + columns * (width + _GUTTER), _GUTTER + rows * step), GROUND)
    pen, letters = ImageDraw.Draw(sheet), ImageFont.truetype(font, _LETTERS)
    for place, number in enumerate(order):
        x, y = _GUTTER + place % columns * (width + _GUTTER), _GUTTER + place // columns * step
        match = judgement.matches[number]
        known = (neighbours.thumbnails[match.by_features], neighbours.thumbnails[match.by_pixels])
        for tile, picture in enumerate((pictures[number], *known)):
            sheet.paste(_tile(picture, _SMALL), (x + tile * (_SMALL + _GUTTER // 4), y))
        pen.text((x, y + _SMALL + 6), _lines(prompts[number], letters, width)[0], TEXT, letters)
        distances = f"features {match.feature_distance:.3f}, pixels {match.pixel_distance:.3f}"
        pen.text((x, y + _SMALL + 6 + _LINE), distances, MUTED, letters)
    return np.asarray(sheet)


def save_sheet(sheet: Pixels, path: Path) -> None:
    """Write a JPEG. Raises OSError."""
    Image.fromarray(sheet).save(path, "JPEG", quality=_QUALITY, optimize=True)


def _tile(picture: Pixels, side: int) -> Image.Image:
    return Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)


def _lines(text: str, letters: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """At most two lines of whole words that fit; what does not fit ends in an ellipsis."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or letters.getlength(longer) <= width:
            lines[-1] = longer
        elif len(lines) == 1:
            lines.append(word)
        else:
            lines[-1] += "…"
            break
    return lines
