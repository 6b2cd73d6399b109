"""The finished pictures as a Qt model whose thumbnails come when they are looked at."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

from studio.session.gallery import Entry
from studio.ui.loader import PictureLoader

THUMBNAIL = 192  # pixels; enough for a strip at twice the usual density
_KEPT = 400
_Index = QModelIndex | QPersistentModelIndex


class HistoryModel(QAbstractListModel):
    """Newest first. The decoration of a row is its thumbnail, or None until it was read."""

    def __init__(self, loader: PictureLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []
        self._rows: dict[str, Entry] = {}
        self._thumbnails: OrderedDict[str, QImage] = OrderedDict()
        self._loader = loader
        loader.loaded.connect(self._loaded)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        """How many pictures there are."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Thumbnail, tooltip and the name for a screen reader."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnail(str(entry.path))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.tr("Picture {name}").format(name=entry.path.name)
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.path.name
        return None

    def entry(self, row: int) -> Entry | None:
        """The picture at a row."""
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def row_of(self, path: Path) -> int:
        """The row of a file, or -1."""
        return next((row for row, entry in enumerate(self._entries) if entry.path == path), -1)

    def prepend(self, entry: Entry) -> None:
        """A new picture."""
        if str(entry.path) in self._rows:
            return
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._entries.insert(0, entry)
        self._rows[str(entry.path)] = entry
        self.endInsertRows()

    def append(self, entries: list[Entry]) -> None:
        """Pictures of past sessions."""
        new = [entry for entry in entries if str(entry.path) not in self._rows]
        if not new:
            return
        self.beginInsertRows(QModelIndex(), len(self._entries), len(self._entries) + len(new) - 1)
        self._entries += new
        self._rows.update((str(entry.path), entry) for entry in new)
        self.endInsertRows()

    def _thumbnail(self, path: str) -> QImage | None:
        image = self._thumbnails.get(path)
        if image is None:
            self._loader.request(path, THUMBNAIL)
        else:
            self._thumbnails.move_to_end(path)
        return image

    def _loaded(self, path: str, limit: int, image: QImage) -> None:
        entry = self._rows.get(path)
        if limit != THUMBNAIL or entry is None:
            return
        self._thumbnails[path] = image
        while len(self._thumbnails) > _KEPT:
            self._thumbnails.popitem(last=False)
        index = self.index(self.row_of(entry.path), 0)
        self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])
