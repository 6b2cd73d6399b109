"""The page of the workspace Paint: the project on the table, and what its menus do."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QFrame, QStackedLayout, QVBoxLayout, QWidget

from studio.domain.document.history import Version
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.user_paths import exists
from studio.imaging.exchange import FORMATS, Imported, Saving, read, write
from studio.session.canvas import CanvasSession
from studio.session.project.project import SUFFIX
from studio.session.studio import Studio
from studio.ui.paint.abilities import abilities
from studio.ui.paint.clipboard import files_in, has_picture, leave_behind, picture_in
from studio.ui.paint.editor import Editor
from studio.ui.paint.generating import InPlace, accept
from studio.ui.paint.keeping import keep_all
from studio.ui.paint.live_painting import LivePaint
from studio.ui.paint.new_canvas import NumberDialog, SizeDialog
from studio.ui.paint.notes import Notes
from studio.ui.paint.project_verbs import ProjectVerbs
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
    leaving = Signal()  # the project on the table is about to be closed
    opened = Signal()  # another project is on the table
    clip_made = Signal(str)  # a clip was put on the timeline, whose frames are to be made
    frame_returned = Signal(str)  # of this clip, and to be seen there
    _done = Signal(object, object)  # what to do with it, a Future

    def __init__(self, studio: Studio, frame: Size, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.in_place = InPlace(studio, self)
        self.in_place.problem.connect(self.problem)
        self.live_painting = LivePaint(studio, self)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"PaintPage {{ background: {COLOURS.canvas}; }}")
        self.setAcceptDrops(True)
        self._frame = frame
        self.project = ProjectVerbs(studio.settings, self)
        self.project.problem.connect(self.problem)
        self.sessions = Sessions(studio.paths, self.tr("Paper"), self.tr("Layer 1"), lambda: self.project.undo_limit)
        self._thread = ThreadPoolExecutor(1, "files")
        self._opening: list[CanvasSession] = []  # that pictures are read into
        self._given_up: Version | None = None  # the state that was said to be lost when the window closes
        self._done.connect(self._finished)
        self.notes = Notes()
        self._layout = QStackedLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notes)
        column.addLayout(self._layout, 1)
        self.editor = self._put(self.sessions.resume(frame))
        self.notes.copy_wanted.connect(self.ask_save_as)
        self.notes.again_wanted.connect(self.reopen)
        self.notes.work_wanted.connect(self.show_left_over)
        self.notes.offer(len(self.sessions.left_over))
        self._came_of: Imported | None = None  # the file that the project was begun with, if it was a picture

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
        for session in self._opening:
            self.sessions.close(session)
        self.project.close_work()
        self.live_painting.close_work()
        self.in_place.close_work()
        self.editor.close_work()
        self.sessions.close(self.editor.session)
        leave_behind()

    # ------------------------------------------------------------------------------------------ files

    def new(self) -> None:
        """Ask for a size, then begin."""
        dialog = SizeDialog(self.tr("New canvas"), self.tr("Create"), PLAIN, paper=True, parent=self)
        dialog.chosen.connect(self.begin)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def begin(self, size: Size, white: bool) -> None:
        """A new canvas on the table."""
        if not self._can_leave():
            return
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
        self._opening.append(session)
        future = self._thread.submit(read, path, session.store)
        label = self.tr("Open “{name}”").format(name=path.name)
        future.add_done_callback(lambda done: self._done.emit(("opened", session, label), done))

    def reopen(self) -> None:
        """Try to get a project that can only be read as one that can be written."""
        try:
            self._replace(self.sessions.open(self.editor.session.path))
        except StudioError as error:
            self.problem.emit(error.problem)
        else:
            self.editor.toast.say(self.editor.session.why or self.tr("It can be painted on now."))

    def show_left_over(self) -> None:
        """The work without a name."""
        self.notes.offer(0)
        self.project.show_left_over(self.sessions, self._open_project)

    def save(self) -> None:
        """Everything is saved as it is done; what has no name gets one."""
        session = self.editor.session
        if session.untitled or session.why:
            self.ask_save_as()
        else:
            session.retry()
            words = self.tr("“{name}” is saved, and so is every step as you make it.")
            self.editor.toast.say(words.format(name=self.title) if self.editor.saved else self.tr("Saving…"))

    def ask_save_as(self) -> None:
        """Give the project a name, or another one."""
        kinds = self.tr("Safelight project (*{s})").format(s=SUFFIX)
        path = self._new_file(
            self.tr("Save as"),
            f"{self.title}{SUFFIX}",
            kinds,
            lambda name, _kind: Path(name if is_project(Path(name)) else name + SUFFIX),
        )
        if path is not None:
            self.save_as(path)

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

        def whole(name: str, chosen: str) -> Path:
            usual = kinds[filters.index(chosen)].suffixes[0] if chosen in filters else ".png"
            return Path(name if Path(name).suffix else name + usual)

        path = self._new_file(self.tr("Export"), f"{self.title}.png", ";;".join(filters), whole)
        if path is not None:
            self.export(path)

    def export(self, path: Path) -> None:
        """Write the document in the format of the suffix."""
        if self.editor.desk.ready():
            desk = self.editor.desk
            saving = Saving() if self._came_of is None else Saving(carried=self._came_of.handed_on(desk.document))
            future = self._thread.submit(write, path, desk.document, desk.store, saving)
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
        """The clipboard's pictures, files or one from another program, as layers in the middle of what is in sight."""
        self._take_in(QGuiApplication.clipboard().mimeData() or QMimeData(), self.editor.surface.view.visible)

    # ------------------------------------------------------------------------------------------ drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and pictures are welcome."""
        if files_in(event.mimeData()) or has_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A project is opened, pictures become layers where they are dropped."""
        event.acceptProposedAction()
        surface = self.editor.surface
        at = surface.view.to_document(QPointF(surface.mapFrom(self, event.position().toPoint())))
        self._take_in(event.mimeData(), Rect(round(at.x()), round(at.y()), 1, 1))

    def _take_in(self, mime: QMimeData, around: Rect) -> None:
        files = files_in(mime)
        for path in files:
            if is_project(path):
                self.open_path(path)
                return
            self.editor.image.bring_in(path, (around.x + around.width / 2, around.y + around.height / 2))
        if not files:
            self.editor.selection.paste(picture_in(mime), around)

    # ------------------------------------------------------------------------------------------ inside

    def _new_file(self, title: str, start: str, kinds: str, whole: Callable[[str, str], Path]) -> Path | None:
        """A name of the user's choice, with the suffix that `whole` gives it.

        The dialog asks before a file is replaced, but knows the name as it was typed only: where the whole one exists,
        the dialog is shown that.
        """
        while True:
            name, kind = QFileDialog.getSaveFileName(self, title, start, kinds)
            if not name:
                return None
            path = whole(name, kind)
            if path == Path(name) or not exists(path):
                return path
            start = str(path)

    def may_close(self) -> bool:
        """May the window close? Not the first time when steps cannot be saved: that is told, and may be mended."""
        state, before = self.editor.session.history.current, self._given_up
        self._given_up = state
        hint = self.tr("Choose File > Save As and another disk, or close the window again to leave without them.")
        return before is state or self._saved(hint)

    def _can_leave(self) -> bool:
        """Is all of the project on the disk, so that another may take its place? If not, it is told what to do."""
        return self._saved(self.tr("Choose File > Save As and another disk, then open the other one again."))

    def _saved(self, hint: str) -> bool:
        saved = self.editor.session.flush()
        if not saved:
            message = self.tr("The last steps on this canvas cannot be saved, and would be lost.")
            self.problem.emit(Problem(ErrorKind.DISK, message, hint))
        return saved

    def _open_project(self, path: Path) -> None:
        if path == self.editor.session.path or not self._can_leave():
            return
        try:
            self._replace(self.sessions.open(path))
        except StudioError as error:
            self.sessions.recent.remove(path)
            self.problem.emit(error.problem)

    @Slot(object, object)
    def _finished(self, what: tuple[str, object, str], done: "Future[object]") -> None:
        kind, subject, label = what
        if isinstance(subject, CanvasSession):
            self._opening.remove(subject)
        error = done.exception()
        if error is not None and not isinstance(error, StudioError):
            raise error
        if isinstance(error, StudioError):
            self.problem.emit(error.problem)
            if isinstance(subject, CanvasSession):
                self.sessions.close(subject)
        elif kind == "opened" and isinstance(subject, CanvasSession):
            if not self._can_leave():
                self.sessions.close(subject)
                return
            found = done.result()
            subject.begin(label, found.document)  # type: ignore[attr-defined]
            self.sessions.recent.add(subject.path)
            self._replace(subject)
            self._came_of = found  # type: ignore[assignment]
            self._tell_notices(found.notices)  # type: ignore[attr-defined]
        elif kind == "exported":
            notices = done.result()
            words = self.tr("Exported {name}.").format(name=subject.name)  # type: ignore[attr-defined]
            self.editor.toast.say(" ".join([words, *map(str, notices)]))  # type: ignore[call-overload]
        elif kind == "saved" and isinstance(subject, Path):
            self.sessions.recent.add(subject)
            self.sessions.recent.add(self.editor.session.path)  # another one may be on the table by now
            self.editor.desk.look_again()
            self.notes.show_project(self.editor.session)
            self._tell_title()

    def _tell_notices(self, notices: tuple[object, ...]) -> None:
        if notices:
            self.editor.toast.say(" ".join(map(str, notices)))

    def _replace(self, session: CanvasSession) -> None:
        before = self.editor
        self.leaving.emit()
        inks, options, tool = before.desk.inks, before.desk.options, before.tool
        self.in_place.leave(before)
        self.live_painting.end()
        before.close_work()
        self.sessions.close(before.session)
        self.editor = self._put(session)
        self._came_of = None
        self.editor.desk.set_inks(inks)
        self.editor.desk.set_options(
            brush=options.brush,
            eraser=options.eraser,
            live_strength=options.live_strength,
            live_opacity=options.live_opacity,
            live_beside=options.live_beside,
        )
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
        editor.staging.kept.connect(lambda taken, shown: keep_all(editor, taken, shown))
        editor.abilities_changed.connect(self.abilities_changed)
        editor.menu_wanted.connect(self.menu_wanted)
        editor.flow.made.connect(self.clip_made)
        editor.frames.returned.connect(self.frame_returned)
        editor.surface.view_changed.connect(lambda view: self.zoomed.emit(view.zoom))
        self.zoomed.emit(editor.surface.view.zoom)
        self.editor = editor
        self.project.take_up(editor)
        self.notes.show_project(session)
        self._tell_title()
        self.abilities_changed.emit()
        return editor

    def _tell_title(self) -> None:
        self.titled.emit(self.title, self.editor.saved)
