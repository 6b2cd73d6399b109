"""The versions with a name: a list to come back to, and the dialog that asks for a name."""

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from studio.domain.document.history import Version
from studio.domain.errors import StudioError
from studio.session.canvas import CanvasSession
from studio.ui.paint.panels.history_rows import when
from studio.ui.paint.picture_rows import ABOUT, MAX_NAME, PICTURE, PictureList
from studio.ui.paint.version_pictures import VersionPictures
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class NameDialog(QDialog):
    """Asks for a version's name; `chosen` brings it."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Name this version"))
        self.field = QLineEdit(name)
        self.field.setMaxLength(MAX_NAME)
        self.field.setAccessibleName(self.tr("Name"))
        self.field.setPlaceholderText(self.tr("Before the sky"))
        self.field.selectAll()
        self.ok = push_button(self.tr("Name it"), look="accent-small")
        self.ok.setDefault(True)
        self.cancel_button = push_button(self.tr("Cancel"))
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.small)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.ok)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.huge, SPACE.huge, SPACE.huge, SPACE.large)
        layout.setSpacing(SPACE.medium)
        layout.addWidget(label(self.tr("Name"), "caption", buddy=self.field))
        layout.addWidget(self.field)
        words = self.tr("Versions with a name stay in the project, however long the history grows.")
        layout.addWidget(label(words, "small", wrap=True))
        layout.addLayout(buttons)
        self.setMinimumWidth(360)
        self.field.textChanged.connect(self._judge)
        self.ok.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        self.accepted.connect(lambda: self.chosen.emit(self.field.text().strip()))
        self._judge()

    def _judge(self) -> None:
        self.ok.setEnabled(bool(self.field.text().strip()))


class _Named(QAbstractListModel):
    """The versions with a name, the latest first; a name can be edited."""

    renamed = Signal(int, str)

    def __init__(self, session: CanvasSession, pictures: VersionPictures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self.picture = session, pictures.picture
        self.rows: tuple[Version, ...] = ()
        self.now = -1  # the version whose document is the one on the canvas

    def refresh(self) -> None:
        """Take the versions as they are."""
        self.beginResetModel()
        self.rows = self._session.named[::-1]
        current = self._session.history.current
        same = (each.id for each in self.rows if self._shown_now(each.id))
        self.now = current.id if current.name else next(same, -1)
        self.endResetModel()

    def _shown_now(self, version_id: int) -> bool:
        """Is a version what the canvas shows?"""
        history = self._session.history
        try:
            return history.document_of(version_id) == history.document
        except StudioError:
            return False  # it is damaged, which is told when one goes back to it

    def show_picture(self, version_id: int) -> None:
        """A picture is there now."""
        for row, version in enumerate(self.rows):
            if version.id == version_id:
                self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """How many."""
        return 0 if parent.isValid() else len(self.rows)

    def about(self, version: Version) -> str:
        """The line under the name."""
        parts = [version.label, when(version.made)]
        return " · ".join([*parts, self.tr("on the canvas now")] if version.id == self.now else parts)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, and for screen readers all of it."""
        version = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return version.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{version.name}, {self.about(version)}"
        return {ABOUT: self.about(version), PICTURE: self.picture(version.id)}.get(Qt.ItemDataRole(role))

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Names can be edited where the project can be written."""
        flags = super().flags(index)
        return flags if self._session.read_only else flags | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Another name; an empty one leaves the old."""
        name = str(value).strip()[:MAX_NAME]
        version = self.rows[index.row()]
        if not name or name == version.name:
            return False
        self.renamed.emit(version.id, name)
        return True


class VersionsDialog(QDialog):
    """The named versions: go back to one, rename it, take its name away.

    `name_wanted` asks for a name for the version on the canvas, `reverted` brings the id of the one to go back to,
    `renamed` an id and its name, "" for none.
    """

    name_wanted = Signal()
    reverted = Signal(int)
    renamed = Signal(int, str)

    def __init__(self, session: CanvasSession, pictures: VersionPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Named versions"))
        self._session, self._pictures = session, pictures
        self.model = _Named(session, pictures, self)
        self.list = PictureList(self.model, self.tr("Named versions"))
        triggers = QListView.EditTrigger
        self.list.setEditTriggers(triggers.EditKeyPressed | triggers.DoubleClicked)
        self.empty = label(
            self.tr("No version has a name yet. Name the one on the canvas to come back to it at any time."),
            "note",
            wrap=True,
        )
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.name_button = push_button(self.tr("Name this version…"), hint=self.tr("The one on the canvas"))
        self.remove_button = push_button(
            self.tr("Remove name"), hint=self.tr("The version stays in the history until it is too old"), shortcut="Del"
        )
        self.rename_button = push_button(self.tr("Rename"), shortcut="F2")
        self.revert_button = push_button(
            self.tr("Revert"), look="accent-small", hint=self.tr("Make it the newest step; nothing after it is lost")
        )
        self.close_button = push_button(self.tr("Close"))
        self._arrange()
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Show the versions as they are now; the one that was selected stays selected."""
        before = self.chosen
        self.model.refresh()
        rows = self.model.rows
        row = next((row for row, each in enumerate(rows) if before is not None and each.id == before.id), 0)
        if rows:
            self.list.setCurrentIndex(self.model.index(row))
        self._pages.setCurrentWidget(self.list if rows else self.empty)
        self._pictures.want(each.id for each in rows)
        self._judge()

    @property
    def chosen(self) -> Version | None:
        """The one that is selected."""
        index = self.list.currentIndex()
        return self.model.rows[index.row()] if index.isValid() else None

    def _judge(self) -> None:
        writable, chosen = not self._session.read_only, self.chosen
        self.name_button.setEnabled(writable)
        for button in (self.remove_button, self.rename_button):
            button.setEnabled(writable and chosen is not None)
        self.revert_button.setEnabled(writable and chosen is not None and chosen.id != self.model.now)

    def _revert(self) -> None:
        if self.chosen is not None and self.revert_button.isEnabled():
            self.reverted.emit(self.chosen.id)

    def _remove(self) -> None:
        if self.chosen is not None and self.remove_button.isEnabled():
            self.renamed.emit(self.chosen.id, "")

    def _connect(self) -> None:
        self.list.selectionModel().currentChanged.connect(lambda *_: self._judge())
        self.list.removing.connect(self._remove)
        self._pictures.made.connect(self.model.show_picture)
        self.model.renamed.connect(self.renamed, Qt.ConnectionType.QueuedConnection)  # after the editor is gone
        self.name_button.clicked.connect(self.name_wanted)
        self.remove_button.clicked.connect(self._remove)
        self.rename_button.clicked.connect(lambda: self.list.edit(self.list.currentIndex()))
        self.revert_button.clicked.connect(self._revert)
        self.close_button.clicked.connect(self.reject)

    def _arrange(self) -> None:
        self._pages = QStackedLayout()
        self._pages.addWidget(self.list)
        self._pages.addWidget(self.empty)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.small)
        buttons.addWidget(self.name_button)
        buttons.addStretch(1)
        for button in (self.remove_button, self.rename_button, self.revert_button, self.close_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.large, SPACE.large, SPACE.large, SPACE.large)
        layout.setSpacing(SPACE.large)
        layout.addLayout(self._pages, 1)
        if self._session.read_only:
            note = self.tr("This project is open for reading only. {why}").format(why=self._session.why)
            layout.addWidget(label(note, "warning", wrap=True))
        layout.addLayout(buttons)
        self.resize(600, 440)
