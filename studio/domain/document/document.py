"""The canvas document, and the way from a layer's id to a changed document."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from studio.domain.document.layers import GroupLayer, Layer, Mask
from studio.domain.geometry import Rect, Size
from studio.domain.timeline.model import EMPTY, Timeline
from studio.domain.treatment import Arrow

MAX_SIDE = 16384  # pixels
FRAME = Rect(0, 0, 256, 256)


@dataclass(frozen=True, slots=True)
class Guide:
    """A line across the canvas at `at` pixels from the left (`vertical`) or the top."""

    at: float
    vertical: bool


@dataclass(frozen=True, slots=True)
class FrameRepair:
    """Frame `number` of a take of a clip, which lies on the canvas to be repaired: as the layer `layer`, at `rect`.

    `others` are the ids of the outermost layers that were there before, and `frame` the generation frame of then.
    """

    clip: str
    take: str
    number: int
    layer: str
    rect: Rect
    others: tuple[str, ...] = ()
    frame: Rect = FRAME


@dataclass(frozen=True, slots=True)
class Document:
    """A canvas of `size` pixels; `layers` run from the lowest to the uppermost.

    `selection` is None where nothing is selected, which lets edits reach everything. `active` is the id of the layer
    that edits go to, "" for none. `frame` is where pictures are generated; it may reach beyond the canvas. `timeline`
    is what is made of it in time; `flow` says where the canvas flows when it is set in motion, and `repair` which frame
    of a clip is being repaired on it.
    """

    size: Size = Size(1024, 1024)
    layers: tuple[Layer, ...] = ()
    selection: Mask | None = None
    active: str = ""
    frame: Rect = FRAME
    guides: tuple[Guide, ...] = ()
    timeline: Timeline = EMPTY
    flow: tuple[Arrow, ...] = ()
    repair: FrameRepair | None = None

    @property
    def rect(self) -> Rect:
        """The canvas."""
        return Rect.of(self.size)

    def walk(self) -> Iterator[Layer]:
        """All layers from the lowest to the uppermost; the children of a group before the group."""
        yield from _walk(self.layers)

    def find(self, layer_id: str) -> Layer | None:
        """The layer with this id, at any depth."""
        return next((layer for layer in self.walk() if layer.id == layer_id), None)

    def replaced(self, layer_id: str, change: Callable[[Layer], Layer | None]) -> "Document":
        """The document with this layer changed, or removed where `change` returns None; the same if it has none."""
        layers = _replaced(self.layers, layer_id, change)
        return self if layers is self.layers else dataclasses.replace(self, layers=layers)


def _walk(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    for layer in layers:
        if isinstance(layer, GroupLayer):
            yield from _walk(layer.children)
        yield layer


def _replaced(layers: tuple[Layer, ...], layer_id: str, change: Callable[[Layer], Layer | None]) -> tuple[Layer, ...]:
    """The layers after the change; the very same tuple where nothing changed, so that `is` tells."""
    found: list[Layer] = []
    touched = False
    for layer in layers:
        after: Layer | None = layer
        if layer.id == layer_id:
            after = change(layer)
        elif isinstance(layer, GroupLayer):
            children = _replaced(layer.children, layer_id, change)
            if children is not layer.children:
                after = dataclasses.replace(layer, children=children)
        touched |= after is not layer
        if after is not None:
            found.append(after)
    return tuple(found) if touched else layers
