"""Pictures in tiles under a matrix, filtered both ways.

What a pixel becomes depends on where it lies in the document only, never on the rectangle that is asked for: decisions
are made for cells of a fixed grid, and places in the picture are rounded to 1/32 pixel before anything is subtracted.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.document.layers import Matrix
from studio.domain.document.tiles import TILE, TileMap
from studio.domain.geometry import Rect
from studio.imaging.painting.ink import scaled
from studio.imaging.painting.shapes import Points, covered
from studio.imaging.painting.tiled import inside
from studio.imaging.tiles import Pixels, TileStore

_PARTS = 32  # of a pixel: as fine as OpenCV's remap tells places apart
_LONGEST = 16  # how many times longer than wide what a pixel sees may be before it is blurred
Floats = NDArray[np.float64]


class Footprint(NamedTuple):
    """How the pixels of a cell see the picture.

    They look at the picture reduced by 2**level, at samples spread over the pixel: offsets (n, 2) in document pixels.
    """

    level: int
    offsets: Floats


class Picture(NamedTuple):
    """An untransformed picture in tiles."""

    store: TileStore
    tiles: TileMap
    width: int
    height: int

    def reduced(self, level: int, rect: Rect) -> Pixels:
        """A part of the picture whose sides are divided by 2**level, each pixel the mean of a square of pixels.

        Squares beyond the right and lower border repeat the last pixels.
        """
        if not level:
            return self.store.paint(self.tiles, rect)
        side = 2**level
        out = np.empty((rect.height, rect.width, 4), np.uint8)
        rows = max(1, TILE // side)
        for top in range(0, rect.height, rows):
            height = min(rows, rect.height - top)
            full = Rect(rect.x * side, (rect.y + top) * side, rect.width * side, height * side)
            held = full.intersected(Rect(0, 0, self.width, self.height))
            strip = self.store.paint(self.tiles, held)
            if held != full:
                missing = ((0, full.height - held.height), (0, full.width - held.width), (0, 0))
                strip = np.pad(strip, missing, mode="edge")
            out[top : top + height] = cv2.resize(strip, (rect.width, height), interpolation=cv2.INTER_AREA)
        return out


def resampled(picture: Picture, back: Matrix, outline: Points, rect: Rect) -> Pixels:
    """The transformed picture in a rectangle of the document: premultiplied (h, w, 4).

    `back` takes the document to the picture, `outline` are the picture's corners in the document, which are all before
    the horizon. The border is where the outline covers pixels in part, exactly.
    """
    cover = covered(outline, rect)
    out = np.zeros((rect.height, rect.width, 4), np.uint8)
    flat = back[6] == 0 and back[7] == 0
    side = TILE if flat else TILE // 4
    for row in range(rect.y // side, -(-rect.bottom // side)):
        for column in range(rect.x // side, -(-rect.right // side)):
            cell = Rect(column * side, row * side, side, side)
            part = cell.intersected(rect)
            share = cover[inside(part, rect)]
            if not share.any():
                continue
            seen = _footprint(back, cell)
            if seen is not None:
                pixels = _sampled(picture, back, part, share, seen)
                out[inside(part, rect)] = pixels if share.min() == 255 else scaled(pixels, share[..., None])
    return out


def _footprint(back: Matrix, cell: Rect) -> Footprint | None:
    """What a pixel in the middle of a cell sees: an ellipse, sampled along its axes.

    The picture is reduced until the short axis is one to two pixels long; the long one gets as many samples as it needs
    (as anisotropic texture filters do: McCormack and others, "Feline", SIGGRAPH 1999).
    """
    middle = (cell.x + cell.width / 2, cell.y + cell.height / 2)
    ends = [(x, y) for x in (cell.x, cell.right) for y in (cell.y, cell.bottom)]
    for x, y in (middle, *ends):
        depth = back[6] * x + back[7] * y + back[8]
        if depth > 1e-12:
            break
    else:
        return None
    u, v = (back[0] * x + back[1] * y + back[2]) / depth, (back[3] * x + back[4] * y + back[5]) / depth
    slopes = [[back[0] - u * back[6], back[1] - u * back[7]], [back[3] - v * back[6], back[4] - v * back[7]]]
    _, (long, short), axes = np.linalg.svd(np.array(slopes) / depth)
    level = max(0, math.floor(math.log2(max(short, long / _LONGEST, 1.0)) + 1e-9))
    counts = [max(1, min(2 * _LONGEST, math.ceil(size / 2**level - 0.01))) for size in (float(long), float(short))]
    first, second = ((np.arange(n) + 0.5) / n - 0.5 for n in counts)
    return Footprint(level, (first[:, None, None] * axes[0] + second[None, :, None] * axes[1]).reshape(-1, 2))


def _sampled(picture: Picture, back: Matrix, part: Rect, share: Pixels, seen: Footprint) -> Pixels:
    """The picture in a part of a cell, the mean of the samples of each pixel; its border pixels go on beyond it."""
    side = 2**seen.level
    width, height = -(-picture.width // side), -(-picture.height // side)
    places = [_places(back, part, dx, dy, side, (width, height)) for dx, dy in seen.offsets.tolist()]
    visible = np.array([(x[share > 0], y[share > 0]) for x, y in places])  # (samples, 2, pixels)
    left, top = np.floor(visible.min(axis=(0, 2))).astype(int).tolist()
    right, bottom = np.ceil(visible.max(axis=(0, 2))).astype(int).tolist()
    held = Rect(left - 2, top - 2, right - left + 5, bottom - top + 5).intersected(Rect(0, 0, width, height))
    source = picture.reduced(seen.level, held)
    if not source.any():
        return np.zeros((part.height, part.width, 4), np.uint8)
    sharp = cv2.INTER_CUBIC if (len(places) <= 4 and not seen.level) or len(places) == 1 else cv2.INTER_LINEAR
    total = np.zeros((part.height, part.width, 4), np.uint16)
    for x, y in places:
        found = cv2.remap(source, x - held.x, y - held.y, sharp, borderMode=cv2.BORDER_REPLICATE)
        total += found.astype(np.uint16)
    pixels = ((total + np.uint16(len(places) // 2)) // np.uint16(len(places))).astype(np.uint8)
    # A cubic overshoots; a premultiplied colour must not exceed its alpha.
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    return pixels


def _places(
    back: Matrix, part: Rect, dx: float, dy: float, side: int, size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each pixel of a part looks in the reduced picture, from the middle of its first pixel, in steps of 1/32."""
    x = (np.arange(part.x, part.right) + (0.5 + dx))[None, :]
    y = (np.arange(part.y, part.bottom) + (0.5 + dy))[:, None]
    u, v = back[0] * x + (back[1] * y + back[2]), back[3] * x + (back[4] * y + back[5])
    if back[6] or back[7] or back[8] != 1:
        depth = back[6] * x + (back[7] * y + back[8])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            u, v = np.nan_to_num(u / depth), np.nan_to_num(v / depth)
    found = []
    for at, count in zip((u, v), size, strict=True):
        # Beyond the border the last pixel goes on: no need to look further.
        near = np.clip(at / side - 0.5, -2.0, count + 1.0)
        found.append((np.rint(near * _PARTS) / _PARTS).astype(np.float32))
    return found[0], found[1]
