"""Layers as values."""

import uuid
from dataclasses import dataclass, field

from studio.domain.document.adjustments import Adjustment, Levels
from studio.domain.document.blending import BlendMode
from studio.domain.document.text import NO_TEXT, Text
from studio.domain.document.tiles import EMPTY, TileMap

Matrix = tuple[float, ...]
LEVELS = Levels()
IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def new_id() -> str:
    """A name for a layer that no other has."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Mask:
    """One channel of 8 bits: tiles of 256 × 256 bytes, and the value where there is no tile.

    0 hides (or is not selected), 255 shows (is selected), and what lies between does so in part.
    """

    tiles: TileMap = EMPTY
    outside: int = 0


NOTHING = Mask()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What all kinds of layers have.

    `opacity` lies in [0, 1]. A `clipped` layer shows only where the nearest layer below it that is not clipped has
    pixels. A `locked` one refuses edits of its pixels. The `mask` multiplies its alpha while `mask_enabled`.
    """

    id: str = field(default_factory=new_id)
    name: str = ""
    opacity: float = 1.0
    mode: BlendMode = BlendMode.NORMAL
    visible: bool = True
    locked: bool = False
    clipped: bool = False
    mask: Mask | None = None
    mask_enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintLayer(Layer):
    """Pixels in tiles of 256 × 256 × 4 bytes: sRGB with premultiplied alpha, in the order R, G, B, A."""

    tiles: TileMap = EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLayer(Layer):
    """A picture under a transformation that can be changed at any time without loss.

    `tiles` hold the untransformed picture of `width` × `height` pixels, whose corner is its origin; `matrix` (3 × 3,
    row by row, acting on columns (x, y, 1)) takes it into the document, perspective included.
    """

    tiles: TileMap = EMPTY
    width: int = 0
    height: int = 0
    matrix: Matrix = IDENTITY


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLayer(ImageLayer):
    """A picture of a text, which is set anew when the text changes; to all else it is an image."""

    text: Text = NO_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskLayer(Layer):
    """A mask of its own, such as a region or a saved selection; it shows as a tint and does not enter the picture."""

    content: Mask = NOTHING
    tint: tuple[int, int, int] = (224, 64, 48)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentLayer(Layer):
    """Changes the colours of what lies under it, where its mask and opacity let it."""

    adjustment: Adjustment = LEVELS


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLayer(Layer):
    """Layers from the lowest to the uppermost, drawn together; pass-through ones meet what lies under the group."""

    children: tuple[Layer, ...] = ()
    expanded: bool = True
