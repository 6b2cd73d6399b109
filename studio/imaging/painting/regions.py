"""Regions of similar colour, grown from a point tile by tile: what a fill fills and a magic wand selects."""

from collections.abc import Callable, Iterable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import EMPTY, TILE, Place, places_in
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.imaging.painting.tiled import inside
from studio.imaging.tiles import Pixels, TileStore

Sample = Callable[[Rect], Pixels]  # premultiplied pixels (h, w, 4) of a layer or of a composite
Labels = NDArray[np.uint16]

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
_SQUARE = np.ones((3, 3), np.uint8)
_SIDES: tuple[tuple[int, int, tuple[slice | int, slice | int], tuple[slice | int, slice | int]], ...] = (
    (-1, 0, np.s_[:, 0], np.s_[:, -1]),  # the neighbour's place, my edge towards it, its edge towards me
    (1, 0, np.s_[:, -1], np.s_[:, 0]),
    (0, -1, np.s_[0, :], np.s_[-1, :]),
    (0, 1, np.s_[-1, :], np.s_[0, :]),
)


class Likeness:
    """How far each pixel is from one colour: the largest difference of the four premultiplied channels, 0 to 255.

    Transparent pixels are equal whatever lies in them, and a colour differs from transparency by at least its alpha.
    """

    def __init__(self, sample: Sample, color: Pixels, within: Rect) -> None:
        self._sample, self._color, self.within = sample, color, within
        self._tiles: dict[Place, Pixels] = {}

    def tile(self, place: Place) -> Pixels:
        """The differences in a tile, (256, 256); 255 beyond `within`."""
        if (found := self._tiles.get(place)) is None:
            found = np.full((TILE, TILE), 255, np.uint8)
            part = place.rect.intersected(self.within)
            if not part.empty:
                pixels = self._sample(part)
                apart = np.maximum(pixels, self._color) - np.minimum(pixels, self._color)
                found[inside(part, place.rect)] = apart.max(axis=2)
            self._tiles[place] = found = _compact(found)
        return found

    def window(self, rect: Rect) -> Pixels:
        """The differences in any rectangle."""
        return _gathered({place: self.tile(place) for place in places_in(rect)}, rect)


