"""Frames that came out softer than the others, made as sharp as these."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from studio.imaging.flow import grey
from studio.imaging.looping.mixing import Planes, Poll, pixels_of, planes_of, unheard
from studio.imaging.pixels import Pixels

_MOST = 2.0  # times a frame's fine detail that may be added to it
_ROUNDS = 4
_RADIUS = 1.0  # pixels


def sharpness(picture: Pixels) -> float:
    """The variance of the Laplacian of the luma (Pech-Pacheco et al. 2000)."""
    return float(cv2.Laplacian(grey(picture), cv2.CV_32F).var())


def evened(frames: Sequence[Pixels], poll: Poll = unheard) -> Iterator[Pixels]:
    """The frames in order; those that are softer than the median are sharpened up to it. Each is changed by itself, so
    that a loop stays one.
    """
    wanted = float(np.median([sharpness(frame) for frame in frames])) if frames else 0.0
    for frame in frames:
        poll()
        yield sharpened(frame, wanted)


def sharpened(frame: Pixels, wanted: float) -> Pixels:
    """The frame made `wanted` sharp by unsharp masking, within bounds; itself where it is no softer."""
    own = sharpness(frame)
    return frame if own >= wanted or own <= 0 else _sharpened(frame, own, wanted)


def _sharpened(frame: Pixels, own: float, wanted: float) -> Pixels:
    """With as much of its detail again as makes it `wanted` sharp: the root of the sharpness grows with the share."""
    planes = planes_of(frame)
    detail = planes - np.asarray(cv2.GaussianBlur(planes, (0, 0), _RADIUS), np.float32).reshape(planes.shape)
    share, best = 0.0, frame
    slope = np.sqrt(own)  # of the root of the sharpness by the share, until it is known better
    reached = np.sqrt(own)
    for _ in range(_ROUNDS):
        step = (np.sqrt(wanted) - reached) / max(slope, 1e-6)
        if abs(step) < 1e-3 or (share >= _MOST and step > 0):
            break
        after = float(np.clip(share + step, 0.0, _MOST))
        best = _with(planes, detail, after)
        now = float(np.sqrt(sharpness(best)))
        slope = (now - reached) / (after - share) if after != share else slope
        share, reached = after, now
    return best


def _with(planes: Planes, detail: Planes, share: float) -> Pixels:
    return pixels_of(planes + share * detail)
