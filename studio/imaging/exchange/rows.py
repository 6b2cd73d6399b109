"""What all readers of pictures offer: rows from the top down, in the picture's own colours."""

from typing import Protocol

import numpy as np
from PIL import Image

from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Rect, Size
from studio.imaging.blend import premultiplied
from studio.imaging.exchange.bands import turned
from studio.imaging.exchange.colour import ToSrgb, to_8_bit
from studio.imaging.exchange.png_rows import Values
from studio.imaging.exchange.values import Notices
from studio.imaging.pictures import DAMAGE
from studio.imaging.tiles import Pixels, TileStore

COLOURS = {"L": 1, "RGB": 3, "CMYK": 4, "LAB": 3}
_ORIENTATION = 0x0112


class Rows(Protocol):
    """A picture that is read from the top down."""

    @property
    def size(self) -> Size:
        """Width and height as stored."""

    @property
    def mode(self) -> str:
        """The colours, by Pillow's name for them: L, RGB, CMYK or LAB."""

    @property
    def profile(self) -> bytes:
        """The ICC profile, or nothing."""

    @property
    def exif(self) -> bytes:
        """The EXIF block, or nothing."""

    def take(self, rows: int) -> Values:
        """The next rows, (rows, width, channels): the colours and, where there is one more, straight alpha."""


def document_of(store: TileStore, rows: Rows, name: str, notices: Notices) -> Document:
    """The canvas of a picture, upright and in sRGB, with one layer called `name`."""
    to_srgb = ToSrgb(rows.mode, rows.profile, notices)
    colours = COLOURS[rows.mode]
    deep = False

    def take(count: int) -> Pixels:
        nonlocal deep
        values = rows.take(count)
        deep |= values.dtype != np.uint8
        return to_paint(values, colours, to_srgb)

    size, tiles = turned(store, rows.size, orientation(rows.exif), take)
    if deep:
        notices.add("The picture's 16 bits a channel were rounded to 8.", "This program paints in 8 bits.")
    layer = PaintLayer(name=name, tiles=tiles)
    side = min(size.width, size.height, 512)
    frame = Rect((size.width - side) // 2, (size.height - side) // 2, side, side)
    return Document(size, (layer,), active=layer.id, frame=frame)


def to_paint(values: Values, colours: int, to_srgb: ToSrgb) -> Pixels:
    """Rows in a picture's own colours as a layer holds them: (rows, width, 4), premultiplied."""
    plain = to_8_bit(values)
    rgb = to_srgb(plain[..., 0] if colours == 1 else np.ascontiguousarray(plain[..., :colours]))
    out = np.empty((*rgb.shape[:2], 4), np.uint8)
    out[..., :3] = rgb
    if plain.shape[2] == colours:
        out[..., 3] = 255
        return out
    out[..., 3] = plain[..., colours]
    return premultiplied(out)


def orientation(block: bytes) -> int:
    """EXIF's orientation, 1 to 8; 1 where it says nothing sound."""
    found = _read(block).get(_ORIENTATION, 1)
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def upright_exif(block: bytes) -> bytes:
    """The EXIF block without its orientation; nothing where it is damaged."""
    try:
        found = _read(block)
        found.pop(_ORIENTATION, None)
        return found.tobytes() if len(found) else b""
    except DAMAGE:
        return b""


def _read(block: bytes) -> Image.Exif:
    found = Image.Exif()
    try:
        if block:
            found.load(block)
    except DAMAGE:
        return Image.Exif()
    return found


class PillowRows:
    """A picture that Pillow decodes as a whole."""

    def __init__(self, image: Image.Image) -> None:
        profile, block = image.info.get("icc_profile"), image.info.get("exif")
        self.profile = profile if isinstance(profile, bytes) else b""
        self.exif = block if isinstance(block, bytes) else image.getexif().tobytes()
        self._image = plain(image)
        self.size = Size(*image.size)
        self.mode = self._image.mode.removesuffix("A") if self._image.mode in ("LA", "RGBA") else self._image.mode
        self._done = 0

    def take(self, rows: int) -> Values:
        """The next rows. Raises ValueError when there are no more."""
        if self._done + rows > self.size.height:
            raise ValueError("the picture has no more rows")
        part = self._image.crop((0, self._done, self.size.width, self._done + rows))
        self._done += rows
        return np.asarray(part).reshape(rows, self.size.width, -1)


def plain(image: Image.Image) -> Image.Image:
    """The picture in one of the modes that we read: L, RGB, CMYK or LAB, or L and RGB with alpha."""
    if image.has_transparency_data and image.mode not in ("LA", "RGBA"):
        return image.convert("RGBA")
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")
