"""From the form to a running training, and from its events onto the page."""

import dataclasses
import functools

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, JobState
from studio.domain.messages import CheckpointKept, ModelDone, Phase, Sheet, TrainingEvent, TrainingStep, Validated
from studio.domain.training import Training, same_course, validate_training
from studio.imaging.blobs import BlobStore
from studio.session.loras import LORAS
from studio.session.studio import Studio
from studio.session.training_log import RunLog, resumable, runs, set_aside
from studio.ui.phases import phase_text
from studio.ui.train.background import Background
from studio.ui.train.foot import RunState
from studio.ui.train.run_pane import RunPane

_BUSY = (JobState.LOADING, JobState.RUNNING)


class TrainingRunner(QObject):
    """Starts, stops and continues runs, and shows the newest one in a pane.

    `changed` tells that `state` may be another; `past` are the runs on disk, the newest first.
    """

    changed = Signal()
    past_read = Signal()
    refused = Signal(tuple)  # of Problem: why nothing was started

    def __init__(self, studio: Studio, pane: RunPane, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._pane, self._background = studio, pane, background
        self._blobs = BlobStore(studio.paths.blobs)
        self.job: Job | None = None
        self.shown: Training | None = None  # whose run the pane shows
        self.past: tuple[RunLog, ...] = ()
        self.result = ""  # path of what the shown run has made
        self.checkpoint = 0
        self._stopping = False
        studio.queue.changed.connect(self._job_changed)
        studio.queue.training.connect(self._trained)
        studio.queue.notice.connect(self._noticed)
        for job in studio.queue.jobs:
            self._job_changed(job)

    @property
    def state(self) -> RunState:
        """What can be done."""
        state = self.job.state if self.job else None
        if state is JobState.QUEUED:
            return RunState.WAITING
        if state in _BUSY:
            return RunState.STOPPING if self._stopping else RunState.RUNNING
        if state is JobState.PAUSED:
            return RunState.PAUSED
        return RunState.UNFINISHED if self._unfinished() else RunState.READY

    @property
    def busy(self) -> bool:
        """Is a run under way or waiting, so that its settings stand fast?"""
        return self.state in (RunState.WAITING, RunState.RUNNING, RunState.STOPPING)

    @property
    def unfinished(self) -> tuple[RunLog, ...]:
        """Runs on disk that can go on, but for the one that is shown and those of jobs of this session."""
        taken = {job.task.output for job in self._studio.queue.jobs if isinstance(job.task, Training) and _open(job)}
        taken.add(self.shown.output if self.shown else "")
        return tuple(run for run in resumable(self.past) if run.training.output not in taken)

    def close(self) -> None:
        """Hear nothing more."""
        self._studio.queue.changed.disconnect(self._job_changed)
        self._studio.queue.training.disconnect(self._trained)
        self._studio.queue.notice.disconnect(self._noticed)

    def read_past(self) -> None:
        """Look again which runs there are."""
        models = self._studio.paths.models
        self._background.run(lambda: (*runs(models / LORAS), *runs(models)), self._past_came)

    def check(self, training: Training) -> tuple[Problem, ...]:
        """What keeps a training from being started, but for its pictures."""
        found = list(validate_training(training))
        known, made = self._known(training.output), self._made(training)
        goes_on = known is not None and known.checkpoint is not None and same_course(known.training, training)
        if made and not (goes_on and known is not None and training.steps > (known.checkpoint or 0)):
            found.append(_taken(self.tr("There is a model of this name already."), self.tr("Choose another name.")))
        elif known is not None and known.checkpoint is not None and not made and not goes_on:
            found.append(
                _taken(
                    self.tr("There is an unfinished run of this name with other settings."),
                    self.tr("Start anew, or choose another name."),
                )
            )
        return tuple(found)

    def start(self, training: Training) -> None:
        """Queue a training, which goes on from its checkpoint if there is one."""
        try:
            job = self._studio.submit_training(training)
        except StudioError as error:
            self.refused.emit((error.problem,))
            return
        self._follow(job)

    def can_begin_anew(self, training: Training) -> bool:
        """Is there a checkpoint of this name that could be left, and no finished result?"""
        known = self._known(training.output)
        return not self.busy and known is not None and known.checkpoint is not None and not self._made(training)

    def begin_anew(self, training: Training) -> None:
        """Start a training at its first step; a former run of its name is set aside."""
        self._background.run(functools.partial(set_aside, training.output), lambda _none: self._begin(training))

    def stop(self) -> None:
        """Pause the run; it keeps a checkpoint first."""
        if self.job is not None and self.job.state in _BUSY:
            self._stopping = True
            self._studio.queue.pause(self.job.id)
            self.changed.emit()

    def go_on(self, wanted: Training) -> None:
        """Continue the run that is shown. What may change in between, such as its length, is taken from `wanted`."""
        if self.shown is None:
            return
        if not wanted.folder:
            wanted = dataclasses.replace(wanted, folder=self.shown.folder)
        changed = wanted.output == self.shown.output and wanted != self.shown and same_course(self.shown, wanted)
        training = wanted if changed else self.shown
        if self.job is not None and self.job.state is JobState.PAUSED:
            if not changed:
                self._studio.queue.resume(self.job.id)
                return
            self._studio.queue.cancel(self.job.id)
        self.start(training)

    def cancel(self) -> None:
        """End the run; its last checkpoint stays."""
        if self.job is not None:
            self._studio.queue.cancel(self.job.id)

    def show_run(self, run: RunLog) -> None:
        """Look at a run on disk."""
        if self.busy:
            return
        self.job = None
        self._show(run.training, run)
        self._pane.say(
            self.tr("Stopped at step {step} of {total}").format(step=self._pane.step, total=run.training.steps)
        )
        self.changed.emit()

    # ------------------------------------------------------------------------------------------- the session speaks

    def _job_changed(self, job: Job) -> None:
        if not isinstance(job.task, Training):
            return
        if self.job is not None and job.id != self.job.id and not (job.state is JobState.LOADING or not self.busy):
            return
        if self.job is None or job.id != self.job.id:
            if job.state.final:
                return
            self._follow(job)
        before, self.job = self.job, job
        if job.state not in _BUSY:
            self._stopping = False
        self._put_into_words(job)
        if (before is None or before.state is not job.state) and (job.state.final or job.state is JobState.PAUSED):
            self.read_past()
        self.changed.emit()

    def _trained(self, job: Job, event: TrainingEvent) -> None:
        if self.job is None or job.id != self.job.id:
            return
        match event:
            case TrainingStep():
                self._pane.take(event)
            case Validated():
                self._pane.curve.add_validation(event.step, event.loss)
            case Sheet():
                self._pane.sheets.add(event.step, self._blobs.path(event.digest))
            case CheckpointKept():
                self.checkpoint = event.step
            case ModelDone():
                self.result = event.path
                self._pane.offer_result(True)

    def _noticed(self, job: Job, text: str) -> None:
        if self.job is not None and job.id == self.job.id:
            self._pane.note(text)

    def _follow(self, job: Job) -> None:
        """Show a job's run, unless it is shown already."""
        self.job = job
        training = job.task
        if isinstance(training, Training) and (self.shown is None or self.shown.output != training.output):
            self._show(training, self._known(training.output))
        elif isinstance(training, Training):
            self.shown = training
            self._pane.tell(None)
        self._put_into_words(job)
        self.changed.emit()

    def _show(self, training: Training, log: RunLog | None) -> None:
        self.shown, self.result = training, ""
        self.checkpoint = (log.checkpoint or 0) if log else 0
        self._pane.show_run(training, log)

    def _put_into_words(self, job: Job) -> None:
        pane = self._pane
        broken = job.state in (JobState.FAILED, JobState.INTERRUPTED)
        pane.tell(job.problem if broken else None)
        if (job.state in _BUSY and pane.seconds_per_step is None) or job.state is JobState.QUEUED:
            pane.wait(*(job.step, job.total) if job.phase == Phase.PREPARE else (0, 0))
            pane.say(phase_text(job))
        elif job.state not in _BUSY:
            pane.rest()
            text = {
                JobState.PAUSED: self.tr("Paused at step {step}. The checkpoint is kept."),
                JobState.CANCELLED: self.tr("Cancelled at step {step}."),
                JobState.DONE: self.tr("Done: {step} steps."),
            }.get(job.state, self.tr("Stopped at step {step}."))
            if broken and self.checkpoint:
                text += " " + self.tr("The checkpoint of step {checkpoint} is kept.")
            pane.say(text.format(step=pane.step, checkpoint=self.checkpoint))

    def _begin(self, training: Training) -> None:
        self.past = tuple(run for run in self.past if run.training.output != training.output)
        self.shown = None
        self.start(training)

    def _known(self, output: str) -> RunLog | None:
        return next((run for run in self.past if run.training.output == output), None)

    def _made(self, training: Training) -> bool:
        """Is there a result of this name?"""
        library = self._studio.library
        return training.output in {*(lora.path for lora in library.loras), *(model.path for model in library.models)}

    def _past_came(self, found: tuple[RunLog, ...]) -> None:
        self.past = found
        self.past_read.emit()
        self.changed.emit()

    def _unfinished(self) -> bool:
        ended = self.job is None or self.job.state is not JobState.DONE
        return self.shown is not None and ended and self.checkpoint > 0


def _open(job: Job) -> bool:
    return not job.state.final


def _taken(message: str, hint: str) -> Problem:
    return Problem(ErrorKind.INPUT, message, hint, "output")
