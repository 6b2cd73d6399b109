"""A training as a job: the phases of one run, from its pictures to its result, with checkpoints on the way."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from studio.domain.errors import JobPaused, StudioError
from studio.domain.messages import (
    CheckpointKept,
    Event,
    Finished,
    Loaded,
    Log,
    ModelDone,
    Phase,
    Progress,
    Run,
    Sheet,
    TrainingStep,
    Validated,
)
from studio.domain.training import Training, TrainingKind, require_valid_training, run_folder, unfit
from studio.engine import adapters
from studio.engine.clock import PhaseClock
from studio.engine.device import DevicePlan
from studio.engine.hook import interruptible
from studio.engine.models import LoadedModel, Poll
from studio.engine.train import checkpoint as checkpoints
from studio.engine.train.autoencoder import AutoencoderCourse
from studio.engine.train.checkpoint import Checkpoint
from studio.engine.train.courses import Course, Setting, course_for, multiple_of
from studio.engine.train.data import WORLD, Example, Source, digest, encode, sources
from studio.engine.train.log import Diary
from studio.engine.train.loop import Step, Trainer
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import encode_png

FLUSH_SECONDS = 5.0  # between writes of the log
NOTES_SHOWN = 8  # files that are named when many are left out

Load = Callable[[Path, Poll, Callable[[int, int], None]], LoadedModel]


@dataclass(slots=True)
class _Run:
    """A run on its way: its course and trainer, and what its checkpoints are marked with."""

    course: Course
    trainer: Trainer
    data: str


class TrainingJob:
    """Carries out a `Training`; goes on from its checkpoint when there is one."""

    def __init__(
        self, command: Run, training: Training, emit: Callable[[Event], None], poll: Poll, load: Load, plan: DevicePlan
    ) -> None:
        self._command, self._training = command, training
        self._emit, self._poll, self._load, self._plan = emit, poll, load, plan
        self._clock = PhaseClock()
        self._folder = run_folder(training.output)
        self._diary = Diary(self._folder)
        self._notes: list[str] = []
        self._flushed = time.monotonic()
        self._saved = -1  # the step of the newest checkpoint

    def run(self) -> Finished:
        """All phases. Raises StudioError, JobCancelled, JobPaused; the newest checkpoint is then kept."""
        require_valid_training(self._training)
        self._poll()
        with self._clock.phase(Phase.LOAD):
            model = self._loaded()
        with self._clock.phase(Phase.PREPARE):
            run = self._prepared(model)
        try:
            with self._clock.phase(Phase.TRAIN):
                self._train(run)
            with self._clock.phase(Phase.SAVE):
                self._finish(run)
        finally:
            run.course.close()
        return Finished(self._command.job_id, self._clock.cost())

    # ---------------------------------------------------------------------------------------------- phases

    def _loaded(self) -> LoadedModel:
        self._progress(Phase.LOAD, 0, 0)
        path = Path(self._command.model_path)
        model = self._load(path, self._poll, lambda done, total: self._progress(Phase.LOAD, done, total))
        name = path.stem if path.is_file() else path.name
        problem = unfit(self._training.kind, name, model.family, inpainting=model.inpaints)
        if problem is not None:
            raise StudioError(problem.kind, problem.message, problem.hint, problem.field)
        adapters.detach(model)  # what the last picture was made with
        self._emit(Loaded(self._command.job_id, model.digest))
        return model

    def _prepared(self, model: LoadedModel) -> _Run:
        training = self._training
        self._progress(Phase.PREPARE, 0, 0)
        found = sources(training, multiple_of(model.family), self._note)
        data = digest(found)
        if (known := checkpoints.load(self._folder)) is not None:
            checkpoints.require_same(known, training, data)
        self._tell_notes()
        learnt, held = _split(found, training)
        course = self._course(model, learnt, held)
        with ExitStack() as undo:  # until the run exists, nobody else would leave the model as it was
            undo.callback(course.close)
            trainer = Trainer(course.parameters, training, course.loss)
            if known is not None:
                trainer.load(known.state, known.step)
                self._saved = known.step
            self._diary.begin(training, trainer.step)
            undo.pop_all()
        return _Run(course, trainer, data)

    def _course(self, model: LoadedModel, learnt: Sequence[Source], held: Sequence[Source]) -> Course:
        if self._training.kind is TrainingKind.AUTOENCODER:
            return AutoencoderCourse(self._training, model, learnt, held, self._plan)
        examples, held_out = self._encoded(learnt, model), self._encoded(held, model)
        self._progress(Phase.PREPARE, 0, 0)  # what comes now cannot be counted
        return course_for(Setting(self._training, model, examples, held_out, self._plan, self._poll))

    def _encoded(self, found: Sequence[Source], model: LoadedModel) -> list[Example]:
        if not found:
            return []
        cache = self._folder / "encoded" if self._training.folder.startswith(WORLD) else None

        def told(done: int, total: int) -> None:
            self._poll()
            self._progress(Phase.PREPARE, done, total)

        examples = encode(found, model, self._training.flip, self._note, told, cache)
        self._tell_notes()
        return examples

    def _train(self, run: _Run) -> None:
        if run.trainer.step == 0:
            self._show(run)
        with interruptible((run.course.network,), self._poll):
            self._steps(run)

    def _steps(self, run: _Run) -> None:
        training, trainer = self._training, run.trainer
        try:
            while trainer.step < training.steps:
                start = time.perf_counter()
                self._poll()
                step = trainer.advance()
                self._tell(step, time.perf_counter() - start)
                self._now_and_then(run)
        except JobPaused:
            self._keep(run)
            raise

    def _finish(self, run: _Run) -> None:
        self._progress(Phase.SAVE, 0, 0)
        output = Path(self._training.output)
        self._keep(run)
        with run.trainer.averaged():
            run.course.write(output, run.trainer.step)
        self._diary.flush()
        self._emit(ModelDone(self._command.job_id, str(output)))

    # ---------------------------------------------------------------------------------------------- steps

    def _now_and_then(self, run: _Run) -> None:
        training, step = self._training, run.trainer.step
        last = step == training.steps
        if step % training.checkpoint_every == 0 and not last:
            self._keep(run)
        if training.validation and (step % training.validate_every == 0 or last):
            self._validate(run)
        if training.sample_prompts and (step % training.sample_every == 0 or last):
            self._show(run)

    def _validate(self, run: _Run) -> None:
        with run.trainer.averaged():
            loss, bits = run.course.validate()
        self._emit(Validated(self._command.job_id, run.trainer.step, loss, bits))
        self._diary.note(step=run.trainer.step, validation=loss, bits=bits)

    def _show(self, run: _Run) -> None:
        if not self._training.sample_prompts:
            return
        with run.trainer.averaged():
            png = encode_png(run.course.sheet(self._poll))
        self._diary.sheet(run.trainer.step, png)
        kept = BlobStore(Path(self._command.store)).put(png)
        self._emit(Sheet(self._command.job_id, run.trainer.step, kept))

    def _keep(self, run: _Run) -> None:
        step = run.trainer.step
        if step == self._saved:
            return
        checkpoints.save(self._folder, Checkpoint(self._training, step, run.data, run.trainer.state()))
        self._saved = step
        self._diary.note(step=step, checkpoint=True)
        self._diary.flush()
        self._emit(CheckpointKept(self._command.job_id, step))

    def _tell(self, step: Step, seconds: float) -> None:
        total = self._training.steps
        self._diary.note(
            step=step.index, loss=round(step.loss, 6), learning_rate=step.learning_rate, seconds=round(seconds, 4)
        )
        self._emit(TrainingStep(self._command.job_id, step.index, total, step.loss, step.learning_rate, seconds))
        self._progress(Phase.TRAIN, step.index, total)
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self._diary.flush()
            self._flushed = time.monotonic()

    def _progress(self, phase: Phase, step: int, total: int) -> None:
        self._emit(Progress(self._command.job_id, phase, step, total))

    def _note(self, message: str) -> None:
        self._notes.append(message)

    def _tell_notes(self) -> None:
        """The files that were left out, the first by name."""
        for message in self._notes[:NOTES_SHOWN]:
            self._emit(Log(self._command.job_id, message))
        if len(self._notes) > NOTES_SHOWN:
            self._emit(Log(self._command.job_id, f"{len(self._notes) - NOTES_SHOWN:,} more files have such faults."))
        self._notes = []


def _split(found: Sequence[Source], training: Training) -> tuple[list[Source], list[Source]]:
    """Pictures to learn from, and every k-th one held out."""
    if not training.validation:
        return list(found), []
    every = max(2, round(1 / training.validation))
    held = [source for index, source in enumerate(found) if index % every == every - 1]
    if not held:
        held = list(found[-1:])
    names = {source.name for source in held}
    learnt = [source for source in found if source.name not in names]
    return (learnt, held) if learnt else (list(found), held)
