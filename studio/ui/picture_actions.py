"""What can be done with a finished picture."""

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.recipe import Recipe
from studio.imaging.files import save_over
from studio.imaging.metadata import read
from studio.session.gallery import Entry
from studio.ui.loader import read_picture


class PictureActions(QObject):
    """Copying, saving, showing and reading back; what goes wrong is a `problem`."""

    problem = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def copy(self, entry: Entry) -> None:
        """The pixels to the clipboard."""
        QGuiApplication.clipboard().setImage(read_picture(str(entry.path)))

    def save_as(self, entry: Entry) -> None:
        """A copy of the file, with its metadata, where the user wants it."""
        suffix = entry.path.suffix
        path, _ = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Save picture as"),
            entry.path.name,
            self.tr("Picture (*{suffix})").format(suffix=suffix),
        )
        if path:
            self.save_to(entry, Path(path) if Path(path).suffix else Path(path).with_suffix(suffix))

    def save_to(self, entry: Entry, path: Path) -> None:
        """A copy of the file at `path`."""
        try:
            save_over(path, entry.path.read_bytes())
        except OSError as error:
            reason = error.strerror or error
            message = self.tr("{path} could not be written: {reason}.").format(path=path, reason=reason)
            self.problem.emit(Problem(ErrorKind.DISK, message, self.tr("Choose another folder.")))

    def show_in_folder(self, path: Path) -> None:
        """The file manager, at the file where the system can, otherwise at its folder."""
        folder = path if path.is_dir() else path.parent
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.problem.emit(
                Problem(
                    ErrorKind.ENVIRONMENT,
                    self.tr("No file manager answered."),
                    self.tr("The pictures are in {folder}.").format(folder=folder),
                )
            )

    def open_folder(self, folder: Path) -> None:
        """A folder of the user's in the file manager; made now if it is not there yet."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = self.tr("{path} could not be made: {reason}.").format(path=folder, reason=error.strerror)
            self.problem.emit(Problem(ErrorKind.DISK, message, self.tr("Check its permissions and the disk.")))
            return
        self.show_in_folder(folder)

    def recipe(self, path: Path) -> Recipe | None:
        """The settings a picture carries; None when it has none or cannot be read."""
        try:
            return read(path).recipe
        except StudioError as error:
            self.problem.emit(error.problem)
            return None
