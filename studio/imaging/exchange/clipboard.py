"""Pixels for the clipboard and from it: PNG bytes, which every program takes, with their place on the canvas.

The place lies in the oFFs chunk (PNG extensions 1.4), which GIMP and others honour and the rest ignore.
"""

import io

import numpy as np

from studio.domain.document.document import MAX_SIDE
from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.imaging import pictures
from studio.imaging.blend import faded, straight
from studio.imaging.exchange.bands import tiles_of
from studio.imaging.exchange.colour import ToSrgb
from studio.imaging.exchange.errors import FURTHER
from studio.imaging.exchange.png_rows import PngRows
from studio.imaging.exchange.png_writing import PngWriter, offset_chunk, srgb_chunk
from studio.imaging.exchange.rows import COLOURS, to_paint
from studio.imaging.exchange.values import Notice, Notices
from studio.imaging.tiles import Pixels, TileStore


def copied(store: TileStore, pixels: Pixels, rect: Rect, selection: Mask | None) -> bytes:
    """A PNG with straight alpha of what the selection holds of a rectangle's pixels (height, width, 4), premultiplied.

    It is no larger than what is selected. Raises StudioError (INPUT) when nothing is.
    """
    if selection is not None:
        values = store.mask(selection, rect)
        rows, columns = np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
        if not rows.size:
            raise StudioError(
                ErrorKind.INPUT, "Nothing is selected here.", "Select something, or select nothing at all."
            )
        inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        pixels = faded(np.ascontiguousarray(pixels[inside]), 1.0, np.ascontiguousarray(values[inside]))
        rect = Rect(rect.x + int(columns[0]), rect.y + int(rows[0]), pixels.shape[1], pixels.shape[0])
    if rect.empty:
        raise StudioError(ErrorKind.INPUT, "There is nothing to copy.", "Select something that lies on the canvas.")
    file = io.BytesIO()
    writer = PngWriter(file, rect.size, 4, (srgb_chunk(), offset_chunk(rect.x, rect.y)))
    writer.add(straight(pixels))
    writer.close()
    return file.getvalue()


def pasted(store: TileStore, data: bytes, view: Rect, name: str = "") -> tuple[PaintLayer, tuple[Notice, ...]]:
    """A layer of a PNG from the clipboard: at its own place if it says one, otherwise in the middle of `view`.

    Raises StudioError (INPUT) for what is no sound PNG or too large.
    """
    notices = Notices()
    try:
        rows = PngRows(io.BytesIO(data))
        size = rows.header.size
        if max(size.width, size.height) > MAX_SIDE:
            raise ValueError("too large")
        middle = view.x + (view.width - size.width) // 2, view.y + (view.height - size.height) // 2
        x, y = rows.header.offset or middle
        if max(abs(x), abs(y)) > 2 * MAX_SIDE:
            x, y = middle
        mode = "L" if rows.is_grey else "RGB"
        to_srgb = ToSrgb(mode, rows.header.profile, notices)
        rect = Rect(x, y, size.width, size.height)
        tiles = tiles_of(store, rect, lambda count: to_paint(rows.take(count), COLOURS[mode], to_srgb))
    except (*pictures.DAMAGE, *FURTHER) as error:
        message = "What lies on the clipboard is no picture that can be pasted."
        raise StudioError(ErrorKind.INPUT, message, "Copy it again, or save it as a file and open that.") from error
    return PaintLayer(name=name, tiles=tiles), notices.all
