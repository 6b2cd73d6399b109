"""How much of each pixel a polygon covers, exactly."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.domain.geometry import Rect
from studio.imaging.tiles import Pixels

Points = NDArray[np.float64] | Sequence[tuple[float, float]]
Floats = NDArray[np.float64]
_BAND = 2**22  # pixels worked on at once
_PARTS = 2**16  # of a pixel, to which places are rounded: sums of areas are exact then, whatever their order


def covered(polygon: Points, rect: Rect) -> Pixels:
    """The share of each pixel of `rect` that lies inside a closed polygon: (h, w) uint8, 0 to 255.

    `polygon` is (n, 2) in document pixels. Where it crosses itself, what it runs round in either sense is inside. Each
    edge adds its signed area to the pixels right of it, which is exact for what does not overlap within one pixel
    (the accumulation of signed areas as in Levien's font-rs). Borders on whole pixels give 0 and 255 only. A pixel is
    the same in any rectangle: where an edge meets a line between pixels depends on those two alone, and no sum rounds.
    """
    points = _rounded(np.asarray(polygon, np.float64).reshape(-1, 2))
    out = np.zeros((rect.height, rect.width), np.uint8)
    if len(points) < 3 or rect.empty:
        return out
    rows = max(1, _BAND // rect.width)
    for top in range(0, rect.height, rows):
        band = Rect(rect.x, rect.y + top, rect.width, min(rows, rect.height - top))
        out[top : top + band.height] = _filled(*_pieces(points, np.roll(points, -1, axis=0), band), band)
    return out


def bounds(polygon: Points) -> Rect:
    """The smallest rectangle of whole pixels that holds a polygon."""
    points = np.asarray(polygon, np.float64).reshape(-1, 2)
    if not len(points):
        return Rect(0, 0, 0, 0)
    left, top = np.floor(points.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(points.max(axis=0)).astype(int).tolist()
    return Rect(left, top, right - left, bottom - top)


def _rounded(places: Floats) -> Floats:
    return np.rint(places * _PARTS) / _PARTS


def _pieces(start: Floats, end: Floats, rect: Rect) -> tuple[Floats, Floats]:
    """Edges, from (n, 2) to (n, 2), cut where they meet the lines between the pixels of a rectangle: those pieces that
    lie in its rows, not right of it, and not level.
    """
    (left, top), bottom = np.minimum(start, end).T, np.maximum(start, end)[:, 1]
    near = (top < rect.bottom) & (bottom > rect.y) & (top < bottom) & (left < rect.right)
    start, end = start[near], end[near]
    way, edges = end - start, np.arange(len(start))
    # Of each point on the way: its edge, how far along it lies, and where.
    owners, shares, points = [edges, edges], [np.zeros(len(edges)), np.ones(len(edges))], [start, end]
    for axis, (low, high) in enumerate(((rect.x, rect.right), (rect.y, rect.bottom))):
        ends = np.sort([start[:, axis], end[:, axis]], axis=0)
        first = np.maximum(np.floor(ends[0]).astype(int) + 1, low)
        count = np.maximum(0, np.minimum(np.ceil(ends[1]).astype(int) - 1, high) - first + 1)
        owner = np.repeat(edges, count)
        lines = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + first[owner]
        share = (lines - start[owner, axis]) / way[owner, axis]
        met = _rounded(start[owner] + way[owner] * share[:, None])
        met[:, axis] = lines
        owners.append(owner)
        shares.append(share)
        points.append(met)
    owner, place = np.concatenate(owners), np.concatenate(points)
    order = np.lexsort((np.concatenate(shares), owner))
    owner, place = owner[order], place[order]
    begin, to = place[:-1], place[1:]
    low_x, (low_y, high_y) = np.minimum(begin, to)[:, 0], np.sort([begin[:, 1], to[:, 1]], axis=0)
    kept = (owner[:-1] == owner[1:]) & (low_y >= rect.y) & (high_y <= rect.bottom) & (low_y < high_y)
    kept &= low_x < rect.right
    return begin[kept], to[kept]


def _filled(begin: Floats, end: Floats, rect: Rect) -> Pixels:
    """What is inside, from pieces of edges that lie within one pixel each or left of the rectangle."""
    x = np.maximum((begin[:, 0] + end[:, 0]) / 2 - rect.x, 0)
    y = (begin[:, 1] + end[:, 1]) / 2 - rect.y
    rise = end[:, 1] - begin[:, 1]
    column = np.floor(x).astype(int)
    at = np.floor(y).astype(int) * (rect.width + 1) + column
    left, size = x - column, rect.height * (rect.width + 1)
    area = np.bincount(at, rise * (1 - left), size) + np.bincount(at + 1, rise * left, size)
    area = np.cumsum(area.reshape(rect.height, rect.width + 1)[:, : rect.width], axis=1)
    np.abs(area, out=area)
    np.minimum(area, 1, out=area)
    area *= 255
    return np.asarray(np.rint(area), np.uint8)
