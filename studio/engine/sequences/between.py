"""A range of a clip drawn anew between neighbours that stay: each frame begins as what the motion between them makes of
it, and is the more the model's the farther it is from both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.engine.libraries import torch
from studio.engine.sequences.circle import Drawn
from studio.engine.sequences.drawing import Drawing
from studio.engine.sequences.ring import Circles, even_places, steps_of
from studio.engine.sequences.smoother import encoded
from studio.imaging.looping.interpolation import Pair
from studio.imaging.pixels import Pixels

_HURRY = 1.5  # times the pace of the frames around
_ROUNDS = 4
_NEAREST = 8  # steps between frames around that tell their pace: each costs two encodings
_LEAST_SHARE = 0.5  # of what the model adds, that is left after a round


@dataclass(frozen=True, slots=True)
class _Span:
    """Wanted frames in a row, and the frames that stay before and after them; one of these may be missing."""

    wanted: tuple[int, ...]
    before: int | None
    after: int | None

    def share(self, at: int) -> float:
        """How far the `at`-th wanted frame is on the way from one to the other."""
        return (at + 1) / (len(self.wanted) + 1)

    def freedom(self, at: int) -> float:
        """How much of it is the model's: none where a frame stays, all in between, or at a clip's open end."""
        share = self.share(at)
        if self.before is None:
            return math.cos(math.pi / 2 * share) ** 2
        return math.sin((math.pi / 2 if self.after is None else math.pi) * share) ** 2


def draw_between(drawing: Drawing, held: dict[int, Pixels]) -> Drawn:
    """The wanted frames, in order; `held` are the pictures of those that stay, RGB, of the recipe's size."""
    sequence = drawing.sequence
    calls = drawing.calls
    begin = drawing.whole_steps(calls - max(1, int(calls * sequence.strength)))
    drawing.total = len(sequence.wanted) * (calls - begin)
    circles = Circles.drawn(drawing.shape, sequence.harmonics, sequence.recipe.seed)
    found: dict[int, torch.Tensor] = {}
    for span in _spans(sequence.wanted, held, sequence.frames, sequence.closed):
        drawing.poll()
        places = [sequence.angle(index) for index in span.wanted]
        noise = circles.at(places, [sequence.motion] * len(places))
        clean = encoded(drawing.model, [_picture(held, span, at) for at in range(len(places))])
        latents = drawing.noisy(clean.float().cpu(), noise, begin)
        drawn = drawing.frames(latents, begin, places, span.wanted)
        freedom = torch.tensor([span.freedom(at) for at in range(len(places))]).view(-1, 1, 1, 1)
        course = _Course(drawing, span, held, clean.float().cpu(), freedom * (drawn - clean).float().cpu())
        found |= dict(zip(span.wanted, course.frames(), strict=True))
    latents = torch.stack([found[index] for index in sequence.wanted]).to(drawing.model.denoiser.dtype)
    return Drawn(latents, np.full(len(latents), -1.0))


def _spans(wanted: Sequence[int], held: dict[int, Pixels], frames: int, closed: bool) -> list[_Span]:
    """The wanted frames in rows; on a loop a row may go across the seam."""
    rows: list[list[int]] = []
    for index in wanted:
        rows[-1].append(index) if rows and rows[-1][-1] == index - 1 else rows.append([index])
    if closed and len(rows) > 1 and rows[0][0] == 0 and rows[-1][-1] == frames - 1:
        rows[0] = rows.pop() + rows[0]
    return [_Span(tuple(row), _next(row[0], -1, held, frames, closed), _next(row[-1], 1, held, frames, closed))
            for row in rows]  # fmt: skip


def _next(index: int, way: int, held: dict[int, Pixels], frames: int, closed: bool) -> int | None:
    """The nearest frame that stays, in one direction."""
    for step in range(1, frames):
        other = index + way * step
        if not closed and not 0 <= other < frames:
            return None
        if other % frames in held:
            return other % frames
    return None


def _picture(held: dict[int, Pixels], span: _Span, at: int) -> Pixels:
    before, after = span.before, span.after
    if before is None or after is None:
        only = after if before is None else before
        assert only is not None  # there are held frames
        return held[only]
    return Pair(held[before], held[after]).at(span.share(at))


@dataclass(frozen=True, slots=True)
class _Course:
    """A row of frames between two that stay: `clean` are their latents as the motion between those has them, and `new`
    what the model adds to each.
    """

    drawing: Drawing
    span: _Span
    held: dict[int, Pixels]
    clean: torch.Tensor
    new: torch.Tensor

    def frames(self) -> torch.Tensor:
        """Clean latents. The model adds no more than the pace of the frames around lets it, and the frames are moved
        along their way so that the picture changes as much at each step, joins included.
        """
        preview, span = self.drawing.model.preview, self.span
        if span.before is None or span.after is None or preview is None:
            return self.clean + self.new
        ends = encoded(self.drawing.model, [self.held[span.before], self.held[span.after]]).float().cpu()
        share, pace = 1.0, self._pace()
        for _ in range(_ROUNDS):
            way = torch.cat([ends[:1], self.clean + share * self.new, ends[1:]])
            steps = steps_of(preview.predict(way), closed=False)
            allowed = _HURRY * pace * len(steps)
            if not allowed or steps.sum() <= allowed:
                break
            share *= max(_LEAST_SHARE, allowed / float(steps.sum()))
        before, parts = even_places(steps, len(self.clean) + 1)
        places = list(zip(before.tolist(), parts.tolist(), strict=True))[1:]
        return torch.stack([torch.lerp(way[at], way[at + 1], part) for at, part in places])

    def _pace(self) -> float:
        """How much the picture changes from one frame that stays to the next, of the nearest; 0 where no two are
        neighbours.
        """
        model, sequence = self.drawing.model, self.drawing.sequence
        last, begin = sequence.frames - 1, self.span.wanted[0]
        pairs = [(index, (index + 1) % sequence.frames) for index in self.held if sequence.closed or index < last]
        pairs = [pair for pair in pairs if pair[1] in self.held]
        pairs = sorted(pairs, key=lambda pair: min((pair[0] - begin) % (last + 1), (begin - pair[0]) % (last + 1)))
        if not pairs or model.preview is None:
            return 0.0
        found = [encoded(model, [self.held[a], self.held[b]]).float().cpu() for a, b in pairs[:_NEAREST]]
        return float(np.median([steps_of(model.preview.predict(pair), closed=False)[0] for pair in found]))
