"""Where a canvas flows when it is set in motion: arrows along the way of a pen, and the layer of what stands still."""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence

from studio.domain.document.document import Document
from studio.domain.document.edits import changed, insert
from studio.domain.document.layers import Mask, MaskLayer
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.treatment import MAX_ARROWS, Arrow

FREEZE = "Freeze"  # the name of the mask layer of what stands still
ICE = (92, 158, 255)
STEP = 0.05  # of the canvas's diagonal: how far apart a long drag leaves its arrows
_LEAST = 0.3  # of that step: what is left over at a drag's end and shorter than this is no arrow
_DIGITS = 5  # of a share: a hundredth of a pixel on usual canvases, and short in the file

Place = tuple[float, float]


def with_flow(document: Document, arrows: Iterable[Arrow]) -> Document:
    """Other arrows; the same document where they are the same. Raises StudioError (INPUT) for too many."""
    after = tuple(arrows)
    if len(after) > MAX_ARROWS:
        hint = f"Erase some; {MAX_ARROWS:,} are possible."
        raise StudioError(ErrorKind.INPUT, f"{len(after):,} arrows are too many.", hint, "arrows")
    return document if after == document.flow else dataclasses.replace(document, flow=after)


def along(path: Sequence[Place], size: Size, *, straight: bool = False) -> tuple[Arrow, ...]:
    """The arrows that a drag along `path` (canvas pixels) leaves on a canvas of `size`.

    Each begins where the one before it ends and is `STEP` of the diagonal long, the last one maybe shorter: what it
    spans is what the picture flows in a second. `straight` makes one arrow from the first place to the last, as strong
    as it is long.
    """
    if len(path) < 2:
        return ()
    ends = (path[0], path[-1]) if straight else _cut(path, STEP * math.hypot(size.width, size.height))
    return tuple(_arrow(a, b, size) for a, b in itertools.pairwise(ends) if a != b)


def faster(arrows: Iterable[Arrow], factor: float) -> tuple[Arrow, ...]:
    """The same arrows, so many times as strong."""
    return tuple(dataclasses.replace(each, dx=each.dx * factor, dy=each.dy * factor) for each in arrows)


def missed(arrows: Iterable[Arrow], at: Place, reach: float, size: Size) -> tuple[Arrow, ...]:
    """The arrows that no eraser of radius `reach` (canvas pixels) touches that is at `at`."""
    return tuple(each for each in arrows if _distance(each, at, size) > reach)


def freeze_of(document: Document) -> MaskLayer | None:
    """The uppermost layer of what stands still; hidden, it freezes nothing."""
    named = [layer for layer in document.walk() if isinstance(layer, MaskLayer) and layer.name == FREEZE]
    return named[-1] if named else None


def with_freeze(document: Document, content: Mask) -> Document:
    """The canvas with this mask as what stands still; a new layer on top of all where there is none. It is shown."""
    layer = freeze_of(document)
    if layer is None:
        return insert(document, MaskLayer(name=FREEZE, content=content, tint=ICE))
    return changed(document, layer.id, content=content, visible=True)


def _cut(path: Sequence[Place], step: float) -> list[Place]:
    """Places along a path, `step` apart as the crow flies; its end, if that is not too near to the last of them."""
    found = [path[0]]
    for place in path[1:]:
        while (gap := math.dist(found[-1], place)) >= step:
            (x, y), share = found[-1], step / gap
            found.append((x + (place[0] - x) * share, y + (place[1] - y) * share))
    rest = math.dist(found[-1], path[-1])
    if rest >= _LEAST * step or (len(found) == 1 and rest):
        found.append(path[-1])
    return found


def _arrow(start: Place, end: Place, size: Size) -> Arrow:
    values = (
        start[0] / size.width,
        start[1] / size.height,
        (end[0] - start[0]) / size.width,
        (end[1] - start[1]) / size.height,
    )
    return Arrow(*(round(value, _DIGITS) for value in values))


def _distance(arrow: Arrow, at: Place, size: Size) -> float:
    """From a place to the line that an arrow is, in canvas pixels."""
    x, y = at[0] - arrow.x * size.width, at[1] - arrow.y * size.height
    dx, dy = arrow.dx * size.width, arrow.dy * size.height
    share = min(1.0, max(0.0, (x * dx + y * dy) / (dx * dx + dy * dy or 1.0)))
    return math.hypot(x - share * dx, y - share * dy)
