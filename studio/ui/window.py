"""The main window: its parts, put together and wired to the session."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMenu

from studio.domain.errors import Problem
from studio.domain.jobs import Job
from studio.domain.messages import Died, Event, Ready, Unavailable
from studio.session.gallery import Entry
from studio.session.loras import LORAS
from studio.session.outside import Outside
from studio.session.studio import Studio
from studio.ui.aftercare import Aftercare
from studio.ui.animate.room import AnimateRoom
from studio.ui.bridge import Bridge
from studio.ui.canvas.area import CanvasArea
from studio.ui.canvas.stage import Stage
from studio.ui.commands import Commands
from studio.ui.crashes import CrashLog
from studio.ui.docks import Arrangement, dock
from studio.ui.draft import DraftKeeper
from studio.ui.dropping import is_clip, is_picture, is_project
from studio.ui.garbage import GarbageCollector
from studio.ui.history.model import HistoryModel
from studio.ui.history.strip import HistoryStrip
from studio.ui.lab.page import LabPage
from studio.ui.loader import PictureLoader
from studio.ui.menus import PICTURE, PICTURE_MENU, command_table, menus
from studio.ui.paint.commands import paint_menus
from studio.ui.paint.room import PaintRoom
from studio.ui.panels.prompt_panel import PromptPanel
from studio.ui.picture_actions import PictureActions
from studio.ui.queue.desk import QueueDesk
from studio.ui.queue.panel import QueuePanel
from studio.ui.requests import Requests
from studio.ui.saver import Saver
from studio.ui.status import MemoryWatch, StatusLine
from studio.ui.train.page import TrainPage
from studio.ui.train.using import use_training
from studio.ui.workspaces import Workspaces

SIZE = (1440, 900)
LEAST = (880, 600)
REMEMBERED = 200  # pictures of past sessions in the strip
ETA_EVERY = 500  # milliseconds
_PAINT_PATIENCE = 500  # milliseconds until the worker starts even if the window was never painted


class MainWindow(QMainWindow):
    """One studio in one window.

    The worker starts after the first painting. Closing hides the window at once, then ends the worker, saves what it
    had finished and emits `closed`.
    """

    closed = Signal()

    def __init__(self, studio: Studio, bridge: Bridge) -> None:
        super().__init__()
        self.studio, self.bridge = studio, bridge
        self._begun = self._ended = False
        self.leaving: list[Callable[[], bool]] = []  # asked before the window closes; one that says no keeps it open
        self.ending: list[Callable[[], None]] = []  # what pages built since must do before the end
        self.saver = Saver(bridge, self)
        self.loader = PictureLoader(self)
        self.area = CanvasArea()
        self.panel = PromptPanel(studio.library, self.loader)
        self.queue = QueuePanel(self.loader)
        self.history = HistoryModel(self.loader, self)
        self.strip = HistoryStrip(self.history)
        self.status = StatusLine()
        self.stage = Stage(self.area, self.loader, self)
        self.actions_ = PictureActions(self)
        self.requests = Requests(studio, self.panel, self.stage, self.area.banner, self.area.offer, self.actions_, self)
        self.aftercare = Aftercare(self)
        self.draft = DraftKeeper(self.panel, studio.settings, self)
        self.desk = QueueDesk(self)
        self.memory = MemoryWatch(self)
        self.garbage = GarbageCollector(self)
        self.crashes = CrashLog(studio.paths.data / "log.txt", self.area.banner.report)
        self.arrangement = Arrangement(studio.paths.config / "window.ini")
        self.workspaces = Workspaces(self, self.arrangement)
        self.paint = PaintRoom(self)
        self.animate = AnimateRoom(self)
        self.commands = Commands(self, command_table(self))
        self._eta = QTimer(self, interval=ETA_EVERY)
        self._eta.timeout.connect(self.desk.show_remaining)
        self._arrange()
        self._connect_parts()
        self._connect_studio()
        self.draft.restore()
        self._show_examples()
        self._picture_shown(None)

    def open_files(self, paths: Sequence[str]) -> None:
        """Come to the front; a project is opened, clips and timelines go to Animate, and a picture
        becomes the source, and its settings are offered.
        """
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        for path in [path for path in paths if is_project(path)][:1]:
            self.paint.page().open_path(Path(path).absolute())
            return
        if clips := [path for path in paths if is_clip(path)]:
            self.animate.page().bring(clips)
            return
        for path in [path for path in paths if is_picture(path)][:1]:
            self.requests.start_from(path)

    def generate(self) -> None:
        """Queue what the form shows: for the gallery, its place on the canvas or a clip; or save what is edited."""
        if self.animate.current:
            self.animate.generate()
        elif self.desk.editing.job is not None:
            self.desk.editing.save()
        else:
            (self.paint if self.paint.current else self.requests).generate()

    def cancel(self) -> None:
        """Leave the job that is edited as it is, or stop what runs."""
        (self.desk.editing if self.desk.editing.job is not None else self.requests).cancel()

    def event(self, event: QEvent) -> bool:
        """Begin the work behind the window once it was painted."""
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._begun:
            QTimer.singleShot(0, self._begin)
        elif event.type() == QEvent.Type.Show and not self._begun:
            QTimer.singleShot(_PAINT_PATIENCE, self._begin)
        return handled

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep what must be kept, vanish, and end the worker behind the closed window."""
        if self._ended:
            event.accept()
            return
        if not all(may_close() for may_close in self.leaving):
            event.ignore()
            return
        event.accept()
        self._ended = True
        self.draft.save()
        self.arrangement.save(self, self.workspaces.current)
        self.hide()
        QTimer.singleShot(0, self._end)

    # ------------------------------------------------------------------------------------------------ making

    def _arrange(self) -> None:
        self.setWindowTitle("Safelight")
        self.resize(QSize(*SIZE).boundedTo(self.screen().availableSize()))
        self.setMinimumSize(*LEAST)
        for note in (self.area.banner, self.aftercare.news):
            self.workspaces.add_note(note)
        self._add_workspaces()
        self.setCentralWidget(self.workspaces)
        self.setStatusBar(self.status)
        area = Qt.DockWidgetArea
        for corner, side in (
            (Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea),
            (Qt.Corner.BottomRightCorner, area.BottomDockWidgetArea),
        ):
            self.setCorner(corner, side)
        self.docks = (
            dock(self, "prompt", self.tr("Prompt"), self.panel, area.LeftDockWidgetArea),
            dock(self, "queue", self.tr("Queue"), self.queue, area.RightDockWidgetArea),
            dock(self, "history", self.tr("History"), self.strip, area.BottomDockWidgetArea),
        )
        self.resizeDocks(list(self.docks[:2]), [344, 272], Qt.Orientation.Horizontal)
        made = self.commands.fill_bar(self.menuBar(), menus(self))
        for docked in reversed(self.docks):
            view = made[self.tr("&View")]
            view.insertAction(view.actions()[0], docked.toggleViewAction())
        view = made[self.tr("&View")]
        first = view.actions()[0]
        view.insertActions(first, self.workspaces.actions_)
        view.insertSeparator(first)
        self.menuBar().setCornerWidget(self.workspaces.switch)
        self.aftercare.join(made[self.tr("&Generate")])
        self.paint.join(made, tuple(paint_menus()))
        for name in PICTURE:
            self.area.bar.add(self.commands[name], words=name == PICTURE[0])
        self.arrangement.restore_geometry(self)
        self.workspaces.restore_docks()

    def _add_workspaces(self) -> None:
        docks = ("prompt", "queue", "history")
        self.workspaces.add("generate", self.tr("Generate"), lambda: self.area, "Ctrl+Alt+1", docks)
        self.workspaces.add("paint", self.tr("Paint"), self.paint.build, "Ctrl+Alt+2", ("prompt",))
        self.workspaces.add("animate", self.tr("Animate"), self.animate.build, "Ctrl+Alt+3")
        self.workspaces.add("train", self.tr("Train"), self._train_page, "Ctrl+Alt+5")
        self.workspaces.add("lab", self.tr("Lab"), self._lab_page, "Ctrl+Alt+6")

    def _train_page(self) -> TrainPage:
        page = TrainPage(self.studio, self.loader)
        page.problem.connect(self._problem)
        page.begun.connect(self.area.banner.dismiss)
        page.folder_wanted.connect(self.actions_.show_in_folder)
        page.used.connect(lambda training, path: use_training(self, training, path))
        self.ending.append(page.close_work)
        return page

    def _lab_page(self) -> LabPage:
        page = LabPage(self.studio, self.loader, lambda: self.stage.entry.path if self.stage.entry else None)
        self.ending.append(page.close_work)
        return page

    def _connect_parts(self) -> None:
        makes = ("generate", "paint", "animate")
        self.workspaces.switched.connect(lambda name: self.commands.enable(("generate",), name in makes))
        self.panel.generate.connect(self.generate)
        self.panel.cancel.connect(self.cancel)
        self.panel.source.chosen.connect(self.requests.start_from)
        self.panel.model.changed.connect(self._show_examples)
        self.panel.loras.opening.connect(self.studio.refresh_library)
        self.panel.fast.changed.connect(self._fast_changed)
        self._fast_changed()
        self.panel.loras.folder_wanted.connect(lambda: self.actions_.open_folder(self.studio.paths.models / LORAS))
        for target in (self.panel, self.area):
            target.dropped.connect(lambda files: self.requests.start_from(files[0]))
        self.area.empty.chosen.connect(self._use_example)
        self.area.view.zoomed.connect(self._show_zoom)
        self.area.pages.currentChanged.connect(self._show_zoom)
        self.workspaces.switched.connect(self._show_zoom)
        self.area.view.menu_wanted.connect(self._popup)
        self.stage.shown.connect(self._picture_shown)
        self.strip.chosen.connect(self.stage.choose)
        self.strip.menu_wanted.connect(self._strip_menu)
        self.actions_.problem.connect(self._problem)
        self.memory.read.connect(self.status.show_memory)

    def _connect_studio(self) -> None:
        self.studio.run = self.saver.run
        self.bridge.arrived.connect(self._take)
        self.studio.ready.connect(self._ready)
        self.studio.problem.connect(self._problem)
        self.studio.saved.connect(self._saved)
        self.studio.library_changed.connect(self.panel.set_library)
        self.studio.queue.changed.connect(self._job_changed)
        self.studio.queue.held_changed.connect(self._show_load)
        self.studio.queue.preview.connect(self.stage.preview)
        self.studio.queue.notice.connect(self._notice)

    # ------------------------------------------------------------------------------------------------ life

    def _begin(self) -> None:
        if self._begun or self._ended:
            return
        self._begun = True
        self.crashes.install()
        entries = list(self.studio.gallery.entries(REMEMBERED))
        self.history.append(entries)
        self.area.empty.invite(first=not entries)
        self.memory.start()
        self.garbage.start()
        self.studio.start()

    def _end(self) -> None:
        self._eta.stop()
        self._disconnect_studio()
        self.memory.close()
        self.loader.close()
        for end in self.ending:
            end()
        self.studio.close()
        self._save_unread()
        self.studio.end()
        self.garbage.stop()  # no thread of ours is left, but one that a dead disk holds
        self.crashes.remove()
        self.closed.emit()

    def _disconnect_studio(self) -> None:
        for signal, slot in (
            (self.studio.ready, self._ready),
            (self.studio.problem, self._problem),
            (self.studio.saved, self._saved),
            (self.studio.library_changed, self.panel.set_library),
            (self.studio.queue.changed, self._job_changed),
            (self.studio.queue.held_changed, self._show_load),
            (self.studio.queue.preview, self.stage.preview),
            (self.studio.queue.notice, self._notice),
        ):
            signal.disconnect(slot)

    def _save_unread(self) -> None:
        """Save what the worker had finished, and from where what it had begun can go on."""
        self.studio.problem.connect(self._write_down)
        for event in self.bridge.close():
            self.studio.handle(event)
        self.saver.close()

    def _write_down(self, problem: Problem) -> None:
        """A problem that comes when there is no window any more."""
        self.crashes.write(str(problem))

    # ------------------------------------------------------------------------------------------ the session speaks

    def _take(self, event: Event | Outside) -> None:
        self.studio.handle(event)
        if isinstance(event, Died):
            self.status.show_engine(None, self.tr("Restarting engine…"))
        elif isinstance(event, Unavailable):
            self.status.show_engine(None, self.tr("No engine"))

    def _ready(self, ready: Ready) -> None:
        self.status.show_engine(ready)

    def _problem(self, problem: Problem) -> None:
        self.area.banner.report(problem)

    def _notice(self, _job: Job, text: str) -> None:
        self.area.bar.caption.set_text(text)
        self.area.bar.caption.setToolTip(text)

    def _saved(self, job: Job, entry: Entry) -> None:
        self.history.prepend(entry)
        self.area.empty.invite(first=False)
        self.stage.saved(job, entry)

    def _job_changed(self, job: Job) -> None:
        self.stage.job_changed(job)
        self._show_load()

    def _show_load(self) -> None:
        """What can be stopped: in a paused queue only what still runs, but all can be cancelled."""
        queue, jobs = self.studio.queue, self.studio.queue.open_count
        stops = queue.busy or (jobs > 0 and not queue.held)
        self.panel.foot.show_load(jobs, stops=stops)
        self.commands.enable(("cancel",), stops)
        self.commands.enable(("cancel-all",), jobs > 0)
        self._watch_time(jobs)

    def _watch_time(self, jobs: int) -> None:
        if jobs and not self._eta.isActive():
            self._eta.start()
        elif not jobs:
            self._eta.stop()
            self.status.show_eta(0, None)

    # ------------------------------------------------------------------------------------------------ the user acts

    def _show_examples(self) -> None:
        model = self.panel.model.model
        self.area.empty.offer(model.examples if model else ())

    def _show_zoom(self) -> None:
        pictured = self.workspaces.current == "generate" and self.area.pages.currentIndex() > 0
        self.status.zoom[0].setVisible(pictured or self.paint.current)
        if pictured:
            self.status.show_zoom(self.area.view.zoom)

    def _fast_changed(self) -> None:
        self.commands.enable(("fast",), self.panel.fast.offered is not None)

    def _use_example(self, text: str) -> None:
        self.panel.prompt.show_text(text)
        self.panel.prompt.setFocus()

    def _picture_shown(self, entry: Entry | None) -> None:
        self.commands.enable(PICTURE_MENU, entry is not None and not self.paint.current)
        self.strip.mark(entry.path if entry else None)

    def _strip_menu(self, entry: Entry, at: QPointF) -> None:
        if self.stage.entry is None or self.stage.entry.path != entry.path:
            self.stage.choose(entry)
        self._popup(at)

    def _popup(self, at: QPointF) -> None:
        menu = self.commands.fill(QMenu(self), PICTURE_MENU)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at.toPoint())
