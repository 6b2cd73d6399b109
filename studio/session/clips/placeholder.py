"""What is seen in place of a picture that is not there."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.domain.geometry import Size
from studio.imaging.pixels import Pixels

MOST = 512  # pixels of its longer side: it is only a note, which is enlarged where it is shown
_SQUARES = 16  # along the longer side
_DARK, _LIGHT, _INK = 58, 74, (236, 236, 236, 255)
_LETTERS = 60  # of a line


def placeholder(size: Size, *lines: str) -> Pixels:
    """A checkerboard of the shape of `size`, at most `MOST` pixels a side, with some lines of text; (h, w, 4)."""
    scale = min(1.0, MOST / max(size.width, size.height, 1))
    width, height = max(1, round(size.width * scale)), max(1, round(size.height * scale))
    square = max(1, max(width, height) // _SQUARES)
    rows, columns = np.arange(height)[:, None] // square, np.arange(width)[None] // square
    grey = np.where((rows + columns) % 2, _LIGHT, _DARK).astype(np.uint8)
    pixels = np.dstack((grey, grey, grey, np.full_like(grey, 255)))
    text = "\n".join(_shortened(line) for line in lines if line)
    if not text:
        return pixels
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    font = _fitting(draw, text, width, height)
    draw.multiline_text(
        (width / 2, height / 2), text, fill=_INK, font=font, anchor="mm", align="center",
        stroke_width=2, stroke_fill=(_DARK, _DARK, _DARK, 255),
    )  # fmt: skip
    return np.asarray(image)


def _fitting(draw: ImageDraw.ImageDraw, text: str, width: int, height: int) -> ImageFont.FreeTypeFont:
    """The font, as large as the text fits in, but no larger than is easily read."""
    points = max(6, min(24, height // 6))
    font = _font(points)
    left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font=font)
    share = min(1.0, 0.9 * width / max(1, right - left), 0.9 * height / max(1, bottom - top))
    return font if share == 1 else _font(max(1, int(points * share)))


def _font(points: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(points)
    assert isinstance(font, ImageFont.FreeTypeFont)  # as Pillow comes with one
    return font


def _shortened(line: str) -> str:
    """A line that is not too long; of a long name the end says more than the middle."""
    clean = "".join(letter if letter.isprintable() else "�" for letter in line)
    return clean if len(clean) <= _LETTERS else f"{clean[: _LETTERS // 2]}…{clean[-_LETTERS // 2 + 1 :]}"
