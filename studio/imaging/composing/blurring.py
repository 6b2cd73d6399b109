"""Gaussian blurs that come out the same however a picture is cut.

The sums are formed from whole numbers (OpenCV's fixed-point filter of 16-bit pictures), so that no order of summation
shows. Wide blurs are computed on a picture reduced by a power of two, whose grid is fixed to the document: the box that
reduces and the tents that enlarge again are small blurs themselves, and their variance is taken off the Gaussian's.
So a picture can be shrunk tile by tile, each tile once, and a wide blur costs little more than a narrow one.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.geometry import Rect
from studio.imaging.blend import Corner
from studio.imaging.composing.formulas import Planes
from studio.imaging.tiles import Pixels

Wide = NDArray[np.uint16]  # (height, width, 4): 257 times the pixels' values
_DIRECT = 3.0  # the standard deviation, in reduced pixels, from which on reducing once more is allowed
_CUT = 3.0  # standard deviations at which the kernel of a reduced picture ends
_CUT_DIRECT = 4.0
_SPARE = 2  # cells around what is wanted: the tents that enlarge look no further


def halvings(radius: float) -> int:
    """How often a picture is reduced to half its sides before a blur; 0 for one that is computed directly."""
    return max(0, math.floor(math.log2(radius / _DIRECT))) if radius > _DIRECT else 0


def blurred(pixels: Pixels, radius: float, corner: Corner, margin: int) -> Planes:
    """The colours under a Gaussian of standard deviation `radius` pixels, weighted by alpha; (3, n) from 0 to 255.

    `pixels` are premultiplied, transparent beyond their edges; `corner` is the place of the upper left one in the
    document. The result is `margin` pixels smaller on each side; a margin of `reach` (4 radius + 1) makes it exact.
    """
    height, width = pixels.shape[:2]
    times = halvings(radius)
    if not times:
        soft = _gaussian(_wide(pixels), radius, int(_CUT_DIRECT * radius))
        return _colours(soft[margin : height - margin, margin : width - margin])
    step = 1 << times
    left, top = corner[0] % step, corner[1] % step
    whole = np.pad(pixels, ((top, -(top + height) % step), (left, -(left + width) % step), (0, 0)))
    first = (corner[0] - left) // step, (corner[1] - top) // step
    inner = Rect(corner[0] + margin, corner[1] + margin, width - 2 * margin, height - 2 * margin)
    return softened(shrunk(whole, times), first, radius, inner)


def shrunk(pixels: Pixels, times: int) -> Wide:
    """Pixels reduced to half their sides so many times. Their corner in the document and their sides must be multiples
    of 2^times: then what is shrunk in parts is what would be shrunk as a whole."""
    wide = _wide(pixels)
    for _ in range(times):
        wide = cv2.resize(wide, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint16, copy=False)
    return wide


def cells_for(rect: Rect, radius: float) -> Rect:
    """The pixels of the shrunk picture that decide a wide blur inside a rectangle of the document."""
    times = halvings(radius)
    return _cells(rect, times).grown(_SPARE + int(_CUT * _sigma(radius, times)))


def softened(cells: Wide, first: Corner, radius: float, rect: Rect) -> Planes:
    """The colours of a wide blur inside a rectangle, (3, n) as of `blurred`, from the shrunk picture around it.

    `first` is the column and row of the upper left cell; all of `cells_for` the rectangle makes it exact.
    """
    times = halvings(radius)
    sigma = _sigma(radius, times)
    soft, (x, y) = _gaussian(cells, sigma, int(_CUT * sigma)), first
    for left in range(times, -1, -1):
        # What lies at the edge of an enlarged part is wrong by the missing neighbour: it is cut off each time.
        part = _cells(rect, left).grown(_SPARE if left else 0)
        part = part.intersected(Rect(x, y, soft.shape[1], soft.shape[0]))
        soft = soft[part.y - y : part.bottom - y, part.x - x : part.right - x]
        if left:
            larger = cv2.resize(soft.astype(np.float32), None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
            soft, x, y = np.rint(larger).astype(np.uint16), part.x * 2, part.y * 2
    return _colours(soft)


def _sigma(radius: float, times: int) -> float:
    """In reduced pixels: a box of `step` has the variance (step² − 1) / 12, the tents together (step² − 1) / 4."""
    step = 1 << times
    return math.sqrt((radius**2 - (step**2 - 1) / 3) / step**2)


def _cells(rect: Rect, times: int) -> Rect:
    """The reduced pixels that cover a rectangle."""
    x, y = rect.x >> times, rect.y >> times
    return Rect(x, y, -(-rect.right >> times) - x, -(-rect.bottom >> times) - y)


def _wide(pixels: Pixels) -> Wide:
    return pixels.astype(np.uint16) * np.uint16(257)


def _colours(soft: Wide) -> Planes:
    planes = cv2.transpose(np.ascontiguousarray(soft).reshape(-1, 4)).astype(np.float32)
    weighted: Planes = planes[:3] * (np.float32(255) / np.maximum(planes[3], 1))
    return weighted.clip(0, 255)


def _gaussian(wide: Wide, sigma: float, radius: int) -> Wide:
    if radius < 1 or not wide.size:
        return wide
    side = 2 * radius + 1
    out = cv2.GaussianBlur(wide, (side, side), sigma, borderType=cv2.BORDER_CONSTANT, hint=cv2.ALGO_HINT_ACCURATE)
    return out.astype(np.uint16, copy=False)
