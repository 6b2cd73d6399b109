"""The job that makes the frames of a clip."""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, JobPaused, StudioError
from studio.domain.messages import Event, Finished, Log, Phase, Progress, Run
from studio.domain.sequence import FrameSequence, Method, Provenance, require_valid_sequence, words_at
from studio.engine import preview
from studio.engine.checkpoints import Identity
from studio.engine.clock import PhaseClock
from studio.engine.device import DevicePlan
from studio.engine.footage import frames_of
from studio.engine.frames import finished
from studio.engine.hook import interruptible
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.pictures import decode
from studio.engine.polling import NowAndThen
from studio.engine.sequences.anew import draw_anew
from studio.engine.sequences.attention import require_attention
from studio.engine.sequences.between import draw_between
from studio.engine.sequences.circle import Drawn, draw_circle
from studio.engine.sequences.course import Course
from studio.engine.sequences.drawing import Drawing
from studio.engine.setting_up import Load, set_up
from studio.engine.source import covering
from studio.imaging.looping.padding import anchored
from studio.imaging.looping.sharpness import evened, sharpened, sharpness
from studio.imaging.looping.smoothing import smoothed
from studio.imaging.pictures import load_picture
from studio.imaging.pixels import Pixels

_OWN_MOTION = 0.8  # of the share of the frame before, where a drawn clip is smoothed by its own motion
Place = Callable[[LoadedModel], contextlib.AbstractContextManager[None]]


