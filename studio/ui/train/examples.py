"""The pictures of a training set as a Qt model; thumbnails come when they are looked at."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QImage

from studio.imaging.training_set import Example, TrainingSet, captioned
from studio.ui.loader import PictureLoader

THUMBNAIL = 256  # pixels
_KEPT = 400
_Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
EXAMPLE = int(Role.UserRole)


class ExamplesModel(QAbstractListModel):
    """A row for each picture. Decoration: its thumbnail, None until it was read; edit: its caption; `EXAMPLE`: itself.

    `recaptioned` follows each edit of a caption.
    """

    recaptioned = Signal(object, str)  # Path, caption

    def __init__(self, loader: PictureLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._set = TrainingSet(Path())
        self._examples: list[Example] = []
        self._rows: dict[str, int] = {}
        self._thumbnails: OrderedDict[str, QImage] = OrderedDict()
        loader.loaded.connect(self._loaded)

    @property
    def value(self) -> TrainingSet:
        """The set as it is now."""
        return TrainingSet(self._set.folder, tuple(self._examples))

    def show_set(self, found: TrainingSet) -> None:
        """Show another set."""
        self.beginResetModel()
        self._set, self._examples = found, list(found.examples)
        self._rows = {str(example.path): row for row, example in enumerate(self._examples)}
        self._thumbnails.clear()
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        """How many pictures there are."""
        return 0 if parent.isValid() else len(self._examples)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Captions of good pictures can be edited."""
        usual = super().flags(index)
        usable = index.isValid() and self._examples[index.row()].usable
        return usual | Qt.ItemFlag.ItemIsEditable if usable else usual

    def data(self, index: _Index, role: int = Role.DisplayRole) -> Any:
        """What a role asks for."""
        if not index.isValid():
            return None
        example = self._examples[index.row()]
        if role == Role.DecorationRole:
            return self._thumbnail(example)
        if role in (Role.DisplayRole, Role.EditRole):
            return example.caption
        if role == Role.ToolTipRole:
            return "\n".join(filter(None, (example.path.name, example.problem or example.caption_problem)))
        if role == Role.AccessibleTextRole:
            return self._spoken(example)
        return example if role == EXAMPLE else None

    def setData(self, index: _Index, value: Any, role: int = Role.EditRole) -> bool:
        """Take another caption in."""
        if not index.isValid() or role != Role.EditRole:
            return False
        example, caption = self._examples[index.row()], str(value).strip()
        if caption != example.caption:
            self.show_caption(example.path, caption)
            self.recaptioned.emit(example.path, caption)
        return True

    def show_caption(self, path: Path, caption: str) -> None:
        """Show a caption that was written elsewhere."""
        if (row := self._rows.get(str(path))) is None:
            return
        self._examples[row] = captioned(self._examples[row], caption)
        self.dataChanged.emit(self.index(row, 0), self.index(row, 0))

    def _spoken(self, example: Example) -> str:
        said = example.problem or example.caption or self.tr("no caption")
        return self.tr("{name}: {caption}").format(name=example.path.name, caption=said)

    def _thumbnail(self, example: Example) -> QImage | None:
        path = str(example.path)
        image = self._thumbnails.get(path)
        if image is not None:
            self._thumbnails.move_to_end(path)
        elif example.usable:
            self._loader.request(path, THUMBNAIL)
        return image

    def _loaded(self, path: str, limit: int, image: QImage) -> None:
        row = self._rows.get(path)
        if limit != THUMBNAIL or row is None:
            return
        self._thumbnails[path] = image
        while len(self._thumbnails) > _KEPT:
            self._thumbnails.popitem(last=False)
        self.dataChanged.emit(self.index(row, 0), self.index(row, 0), [Role.DecorationRole])
