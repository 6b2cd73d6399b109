"""Flow smoothing: each frame takes part of the one before, where the motion can be followed."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from studio.imaging.flow import Mask, is_cut, round_trip, warp
from studio.imaging.looping.mixing import Planes, Poll, pixels_of, planes_of, unheard
from studio.imaging.pixels import Pixels

_EDGE = 3.0  # pixels: how softly what can be followed ends, or its edges would be drawn into every later frame


def smoothed(
    frames: Sequence[Pixels],
    beta: float,
    closed: bool,
    poll: Poll = unheard,
    guides: Sequence[Pixels] | None = None,
) -> Iterator[Pixels]:
    """The frames, of one shape, in order: o_i = m (β · warp(o_{i−1}) + (1 − β) x_i) + (1 − m) x_i, where m is what is
    seen in both. `beta` in [0, 1): the more, the steadier and the softer; 0.5 to 0.8 are usual.

    On a loop (`closed`) it goes round twice, so that the first frame follows the last as any other; else the first
    stays as it is. Nothing is mixed across a change of scene. With `guides`, as many pictures of the same shape, the
    motion is theirs: of the clip, say, that these frames were drawn on.
    """
    shown = frames if guides is None else guides
    before: Planes | None = None
    if closed and len(frames) > 1 and beta > 0:
        before = planes_of(frames[-1])
        for index in range(len(frames)):
            poll()
            before = _follow(frames[index], shown[index], shown[index - 1], before, beta)
    for index, frame in enumerate(frames):
        poll()
        if before is None or beta == 0:
            before = planes_of(frame)
        else:
            before = _follow(frame, shown[index], shown[index - 1], before, beta)
        yield pixels_of(before)


def _follow(frame: Pixels, now: Pixels, last: Pixels, before: Planes, beta: float) -> Planes:
    """A frame with its part of `before`, what became of the frame before it; `now` and `last` show the motion."""
    own = planes_of(frame)
    if is_cut(now, last):
        return own
    flows = round_trip(now, last)
    part = beta * _softened(flows.visible)[..., None]
    return np.asarray(own + part * (warp(before, flows.forward, "cubic") - own), np.float32)


def _softened(visible: Mask) -> Planes:
    """1 where the motion can be followed and 0 where not, height × width, with soft edges on the side of what can."""
    lost = np.asarray(~visible, np.uint8)
    wide = cv2.dilate(lost, np.ones((5, 5), np.uint8))
    return np.asarray(1 - cv2.GaussianBlur(wide.astype(np.float32), (0, 0), _EDGE), np.float32)