def region(
    store: TileStore,
    sample: Sample,
    seed: tuple[int, int],
    within: Rect,
    tolerance: int = 32,
    contiguous: bool = True,
    gap: int = 0,
    antialias: bool = True,
) -> Mask:
    """What is similar to the pixel at `seed`: all of `within`, or what is joined to it by sides (`contiguous`).

    `tolerance` (0 to 255) bounds the largest difference of a premultiplied channel. Openings of up to `gap` pixels (0
    to 32) are taken for closed. With `antialias` the pixels along the border, which mix both colours, are taken in
    part: by where they lie between the seed's colour and the most different one beside them. Raises StudioError
    (INPUT) for a seed outside.
    """
    x, y = seed
    at = Rect(x, y, 1, 1)
    if not within.contains(at):
        raise StudioError(ErrorKind.INPUT, "The point lies outside the canvas.", "Click inside the picture.")
    likeness = Likeness(sample, sample(at)[0, 0], within)
    if contiguous:
        found = _joined(likeness, at, tolerance, (min(32, max(0, gap)) + 1) // 2)
    else:
        found = {place: _bytes(likeness.tile(place) <= tolerance) & _in(place, within) for place in places_in(within)}
    places = _around(found) if antialias else found
    changes: dict[Place, str | None] = {}
    for place in places:
        values = _softened(likeness, found, place, tolerance) if antialias else found[place]
        if values.any():
            changes[place] = store.put(np.ascontiguousarray(values))
    return Mask(EMPTY.edited(changes))


def _joined(likeness: Likeness, seed: Rect, tolerance: int, radius: int) -> dict[Place, Pixels]:
    """The tiles (0 or 255) of what is joined to the seed when all that is narrower than 2 × radius is closed."""
    reach = 2 * radius  # steps to the side from what is wide enough into a corner
    near = seed.grown(reach)
    start = np.zeros((near.height, near.width), np.uint8)
    start[reach, reach] = 255
    start = _spread(start, _bytes(likeness.window(near) <= tolerance), reach)
    labels: dict[Place, Labels] = {}
    taken: dict[Place, set[int]] = {}
    waiting: dict[Place, set[int]] = {}
    for place in places_in(near):
        labels[place] = _labels(likeness, place, tolerance, radius)
        part = place.rect.intersected(near)
        under = labels[place][inside(part, place.rect)][start[inside(part, near)] > 0]
        waiting[place] = set(np.unique(under).tolist()) - {0}
    while waiting:
        place, new = waiting.popitem()
        new -= taken.setdefault(place, set())
        if not new:
            continue
        taken[place] |= new
        for right, down, mine, theirs in _SIDES:
            other = Place(place.column + right, place.row + down)
            if other.rect.intersected(likeness.within).empty:
                continue
            edge = np.isin(labels[place][mine], [*new])
            if not edge.any():
                continue
            if other not in labels:
                labels[other] = _labels(likeness, other, tolerance, radius)
            met = labels[other][theirs][edge]
            reached = set(np.unique(met).tolist()) - {0} - taken.get(other, set())
            if reached:
                waiting.setdefault(other, set()).update(reached)
    found = {place: _compact(_bytes(np.isin(labels[place], [*chosen]))) for place, chosen in taken.items() if chosen}
    if not radius:
        return found
    widened: dict[Place, Pixels] = {}
    for place in _around({**found, **dict.fromkeys(places_in(near), start)}):
        window = place.rect.grown(reach)
        values = _gathered(found, window)
        part = window.intersected(near)
        if not part.empty:
            values[inside(part, window)] |= start[inside(part, near)]
        if values.any():
            values = _spread(values, _bytes(likeness.window(window) <= tolerance), reach)
            widened[place] = _compact(values[reach:-reach, reach:-reach])
    return widened


def _labels(likeness: Likeness, place: Place, tolerance: int, radius: int) -> Labels:
    """The parts of a tile that are joined in it by sides, numbered from 1; 0 where nothing can be entered.

    What lies beyond `within` closes nothing.
    """
    window = place.rect.grown(radius).intersected(likeness.within)
    part = place.rect.intersected(likeness.within)
    open_here = _bytes(likeness.window(window) <= tolerance)
    if radius:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        open_here = np.asarray(cv2.erode(open_here, kernel), np.uint8)
    values = np.zeros((TILE, TILE), np.uint8)
    values[inside(part, place.rect)] = open_here[inside(part, window)]
    if values.min() == values.max():
        return np.broadcast_to(np.uint16(values[0, 0] > 0), (TILE, TILE))
    return np.asarray(cv2.connectedComponents(values, connectivity=4, ltype=cv2.CV_16U)[1], np.uint16)


def _spread(values: Pixels, allowed: Pixels, steps: int) -> Pixels:
    """What can be reached from the values in some steps to the side through what is allowed."""
    values = values & allowed
    for _ in range(steps):
        values = np.asarray(cv2.dilate(values, _CROSS), np.uint8) & allowed
    return values


def _softened(likeness: Likeness, found: Mapping[Place, Pixels], place: Place, tolerance: int) -> Pixels:
    """A tile of the region with the mixed pixels along its border taken in part."""
    window = place.rect.grown(2)
    values = _gathered(found, window)
    if values.min() == values.max():
        return values[2:-2, 2:-2]
    apart = likeness.window(window)
    border = (cv2.dilate(values, _SQUARE) > 0) & (values == 0) & (apart > tolerance)
    part, inner = np.zeros_like(values), inside(window.intersected(likeness.within), window)
    most = np.maximum(cv2.dilate(apart[inner], _SQUARE), 1).astype(np.float32)
    part[inner] = np.rint(255 * (1 - apart[inner] / most))
    return np.where(border, part, values)[2:-2, 2:-2] & _in(place, likeness.within)


def _gathered(tiles: Mapping[Place, Pixels], rect: Rect) -> Pixels:
    """The values of a rectangle from tiles, 0 where there are none."""
    out = np.zeros((rect.height, rect.width), np.uint8)
    for place in places_in(rect):
        if (tile := tiles.get(place)) is not None:
            part = place.rect.intersected(rect)
            out[inside(part, rect)] = tile[inside(part, place.rect)]
    return out


def _around(places: Iterable[Place]) -> set[Place]:
    """The places and their eight neighbours."""
    return {Place(at.column + x, at.row + y) for at in places for y in (-1, 0, 1) for x in (-1, 0, 1)}


def _in(place: Place, within: Rect) -> Pixels:
    """255 inside the rectangle, 0 outside."""
    values = np.zeros((TILE, TILE), np.uint8)
    values[inside(place.rect.intersected(within), place.rect)] = 255
    return values


def _compact(values: Pixels) -> Pixels:
    """The same, without memory where all values are equal."""
    return np.broadcast_to(values[0, 0], values.shape) if values.min() == values.max() else np.ascontiguousarray(values)


def _bytes(chosen: NDArray[np.bool_]) -> Pixels:
    return chosen.view(np.uint8) * np.uint8(255)
