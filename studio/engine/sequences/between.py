"""A range of a clip drawn anew between neighbours that stay: each frame begins as what the motion between them makes of
it, and is the freer the farther it is from both.
"""

import math

import numpy as np

from studio.engine.libraries import torch
from studio.engine.sequences.circle import Drawn
from studio.engine.sequences.drawing import Drawing
from studio.engine.sequences.ring import Circles
from studio.engine.sequences.smoother import encoded
from studio.imaging.looping.interpolation import Pair
from studio.imaging.pixels import Pixels


def draw_between(drawing: Drawing, held: dict[int, Pixels]) -> Drawn:
    """The wanted frames, in order; `held` are the pictures of those that stay, RGB, of the recipe's size."""
    sequence = drawing.sequence
    wanted = sequence.wanted
    spans = [_span(index, held, sequence.frames, sequence.closed) for index in wanted]
    pictures = [_picture(held, *span) for span in spans]
    begins = [_begin(drawing, share) for _, _, share in spans]
    drawing.total = sum(drawing.calls - begin for begin in begins)
    circles = Circles.drawn(drawing.shape, sequence.harmonics, sequence.recipe.seed)
    noise = circles.at([sequence.angle(index) for index in wanted], [sequence.motion] * len(wanted))
    clean = encoded(drawing.model, pictures).float().cpu()
    found: dict[int, torch.Tensor] = {}
    for begin in sorted(set(begins)):
        drawing.poll()
        these = [at for at, each in enumerate(begins) if each == begin]
        numbers = [wanted[at] for at in these]
        latents = drawing.noisy(clean[these], noise[these], begin)
        drawn = drawing.frames(latents, begin, [sequence.angle(n) for n in numbers], numbers)
        found |= dict(zip(these, drawn, strict=True))
    return Drawn(torch.stack([found[at] for at in range(len(wanted))]), np.full(len(wanted), -1.0))


def _span(index: int, held: dict[int, Pixels], frames: int, closed: bool) -> tuple[int, int, float]:
    """The frames that stay before and after a wanted one, and its share of the way; at a line's end both are one."""
    before = next((index - step for step in range(1, frames) if (index - step) % frames in held
                   and (closed or index - step >= 0)), None)  # fmt: skip
    after = next((index + step for step in range(1, frames) if (index + step) % frames in held
                  and (closed or index + step < frames)), None)  # fmt: skip
    if before is None or after is None:
        only = after if before is None else before
        assert only is not None  # there are held frames
        return only % frames, only % frames, 0.5
    return before % frames, after % frames, (index - before) / (after - before)


def _picture(held: dict[int, Pixels], before: int, after: int, share: float) -> Pixels:
    return held[before] if before == after else Pair(held[before], held[after]).at(share)


def _begin(drawing: Drawing, share: float) -> int:
    """After how many calls a frame begins: its freedom is a half wave between the two that stay."""
    strength = drawing.sequence.strength * math.sin(math.pi * share)
    calls = drawing.calls
    return drawing.whole_steps(calls - max(1, min(calls, round(calls * strength))))
