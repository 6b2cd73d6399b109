"""Video to video: the frames of a clip, drawn anew by a model that draws pictures.

Each frame begins as the clip's own, with part of what became of the frame before it, brought along by the clip's motion
where that can be followed (Rerender A Video, Yang et al. 2023). The noise moves with the clip, too, so that what is
drawn sticks to what it is drawn on.
"""

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
    """Noise (N, C, h, w) that goes along with the motion of the clip; nearest neighbours, so that it stays noise, and
    new noise where something new comes into sight. Each number is standard normal.

    On a loop, noise that was brought forward from the first frame fades into noise that was brought back to it.
    """
    generator = np.random.default_rng(seed)
    first = generator.standard_normal(shape[1:], np.float32)
    forward = _brought(source, first, generator, poll, 1)
    if not closed or len(source) < 3:
        return torch.from_numpy(np.stack(forward))
    backward = _brought(source, first, generator, poll, -1)
    frames = []
    for index, (ahead, back) in enumerate(zip(forward, backward, strict=True)):
        share = index / len(source)
        mixed = np.sqrt(1 - share) * ahead + np.sqrt(share) * back
        # Where both are alike their sum has more variance than they have.
        alike = float((ahead * back).mean())
        frames.append(mixed / np.sqrt(max(1e-3, 1 + 2 * np.sqrt(share * (1 - share)) * alike)))
    return torch.from_numpy(np.stack(frames).astype(np.float32))


def _brought(source: list[Pixels], first: Noise, generator: np.random.Generator, poll: Poll, way: int) -> list[Noise]:
    frames: dict[int, Noise] = {0: first}
    previous = 0
    for step in range(1, len(source)):
        poll()
        index = step * way % len(source)
        frames[index] = _followed(frames[previous], source[index], source[previous], generator)
        previous = index
    return [frames[index] for index in range(len(source))]


def _followed(noise: Noise, frame: Pixels, before: Pixels, generator: np.random.Generator) -> Noise:
    fresh = generator.standard_normal(noise.shape, np.float32)
    if is_cut(frame, before):
        return fresh
    flows = round_trip(frame, before)
    height, width = noise.shape[1:]
    down, right = frame.shape[0] // height, frame.shape[1] // width
    ys, xs = np.mgrid[0:height, 0:width]
    at = (ys * down + down // 2, xs * right + right // 2)
    rows = np.rint(ys + flows.forward[..., 1][at] / down).astype(int)
    columns = np.rint(xs + flows.forward[..., 0][at] / right).astype(int)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width) & flows.visible[at]
    brought = noise[:, rows.clip(0, height - 1), columns.clip(0, width - 1)]
    return np.asarray(np.where(inside, brought, fresh), np.float32)
