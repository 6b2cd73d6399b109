"""How much of each pixel a polygon covers, exactly."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from studio.domain.geometry import Rect
from studio.imaging.tiles import Pixels

Points = NDArray[np.float64] | Sequence[tuple[float, float]]
Floats = NDArray[np.float64]
_BAND = 2**22  # pixels worked on at once


def covered(polygon: Points, rect: Rect) -> Pixels:
    """The share of each pixel of `rect` that lies inside a closed polygon: (h, w) uint8, 0 to 255.

    `polygon` is (n, 2) in document pixels. Where it crosses itself, what it runs round in either sense is inside. Each
    edge adds its signed area to the pixels right of it, which is exact for what does not overlap within one pixel
    (the accumulation of signed areas as in Levien's font-rs). Borders on whole pixels give 0 and 255 only.
    """
    points = np.asarray(polygon, np.float64).reshape(-1, 2)
    out = np.zeros((rect.height, rect.width), np.uint8)
    if len(points) < 3 or rect.empty:
        return out
    rows = max(1, _BAND // rect.width)
    for top in range(0, rect.height, rows):
        height = min(rows, rect.height - top)
        moved = points - (rect.x, rect.y + top)
        ends = np.stack([moved, np.roll(moved, -1, axis=0)], axis=1)
        pieces = _at_grid(_clipped(ends, rect.width, height), rect.width, height)
        out[top : top + height] = _filled(pieces, rect.width, height)
    return out


def bounds(polygon: Points) -> Rect:
    """The smallest rectangle of whole pixels that holds a polygon."""
    points = np.asarray(polygon, np.float64).reshape(-1, 2)
    if not len(points):
        return Rect(0, 0, 0, 0)
    left, top = np.floor(points.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(points.max(axis=0)).astype(int).tolist()
    return Rect(left, top, right - left, bottom - top)


def _clipped(edges: Floats, width: int, height: int) -> Floats:
    """The edges (n, 2, 2) cut at the sides; above and below they are dropped, left and right they become upright."""
    start, way = edges[:, 0], edges[:, 1] - edges[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        cuts = (np.array([[0, 0], [width, height]], np.float64)[None] - start[:, None]) / way[:, None]
    cuts = np.nan_to_num(cuts.reshape(len(edges), 4), nan=0.0, posinf=0.0, neginf=0.0)
    parts = np.sort(np.clip(np.concatenate([cuts, np.tile([0.0, 1.0], (len(edges), 1))], axis=1), 0, 1), axis=1)
    pieces = _pieces(edges, parts)
    middle = pieces.mean(axis=1)
    pieces = pieces[(middle[:, 1] > 0) & (middle[:, 1] < height)]
    pieces[..., 0] = np.clip(pieces[..., 0], 0, width)
    pieces[..., 1] = np.clip(pieces[..., 1], 0, height)
    return np.asarray(pieces)


def _pieces(edges: Floats, parts: Floats) -> Floats:
    """Edges cut at `parts` (n, k), shares of their way in growing order."""
    points = edges[:, :1] + (edges[:, 1:] - edges[:, :1]) * parts[..., None]
    points = np.where(parts[..., None] == 1, edges[:, 1:], points)
    return cast(Floats, np.stack([points[:, :-1], points[:, 1:]], axis=2).reshape(-1, 2, 2))


def _at_grid(edges: Floats, width: int, height: int) -> Floats:
    """Edges inside the picture, cut where they meet the lines between pixels."""
    for axis in (1, 0):
        low, high = np.sort(edges[..., axis], axis=1).T
        first, last = np.floor(low).astype(int) + 1, np.ceil(high).astype(int) - 1
        count = np.maximum(0, last - first + 1)
        owner = np.repeat(np.arange(len(edges)), count + 1)
        turn = np.arange(len(owner)) - np.repeat(np.cumsum(count + 1) - (count + 1), count + 1)
        start, end = edges[owner, 0], edges[owner, 1]
        length = end[:, axis] - start[:, axis]
        forward = length >= 0
        lines = np.where(forward, first[owner] + turn, last[owner] - turn)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (lines - start[:, axis]) / length
        final = turn == count[owner]
        to = start + (end - start) * np.where(final, 1.0, np.nan_to_num(share, posinf=0.0, neginf=0.0))[:, None]
        to[~final, axis] = lines[~final]
        to[final] = end[final]
        begin = np.where((turn == 0)[:, None], start, np.roll(to, 1, axis=0))
        edges = np.stack([begin, to], axis=1)
    return edges


def _filled(pieces: Floats, width: int, height: int) -> Pixels:
    """What is inside, from edges each of which lies within one pixel."""
    x, y = pieces[..., 0].mean(axis=1), pieces[..., 1].mean(axis=1)
    rise = pieces[:, 1, 1] - pieces[:, 0, 1]
    column = np.minimum(np.floor(x).astype(int), width)
    row = np.clip(np.floor(y).astype(int), 0, height - 1)
    at = row * (width + 2) + column
    left = x - column
    size = height * (width + 2)
    area = np.bincount(at, rise * (1 - left), size) + np.bincount(at + 1, rise * left, size)
    area = np.cumsum(area.reshape(height, width + 2)[:, :width], axis=1)
    np.abs(area, out=area)
    np.minimum(area, 1, out=area)
    area *= 255
    return np.asarray(np.rint(area), np.uint8)