class SequenceJob:
    """One clip; `place` puts the plan for the memory into effect, and with `small` frames are denoised one by one."""

    def __init__(
        self, command: Run, sequence: FrameSequence, emit: Callable[[Event], None], poll: Poll, load: Load,
        place: Place, plan: DevicePlan, clock: PhaseClock, *, small: bool = False, anywhere: bool = False,
    ) -> None:  # fmt: skip
        self.command, self.sequence, self.emit, self.poll = command, sequence, emit, poll
        self.load, self.place, self.plan, self.clock, self.small = load, place, plan, clock, small
        self.course = Course(command, emit, anywhere)
        self.made = set(command.made)
        self.digest = ""  # of the model, once it is loaded

    def run(self) -> Finished:
        """Carry it out; see `studio.worker.engine.Engine.run`."""
        self.poll()
        with self.clock.phase(Phase.LOAD):
            model = set_up(self.command, self.sequence.recipe, self.load, self.emit, self.poll)
            self.digest = model.digest
            require_valid_sequence(self.sequence, 1)
            require_attention(model, self.sequence.consistency.attention)
        with self.place(model), interruptible(model.networks(), NowAndThen(self.poll)):
            with self.clock.phase(Phase.LOAD):
                if model.preview is None:  # also what the picture's speed is measured by
                    model.preview = preview.fit(model.vae, model.vae_scale)
            try:
                self._make(model)
            except JobPaused:
                self.course.keep()
                raise
        return Finished(self.command.job_id, self.clock.cost())

    def rest(self) -> Run:
        """The command for what is left of the job."""
        made = tuple(sorted(self.made))
        return dataclasses.replace(self.command, done=len(made), made=made, checkpoint=self.course.now)

    # ---------------------------------------------------------------------------------------------- phases

    def _make(self, model: LoadedModel) -> None:
        sequence = self.sequence
        with self.clock.phase(Phase.ENCODE):
            self._progress(Phase.ENCODE, 0, 0)
            source = self._source()
            held = {each.index: self._fitting(load_picture(Path(each.path))) for each in sequence.held}
            drawing = Drawing(
                model, sequence, self.course, self.command.job_id, self.emit, self.poll, self._log,
                previews=self.command.previews, small=self.small,
            )  # fmt: skip
            self.course.begin(self._identity(model, source, held), model.latent_channels, model.denoiser.device)
        with self.clock.phase(Phase.DENOISE):
            drawn = self._drawn(drawing, source, held)
            self.course.keep_now_and_then()
        self._finish(model, drawn, source)

    def _drawn(self, drawing: Drawing, source: list[Pixels], held: dict[int, Pixels]) -> Drawn:
        if held:
            return draw_between(drawing, held)
        return draw_anew(drawing, source) if source else draw_circle(drawing)

    def _finish(self, model: LoadedModel, drawn: Drawn, source: list[Pixels]) -> None:
        """Decode the frames, let them follow each other's motion, and hand them out one by one."""
        sequence, consistency = self.sequence, self.sequence.consistency
        numbers = sequence.wanted if sequence.held else tuple(range(sequence.frames))
        wanted = set(sequence.wanted) - self.made
        even = sequence.closed and not source and consistency.steady
        together = not sequence.held and (even or consistency.flow > 0 or (bool(source) and consistency.colour))
        if not together:
            for number, latents in zip(numbers, drawn.latents, strict=True):
                if number in wanted:
                    self._keep(number, self._decoded(model, latents), drawn, numbers.index(number))
            return
        frames = [self._decoded(model, latents) for latents in drawn.latents]
        with self.clock.phase(Phase.SMOOTH):
            for number, pixels in enumerate(self._following(frames, source)):
                self._progress(Phase.SMOOTH, number, len(frames))
                if number in wanted:
                    self._keep(number, pixels, drawn, number)

    def _following(self, frames: list[Pixels], source: list[Pixels]) -> Iterator[Pixels]:
        consistency, closed = self.sequence.consistency, self.sequence.closed
        if source and consistency.colour:
            frames = list(anchored(frames, 1.0, closed, self.poll))
        if closed and not source and consistency.steady:
            frames = list(evened(frames, self.poll))
        if not consistency.flow:
            return iter(frames)
        steady = smoothed(frames, consistency.flow, closed, self.poll, source or None)
        if source:  # and once more by its own motion: what the model drew may be no part of the clip
            steady = smoothed(list(steady), _OWN_MOTION * consistency.flow, closed, self.poll)
        return (sharpened(frame, sharpness(own)) for frame, own in zip(steady, frames, strict=True))

    def _decoded(self, model: LoadedModel, latents: torch.Tensor) -> Pixels:
        self.poll()
        with self.clock.phase(Phase.DECODE):
            self._progress(Phase.DECODE, len(self.made), len(self.sequence.wanted))
            return decode(model, latents[None])

    def _keep(self, number: int, pixels: Pixels, drawn: Drawn, at: int) -> None:
        with self.clock.phase(Phase.SAVE):
            provenance = self._provenance(number, float(drawn.turns[at]))
            made = finished(self.command, number, self.sequence.recipe.seed, pixels, provenance)
        self.emit(made)
        self.made.add(number)
        self.poll()

    # ---------------------------------------------------------------------------------------------- inside

    def _provenance(self, number: int, turn: float) -> Provenance:
        sequence = self.sequence
        recipe = sequence.recipe
        key, _, mix = words_at(sequence.prompts, sequence.angle(number), sequence.closed) if sequence.prompts else (
            0, 0, 0.0,
        )  # fmt: skip
        method = "between" if sequence.held else sequence.method.value
        return Provenance(method, recipe.seed, turn, key, mix, recipe.model, self.digest)

    def _source(self) -> list[Pixels]:
        footage = self.sequence.source
        if self.sequence.method is not Method.VIDEO or footage is None or self.sequence.held:
            return []
        found = [self._fitting(frame) for frame in frames_of(footage, self.poll)]
        if not found:
            raise StudioError(ErrorKind.INPUT, "The clip to draw anew has no frames.", "Choose another.", "source")
        count = self.sequence.frames
        return [found[index * len(found) // count] for index in range(count)]

    def _fitting(self, pixels: Pixels) -> Pixels:
        return covering(pixels, self.sequence.recipe.size)

    def _identity(self, model: LoadedModel, source: list[Pixels], held: dict[int, Pixels]) -> Identity:
        recipe = dataclasses.replace(self.sequence.recipe, model="", model_hash="", loras=())
        plain = dataclasses.replace(self.sequence, recipe=recipe, source=None, held=(), only=self.sequence.wanted)
        pictures = [(index, _digest(pixels)) for index, pixels in (*enumerate(source), *sorted(held.items()))]
        text = json.dumps([to_json(plain), self.small, pictures])
        return Identity.of(model, self.plan, self.sequence.recipe, None, None).within(text)

    def _progress(self, phase: Phase, step: int, total: int) -> None:
        self.emit(Progress(self.command.job_id, phase, step, total))

    def _log(self, message: str) -> None:
        self.emit(Log(self.command.job_id, message))


def _digest(pixels: Pixels) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()
