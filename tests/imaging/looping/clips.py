"""Synthetic clips whose truth is known: a camera that looks at a painted scene."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from studio.imaging.pixels import Pixels

SIDE, FRAMES = 256, 24
_MARGIN = 100


def scene(seed: int = 5, side: int = SIDE) -> Pixels:
    """Sharp shapes on a soft ground, larger than a frame of `side` pixels by 100 on each edge; RGB."""
    rng = np.random.default_rng(seed)
    whole = side + 2 * _MARGIN
    soft = cv2.GaussianBlur(rng.random((whole, whole, 3)).astype(np.float32), (0, 0), 4)
    painted = np.asarray(cv2.normalize(soft, None, 60, 190, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]
    for _ in range(whole * whole // 800):
        x, y = (int(place) for place in rng.integers(0, whole, 2))
        radius, colour = int(rng.integers(3, 14)), [int(value) for value in rng.integers(40, 215, 3)]
        cv2.circle(painted, (x, y), radius, colour, -1, cv2.LINE_AA)
    # Edges as a lens draws them: between two pixels a frame is as sharp as on them.
    return np.asarray(cv2.GaussianBlur(painted, (0, 0), 1.0), np.uint8)


def look(painted: Pixels, x: float, y: float, side: int = SIDE) -> Pixels:
    """The part of a scene whose middle lies (x, y) pixels from the scene's, as one frame."""
    place = np.array([[1, 0, _MARGIN + x], [0, 1, _MARGIN + y]], np.float32)
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(painted, place, (side, side), flags=flags), np.uint8)


def circle(turn: Sequence[float], radius: float = 10, side: int = SIDE) -> list[Pixels]:
    """The camera on a circle, at these turns of it."""
    painted = scene(side=side)
    return [
        look(painted, radius * math.cos(2 * math.pi * at), radius * math.sin(2 * math.pi * at), side) for at in turn
    ]


def correct(count: int = FRAMES, side: int = SIDE) -> list[Pixels]:
    """A loop as it should be."""
    return circle([i / count for i in range(count)], side=side)


def endpoint_included(count: int = FRAMES) -> list[Pixels]:
    """The commonest mistake: the last frame is the first."""
    return circle([i / (count - 1) for i in range(count)])


def ping_pong(count: int = FRAMES) -> list[Pixels]:
    """Half a circle there and back."""
    half = circle([i / count for i in range(count // 2 + 1)])
    return half + half[-2:0:-1]


def pan(count: int = FRAMES, speed: float = 3, side: int = SIDE) -> list[Pixels]:
    """Straight on, never to come back."""
    painted = scene(side=side)
    return [look(painted, speed * (i - count / 2), 0, side) for i in range(count)]


def cross_faded(frames: list[Pixels], blend: int) -> list[Pixels]:
    """A clip made to loop the plain way: its last frames fade into those that lead to its first."""
    lead, rest = frames[:blend], frames[blend:]
    faded = [
        cv2.addWeighted(late, 1 - (i + 1) / (blend + 1), early, (i + 1) / (blend + 1), 0)
        for i, (late, early) in enumerate(zip(rest[-blend:], lead, strict=True))
    ]
    return [*rest[:-blend], *(np.asarray(frame, np.uint8) for frame in faded)]


def drifting(share: float = 0.006) -> list[Pixels]:
    """A correct loop, but for colours that grow by this share at each frame."""
    return [np.clip(frame * (1 + share * i), 0, 255).astype(np.uint8) for i, frame in enumerate(correct())]


def blurred(frames: list[Pixels], sigma: float = 5) -> list[Pixels]:
    """All of it out of focus."""
    return [np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8) for frame in frames]


def board(side: int = SIDE) -> Pixels:
    """A frame of quite another scene: a chessboard."""
    rows, columns = np.indices((side, side)) // (side // 8)
    return np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[..., None], 3, 2)
