"""How well a loop's file closes, by PyAV and numpy alone: a second opinion on `studio.imaging.metrics`, with which it
has no line in common.
"""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
_SIDE = 64  # pixels a side at which velocities are looked for
_BLOCK = 8
_CERTAIN = 25.0  # levels² that a block's gradients must sum up to before its velocity is believed
_FASTEST = 0.05  # of the blocks count for the dynamic degree
_HELD = 0.1  # of a usual step


@dataclass(frozen=True, slots=True)
class Seam:
    """`ratio`: the mean absolute difference of the last frame and the first, of the median one of two others in a row.
    `velocity_jump`: how much the velocity changes at the two frames of the seam, of its median change inside.
    `sharpness_dip`: the least variance of the Laplacian, of the median one, at frame `softest`. `held`: frames like the
    one before. `dynamic_degree`: the mean speed of the fastest 5 % of the picture in a usual step, of its diagonal.
    """

    frames: int
    ratio: float
    velocity_jump: float
    sharpness_dip: float
    softest: int
    held: int
    dynamic_degree: float


def seam_of(path: Path) -> Seam:
    """Read a file whose last frame leads to its first, of at least four frames."""
    frames = _read(path)
    steps = np.array([np.abs(after - frame).mean() for frame, after in zip(frames, _next(frames), strict=True)])
    usual = float(np.median(steps[:-1]))
    lumas = [_luma(frame) for frame in frames]
    sharpness = np.array([_laplacian(luma).var() for luma in lumas])
    small = [_reduced(luma) for luma in lumas]
    velocities = [_velocity(frame, after) for frame, after in zip(small, _next(small), strict=True)]
    changes = np.array([np.hypot(*(velocities[at] - velocities[at - 1])).mean() for at in range(len(frames))])
    speeds = [np.sort(np.hypot(*velocity).ravel()) for velocity in velocities]
    fastest = [speed[-max(1, round(_FASTEST * speed.size)) :].mean() for speed in speeds]
    return Seam(
        len(frames),
        float(steps[-1]) / max(usual, 1e-9),
        float((changes[0] + changes[-1]) / 2 / max(np.median(changes[1:-1]), 1e-9)),
        float(sharpness.min() / np.median(sharpness)),
        int(sharpness.argmin()),
        int((steps < _HELD * usual).sum()),
        float(np.median(fastest)) / float(np.hypot(*small[0].shape)),
    )


def _read(path: Path) -> list[Numbers]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24").astype(np.float64) for frame in file.decode(video=0)]


def _next(frames: list[Numbers]) -> list[Numbers]:
    """For each frame the one after it, round the ring."""
    return [*frames[1:], frames[0]]


def _luma(frame: Numbers) -> Numbers:
    return np.asarray(frame @ np.array([0.299, 0.587, 0.114]))


def _laplacian(luma: Numbers) -> Numbers:
    inner = luma[1:-1, 1:-1]
    return np.asarray(luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * inner)


def _reduced(luma: Numbers) -> Numbers:
    """Mean over squares, so that about `_SIDE` pixels a side are left."""
    factor = max(1, min(luma.shape) // _SIDE)
    height, width = (side // factor // _BLOCK * _BLOCK for side in luma.shape)
    cut = luma[: height * factor, : width * factor]
    return np.asarray(cut.reshape(height, factor, width, factor).mean((1, 3)))


def _velocity(frame: Numbers, after: Numbers) -> Numbers:
    """Pixels right and down, (2, rows, columns) of blocks, by least squares on the gradients (Lucas and Kanade 1981),
    drawn to 0 where there are none.
    """
    down, right = (np.asarray(each, np.float64) for each in np.gradient((frame + after) / 2))
    passed = np.asarray(after - frame)
    xx, xy, yy = _blocks(right * right), _blocks(right * down), _blocks(down * down)
    xt, yt = _blocks(right * passed), _blocks(down * passed)
    xx, yy = xx + _CERTAIN, yy + _CERTAIN
    determinant = xx * yy - xy * xy
    return np.stack([(xy * yt - yy * xt) / determinant, (xy * xt - xx * yt) / determinant])


def _blocks(values: Numbers) -> Numbers:
    rows, columns = (side // _BLOCK for side in values.shape)
    return np.asarray(values.reshape(rows, _BLOCK, columns, _BLOCK).sum((1, 3)))
