"""A clip around a circle of starting noise, with keyed prompts: made for any model that draws pictures."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from studio.domain.sequence import Attention, Scheduled
from studio.engine.libraries import torch
from studio.engine.sequences.drawing import Drawing
from studio.engine.sequences.ring import Circles, Floats, between, even_places, steps_of
from studio.engine.sequences.smoother import smoother

_LEAST = 4  # frames of a loop whose speed can be evened out
_WAY = 84.0  # levels of 255 by which a picture changes on one turn with all of the motion
_PROBES, _APART = 4, 1 / 24  # pairs of frames that tell how much it would change, and how far apart those of a pair are
_LEAST_RADIUS = 0.02


@dataclass(frozen=True, slots=True)
class Drawn:
    """Clean latents (N, C, h, w), and where on the circle each lies in turns."""

    latents: torch.Tensor
    turns: Floats


def draw_circle(drawing: Drawing) -> Drawn:
    """All frames of the clip. Around what the first steps have made of the circle's centre, which all frames share, the
    circle is laid; on a loop that is to be steady, frames are drawn where the picture changes fast and left out where
    it hardly does, until each step changes it as much as the others, and as much as the wanted motion says.
    """
    sequence = drawing.sequence
    begin = drawing.whole_steps(sequence.common_steps)
    uniform = np.arange(sequence.frames) / sequence.frames
    even = sequence.closed and sequence.consistency.steady and sequence.frames >= _LEAST
    steady = even and sequence.scheduled(Scheduled.MOTION) is None  # who gives it a course wants it uneven
    more = sequence.frames if steady and sequence.consistency.attention is Attention.OWN else 0
    measured = steady and len(drawing.words.keys) == 1
    probes = 2 * _PROBES if measured else 0
    drawing.total = begin + (sequence.frames + more + probes) * (drawing.calls - begin)
    circles = Circles.drawn(drawing.shape, sequence.harmonics, sequence.recipe.seed)
    circle = _Circle(drawing, circles, drawing.one(circles.centre, begin) if begin else None, begin)
    if measured:
        circle = circle.measured()
    first = circle.frames(uniform, list(range(sequence.frames)))
    if not steady:
        return Drawn(first, uniform)
    pool = Drawn(first, uniform)
    if more:
        extra = between(uniform, _speed(drawing, first), more, 1.0)
        if extra:
            found = circle.frames(np.array(extra), [-1] * len(extra))
            order = np.argsort(turns := np.concatenate([uniform, extra]))
            pool = Drawn(torch.cat([first, found])[torch.from_numpy(order)], turns[order])
    return _even(drawing, pool)


@dataclass(frozen=True, slots=True)
class _Circle:
    """A circle around `centre`, what `begin` calls of the network have made of the circles' centre; None
    where the frames have no step in common. Its radius is the motion at each place, times `scale`.
    """

    drawing: Drawing
    circles: Circles
    centre: torch.Tensor | None
    begin: int
    scale: float = 1.0

    def measured(self) -> "_Circle":
        """The circle on which this picture changes as much as the wanted motion is to make any picture change: the same
        noise moves one picture five times as much as another.
        """
        motion = self.drawing.sequence.motion
        starts = np.arange(_PROBES) / _PROBES
        latents = self.frames(np.ravel([starts, starts + _APART], order="F"), [-1] * 2 * _PROBES)
        changed = float(_speed(self.drawing, latents)[::2].mean()) * 255
        radius = _WAY * _APART * motion**2 / max(changed, 1e-3)
        return dataclasses.replace(self, scale=float(np.clip(radius, _LEAST_RADIUS, 1.0)) / motion)

    def frames(self, turns: Floats, indices: list[int]) -> torch.Tensor:
        """Clean latents of frames at these turns."""
        drawing, sequence = self.drawing, self.drawing.sequence
        around = turns if sequence.closed else turns / 2  # an open clip goes half the way round, and ends elsewhere
        radii = [min(1.0, self.scale * sequence.value(Scheduled.MOTION, place)) for place in turns.tolist()]
        noise = self.circles.at(around.tolist(), radii)
        if self.centre is not None:
            moved = drawing.noisy(torch.zeros_like(noise), noise - self.circles.centre, self.begin)
            noise = self.centre.float().cpu() + moved
        steps = sequence.consistency.smoother if len(turns) == sequence.frames <= drawing.size else 0
        correct = smoother(drawing.model, drawing.calls, steps, sequence.closed, drawing.poll)
        return drawing.frames(noise, self.begin, turns.tolist(), indices, correct)


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
