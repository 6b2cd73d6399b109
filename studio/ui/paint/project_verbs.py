"""What can be done with the project on the table beside painting: naming versions, going back to them, compacting."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDialog, QWidget

from studio.domain.errors import StudioError
from studio.session.settings import CanvasSettings, SettingsFile
from studio.ui.paint.amounts import amount
from studio.ui.paint.compacting import CompactDialog, LimitDialog
from studio.ui.paint.editor import Editor
from studio.ui.paint.left_over import Glances, LeftOverDialog
from studio.ui.paint.sessions import Sessions
from studio.ui.paint.versions import NameDialog, VersionsDialog

Made = TypeVar("Made", bound=QDialog)
MEGABYTE = 2**20


class ProjectVerbs(QObject):
    """Dialogs about the project of one editor at a time; `problem` tells what could not be done."""

    problem = Signal(object)  # Problem
    _done = Signal(object, object)  # what to do with it, a Future

    def __init__(self, settings: SettingsFile, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings, self._window = settings, parent
        self._editor: Editor | None = None
        self._dialogs: list[QDialog] = []
        self._glances = Glances(self)
        self._done.connect(self._finished)

    @property
    def undo_limit(self) -> int:
        """How many bytes the history of a project may take."""
        return self._settings.value.canvas.undo_megabytes * MEGABYTE

    def take_up(self, editor: Editor) -> None:
        """Another project is on the table."""
        for dialog in tuple(self._dialogs):
            dialog.reject()
        self._glances.let_go(editor.session.path)  # it may look different when it is left again
        self._editor = editor
        history = editor.history
        history.name_wanted.connect(self.ask_name)
        history.versions_wanted.connect(self.show_versions)
        history.limit_wanted.connect(self.ask_limit)
        history.weight_wanted.connect(self._weigh)

    def close_work(self) -> None:
        """Nothing is told any more."""
        for dialog in tuple(self._dialogs):
            dialog.reject()
        self._glances.close_work()
        self._done.disconnect(self._finished)

    def ask_name(self) -> None:
        """Name the version on the canvas."""
        editor = self._at_table
        if editor.desk.ready() and not editor.desk.read_only:
            dialog = self._opened(NameDialog(editor.session.history.current.name, self._window))
            dialog.chosen.connect(lambda name: self._name(editor, editor.session.history.current.id, name))

    def show_versions(self) -> None:
        """The versions with a name, and what can be done with them."""
        editor = self._at_table
        if not editor.desk.ready():
            return
        dialog = VersionsDialog(editor.session, editor.past, self._window)
        editor.session.versions_changed.connect(dialog.refresh)
        dialog.finished.connect(lambda _: editor.session.versions_changed.disconnect(dialog.refresh))
        dialog.name_wanted.connect(self.ask_name)
        dialog.renamed.connect(lambda version, name: self._name(editor, version, name))
        dialog.reverted.connect(lambda version: self._revert(editor, version, dialog))
        self._opened(dialog)

    def ask_compact(self) -> None:
        """Give room back to the disk, after it was said what that costs."""
        editor = self._at_table
        if editor.desk.read_only or not editor.desk.ready():
            return
        dialog = CompactDialog(editor.session, self._window)
        dialog.asked.connect(lambda older: self._then(editor.session.weigh(older), ("foretold", dialog, older)))
        dialog.chosen.connect(lambda older: self._compact(editor, older))
        self._opened(dialog)

    def ask_limit(self) -> None:
        """How much the history may take."""
        editor = self._at_table
        dialog = self._opened(LimitDialog(self._settings.value.canvas.undo_megabytes, self._window))
        dialog.chosen.connect(lambda limit: self._limit(editor, limit))

    def show_left_over(self, sessions: Sessions, go_on: Callable[[Path], object]) -> None:
        """The work without a name, to go on with or to delete."""
        dialog = LeftOverDialog(sessions.left_over, self._glances, self._window)
        dialog.opened.connect(go_on)
        dialog.deleted.connect(sessions.discard)
        self._opened(dialog)

    # ------------------------------------------------------------------------------------------ inside

    @property
    def _at_table(self) -> Editor:
        assert self._editor is not None
        return self._editor

    def _opened(self, dialog: Made) -> Made:
        self._dialogs.append(dialog)
        dialog.finished.connect(lambda _: self._dialogs.remove(dialog))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _try(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except StudioError as error:
            self.problem.emit(error.problem)
            return False
        return True

    def _name(self, editor: Editor, version_id: int, name: str) -> None:
        if self._try(lambda: editor.session.name(name, version_id)) and name:
            editor.toast.say(self.tr("This version is “{name}” now.").format(name=name))

    def _revert(self, editor: Editor, version_id: int, dialog: VersionsDialog) -> None:
        if editor.desk.ready() and self._try(lambda: editor.session.revert(version_id)):
            words = self.tr("Back to “{name}”. Undo brings the rest again.")
            editor.toast.say(words.format(name=editor.session.history.version(version_id).name))
            dialog.refresh()

    def _compact(self, editor: Editor, older: float | None) -> None:
        def begin() -> None:
            self._then(editor.session.compact(older), ("compacted", editor, None))
            editor.toast.say(self.tr("The project is being compacted…"))

        self._try(begin)

    def _limit(self, editor: Editor, limit: int) -> None:
        self._settings.change(canvas=CanvasSettings(undo_megabytes=limit))
        editor.session.limit_undo(self.undo_limit)
        self._weigh()

    def _weigh(self) -> None:
        editor = self._at_table
        self._then(editor.session.undo_bytes(), ("weighed", editor, None))

    def _then(self, future: "Future[Any]", what: tuple[str, QObject, object]) -> None:
        future.add_done_callback(lambda done: self._done.emit(what, done))

    @Slot(object, object)
    def _finished(self, what: tuple[str, QObject, object], done: "Future[object]") -> None:
        kind, subject, older = what
        if done.cancelled() or (subject is not self._editor and subject not in self._dialogs):
            return  # the project is closed, or the dialog
        error = done.exception()
        if error is not None and not isinstance(error, StudioError):
            raise error
        if isinstance(subject, CompactDialog):
            subject.show_weight(older, None if error is not None else done.result())  # type: ignore[arg-type]
        elif isinstance(error, StudioError):
            if kind == "compacted":
                self.problem.emit(error.problem)
        elif isinstance(subject, Editor) and kind == "compacted":
            self._tell_freed(subject, done.result())  # type: ignore[arg-type]
        elif isinstance(subject, Editor):
            subject.history.show_weight(done.result(), self.undo_limit)  # type: ignore[arg-type]

    def _tell_freed(self, editor: Editor, freed: int) -> None:
        words = self.tr("Compacted: {freed} are free again.") if freed > 0 else self.tr("There was nothing to free.")
        editor.toast.say(words.format(freed=amount(freed)))
        self._weigh()
