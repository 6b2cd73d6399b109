"""A still set in motion along arrows that were painted on it, as an exact loop.

After Holynski et al. 2021, "Animating Pictures with Eulerian Motion Fields": a motion field that does not change is
integrated to displacements; frame t shows the still moved on by t frames and the still moved back by N − t, the one the
less and the other the more the later it is. Frame N would be the still again.

Instead of splatting pixels forward, each pixel is looked up where it comes from, and counts by the density with which a
splat would arrive there: the determinant of the Jacobian of the lookup. That is the splat's limit, without its holes.
"""

import math
from collections.abc import Iterator, Sequence, Set

import cv2
import numpy as np

from studio.domain.treatment import Arrow
from studio.imaging.flow import Flow, Mask, warp
from studio.imaging.looping.mixing import Made, Planes, Poll, pixels_of, planes_of, unheard
from studio.imaging.pixels import Pixels

_SIDE = 512  # pixels; on a finer grid the motion is not integrated
_COARSE = 8  # of these pixels is one in which the arrows' influence is reckoned
_SHORE = 3  # pixels of that grid over which the motion sets in at the edge of what is frozen
_WINDOW = 9  # pixels of it in which contrast is compared
_MOST_GAIN = 1.35
_UNSEEN = 1e-4  # what a place counts that nothing believable flows to


