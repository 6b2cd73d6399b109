"""Gaussian blurs that come out the same however a picture is cut.

The sums are formed from whole numbers (OpenCV's fixed-point filter of 16-bit pictures), so that no order of summation
shows. Wide blurs are computed on a picture reduced by a power of two, whose grid is fixed to the document: the box that
reduces and the tents that enlarge again are small blurs themselves, and their variance is taken off the Gaussian's.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.imaging.blend import Corner
from studio.imaging.composing.formulas import Planes
from studio.imaging.tiles import Pixels

Wide = NDArray[np.uint16]
_DIRECT = 3.0  # the standard deviation, in reduced pixels, from which on reducing once more is allowed
_CUT = 3.0  # standard deviations at which the kernel of a reduced picture ends
_CUT_DIRECT = 4.0


def blurred(pixels: Pixels, radius: float, corner: Corner, margin: int) -> Planes:
    """The colours under a Gaussian of standard deviation `radius` pixels, weighted by alpha; (3, n) from 0 to 255.

    `pixels` are premultiplied, transparent beyond their edges; `corner` is the place of the upper left one in the
    document. The result is `margin` pixels smaller on each side; a margin of `reach` (4 radius + 1) makes it exact.
    """
    planes = [_blurred(np.ascontiguousarray(pixels[..., k]), radius, corner, margin) for k in range(4)]
    alpha = np.maximum(planes[3], 1).astype(np.float32).ravel()
    weighted = np.stack([plane.ravel() for plane in planes[:3]]).astype(np.float32)
    weighted *= np.float32(255) / alpha
    return weighted.clip(0, 255)


def _blurred(plane: Pixels, radius: float, corner: Corner, margin: int) -> Wide:
    halvings = max(0, math.floor(math.log2(radius / _DIRECT))) if radius > _DIRECT else 0
    height, width = plane.shape
    wide = plane.astype(np.uint16) * np.uint16(257)
    if not halvings:
        return _gaussian(wide, radius, int(_CUT_DIRECT * radius))[margin : height - margin, margin : width - margin]
    step = 1 << halvings
    left, top = corner[0] % step, corner[1] % step
    wide = np.pad(wide, ((top, -(top + height) % step), (left, -(left + width) % step)))
    for _ in range(halvings):
        wide = cv2.resize(wide, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint16)
    # A box of `step` has the variance (step² − 1) / 12, the tents together (step² − 1) / 4.
    sigma = math.sqrt((radius**2 - (step**2 - 1) / 3) / step**2)
    wide = _gaussian(wide, sigma, int(_CUT * sigma))
    x, y = left + margin, top + margin
    # Two cells around what is wanted: the tents look no further.
    column, row = max(0, x // step - 2), max(0, y // step - 2)
    right, bottom = left + width - margin, top + height - margin
    wide = wide[row : -(-bottom // step) + 2, column : -(-right // step) + 2]
    for _ in range(halvings):
        larger = cv2.resize(wide.astype(np.float32), None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
        wide = np.rint(larger).astype(np.uint16)
    return wide[y - row * step : bottom - row * step, x - column * step : right - column * step]


def _gaussian(plane: Wide, sigma: float, radius: int) -> Wide:
    if radius < 1 or not plane.size:
        return plane
    side = 2 * radius + 1
    out = cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_CONSTANT, hint=cv2.ALGO_HINT_ACCURATE)
    return out.astype(np.uint16, copy=False)
