"""The queue: what runs, what waits, what happened, and what can be done about it."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.domain.jobs import Job, JobState
from studio.domain.messages import Preview
from studio.ui.loader import PictureLoader
from studio.ui.queue import actions
from studio.ui.queue.model import Group, QueueModel
from studio.ui.queue.thumbnails import Thumbnails
from studio.ui.queue.view import QueueView
from studio.ui.queue.words import summary
from studio.ui.theme.icons import icon, pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel, label
from studio.ui.widgets.wheel import Choice

LEAST = 220


class QueuePanel(QWidget):
    """Shows jobs, and asks for what its user wants; it changes nothing by itself.

    `wanted` brings an act of `actions` and the ids of the jobs it is for, in the order of the list.
    """

    wanted = Signal(str, list)
    moved = Signal(list, str)  # ids, the job that they shall stand before, "" for the end
    opened = Signal(str)  # the job that was clicked
    held = Signal(bool)  # pause the whole queue, or let it go on
    cancelled_all = Signal()
    cleared = Signal()

    def __init__(self, loader: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.model = QueueModel(self)
        self.thumbnails = Thumbnails(loader, self)
        self.view = QueueView(self.model, self.thumbnails)
        self._seconds: float | None = None
        self._held = False
        self.summary = ElidedLabel("", "caption")
        self.pause_button = tool_button("pause", self.tr("Pause queue"))
        self.more_button = tool_button("ellipsis", self.tr("More about the queue"))
        self.head = QWidget()
        self.banner = self._make_banner()
        self.filter = QLineEdit()
        self.group = Choice()
        self.limits = self._make_limits()
        self.nothing = _note(self.tr("Each Generate adds a job here.\nKeep working: what waits is never lost."))
        self.no_match = _note(self.tr("No job matches."))
        self.everything_button = push_button(self.tr("Show all"), look="link")
        self._acts = {act.id: self._action(act) for act in actions.acts()}
        self._pages = QStackedLayout()
        self._arrange()
        self._connect()
        self._refresh()

    # ------------------------------------------------------------------------------------------ what it shows

    def show_jobs(self, jobs: Iterable[Job]) -> None:
        """All the jobs there are."""
        self.model.show_jobs(jobs)

    def show_job(self, job: Job) -> None:
        """A job is new, or another than before."""
        self.thumbnails.settle(job)
        self.model.show_job(job)

    def forget(self, job_id: str) -> None:
        """A job is not in the list any more."""
        self.model.forget(job_id)

    def show_preview(self, preview: Preview) -> None:
        """What a job is making now."""
        if preview.job_id in self.model.jobs:
            self.thumbnails.show_preview(preview)

    def show_remaining(self, seconds: float | None) -> None:
        """About how long the whole queue will take; the rows ask for themselves."""
        self._seconds = seconds
        self._summarise()
        for state in (JobState.RUNNING, JobState.LOADING):
            if self.model.counts[state]:
                self.view.viewport().update()

    def show_held(self, held: bool) -> None:
        """Is the whole queue paused?"""
        self._held = held
        self.banner.setVisible(held)
        self.pause_button.setIcon(icon("play" if held else "pause", COLOURS.muted, COLOURS.text))
        name = self.tr("Let the queue go on") if held else self.tr("Pause the queue")
        self.pause_button.setAccessibleName(name)
        self.pause_button.setToolTip(name)
        self._counted()

    def menu(self, jobs: list[Job]) -> QMenu:
        """What can be done with these jobs."""
        made = QMenu(self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for act in actions.acts():
            if actions.fitting(act, jobs):
                if act.starts and made.actions():
                    made.addSeparator()
                made.addAction(self._acts[act.id])
        return made

    def queue_menu(self) -> QMenu:
        """What can be done with all of them."""
        counts, made = self.model.counts, QMenu(self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        is_open = sum(count for state, count in counts.items() if not state.final)
        for text, sign, run, fits in (
            (self.tr("Cancel all jobs"), "list-x", self.cancelled_all.emit, is_open > 0),
            (self.tr("Clear finished"), "trash-2", self.cleared.emit, sum(counts.values()) > is_open),
        ):
            action = made.addAction(icon(sign, COLOURS.muted, COLOURS.text), text)
            action.triggered.connect(run)
            action.setEnabled(fits)
        return made

    # ------------------------------------------------------------------------------------------ inside

    def _do(self, name: str) -> None:
        act = next(each for each in actions.acts() if each.id == name)
        self._ask(name, [job.id for job in actions.fitting(act, self.view.chosen())])

    def _ask(self, name: str, job_ids: list[str]) -> None:
        if not job_ids:
            return
        if name in (actions.UP, actions.DOWN):
            self.view.dragging.nudge(down=name == actions.DOWN)
        else:
            self.wanted.emit(name, job_ids)

    def _delete(self) -> None:
        """What is not over is cancelled; what was over before is taken off the list."""
        chosen = self.view.chosen()
        self._ask(actions.CANCEL, [job.id for job in chosen if not job.state.final])
        self._ask(actions.REMOVE, [job.id for job in chosen if job.state.final])

    def _action(self, act: actions.Act) -> QAction:
        action = QAction(act.title, self)
        if act.sign:
            action.setIcon(icon(act.sign, COLOURS.muted, COLOURS.text))
        if act.keys:
            action.setShortcut(QKeySequence(act.keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(partial(self._do, act.id))
        if act.keys and act.id not in (actions.UP, actions.DOWN, actions.CANCEL, actions.REMOVE):
            self.view.addAction(action)
        return action

    def _limit(self) -> None:
        self.model.limit(self.filter.text(), Group(self.group.currentData()))
        self._refresh()

    def _show_all(self) -> None:
        self.filter.clear()
        self.group.setCurrentIndex(0)

    def _counted(self) -> None:
        self._summarise()
        self._refresh()

    def _summarise(self) -> None:
        seconds = None if self._held else self._seconds
        self.summary.set_text(summary(self.model.counts, seconds))

    def _refresh(self) -> None:
        """Show the list, or why there is nothing in it."""
        total = sum(self.model.counts.values())
        self.head.setVisible(total > 0)
        self.limits.setVisible(total > 1 or self.model.limited)
        if self.model.rowCount():
            self._pages.setCurrentIndex(0)
        else:
            self._pages.setCurrentIndex(2 if total and self.model.limited else 1 if not total else 0)

    def _popup(self, at: QPoint) -> None:
        if jobs := self.view.chosen():
            self.menu(jobs).popup(at)

    def _popup_queue(self) -> None:
        self.queue_menu().popup(self.more_button.mapToGlobal(self.more_button.rect().bottomLeft()))

    def _connect(self) -> None:
        self.view.wanted.connect(self.wanted)
        self.view.moved.connect(self.moved)
        self.view.opened.connect(self.opened)
        self.view.menu_wanted.connect(self._popup)
        self.view.deleting.connect(self._delete)
        self.model.counted.connect(self._counted)
        for signal in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            signal.connect(self._refresh)
        self.pause_button.clicked.connect(lambda: self.held.emit(not self._held))
        self.continue_button.clicked.connect(lambda: self.held.emit(False))
        self.more_button.clicked.connect(self._popup_queue)
        self.filter.textChanged.connect(self._limit)
        self.group.currentIndexChanged.connect(self._limit)
        self.everything_button.clicked.connect(self._show_all)

    def _empty_sign(self) -> QLabel:
        sign = QLabel()
        sign.setPixmap(pixmap("list-start", COLOURS.faint, 28, self.devicePixelRatioF()))
        sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return sign

    def _make_banner(self) -> QFrame:
        banner = QFrame()
        banner.setProperty("look", "held")
        sign = QLabel()
        sign.setPixmap(pixmap("pause", COLOURS.warning, 16, self.devicePixelRatioF()))
        self.continue_button = push_button(self.tr("Continue"), look="accent-small")
        row = QHBoxLayout(banner)
        row.setContentsMargins(SPACE.medium, SPACE.small, SPACE.small, SPACE.small)
        row.setSpacing(SPACE.small)
        row.addWidget(sign)
        row.addWidget(label(self.tr("The queue is paused"), "heading", wrap=True), 1)
        row.addWidget(self.continue_button)
        banner.hide()
        return banner

    def _make_limits(self) -> QWidget:
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter jobs"))
        self.filter.setToolTip(self.tr("Show only jobs with these words"))
        self.filter.setClearButtonEnabled(True)
        for button in self.filter.findChildren(QToolButton):
            button.setAccessibleName(self.tr("Clear the filter"))
            button.setToolTip(self.tr("Clear the filter"))
        self.group.setAccessibleName(self.tr("Which jobs to show"))
        self.group.setToolTip(self.tr("Which jobs to show"))
        for group, text in (
            (Group.ALL, self.tr("All")),
            (Group.OPEN, self.tr("Waiting")),
            (Group.DONE, self.tr("Done")),
            (Group.FAILED, self.tr("Failed")),
        ):
            self.group.addItem(text, group)
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.small)
        row.addWidget(self.filter, 3)
        row.addWidget(self.group, 2)
        return made

    def _arrange(self) -> None:
        head = QHBoxLayout(self.head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(0)
        head.addWidget(self.summary, 1)
        head.addWidget(self.pause_button)
        head.addWidget(self.more_button)
        top = QVBoxLayout()
        top.setContentsMargins(SPACE.large, SPACE.small, SPACE.small, SPACE.small)
        top.setSpacing(SPACE.small)
        for part in (self.head, self.banner, self.limits):
            top.addWidget(part)
        self._pages.addWidget(self.view)
        self._pages.addWidget(_page(self._empty_sign(), self.nothing))
        self._pages.addWidget(_page(self.no_match, self.everything_button))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addLayout(self._pages, 1)
        self.setMinimumWidth(LEAST)


def _note(text: str) -> QLabel:
    made = label(text, "small", wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made


def _page(*parts: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(SPACE.large, SPACE.huge, SPACE.large, SPACE.large)
    column.setSpacing(SPACE.small)
    for part in parts:
        if isinstance(part, QLabel):
            column.addWidget(part)
        else:
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
    column.addStretch(1)
    return page