def motion_field(
    shape: tuple[int, int], arrows: Sequence[Arrow], freeze: Mask | None, rate: float, reach: float
) -> Flow:
    """How far each pixel of a picture of `shape` (height, width) moves from a frame to the next, in its pixels.

    Near an arrow it is the arrow's motion, between several their mean by Gaussians of `reach` (a share of the diagonal)
    and beyond their reach nothing moves. `freeze` is where nothing moves either.
    """
    height, width = shape
    field = np.zeros((height, width, 2), np.float32)
    if not arrows:
        return field
    small = max(2, height // _COARSE), max(2, width // _COARSE)
    y, x = np.mgrid[: small[0], : small[1]].astype(np.float32) + 0.5
    y, x = y * (height / small[0]), x * (width / small[1])
    total, whole = np.zeros((*small, 2), np.float32), np.zeros(small, np.float32)
    unreached = np.ones(small, np.float32)
    spread = reach * float(np.hypot(height, width)) / 2
    for arrow in arrows:
        squares = np.square(x - arrow.x * width) + np.square(y - arrow.y * height)
        weight = np.exp(-squares / (2 * spread**2)) + 1e-9
        total += weight[..., None] * np.array((arrow.dx * width, arrow.dy * height), np.float32)
        whole += weight
        unreached *= np.maximum(1 - weight, 0)
    mean = total / whole[..., None] * ((1 - unreached) / rate)[..., None]
    field[:] = cv2.resize(mean.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    if freeze is not None:
        depth = cv2.distanceTransform((~freeze).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
        field *= np.minimum(np.asarray(depth, np.float32) / _SHORE, 1)[..., None]
    return field


def flow_loop(
    still: Pixels, arrows: Sequence[Arrow], freeze: Mask | None, frames: int, rate: float, reach: float,
    poll: Poll = unheard, made: Set[int] = frozenset(),
) -> Iterator[Made]:  # fmt: skip
    """`frames` frames at `rate` frames a second in which `still` flows along the arrows and comes back to itself.

    `freeze`, of the still's shape, is where each frame has the still's own bytes. Alpha flows with its pixels. Frames
    whose indices are in `made` are left out. The displacements of all frames are held to a square root of their number.
    """
    brush = _Brush(still, arrows, freeze, rate, reach)
    for index, (behind, ahead) in enumerate(_displacements(brush.field, frames, poll)):
        poll()
        if index not in made:
            yield Made(index, brush.frame(behind, ahead, index / frames))


class _Brush:
    """A still and the field along which it flows, on a grid that is at most 512 pixels wide or high."""

    def __init__(self, still: Pixels, arrows: Sequence[Arrow], freeze: Mask | None, rate: float, reach: float) -> None:
        height, width = still.shape[:2]
        scale = min(1.0, _SIDE / max(height, width))
        grid = max(2, round(height * scale)), max(2, round(width * scale))
        self._still, self._planes = still, planes_of(still)
        frozen = None if freeze is None else _scaled(freeze.astype(np.float32), grid) >= 0.5
        self.field = motion_field(grid, arrows, frozen, rate, reach)
        self._standing = ~self._full(self.field).any(2)
        if freeze is not None:
            self._standing |= freeze
        closed = np.zeros(grid, np.uint8) if frozen is None else frozen.astype(np.uint8)
        # The edge of what is frozen must not flow away with what is beside it.
        self._open = 1 - np.asarray(cv2.dilate(closed, np.ones((2 * _SHORE + 1,) * 2, np.uint8)), np.float32)
        inside = cv2.erode(_scaled(self._open, still.shape), np.ones((_WINDOW, _WINDOW), np.uint8))
        self._inside = np.asarray(cv2.blur(inside, (_WINDOW, _WINDOW)), np.float32)[..., None]

    def frame(self, behind: Flow, ahead: Flow, share: float) -> Pixels:
        """The frame after `share` of the loop; `behind` and `ahead` lead to where its pixels were at the beginning and
        will be at the end.
        """
        if share == 0:
            return self._still.copy()
        part = self._part(self._density(behind), self._density(ahead), share)
        start, end = (warp(self._planes, self._full(flow)) for flow in (behind, ahead))
        pixels = pixels_of(_contrast_kept(start, end, part, self._inside))
        pixels[self._standing] = self._still[self._standing]
        return pixels

    def _part(self, behind: Planes, ahead: Planes, share: float) -> Planes:
        """How much of each pixel is the still moved back, by the densities with which the two ways bring it there."""
        second = share * ahead
        part = second / ((1 - share) * behind + second)
        return _scaled(part.astype(np.float32), self._planes.shape)[..., None]

    def _density(self, flow: Flow) -> Planes:
        """What a splat along the way back would bring to each place of the grid."""
        right, down = np.gradient(flow, axis=1), np.gradient(flow, axis=0)
        determinant = (1 + right[..., 0]) * (1 + down[..., 1]) - right[..., 1] * down[..., 0]
        known = warp(self._open, flow)
        height, width = flow.shape[:2]
        x, y = flow[..., 0] + np.arange(width), flow[..., 1] + np.arange(height)[:, None]
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        density = np.clip(determinant, 0, 2) * np.where(inside, known, 0)
        return np.asarray(cv2.GaussianBlur(density + _UNSEEN, (0, 0), _SHORE), np.float32)

    def _full(self, flow: Flow) -> Flow:
        """The same displacements on the still's own grid, in its pixels."""
        height, width = self._planes.shape[:2]
        if flow.shape[:2] == (height, width):
            return flow
        factor = np.array((width / flow.shape[1], height / flow.shape[0]), np.float32)
        return _scaled(flow, (height, width)) * factor


def _displacements(field: Flow, frames: int, poll: Poll) -> Iterator[tuple[Flow, Flow]]:
    """For each frame t from 0 on, the displacements along the field by −t and by `frames` − t steps of Euler's method.

    The latter are needed from the last to the first: each √`frames`-th is kept, and those between are found again.
    """
    stride = math.isqrt(frames)
    kept, ahead = [np.zeros_like(field)], np.zeros_like(field)
    for step in range(1, frames + 1):
        poll()
        ahead = ahead + warp(field, ahead)
        if step % stride == 0:
            kept.append(ahead)
    behind, stretch = np.zeros_like(field), list[Flow]()
    for steps in range(frames, 0, -1):
        if not stretch:
            stretch = [kept[steps // stride]]
            for _ in range(steps % stride):
                stretch.append(stretch[-1] + warp(field, stretch[-1]))
        yield behind, stretch.pop()
        behind = behind - warp(field, behind)


def _contrast_kept(start: Planes, end: Planes, part: Planes, where: Planes) -> Planes:
    """The mixture of two pictures with the local contrast that the two have: where they have nothing in common, their
    mean has less. After Heitz and Neyret 2018, "High-Performance By-Example Noise". `where`, 0 to 1, says how much.
    """
    mixed = start + part * (end - start)
    mean = cv2.blur(mixed, (_WINDOW, _WINDOW))
    wanted = (1 - part[..., 0]) * _contrast(start) + part[..., 0] * _contrast(end)
    gain = np.clip(wanted / np.maximum(_contrast(mixed), 0.5), 1, _MOST_GAIN)[..., None]
    mixed[..., :3] += where * (gain - 1) * (mixed - mean)[..., :3]
    if mixed.shape[2] == 4:
        np.minimum(mixed[..., :3], mixed[..., 3:], out=mixed[..., :3])
    return mixed


def _contrast(planes: Planes) -> Planes:
    """Local standard deviation of the colours' sum."""
    weights = np.array([[1, 1, 1, 0][: planes.shape[2]]], np.float32) / 3
    luma = cv2.transform(planes, weights)
    window = (_WINDOW, _WINDOW)
    return np.asarray(np.sqrt(np.maximum(cv2.blur(luma * luma, window) - np.square(cv2.blur(luma, window)), 0)))


def _scaled(values: Planes, shape: tuple[int, ...]) -> Planes:
    if values.shape[:2] == shape[:2]:
        return values
    return np.asarray(cv2.resize(values, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)
