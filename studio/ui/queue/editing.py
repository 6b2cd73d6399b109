"""A waiting job is changed in the form that requests are written in, while its user's own draft is put aside."""

import dataclasses

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.errors import Problem, StudioError
from studio.domain.jobs import Job, JobState
from studio.domain.recipe import Recipe
from studio.session.studio import Studio
from studio.ui.draft import DraftKeeper
from studio.ui.panels.prompt_panel import PromptPanel
from studio.ui.queue.words import name
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import ElidedLabel, label

_EDITABLE = (JobState.QUEUED, JobState.INTERRUPTED, JobState.PAUSED)


class EditBar(QFrame):
    """Says which job the form shows, and ends its editing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "editing")
        self.message = label("", "heading", wrap=True)
        self.title = ElidedLabel("", "caption")
        self.hint = label("", "small", wrap=True)
        self.save_button = push_button(self.tr("Save changes"), look="accent-small")
        self.cancel_button = push_button(self.tr("Cancel"), hint=self.tr("Leave the job as it is"), shortcut="Esc")
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.small)
        buttons.addWidget(self.save_button)
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.large, SPACE.medium, SPACE.large, SPACE.medium)
        column.setSpacing(SPACE.hair)
        for part in (self.message, self.title, self.hint):
            column.addWidget(part)
        column.addSpacing(SPACE.hair)
        column.addLayout(buttons)
        self.hide()

    def show_job(self, title: str, *, begun: bool) -> None:
        """The job that is edited; `begun`: it cannot be changed any more."""
        self.message.setText(self.tr("This job has begun meanwhile") if begun else self.tr("Editing a waiting job"))
        self.title.set_text(title)
        self.hint.setText(self.tr("It goes on as it was. What you changed can become a new job.") if begun else "")
        self.hint.setVisible(begun)
        self.save_button.setText(self.tr("Queue as new") if begun else self.tr("Save changes"))
        self.setAccessibleName(f"{self.message.text()}: {title}")
        self.show()


class Editing(QObject):
    """One job at a time; `problem` is what keeps the changes from being saved."""

    problem = Signal(Problem)

    def __init__(self, panel: PromptPanel, draft: DraftKeeper, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._draft, self._studio = panel, draft, studio
        self.bar = EditBar()
        panel.add_bar(self.bar)
        self.job: Job | None = None  # that is edited, as it was
        self._begun = False
        self._own, self._shown = (Recipe(), False), Recipe()
        self.bar.save_button.clicked.connect(self.save)
        self.bar.cancel_button.clicked.connect(self.cancel)
        studio.queue.changed.connect(self._changed)
        studio.queue.removed.connect(self._removed)

    def close(self) -> None:
        """Listen to the queue no more."""
        self._studio.queue.changed.disconnect(self._changed)
        self._studio.queue.removed.disconnect(self._removed)

    def begin(self, job: Job) -> None:
        """Show a job's settings in the form."""
        self.cancel()
        self._draft.put_aside()
        self._own = self._panel.recipe(), self._panel.seed.locked
        self._panel.show_recipe(job.recipe, seed_locked=True)
        self._shown, self.job = self._panel.recipe(), job
        self._panel.foot.set_aside(True)
        self._show(begun=_has_begun(job))
        self._panel.prompt.setFocus()

    def save(self) -> None:
        """Give the job what the form shows; where it has begun, queue that as a new one."""
        if self.job is None:
            return
        self._panel.mark("")
        try:
            recipe = self._recipe(self.job.recipe)
            if self._begun:
                self._studio.submit(recipe)
            else:
                self._studio.edit(self.job.id, recipe)
        except StudioError as error:
            self.problem.emit(error.problem)
            self._panel.mark(error.problem.field)
            return
        self.cancel()

    def cancel(self) -> None:
        """Leave the job as it is, and go back to the draft."""
        if self.job is None:
            return
        self.job = None
        self.bar.hide()
        recipe, locked = self._own
        self._panel.mark("")
        self._panel.show_recipe(recipe, seed_locked=locked)
        self._panel.foot.set_aside(False)
        self._draft.take_up()

    def _recipe(self, before: Recipe) -> Recipe:
        """The job's recipe with what was changed in the form; the rest stays, also what the form has no place for."""
        now, names = self._panel.recipe(), (field.name for field in dataclasses.fields(Recipe))
        changed = {key: getattr(now, key) for key in names if getattr(now, key) != getattr(self._shown, key)}
        return dataclasses.replace(before.requested(), **changed)

    def _changed(self, job: Job) -> None:
        if self.job is not None and job.id == self.job.id and _has_begun(job):
            self._show(begun=True)

    def _removed(self, job_id: str) -> None:
        if self.job is not None and job_id == self.job.id:
            self._show(begun=True)

    def _show(self, *, begun: bool) -> None:
        self._begun = begun
        if self.job is not None:
            self.bar.show_job(name(self.job), begun=begun)


def _has_begun(job: Job) -> bool:
    """Can it not be changed any more? The files of finished pictures would pass for those of the changed job."""
    return job.state not in _EDITABLE or bool(job.pictures)
