"""The work that has no name yet: a list of what was left, to go on with or to delete."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QThreadPool,
    Signal,
    Slot,
)
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.imaging.tiles import Pixels
from studio.session.project.glance import glance
from studio.session.project.untitled import LeftOver
from studio.ui.paint.amounts import amount
from studio.ui.paint.picture_rows import PictureList
from studio.ui.paint.pictures import image_of
from studio.ui.paint.version_pictures import SIDE
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class Glances(QObject):
    """Pictures of projects that no window has open, made one after another; `made` tells the path of each."""

    made = Signal(object)
    _ready = Signal(object, object)  # Path, (pixels, size) or None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[Path, tuple[QImage, Size]] = {}
        self._wanted: list[Path] = []
        self._at: Path | None = None
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._ready.connect(self._take)

    def picture(self, path: Path) -> tuple[QImage, Size] | None:
        """The picture of a project and the size of its canvas, if it was looked at."""
        return self._known.get(path)

    def want(self, paths: Iterable[Path]) -> None:
        """Look at these, one after another."""
        self._wanted = [path for path in paths if path not in self._known]
        self._next()

    def let_go(self, path: Path | None = None) -> None:
        """Look at no more, and wait for the end of the look at `path` if that is under way: it holds the project."""
        self._wanted = []
        if path is not None:
            self._known.pop(path, None)
            if self._at == path:
                self._pool.waitForDone()

    def close_work(self) -> None:
        """Wait for the one that is being looked at."""
        self._wanted = []
        self._pool.waitForDone()
        self._ready.disconnect(self._take)

    def _next(self) -> None:
        if self._at is None and self._wanted:
            path = self._at = self._wanted.pop(0)
            self._pool.start(lambda: self._look(path))

    def _look(self, path: Path) -> None:
        found = None
        try:
            found = glance(path, SIDE)
        except StudioError:
            found = None  # why is told to the one who opens it
        finally:
            self._ready.emit(path, found)

    @Slot(object, object)
    def _take(self, path: Path, found: tuple[Pixels, Size] | None) -> None:
        self._at = None
        if found is not None:
            pixels, size = found
            self._known[path] = image_of(pixels), size
            self.made.emit(path)
        self._next()


class _Works(QAbstractListModel):
    """The works, the latest first."""

    def __init__(self, works: Iterable[LeftOver], glances: Glances, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows, self._glances = list(works), glances

    def refresh(self, path: Path) -> None:
        """A picture is there now."""
        for row, work in enumerate(self.rows):
            if work.path == path:
                self.dataChanged.emit(self.index(row), self.index(row))

    def remove(self, row: int) -> None:
        """It is gone."""
        self.beginRemoveRows(QModelIndex(), row, row)
        del self.rows[row]
        self.endRemoveRows()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """How many."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """When it was left, and how large it is."""
        work = self.rows[index.row()]
        seen = self._glances.picture(work.path)
        title = f"{work.written:%Y-%m-%d %H:%M}"
        about = amount(work.size) if seen is None else f"{seen[1].width} × {seen[1].height} · {amount(work.size)}"
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return title
            case Qt.ItemDataRole.DecorationRole:
                return seen[0] if seen is not None else None
            case Qt.ItemDataRole.UserRole:
                return about
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{title}, {about}"
        return None


class LeftOverDialog(QDialog):
    """`opened` brings the path of the one to go on with, `deleted` of one that nobody wants, asked for twice."""

    opened = Signal(object)
    deleted = Signal(object)

    def __init__(self, works: Iterable[LeftOver], glances: Glances, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Work without a name"))
        self._glances = glances
        self.model = _Works(works, glances, self)
        self.list = PictureList(self.model, self.tr("Work without a name"))
        self.delete_button = push_button("", shortcut="Del")
        self.open_button = push_button(self.tr("Open"), look="accent-small")
        self.open_button.setDefault(True)
        self.close_button = push_button(self.tr("Close"))
        self._arrange()
        self.list.setCurrentIndex(self.model.index(0))
        glances.made.connect(self.model.refresh)
        self.finished.connect(lambda _: glances.let_go())
        self.list.selectionModel().currentChanged.connect(lambda *_: self._judge())
        self.list.doubleClicked.connect(lambda _: self._open())
        self.list.removing.connect(self._delete)
        self.delete_button.clicked.connect(self._delete)
        self.open_button.clicked.connect(self._open)
        self.close_button.clicked.connect(self.reject)
        self._judge()
        glances.want(work.path for work in self.model.rows)

    @property
    def chosen(self) -> LeftOver | None:
        """The one that is selected."""
        index = self.list.currentIndex()
        return self.model.rows[index.row()] if index.isValid() else None

    def _judge(self) -> None:
        self._sure = False
        self.delete_button.setText(self.tr("Delete…"))
        for button in (self.open_button, self.delete_button):
            button.setEnabled(self.chosen is not None)

    def _open(self) -> None:
        if (chosen := self.chosen) is not None:
            self._glances.let_go(chosen.path)
            self.accept()
            self.opened.emit(chosen.path)

    def _delete(self) -> None:
        if (chosen := self.chosen) is None:
            return
        if not self._sure:
            self._sure = True
            self.delete_button.setText(self.tr("Delete for good"))
            return
        self._glances.let_go(chosen.path)
        self.model.remove(self.list.currentIndex().row())
        self.deleted.emit(chosen.path)
        self._judge()
        self._glances.want(work.path for work in self.model.rows)
        if not self.model.rows:
            self.accept()

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.small)
        buttons.addWidget(self.delete_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.open_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.large, SPACE.large, SPACE.large, SPACE.large)
        layout.setSpacing(SPACE.large)
        layout.addWidget(self.list, 1)
        words = self.tr("It is kept until it gets a name (File > Save as…) or is deleted.")
        layout.addWidget(label(words, "small", wrap=True))
        layout.addLayout(buttons)
        self.resize(480, 440)
