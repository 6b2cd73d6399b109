"""The page of the workspace Animate: the clips of the project that lies on the page of Paint."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame, QStackedLayout, QVBoxLayout

from studio.domain.catalog import Library
from studio.session.clips.media import Missing
from studio.session.clips.streaming import ClipJobs
from studio.session.studio import Studio
from studio.ui.animate.bringing import Bringing
from studio.ui.animate.editor import ClipEditor
from studio.ui.paint.page import PaintPage
from studio.ui.plurals import counted
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.message_bar import MessageBar

_KINDS = (
    "*.mp4 *.mov *.m4v *.mkv *.webm *.avi *.gif *.webp *.apng *.png *.jpg *.jpeg *.avif *.bmp *.tif *.tiff *.exr"
    " *.wav *.flac *.mp3 *.ogg *.opus *.m4a *.otio *.xml *.edl"
)


class AnimatePage(QFrame):
    """Holds the editor of one project at a time, that of the page of Paint."""

    problem = Signal(object)  # Problem
    paint_wanted = Signal()
    folder_wanted = Signal(Path)

    def __init__(self, studio: Studio, paint: PaintPage) -> None:
        super().__init__()
        self.setStyleSheet(f"AnimatePage {{ background: {COLOURS.canvas}; }}")
        self.setAcceptDrops(True)
        self._studio, self._paint = studio, paint
        self.jobs = ClipJobs(studio)
        self._layout = QStackedLayout()
        self.missing = MessageBar("unlink", COLOURS.warning, "offer")
        self.find_button = self.missing.add_button(
            self.tr("Relink…"), hint=self.tr("Choose the first of these files where it is now")
        )
        self.search_button = self.missing.add_button(
            self.tr("Search a folder…"), hint=self.tr("Looks for all of them, by their content and their name")
        )
        self.find_button.clicked.connect(lambda: self.ask_relink(self._lost[0].path if self._lost else ""))
        self.search_button.clicked.connect(self.ask_search)
        self._lost: tuple[Missing, ...] = ()
        notes = QVBoxLayout()
        notes.setContentsMargins(SPACE.medium, 0, SPACE.medium, 0)
        notes.addWidget(self.missing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(notes)
        column.addLayout(self._layout, 1)
        self._read_only = False
        self.editor = self._put()
        paint.leaving.connect(self._leave)
        paint.opened.connect(self._open)
        paint.titled.connect(self._adopt)
        studio.library_changed.connect(self._set_library)

    # ------------------------------------------------------------------------------------------ commands

    def generate(self) -> None:
        """Another take of the chosen clip; without one, a new loop."""
        self.editor.generate()

    def make_clip(self, clip_id: str) -> None:
        """Make the frames of a clip that is on the timeline."""
        editor = self.editor
        if (clip := editor.desk.timeline.clip(clip_id)) is not None:
            editor.desk.select([clip_id])
            editor.making.generate(clip)

    def show_clip(self, clip_id: str) -> None:
        """Go to a clip."""
        self.editor.desk.select([clip_id])

    def ask_import(self) -> None:
        """Files of the user's choice become clips at the playhead."""
        title = self.tr("Import media")
        kinds = self.tr("Media and timelines ({kinds});;All files (*)").format(kinds=_KINDS)
        paths, _ = QFileDialog.getOpenFileNames(self, title, "", kinds)
        if paths:
            self.bring(paths)

    def bring(self, paths: list[str], frame: int | None = None, track: str = "") -> None:
        """Files become clips from a frame on, without one from the playhead on."""
        self.bringing.bring(paths, self.editor.desk.playhead if frame is None else frame, track)

    def ask_export(self) -> None:
        """What is written, how and where."""
        from studio.ui.animate.export_dialog import ExportDialog

        dialog = ExportDialog(self.editor.paint.document, self.editor.montage, self.editor.session, self._paint.title,
                              self.editor.desk.active_clip, self)  # fmt: skip
        dialog.folder_wanted.connect(self.folder_wanted)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_relink(self, path: str) -> None:
        """Where a missing file is now."""
        name = Path(path).name
        found, _ = QFileDialog.getOpenFileName(self, self.tr("Where is {name} now?").format(name=name), "")
        if found and path:
            self.bringing.relink(path, Path(found))

    def ask_search(self) -> None:
        """A folder below which the missing files are."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Search for missing files in"))
        if folder:
            self.bringing.search(Path(folder), self._lost)

    def close_work(self) -> None:
        """End everything that belongs to the project that is still open."""
        self._studio.library_changed.disconnect(self._set_library)
        for dialog in self.findChildren(QDialog):
            dialog.close()
        self._leave()

    # ------------------------------------------------------------------------------------------ drops

    def showEvent(self, event: QShowEvent) -> None:
        """A disk may have come or gone while nobody looked."""
        super().showEvent(event)
        self.editor.files.look_again()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere; on the timeline they lie where they fall."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Clips at the playhead."""
        event.acceptProposedAction()
        self.bring([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    # ------------------------------------------------------------------------------------------ projects

    def _leave(self) -> None:
        """The project is about to be closed."""
        self.bringing.close_work()
        self.editor.close_work()

    def _open(self) -> None:
        """Another project lies on the page of Paint."""
        before = self.editor
        self.editor = self._put()
        before.hide()
        before.deleteLater()

    def _adopt(self, *_: object) -> None:
        """A project that could only be read may be written now."""
        if self._read_only and not self.editor.session.read_only:
            self._read_only = False
            self.editor.making.adopt()

    def _put(self) -> ClipEditor:
        editor = ClipEditor(self._studio, self.jobs, self._paint.editor.desk)
        self._read_only = editor.session.read_only
        self._layout.addWidget(editor)
        self._layout.setCurrentWidget(editor)
        self.setFocusProxy(editor)
        bringing = self.bringing = Bringing(editor.desk, editor)
        bringing.problem.connect(self.problem)
        bringing.noted.connect(editor.toast.say)
        bringing.busy.connect(lambda words: editor.toast.say(words) if words else editor.toast.hide())
        editor.problem.connect(self.problem)
        editor.repair_wanted.connect(self._repair)
        editor.files.changed.connect(self._show_missing)
        editor.welcome.import_wanted.connect(self.ask_import)
        editor.welcome.made.connect(editor.generate)
        editor.panel.import_wanted.connect(self.ask_import)
        editor.panel.export_wanted.connect(self.ask_export)
        editor.panel.relink_wanted.connect(self.ask_relink)
        editor.panel.dropped.connect(self.bring)
        model = editor.inspector.generate.form.model.model
        examples = model.examples if model is not None else ()
        editor.welcome.offer(examples[:4])
        if examples:
            editor.inspector.generate.use_example(examples[0])
        self._show_missing(())
        return editor

    def _repair(self, clip: str, take: str, number: int) -> None:
        """The frame goes to the canvas; it comes back from there as a new take."""
        self._paint.editor.frames.open_frame(clip, take, number)
        self.paint_wanted.emit()

    def _show_missing(self, missing: tuple[Missing, ...]) -> None:
        self._lost = missing
        if not missing:
            self.missing.hide()
            return
        words = counted(self.tr("%n media file(s) cannot be found", "", len(missing)), len(missing))
        names = ", ".join(Path(each.path).name for each in missing[:4])
        hint = self.tr("{names}. Nothing is lost: the clips stay, and a placeholder stands in for the pictures.")
        self.missing.say(words, hint.format(names=names))

    def _set_library(self, library: Library) -> None:
        self.editor.inspector.set_library(library)
