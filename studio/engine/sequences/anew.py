"""Video to video: the frames of a clip, drawn anew by a model that draws pictures.

Each frame begins as the clip's own, with part of what became of the frame before it, brought along by the clip's motion
where that can be followed (Rerender A Video, Yang et al. 2023). The noise moves with the clip, too, so that what is
drawn sticks to what it is drawn on.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.sequence import Scheduled
from studio.engine.libraries import torch
from studio.engine.models import Poll
from studio.engine.pictures import decode
from studio.engine.sequences.circle import Drawn
from studio.engine.sequences.drawing import Drawing
from studio.engine.sequences.group import chunks
from studio.engine.sequences.smoother import encoded, smoother
from studio.imaging.flow import is_cut, round_trip, warp
from studio.imaging.pixels import Pixels

_CARRIED = 0.5  # of what became of the frame before, in where the next group begins
Noise = NDArray[np.float32]


def draw_anew(drawing: Drawing, source: list[Pixels]) -> Drawn:
    """All frames; `source` are those of the clip, as many, RGB, of the recipe's size."""
    sequence = drawing.sequence
    begins = [_begin(drawing, index / len(source)) for index in range(len(source))]
    drawing.total = sum(drawing.calls - begin for begin in begins)
    noise = moving_noise(source, drawing.shape, sequence.recipe.seed, sequence.closed, drawing.poll)
    places = [index / len(source) for index in range(len(source))]
    found: list[torch.Tensor] = []
    for part in chunks(len(source), drawing.size):
        starts = _starts(drawing, source, part, found[-1][-1:] if found else None)
        clean = encoded(drawing.model, starts).float().cpu()
        numbers = list(range(part.start, part.stop))
        drawn: dict[int, torch.Tensor] = {}
        for begin in sorted({begins[n] for n in numbers}):
            these = [n for n in numbers if begins[n] == begin]
            at = [n - part.start for n in these]
            alone = len(these) == len(source)
            steps = sequence.consistency.smoother if len(these) == len(numbers) else 0
            correct = smoother(drawing.model, drawing.calls, steps, sequence.closed and alone, drawing.poll)
            latents = drawing.noisy(clean[at], noise[these], begin)
            frames = drawing.frames(latents, begin, [places[n] for n in these], these, correct)
            drawn |= dict(zip(these, frames, strict=True))
        found.append(torch.stack([drawn[n] for n in numbers]))
    return Drawn(torch.cat(found), np.full(len(source), -1.0))


def _begin(drawing: Drawing, place: float) -> int:
    """After how many calls the frame at a share of the clip begins."""
    calls = drawing.calls
    return drawing.whole_steps(calls - max(1, int(calls * drawing.sequence.value(Scheduled.STRENGTH, place))))


def _starts(drawing: Drawing, source: list[Pixels], part: slice, last: torch.Tensor | None) -> list[Pixels]:
    """What the frames of a group begin with; `last` are the latents of the frame before them."""
    if last is None:
        return source[part]
    starts: list[Pixels] = []
    before = decode(drawing.model, last)
    for index in range(part.start, part.stop):
        drawing.poll()
        frame = source[index]
        if is_cut(frame, source[index - 1]):
            return [*starts, *source[index : part.stop]]
        flows = round_trip(frame, source[index - 1])
        share = np.where(flows.visible, np.float32(_CARRIED), np.float32(0))[..., None]
        carried = warp(before, flows.forward, "cubic")
        before = np.asarray(np.where(flows.visible[..., None], carried, frame), np.uint8)
        starts.append(np.asarray(frame + share * (carried.astype(np.float32) - frame), np.uint8))
    return starts


def moving_noise(source: list[Pixels], shape: tuple[int, ...], seed: int, closed: bool, poll: Poll) -> torch.Tensor:
    """Noise (N, C, h, w) that goes along with the motion of the clip: of each latent it is known where in the first
    frame it comes from, to a fraction, and the nearest number is taken, so that it stays noise. What comes into sight
    has the noise that was there. The variance, which numbers taken twice would change, is restored.

    On a loop, noise that was brought forward from the first frame fades into noise that was brought back to it.
    """
    first = _standard(np.random.default_rng(seed).standard_normal(shape[1:], np.float32))
    forward = _brought(source, first, poll, 1)
    if not closed or len(source) < 3:
        return torch.from_numpy(np.stack(forward))
    shares = np.arange(len(source)) / len(source)
    mixed = [
        _standard(np.sqrt(1 - share) * ahead + np.sqrt(share) * back)
        for share, ahead, back in zip(shares, forward, _brought(source, first, poll, -1), strict=True)
    ]
    return torch.from_numpy(np.stack(mixed))


def _brought(source: list[Pixels], first: Noise, poll: Poll, way: int) -> list[Noise]:
    """The noise of each frame, followed from the first one on, or with `way` −1 from it back."""
    height, width = first.shape[1:]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    origin = np.dstack([columns, rows])  # (x, y) in the first frame
    frames: dict[int, Noise] = {0: first}
    previous = 0
    for step in range(1, len(source)):
        poll()
        index = step * way % len(source)
        origin = _followed(origin, source[index], source[previous])
        x, y = (np.rint(origin[..., axis]).astype(int) for axis in (0, 1))
        frames[index] = _standard(first[:, y % height, x % width])
        previous = index
    return [frames[index] for index in range(len(source))]


def _followed(origin: Noise, frame: Pixels, before: Pixels) -> Noise:
    """The origins of a frame's latents (h, w, 2) from those of the frame before."""
    if is_cut(frame, before):
        return origin
    flows = round_trip(frame, before)
    height, width = origin.shape[:2]
    down, right = frame.shape[0] / height, frame.shape[1] / width
    moved = cv2.resize(flows.forward, (width, height), interpolation=cv2.INTER_AREA) / (right, down)
    seen = cv2.resize(flows.visible.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.5
    found = warp(origin, np.asarray(moved, np.float32))
    return np.asarray(np.where(seen[..., None], found, origin), np.float32)


def _standard(noise: Noise) -> Noise:
    """With a mean of 0 and a variance of 1."""
    return np.asarray((noise - noise.mean()) / max(float(noise.std()), 1e-6), np.float32)
