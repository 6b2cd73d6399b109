"""The page of the workspace Paint: the project on the table, and what its menus do."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QStackedLayout, QWidget

from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.imaging.exchange import FORMATS, Saving, read, write
from studio.session.canvas import CanvasSession
from studio.session.project.project import SUFFIX
from studio.session.studio import Studio
from studio.ui.paint.abilities import abilities
from studio.ui.paint.editor import Editor
from studio.ui.paint.generating import InPlace, accept
from studio.ui.paint.new_canvas import NumberDialog, SizeDialog
from studio.ui.paint.sessions import PLAIN, Sessions, is_project
from studio.ui.theme.tokens import COLOURS


class PaintPage(QFrame):
    """Holds one editor at a time; another project brings another editor.

    `titled` tells the project's name and whether all of it is on disk, `abilities_changed` that commands may have
    become possible or impossible.
    """

    titled = Signal(str, bool)
    problem = Signal(object)  # Problem
    abilities_changed = Signal()
    menu_wanted = Signal(QPointF)
    zoomed = Signal(float)
    opened = Signal()  # another project is on the table
    _done = Signal(object, object)  # what to do with it, a Future

    def __init__(self, studio: Studio, frame: Size, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.in_place = InPlace(studio, self)
        self.in_place.problem.connect(self.problem)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"PaintPage {{ background: {COLOURS.canvas}; }}")
        self.setAcceptDrops(True)
        self._frame = frame
        self.sessions = Sessions(studio.paths, self.tr("Paper"), self.tr("Layer 1"))
        self._thread = ThreadPoolExecutor(1, "files")
        self._done.connect(self._finished)
        self._layout = QStackedLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.editor = self._put(self.sessions.resume(frame))
        self.carried = Saving()

    @property
    def title(self) -> str:
        """The project's name."""
        session = self.editor.session
        name = self.tr("Untitled") if session.untitled else session.path.stem
        return self.tr("{name} (read-only)").format(name=name) if session.why else name

    def abilities(self) -> dict[str, bool]:
        """Which commands are possible now."""
        return abilities(self.editor)

    def close_work(self) -> None:
        """Save and end everything."""
        self._thread.shutdown(wait=True)
        self._done.disconnect(self._finished)
        self.in_place.close_work()
        self.editor.close_work()
        self.sessions.close(self.editor.session)

    # ------------------------------------------------------------------------------------------ files

    def new(self) -> None:
        """Ask for a size, then begin."""
        dialog = SizeDialog(self.tr("New canvas"), self.tr("Create"), PLAIN, paper=True, parent=self)
        dialog.chosen.connect(self.begin)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def begin(self, size: Size, white: bool) -> None:
        """A new canvas on the table."""
        try:
            self._replace(self.sessions.new(size, white=white, frame=self._frame))
        except StudioError as error:
            self.problem.emit(error.problem)

    def ask_open(self) -> None:
        """A project or a picture of the user's choice."""
        suffixes = " ".join(f"*{suffix}" for entry in FORMATS if entry.read for suffix in entry.suffixes)
        everything = self.tr("Projects and pictures ({all})").format(all=f"*{SUFFIX} {suffixes}")
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Open"), "", everything)
        if path:
            self.open_path(Path(path))

    def open_path(self, path: Path) -> None:
        """A project takes the place of the one on the table; a picture becomes a new project."""
        if is_project(path):
            self._open_project(path)
            return
        try:
            session = self.sessions.empty()
        except StudioError as error:
            self.problem.emit(error.problem)
            return
        future = self._thread.submit(read, path, session.store)
        label = self.tr("Open “{name}”").format(name=path.name)
        future.add_done_callback(lambda done: self._done.emit(("opened", session, label), done))

    def ask_save_as(self) -> None:
        """Give the project a name, or another one."""
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save as"), f"{self.title}{SUFFIX}", self.tr("Safelight project (*{s})").format(s=SUFFIX)
        )
        if path:
            self.save_as(Path(path) if is_project(Path(path)) else Path(path + SUFFIX))

    def save_as(self, path: Path) -> None:
        """Go on in another file."""
        if self.editor.desk.ready():
            future = self.editor.session.save_as(path)
            future.add_done_callback(lambda done: self._done.emit(("saved", path, ""), done))

    def ask_export(self) -> None:
        """A picture file of what is seen, or with its layers."""
        kinds = [entry for entry in FORMATS if entry.write]
        kinds.sort(key=lambda entry: entry.name != "PNG")
        filters = [f"{entry.name} ({' '.join('*' + suffix for suffix in entry.suffixes)})" for entry in kinds]
        start = f"{self.title}.png"
        path, chosen = QFileDialog.getSaveFileName(self, self.tr("Export"), start, ";;".join(filters))
        if path:
            usual = kinds[filters.index(chosen)].suffixes[0] if chosen in filters else ".png"
            self.export(Path(path) if Path(path).suffix else Path(path + usual))

    def export(self, path: Path) -> None:
        """Write the document in the format of the suffix."""
        if self.editor.desk.ready():
            desk = self.editor.desk
            future = self._thread.submit(write, path, desk.document, desk.store, self.carried)
            future.add_done_callback(lambda done: self._done.emit(("exported", path, ""), done))

    # ------------------------------------------------------------------------------------------ image

    def ask_size(self) -> None:
        """Another size of the canvas."""
        size = self.editor.desk.document.size
        dialog = SizeDialog(self.tr("Canvas size"), self.tr("Resize"), size, paper=False, parent=self)
        dialog.chosen.connect(lambda wanted, _paper: self.editor.image.resize(wanted))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_number(self, title: str, name: str, run: object, value: int = 4) -> None:
        """One number of pixels, then `run` with it."""
        dialog = NumberDialog(title, name, value, self)
        dialog.chosen.connect(run)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def paste(self) -> None:
        """The clipboard's picture as a layer, in the middle of what is in sight."""
        self.editor.selection.paste(self.editor.surface.view.visible)

    # ------------------------------------------------------------------------------------------ drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A project is opened, pictures become layers where they are dropped."""
        event.acceptProposedAction()
        surface = self.editor.surface
        at = surface.view.to_document(QPointF(surface.mapFrom(self, event.position().toPoint())))
        for url in event.mimeData().urls():
            path = Path(url.toLocalFile())
            if is_project(path):
                self.open_path(path)
                return
            self.editor.image.bring_in(path, (at.x(), at.y()))

    # ------------------------------------------------------------------------------------------ inside

    def _open_project(self, path: Path) -> None:
        if path == self.editor.session.path:
            return
        try:
            self._replace(self.sessions.open(path))
        except StudioError as error:
            self.sessions.recent.remove(path)
            self.problem.emit(error.problem)

    @Slot(object, object)
    def _finished(self, what: tuple[str, object, str], done: "Future[object]") -> None:
        kind, subject, label = what
        error = done.exception()
        if error is not None and not isinstance(error, StudioError):
            raise error
        if isinstance(error, StudioError):
            self.problem.emit(error.problem)
            if isinstance(subject, CanvasSession):
                self.sessions.close(subject)
        elif kind == "opened" and isinstance(subject, CanvasSession):
            found = done.result()
            subject.commit(label, found.document)  # type: ignore[attr-defined]
            self.sessions.recent.add(subject.path)
            self._replace(subject)
            self._tell_notices(found.notices)  # type: ignore[attr-defined]
        elif kind == "exported":
            notices = done.result()
            words = self.tr("Exported {name}.").format(name=subject.name)  # type: ignore[attr-defined]
            self.editor.toast.say(" ".join([words, *map(str, notices)]))  # type: ignore[call-overload]
        elif kind == "saved" and isinstance(subject, Path):
            self.sessions.recent.add(subject)
            self._tell_title()

    def _tell_notices(self, notices: tuple[object, ...]) -> None:
        if notices:
            self.editor.toast.say(" ".join(map(str, notices)))

    def _replace(self, session: CanvasSession) -> None:
        before = self.editor
        inks, options, tool = before.desk.inks, before.desk.options, before.tool
        self.in_place.leave(before)
        before.close_work()
        self.sessions.close(before.session)
        self.editor = self._put(session)
        self.editor.desk.set_inks(inks)
        self.editor.desk.set_options(brush=options.brush, eraser=options.eraser)
        self.editor.take_up(tool)
        before.hide()
        before.deleteLater()
        self.editor.surface.setFocus()
        self.opened.emit()

    def _put(self, session: CanvasSession) -> Editor:
        editor = Editor(session)
        self._layout.addWidget(editor)
        self._layout.setCurrentWidget(editor)
        self.setFocusProxy(editor)
        editor.saved_changed.connect(lambda _saved: self._tell_title())
        editor.problem.connect(self.problem)
        editor.staging.accepted.connect(lambda taken: accept(editor, taken))
        editor.abilities_changed.connect(self.abilities_changed)
        editor.menu_wanted.connect(self.menu_wanted)
        editor.surface.view_changed.connect(lambda view: self.zoomed.emit(view.zoom))
        self.editor = editor
        self._tell_title()
        self.abilities_changed.emit()
        return editor

    def _tell_title(self) -> None:
        self.titled.emit(self.title, self.editor.saved)
