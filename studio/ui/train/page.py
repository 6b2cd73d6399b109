"""The page of the workspace Train: pictures, settings, and the run."""

import dataclasses
import functools
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from studio.domain.catalog import Library
from studio.domain.errors import Problem
from studio.domain.training import Training
from studio.imaging import training_set
from studio.imaging.training_set import TrainingSet
from studio.session.captioners import Captioner, captioners, plugin_folders
from studio.session.studio import Studio
from studio.session.training_cost import estimate
from studio.session.training_log import RunLog
from studio.ui.loader import PictureLoader
from studio.ui.train.background import Background
from studio.ui.train.foot import KEY, RunState, TrainFoot
from studio.ui.train.form import TrainingForm
from studio.ui.train.offers import RunOffers
from studio.ui.train.pictures import PicturesPane
from studio.ui.train.run_pane import RunPane
from studio.ui.train.runner import TrainingRunner

FORM_WIDTH = 352


class TrainPage(QFrame):
    """`used` tells that a result is wanted in Generate: its training and its path; `problem` what went wrong, and
    `begun` that it is tried again."""

    used = Signal(Training, str)
    folder_wanted = Signal(Path)
    problem = Signal(Problem)
    begun = Signal()

    def __init__(self, studio: Studio, loader: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "canvas")
        self._studio = studio
        self._attempted = False  # a start was tried, so that empty fields are no longer just empty
        self._before: dict[Path, str] = {}  # the captions that the last captioner replaced
        self._dropped_sets = studio.paths.data / "training-sets"
        self.background = Background(self)
        self.captioning = Background(self)
        self.offers = RunOffers()
        self.pictures = PicturesPane(loader)
        self.run_pane = RunPane(loader)
        self.form = TrainingForm(studio.library, studio.paths.models)
        self.foot = TrainFoot()
        self.runner = TrainingRunner(studio, self.run_pane, self.background, self)
        self._arrange()
        self._connect()
        studio.library_changed.connect(self._library_changed)
        self.runner.read_past()
        found = plugin_folders(studio.paths)
        self.captioning.run(functools.partial(captioners, found), self._captioners_came)
        self._refresh()

    @property
    def found(self) -> TrainingSet:
        """The pictures as they are shown."""
        return self.pictures.model.value

    @property
    def training(self) -> Training:
        """What Start would learn."""
        training, shown = self.form.training(self.found.folder), self.runner.shown
        if training.sample_prompts or shown is None or shown.output != training.output:
            return self._with_samples(training)
        return dataclasses.replace(training, sample_prompts=shown.sample_prompts)

    def open_folder(self, folder: Path) -> None:
        """Learn from the pictures in a folder."""
        self.background.run(functools.partial(training_set.scan, folder), self._show_set)

    def gather(self, files: list[Path]) -> None:
        """Copy pictures from anywhere into a folder of ours, the one that is shown if it is ours."""
        shown = self.found.folder
        ours = shown if shown.parent == self._dropped_sets else self._dropped_sets / f"{datetime.now():%Y-%m-%d-%H%M%S}"
        work = functools.partial(training_set.collect, tuple(files), ours)
        self.background.run(work, self.open_folder)

    def caption_all(self, captioner: Captioner, replace: bool) -> None:
        """Let a captioner write the captions that are missing, or all of them."""
        self._before = {}
        for example in self.found.examples:
            if example.usable and (replace or not example.caption):
                work = functools.partial(captioner.caption, example.path)
                self.captioning.run(work, functools.partial(self._caption_came, example.path, example.caption))

    def undo_captions(self) -> None:
        """Bring back what `caption_all` replaced."""
        for path, caption in self._before.items():
            self._write(path, caption)
        self.pictures.offer_undo(False)

    def start(self) -> None:
        """Begin what is shown, or say what is missing."""
        self._attempted = True
        problems = self._problems()
        self._mark(problems)
        if not problems:
            self._attempted = False
            self.begun.emit()
            self.runner.start(self.training)

    def go_on(self) -> None:
        """Continue the run that is shown, as far as the form allows."""
        self.begun.emit()
        self.runner.go_on(self.training)

    def start_anew(self) -> None:
        """Begin what is shown at its first step, though there is a checkpoint."""
        self._attempted = True
        problems = tuple(problem for problem in self._problems() if problem.field != "output")
        self._mark(problems)
        if not problems:
            self._attempted = False
            self.begun.emit()
            self.runner.begin_anew(self._with_samples(self.form.training(self.found.folder)))

    def close_work(self) -> None:
        """Finish writing, hear nothing more."""
        self._studio.library_changed.disconnect(self._library_changed)
        self.runner.close()
        self.captioning.abandon()
        self.background.close()

    # ------------------------------------------------------------------------------------------------ pictures

    def _with_samples(self, training: Training) -> Training:
        """Where the user wrote no prompts to be drawn on the way, those that suit the pictures."""
        usual = training_set.usual_samples(self.found, training.trigger)
        return dataclasses.replace(training, sample_prompts=training.sample_prompts or usual)

    def _show_set(self, found: TrainingSet) -> None:
        self.pictures.show_set(found, training_set.warnings(found, self.training))
        self._refresh()

    def _recaptioned(self, path: Path, caption: str) -> None:
        self.background.run(functools.partial(training_set.write_caption, path, caption), lambda _none: None)
        self._refresh()

    def _caption_came(self, path: Path, before: str, caption: str) -> None:
        self._before[path] = before
        self._write(path, caption.strip())
        self.pictures.offer_undo(True)

    def _write(self, path: Path, caption: str) -> None:
        self.pictures.model.show_caption(path, caption)
        self._recaptioned(path, caption)

    def _captioners_came(self, outcome: tuple[tuple[Captioner, ...], tuple[Problem, ...]]) -> None:
        found, problems = outcome
        self.pictures.offer_captioners(found)
        for problem in problems:
            self._report(problem)

    # ------------------------------------------------------------------------------------------------ the run

    def _problems(self) -> tuple[Problem, ...]:
        training = self.training
        found = self.runner.check(training)
        if training.folder:
            return (*found, *training_set.problems(self.found, training))
        return found

    def _mark(self, problems: tuple[Problem, ...]) -> None:
        shown = tuple(problem for problem in problems if self._attempted or not self._too_early(problem))
        self.form.mark(shown)
        self.foot.tell("\n".join(str(problem) for problem in shown if problem.field not in self.form.rows))

    def _too_early(self, problem: Problem) -> bool:
        """Nobody need be told at once that a field is still empty, or that the name of what was just made is taken."""
        if problem.field == "output":
            return self.training.output in ("", self.runner.result)
        return problem.field == "folder"

    def _refused(self, problems: tuple[Problem, ...]) -> None:
        self._attempted = True
        self._mark(problems)
        for problem in problems[:1]:
            self._report(problem)

    def _refresh(self) -> None:
        """Show what follows from the form, the pictures and the run."""
        training, busy = self.training, self.runner.busy
        self.pictures.empty.ask_for(training.kind)
        self.pictures.describe(training_set.warnings(self.found, training))
        self._mark(() if busy else self._problems())
        self._show_run()

    def _show_run(self) -> None:
        shown = self.runner.shown
        same = shown is not None and self.training.output in ("", shown.output)
        state = self.runner.state
        if not self.runner.busy and not same:
            state = RunState.READY  # another name is another run
        self.foot.show_state(state, self.runner.checkpoint)
        self.foot.offer_anew(state is not RunState.PAUSED and self.runner.can_begin_anew(self.training))
        self._show_cost(0 if state is RunState.READY else self.runner.checkpoint)
        if self.runner.busy and self.form.isAncestorOf(self.focusWidget()):
            self.foot.take_focus()
        self.form.setEnabled(not self.runner.busy)
        self.offers.show_runs(() if self.runner.busy else self.runner.unfinished)
        if shown is not None and self.run_pane.isHidden():
            self.run_pane.show()
            height = self.split.height()
            self.split.setSizes([height * 2 // 5, height * 3 // 5])

    def _show_cost(self, made: int) -> None:
        """What is still to be spent after `made` steps."""
        engine, training = self._studio.engine, self.training
        cost = estimate(
            dataclasses.replace(training, steps=max(0, training.steps - made)),
            self.form.model,
            self.runner.past,
            threads=engine.threads if engine else 1,
            cuda=engine is not None and engine.device.startswith("cuda"),
        )
        self.foot.show_estimate(cost if self.found.usable else None, engine.memory if engine else 0)

    def _past_read(self) -> None:
        self._refresh()

    def _continue(self, run: RunLog) -> None:
        self._look_at(run)
        self.runner.go_on(run.training)

    def _look_at(self, run: RunLog) -> None:
        self.runner.show_run(run)
        self.form.show_training(run.training)
        if (folder := Path(run.training.folder)).is_dir():
            self.open_folder(folder)

    def _library_changed(self, library: Library) -> None:
        self.form.offer_models(library)
        self._refresh()

    def _use(self) -> None:
        if self.runner.shown is not None:
            self.used.emit(self.runner.shown, self.runner.result)

    def _report(self, problem: Problem) -> None:
        self.foot.tell(str(problem))
        self.problem.emit(problem)

    # ------------------------------------------------------------------------------------------------ making

    def _connect(self) -> None:
        self.pictures.folder_chosen.connect(self.open_folder)
        self.pictures.files_dropped.connect(self.gather)
        self.pictures.reload_wanted.connect(lambda: self.open_folder(self.found.folder))
        self.pictures.caption_wanted.connect(self.caption_all)
        self.pictures.undo_wanted.connect(self.undo_captions)
        self.pictures.model.recaptioned.connect(self._recaptioned)
        self.background.problem.connect(self._report)
        self.captioning.problem.connect(self._report)
        self.form.changed.connect(self._refresh)
        key = QShortcut(QKeySequence(KEY), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(self.foot.button.click)
        self.foot.started.connect(self.start)
        self.foot.stopped.connect(self.runner.stop)
        self.foot.continued.connect(self.go_on)
        self.foot.cancelled.connect(self.runner.cancel)
        self.foot.begun_anew.connect(self.start_anew)
        self.runner.changed.connect(self._show_run)
        self.runner.past_read.connect(self._past_read)
        self.runner.refused.connect(self._refused)
        self.run_pane.used.connect(self._use)
        self.run_pane.folder_wanted.connect(lambda: self.folder_wanted.emit(Path(self.runner.result)))
        self.offers.continued.connect(self._continue)
        self.offers.looked_at.connect(self._look_at)

    def _arrange(self) -> None:
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.pictures)
        self.split.addWidget(self.run_pane)
        self.run_pane.hide()
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.offers)
        left.addWidget(self.split, 1)
        settings = QFrame()
        settings.setProperty("look", "panel")
        settings.setFixedWidth(FORM_WIDTH)
        column = QVBoxLayout(settings)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.form, 1)
        column.addWidget(self.foot)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(left, 1)
        layout.addWidget(settings)
