"""Selections: masks from shapes and colours, their combinations, and the lines around them.

Shapes give an `Area`, values (h, w) of 0 to 255 in a rectangle, which `combined` joins to what is selected; colours
give a mask, which `joined` does. A selection that holds nothing is None, as the document has it.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.document.layers import NOTHING, Mask
from studio.domain.document.tiles import EMPTY, TILE, Place, TileMap, places_in
from studio.domain.geometry import Rect
from studio.imaging.painting.ink import Color
from studio.imaging.painting.morphology import feathered, grown, shrunk
from studio.imaging.painting.regions import Sample, region
from studio.imaging.painting.shapes import Points, bounds, covered
from studio.imaging.painting.tiled import inside
from studio.imaging.tiles import Pixels, TileStore

__all__ = [
    "Area",
    "Combination",
    "color_range",
    "combined",
    "ellipse",
    "extent",
    "feathered",
    "grown",
    "inverted",
    "joined",
    "likeness",
    "of_alpha",
    "outlines",
    "polygon",
    "rectangle",
    "region",
    "shrunk",
]


class Combination(StrEnum):
    """What happens to what was selected before."""

    REPLACE = "replace"
    ADD = "add"
    SUBTRACT = "subtract"
    INTERSECT = "intersect"


class Area(NamedTuple):
    """Values (h, w), 0 to 255, in a rectangle of the document; nothing outside."""

    values: Pixels
    rect: Rect


def rectangle(left: float, top: float, right: float, bottom: float, within: Rect) -> Area:
    """A rectangle, in document pixels; where its sides run through pixels these are selected in part."""
    return polygon([(left, top), (right, top), (right, bottom), (left, bottom)], within)


def ellipse(left: float, top: float, right: float, bottom: float, within: Rect) -> Area:
    """The ellipse in a rectangle, as a polygon at most 1/100 pixel away from it."""
    radius = max(abs(right - left), abs(bottom - top), 1.0) / 2
    corners = math.ceil(math.pi / math.acos(1 - min(0.5, 0.01 / radius)))
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    x, y = (
        (left + right) / 2 + (right - left) / 2 * np.cos(angle),
        (top + bottom) / 2 + (bottom - top) / 2 * np.sin(angle),
    )
    return polygon(np.stack([x, y], axis=1), within)


def polygon(points: Points, within: Rect) -> Area:
    """A closed polygon or a lasso, (n, 2) in document pixels; all that it runs round is inside."""
    rect = bounds(points).intersected(within)
    return Area(covered(points, rect), rect)


def color_range(pixels: Pixels, colors: Sequence[Color], fuzziness: float) -> Pixels:
    """How near each of the premultiplied pixels (h, w, 4) is to the nearest of some colours, times its alpha.

    The distance is CIE 1976 ΔE* in CIELAB (D65): full up to half of `fuzziness` (1 to 200), from there falling to
    nothing at `fuzziness`.
    """
    fuzziness = min(200.0, max(1.0, fuzziness))
    alpha = pixels[..., 3:].astype(np.float32)
    straight = np.minimum(pixels[..., :3] / np.maximum(alpha, 1), 1).astype(np.float32)
    lab = np.asarray(cv2.cvtColor(straight, cv2.COLOR_RGB2Lab), np.float32)
    nearest = np.full(lab.shape[:2], np.inf, np.float32)
    for color in colors:
        aim = cv2.cvtColor(np.array([[color]], np.float32) / np.float32(255), cv2.COLOR_RGB2Lab)
        nearest = np.minimum(nearest, np.sqrt(((lab - aim) ** 2).sum(axis=2)))
    share = np.clip((fuzziness - nearest) / (fuzziness / 2), 0, 1)
    return np.asarray(np.rint(share * alpha[..., 0]), np.uint8)


def likeness(store: TileStore, sample: Sample, colors: Sequence[Color], fuzziness: float, within: Rect) -> Mask:
    """The mask of a `color_range` of what `sample` gives inside a rectangle."""
    changes: dict[Place, str | None] = {}
    for place in places_in(within):
        values, part = np.zeros((TILE, TILE), np.uint8), place.rect.intersected(within)
        values[inside(part, place.rect)] = color_range(sample(part), colors, fuzziness)
        if values.any():
            changes[place] = store.put(values)
    return Mask(EMPTY.edited(changes))


def combined(store: TileStore, old: Mask | None, values: Pixels, rect: Rect, how: Combination) -> Mask | None:
    """The selection after values (h, w) in a rectangle were joined to it."""
    return joined(store, old, store.masked(NOTHING, rect, values), how)


def joined(store: TileStore, old: Mask | None, new: Mask, how: Combination) -> Mask | None:
    """The selection after a mask was joined to it: the larger value of both (add), the smaller (intersect), or the
    smaller of the old and what the new one leaves (subtract). From None there is nothing to subtract or to keep.
    """
    if old is None or how is Combination.REPLACE:
        return _some(new if how in (Combination.REPLACE, Combination.ADD) else NOTHING)
    # What a mask has outside its tiles often leaves the other's tiles as they are.
    neutral = 255 if how is Combination.INTERSECT else 0
    outside = int(_mixed(np.uint8(old.outside), np.uint8(new.outside), how))
    changes: dict[Place, str | None] = {}
    for place in {*old.tiles, *new.tiles}:
        mine, theirs = old.tiles.get(place), new.tiles.get(place)
        if mine is not None and theirs is None and new.outside == neutral:
            changes[place] = mine
            continue
        first = np.uint8(old.outside) if mine is None else store.get(mine)
        second = np.uint8(new.outside) if theirs is None else store.get(theirs)
        values = np.asarray(_mixed(first, second, how))
        if not (values == outside).all():
            changes[place] = store.put(values)
    return _some(Mask(EMPTY.edited(changes), outside))


def inverted(store: TileStore, mask: Mask) -> Mask:
    """A mask that has in what was out; also beyond its tiles, without making any."""
    turned = {digest: store.put(255 - store.get(digest)) for digest in set(mask.tiles.values())}
    changes: dict[Place, str | None] = {place: turned[digest] for place, digest in mask.tiles.items()}
    return Mask(EMPTY.edited(changes), 255 - mask.outside)


def of_alpha(store: TileStore, tiles: TileMap) -> Mask:
    """What a paint layer covers."""
    changes: dict[Place, str | None] = {place: store.put(store.get(digest)[..., 3]) for place, digest in tiles.items()}
    return Mask(EMPTY.edited(changes))


def extent(store: TileStore, mask: Mask, within: Rect) -> Rect:
    """The smallest rectangle inside `within` that holds all that is selected in any part."""
    found = Rect(0, 0, 0, 0)
    places = places_in(within) if mask.outside else iter(mask.tiles)
    for place in places:
        part = place.rect.intersected(within)
        if part.empty or found.contains(part):
            continue
        values = store.mask(mask, part)
        rows, columns = np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
        if len(rows):
            x, y = int(columns[0]), int(rows[0])
            found = found.united(Rect(part.x + x, part.y + y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1))
    return found


def outlines(values: Pixels, rect: Rect) -> list[NDArray[np.int64]]:
    """The closed lines around what is at least half selected, each the corners (n, 2) of its straight pixel edges.

    `values` (h, w) are those of `rect`, for instance of what is visible; a selection that goes on beyond it is closed
    along its border, so take it a pixel larger than what is shown.
    """
    # In a picture twice as large, a contour through the outer pixels tells on which side of a pixel it runs.
    doubled = np.repeat(np.repeat((values >= 128).view(np.uint8), 2, axis=0), 2, axis=1)
    found: list[NDArray[np.int64]] = []
    for contour in cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)[0]:
        line = (contour.reshape(-1, 2).astype(np.int64) + 1) // 2
        line = line[(line != np.roll(line, 1, axis=0)).any(axis=1)]
        before, after = line - np.roll(line, 1, axis=0), np.roll(line, -1, axis=0) - line
        found.append(line[(before != after).any(axis=1)] + (rect.x, rect.y))
    return found


def _mixed(old: Pixels | np.uint8, new: Pixels | np.uint8, how: Combination) -> Pixels | np.uint8:
    if how is Combination.ADD:
        return np.maximum(old, new)
    return np.minimum(old, new if how is Combination.INTERSECT else np.uint8(255) - new)


def _some(mask: Mask) -> Mask | None:
    return mask if mask.tiles or mask.outside else None
