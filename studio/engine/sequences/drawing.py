"""What all ways of drawing a clip have in common: the model, the words, the course, and what is told on the way."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from studio.domain.messages import Event, Phase, Progress
from studio.domain.samplers import SAMPLERS
from studio.domain.sequence import Attention, FrameSequence, Scheduled
from studio.engine.hook import OnStep
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.preview import clip_preview
from studio.engine.replay import Track
from studio.engine.sampling import CleanGuess
from studio.engine.sequences.course import Course
from studio.engine.sequences.group import Correct, Group, begin_at, chunks, draw, group_size
from studio.engine.sequences.words import Words

_PREVIEW_SECONDS = 0.2  # between two of them


class Drawing:
    """One clip in the making. `tell` hears events, `poll` may stop it at any time."""

    def __init__(
        self, model: LoadedModel, sequence: FrameSequence, course: Course, job_id: str, tell: Callable[[Event], None],
        poll: Poll, log: Callable[[str], None], *, previews: bool, small: bool,
    ) -> None:  # fmt: skip
        self.model, self.sequence, self.course, self.poll = model, sequence, course, poll
        self.words = Words(model.conditioner, sequence, log)
        self.size = group_size(sequence.recipe, small)
        self.done, self.total = 0, 1  # frames' steps
        self._job_id, self._tell, self._previews = job_id, tell, previews
        self._told = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one frame's latents."""
        size, scale = self.sequence.recipe.size, self.model.vae_scale
        return (1, self.model.latent_channels, size.height // scale, size.width // scale)

    @property
    def calls(self) -> int:
        """The calls of the network that a frame takes from noise."""
        sampling = self.sequence.recipe.sampling
        return SAMPLERS[sampling.sampler].calls(sampling.steps)

    def whole_steps(self, calls: int) -> int:
        """`calls` rounded down to where a step ends: second-order samplers take two calls for one."""
        return calls - calls % SAMPLERS[self.sequence.recipe.sampling.sampler].evaluations

    def noisy(self, clean: torch.Tensor, noise: torch.Tensor, step: int) -> torch.Tensor:
        """Clean latents (B or 1, C, h, w) as they are after `step` calls, with this noise."""
        return begin_at(self.model, self.sequence.recipe, clean, noise, step) if step else noise

    def frames(
        self,
        latents: torch.Tensor,
        begin: int,
        places: Sequence[float],
        indices: Sequence[int],
        correct: Correct | None = None,
    ) -> torch.Tensor:
        """Clean latents of frames that begin after `begin` calls with `latents` (N, C, h, w), `size` at a time.

        `places` are their shares of the clip, for the words, and `indices` their numbers, for previews. Where
        they look at each other, the first frame and the one before come along in every group.
        """  # fmt: skip
        found = []
        for part in chunks(len(latents), self.size):
            numbers = [*self._company(part.start), *range(part.start, part.stop)]
            led = len(numbers) - (part.stop - part.start)
            these, attention = [places[n] for n in numbers], self.sequence.consistency.attention
            group = Group(
                self.words.at(these), latents[numbers], begin,
                guidance=self._guidance(these), attention=attention, correct=correct,
            )  # fmt: skip
            found.append(self._drawn(group, [indices[n] for n in numbers], led))
        return torch.cat(found)

    def one(self, latents: torch.Tensor, until: int) -> torch.Tensor:
        """The noisy latents (1, C, h, w) that all frames have in common after `until` calls from noise."""
        return self._drawn(Group(self.words.at([0.0]), latents, until=until), [0], 0)

    def _guidance(self, places: list[float]) -> tuple[float, ...]:
        if self.sequence.scheduled(Scheduled.GUIDANCE) is None:
            return ()
        return tuple(self.sequence.value(Scheduled.GUIDANCE, place) for place in places)

    def _company(self, start: int) -> list[int]:
        if start == 0 or self.sequence.consistency.attention is Attention.OWN:
            return []
        return [0] if start == 1 else [0, start - 1]

    def _drawn(self, group: Group, indices: list[int], led: int) -> torch.Tensor:
        def make(track: Track) -> torch.Tensor:
            return draw(self.model, self.sequence.recipe, group, self._watcher(indices, track), track)[led:]

        latents = self.course.group(make)
        self.done += len(indices) * ((group.until or self.calls) - group.begin)
        return latents

    def _watcher(self, indices: list[int], track: Track) -> Callable[[Any, Any], OnStep]:
        def watch(pipe: Any, scheduler: Any) -> OnStep:
            guess = CleanGuess(scheduler, self.model.schedule)
            begin = track.step

            def on_step(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> None:
                done = self.done + len(indices) * (track.step - begin)
                self._tell(Progress(self._job_id, Phase.DENOISE, min(done, self.total), self.total))
                now = time.monotonic()
                if self._previews and self.model.preview is not None and now - self._told >= _PREVIEW_SECONDS:
                    self._told = now
                    self._preview(guess(prediction, timestep, sample), indices, track.step)
                self.course.keep_now_and_then()
                self.poll()

            return on_step

        return watch

    def _preview(self, clean: torch.Tensor, indices: list[int], step: int) -> None:
        assert self.model.preview is not None
        there = [at for at, index in enumerate(indices) if index >= 0]
        pictures = self.model.preview.predict(clean[there].detach().float().cpu())
        self._tell(clip_preview(self._job_id, step, [indices[at] for at in there], pictures))
