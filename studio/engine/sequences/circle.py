"""A clip around a circle of starting noise, with keyed prompts: made for any model that draws pictures."""

from dataclasses import dataclass

import numpy as np

from studio.domain.sequence import Attention
from studio.engine.libraries import torch
from studio.engine.sequences.drawing import Drawing
from studio.engine.sequences.ring import Circles, Floats, between, even_places, steps_of
from studio.engine.sequences.smoother import smoother

_LEAST = 4  # frames of a loop whose speed can be evened out


@dataclass(frozen=True, slots=True)
class Drawn:
    """Clean latents (N, C, h, w), and where on the circle each lies in turns."""

    latents: torch.Tensor
    turns: Floats


def draw_circle(drawing: Drawing) -> Drawn:
    """All frames of the clip. Around what the first steps have made of the circle's centre, which all frames share, the
    circle is laid; on a loop that is to be steady, frames are drawn where the picture changes fast and left out where
    it hardly does, until each step changes it as much as the others.
    """
    sequence = drawing.sequence
    begin = drawing.whole_steps(sequence.common_steps)
    uniform = np.arange(sequence.frames) / sequence.frames
    steady = sequence.closed and sequence.consistency.steady and sequence.frames >= _LEAST
    more = sequence.frames if steady and sequence.consistency.attention is Attention.OWN else 0
    drawing.total = begin + (sequence.frames + more) * (drawing.calls - begin)
    circles = Circles.drawn(drawing.shape, sequence.harmonics, sequence.recipe.seed)
    centre = drawing.one(circles.centre, begin) if begin else None
    first = _at(drawing, circles, centre, uniform, begin, list(range(sequence.frames)))
    if not steady:
        return Drawn(first, uniform)
    pool = Drawn(first, uniform)
    if more:
        extra = between(uniform, _speed(drawing, first), more, 1.0)
        if extra:
            found = _at(drawing, circles, centre, np.array(extra), begin, [-1] * len(extra))
            order = np.argsort(turns := np.concatenate([uniform, extra]))
            pool = Drawn(torch.cat([first, found])[torch.from_numpy(order)], turns[order])
    return _even(drawing, pool)


def _at(
    drawing: Drawing, circles: Circles, centre: torch.Tensor | None, turns: Floats, begin: int, indices: list[int]
) -> torch.Tensor:
    sequence = drawing.sequence
    around = turns if sequence.closed else turns / 2  # an open clip goes half the way round, and ends elsewhere
    noise = circles.at(around.tolist(), sequence.motion)
    if centre is not None:
        moved = drawing.noisy(torch.zeros_like(noise), noise - circles.centre, begin)
        noise = centre.float().cpu() + moved
    steps = sequence.consistency.smoother
    correct = smoother(drawing.model, drawing.calls, steps, sequence.closed, drawing.poll) if _whole(drawing) else None
    return drawing.frames(noise, begin, turns.tolist(), indices, correct)


def _whole(drawing: Drawing) -> bool:
    """Are all frames drawn side by side, so that each has its neighbours? Else the smoother has nothing to go by."""
    return drawing.sequence.frames <= drawing.size


def _speed(drawing: Drawing, latents: torch.Tensor) -> Floats:
    """How much the picture changes from each frame to the next, round the ring, by the fitted map to RGB."""
    preview = drawing.model.preview
    assert preview is not None
    pictures = torch.cat([preview.predict(part.float().cpu()) for part in latents.split(8)])
    return steps_of(pictures, closed=True)


def _even(drawing: Drawing, pool: Drawn) -> Drawn:
    """As many frames as are wanted, between which the picture changes evenly. Keyed prompts stay where they are, and a
    stretch that is eased otherwise than straight keeps its frames.
    """
    count = drawing.sequence.frames
    steps = _speed(drawing, pool.latents)
    keys = drawing.words.keys if len(drawing.words.keys) > 1 else ()
    straight = {round(key.at * count) % count: key.ease.is_linear for key in keys}
    marks = sorted({0, *straight}) if keys else [0]
    eased = {0: keys[-1].ease.is_linear, **straight} if keys else {0: True}
    latents, turns = [], []
    for start, stop in zip(marks, [*marks[1:], count], strict=True):
        inside = np.flatnonzero((pool.turns >= start / count - 1e-9) & (pool.turns < stop / count - 1e-9))
        if eased[start]:
            before, share = even_places(steps[inside], stop - start)
        else:
            wanted = np.arange(start, stop) / count
            before, share = np.searchsorted(pool.turns[inside], wanted - 1e-9), np.zeros(stop - start)
        for at, part in zip(inside[before], share, strict=True):
            after = (at + 1) % len(pool.latents)
            latents.append(torch.lerp(pool.latents[at].float(), pool.latents[after].float(), float(part)))
            ahead = pool.turns[at + 1] if at + 1 < len(pool.turns) else 1.0
            turns.append(pool.turns[at] + (ahead - pool.turns[at]) * part)
    return Drawn(torch.stack(latents).to(pool.latents.dtype), np.array(turns) % 1.0)
