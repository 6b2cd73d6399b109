"""Optical flow: where each part of a picture has gone in another, and what cannot be followed.

The flow is DIS (Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search") as OpenCV computes it. A flow is
float32, height × width × 2: at (y, x) the pixels to the right and down by which one has to look elsewhere.
"""

import functools
import threading
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.imaging.pixels import Pixels

Flow = NDArray[np.float32]
Mask = NDArray[np.bool_]
Quality = Literal["ultrafast", "fast", "medium"]
Kernel = Literal["linear", "cubic"]

CUT_SIMILARITY = 0.2  # of thumbnails; below it two frames show different scenes
_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
_KERNELS = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
_LEAST_SIDE = 32  # pixels; on pictures less high DIS (OpenCV 5.0) reads beyond its arrays
_THUMB = 32  # pixels a side
_MOST_CHANNELS = 4  # that cv2.remap takes at once
_local = threading.local()


class RoundTrip(NamedTuple):
    """The flows between two pictures a and b, on a's grid and on b's, and the part of a that is seen in b as well."""

    forward: Flow
    backward: Flow
    visible: Mask


def flow(a: Pixels, b: Pixels, quality: Quality = "fast") -> Flow:
    """The flow on a's grid that leads into b: `warp(b, flow(a, b))` looks like `a`.

    Both are uint8 of one shape: grey, RGB, or RGB with alpha, which is left out of account. Deterministic, whatever the
    number of threads. Raises ValueError for two shapes.
    """
    return _between(grey(a), grey(b), quality)


def round_trip(a: Pixels, b: Pixels, quality: Quality = "fast") -> RoundTrip:
    """The flows between `a` and `b` as `flow` gives them, and where the forward one can be believed."""
    grey_a, grey_b = grey(a), grey(b)
    forward, backward = _between(grey_a, grey_b, quality), _between(grey_b, grey_a, quality)
    return RoundTrip(forward, backward, ~occluded(forward, backward))


def warp(picture: NDArray[Any], flow: Flow, kernel: Kernel = "linear") -> NDArray[Any]:
    """`picture` looked up where `flow` leads; beyond its border the border goes on.

    `picture` is uint8 or float32 of the flow's height and width, with any number of channels; so is what comes back.
    The cubic kernel keeps what lies between pixels sharper, and overshoots at edges.
    """
    where = _grid(*flow.shape[:2]) + flow
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if channels <= _MOST_CHANNELS:
        return _looked_up(picture, where, kernel)
    parts = [_looked_up(picture[..., i : i + 1], where, kernel) for i in range(channels)]
    return np.concatenate(parts, axis=2)


def occluded(forward: Flow, backward: Flow) -> Mask:
    """Where `forward`, on its own grid, leads nowhere that can be believed; height × width.

    That is where the way there and back ends more than 0.01 (|f| + |b|) + 0.5 pixels off, and at motion boundaries:
    |∇f|² > 0.01 |f|² + 0.002. After Ruder et al. 2016, "Artistic Style Transfer for Videos", with lengths in place of
    their squares in the first.
    """
    back = warp(backward, forward)
    lengths = _lengths(forward)
    lost = _lengths(forward + back) > 0.01 * (lengths + _lengths(back)) + 0.5
    steepness = sum(np.square(slope) for slope in (*_slopes(forward[..., 0]), *_slopes(forward[..., 1])))
    return np.asarray(lost | (steepness > 0.01 * np.square(lengths) + 0.002), np.bool_)


def is_cut(a: Pixels, b: Pixels) -> bool:
    """Do `a` and `b` show different scenes? Frames between them would be mixtures of two pictures."""
    return thumbs_differ(thumb(a), thumb(b))


def thumb(picture: Pixels) -> Pixels:
    """A grey thumbnail for `thumbs_differ`, 32 × 32."""
    return np.asarray(cv2.resize(grey(picture), (_THUMB, _THUMB), interpolation=cv2.INTER_AREA), np.uint8)


def thumbs_differ(a: Pixels, b: Pixels) -> bool:
    """`is_cut` of the pictures whose thumbnails these are."""
    return similarity(a, b) < CUT_SIMILARITY


def similarity(a: Pixels, b: Pixels) -> float:
    """The structural similarity of two grey pictures of one shape: 1 for equal ones, around 0 for unrelated ones.

    Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity", with its window
    (a Gaussian of 1.5 pixels) and constants.
    """
    x, y = a.astype(np.float32), b.astype(np.float32)
    mean_x, mean_y = _windowed(x), _windowed(y)
    variance_x, variance_y = _windowed(x * x) - mean_x**2, _windowed(y * y) - mean_y**2
    shared = _windowed(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_x * mean_y + c1) * (2 * shared + c2)
    below = (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float((above / below).mean())


def grey(picture: Pixels) -> Pixels:
    """The luma (BT.601) of a picture; height × width."""
    if picture.ndim == 2:
        return picture
    kind = cv2.COLOR_RGBA2GRAY if picture.shape[2] == 4 else cv2.COLOR_RGB2GRAY
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), kind), np.uint8)


def _between(a: Pixels, b: Pixels, quality: Quality) -> Flow:
    if a.shape != b.shape:
        raise ValueError(f"flow between pictures of {a.shape} and {b.shape}")
    height, width = a.shape
    down, right = max(0, _LEAST_SIDE - height), max(0, _LEAST_SIDE - width)
    if down or right:
        a, b = (cv2.copyMakeBorder(side, 0, down, 0, right, cv2.BORDER_REPLICATE).astype(np.uint8) for side in (a, b))
    dis = _dis(quality, a.shape)
    found = dis.calc(np.ascontiguousarray(a), np.ascontiguousarray(b), None)  # type: ignore[call-overload]
    return np.ascontiguousarray(found[:height, :width], np.float32)


def _dis(quality: Quality, shape: tuple[int, ...]) -> cv2.DISOpticalFlow:
    """This thread's own: an instance holds the pyramids of the pictures at hand, and for small ones it changes its
    settings for good, so that one is used for one shape only.
    """
    held: dict[Quality, tuple[tuple[int, ...], cv2.DISOpticalFlow]] = _local.__dict__.setdefault("held", {})
    if quality not in held or held[quality][0] != shape:
        held[quality] = shape, cv2.DISOpticalFlow.create(_PRESETS[quality])
    return held[quality][1]


@functools.lru_cache(maxsize=4)
def _grid(height: int, width: int) -> Flow:
    """Each pixel's own place; height × width × (x, y)."""
    grid = np.empty((height, width, 2), np.float32)
    grid[..., 0], grid[..., 1] = np.arange(width), np.arange(height)[:, None]
    grid.flags.writeable = False
    return grid


def _looked_up(picture: NDArray[Any], where: Flow, kernel: Kernel) -> NDArray[Any]:
    picture = np.ascontiguousarray(picture)
    found = cv2.remap(picture, where, None, _KERNELS[kernel], borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(found).reshape(picture.shape)


def _lengths(flow: Flow) -> NDArray[np.float32]:
    return np.asarray(cv2.magnitude(flow[..., 0], flow[..., 1]), np.float32)


def _slopes(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Central differences across and down, 0 at the border."""
    across, down = np.zeros_like(values), np.zeros_like(values)
    across[:, 1:-1] = (values[:, 2:] - values[:, :-2]) / 2
    down[1:-1] = (values[2:] - values[:-2]) / 2
    return across, down


def _windowed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)
