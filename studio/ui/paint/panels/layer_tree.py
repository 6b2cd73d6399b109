"""The layers of the document for a tree view, the uppermost first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractItemModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QImage

from studio.domain.document.document import Document
from studio.domain.document.layers import GroupLayer, Layer

MIME = "application/x-safelight-layer"
LAYER = Qt.ItemDataRole.UserRole  # the Layer
PICTURE = Qt.ItemDataRole.UserRole + 1  # QImage, its thumbnail
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(slots=True)
class _Node:
    layer: Layer
    parent: int  # of the node, -1 for none
    row: int
    children: list[int] = field(default_factory=list)


class LayerTree(QAbstractItemModel):
    """`moved` asks for a layer to go elsewhere: its id, the group's id ("" for none), and its place counted from below
    among what is there without it. `renamed` asks for another name."""

    moved = Signal(str, str, int)
    renamed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._nodes: list[_Node] = []
        self._roots: list[int] = []
        self._thumbnails: dict[str, QImage] = {}
        self._document = Document(layers=())
        self.editable = True

    def show_document(self, document: Document) -> bool:
        """Another version; True when layers came, went or changed places, so that the view has to begin anew."""
        before, self._document = self._document, document
        if before.layers is document.layers:
            return False
        if _shape(before.layers) == _shape(document.layers) and self._nodes:
            self._refresh()
            return False
        self.beginResetModel()
        self._nodes, self._roots = [], []
        self._roots = self._grow(document.layers, -1)
        self.endResetModel()
        return True

    def show_thumbnail(self, layer_id: str, image: QImage) -> None:
        """What a layer looks like."""
        self._thumbnails[layer_id] = image
        index = self.index_of(layer_id)
        if index.isValid():
            self.dataChanged.emit(index, index, [PICTURE])

    def layer(self, index: Index) -> Layer | None:
        """The layer of a row."""
        return self._nodes[index.internalId()].layer if index.isValid() else None

    def index_of(self, layer_id: str) -> QModelIndex:
        """The row of a layer; an invalid index for none."""
        for number, node in enumerate(self._nodes):
            if node.layer.id == layer_id:
                return self.createIndex(node.row, 0, number)
        return QModelIndex()

    # ------------------------------------------------------------------------------------------ what Qt asks

    def index(self, row: int, column: int, parent: Index = _NOWHERE) -> QModelIndex:
        """The row below a parent."""
        rows = self._nodes[parent.internalId()].children if parent.isValid() else self._roots
        return self.createIndex(row, column, rows[row]) if column == 0 and 0 <= row < len(rows) else QModelIndex()

    def parent(self, index: Index = _NOWHERE) -> QModelIndex:  # type: ignore[override]
        """The group of a row."""
        above = self._nodes[index.internalId()].parent if index.isValid() else -1
        return QModelIndex() if above < 0 else self.createIndex(self._nodes[above].row, 0, above)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """The layers in a group."""
        return len(self._nodes[parent.internalId()].children) if parent.isValid() else len(self._roots)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """One."""
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, description for screen readers, layer and thumbnail."""
        layer = self.layer(index)
        if layer is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return layer.name
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return self._words(layer)
        if role == LAYER:
            return layer
        return self._thumbnails.get(layer.id) if role == PICTURE else None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A new name."""
        layer = self.layer(index)
        if layer is None or role != Qt.ItemDataRole.EditRole or not str(value).strip():
            return False
        self.renamed.emit(layer.id, str(value).strip())
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """All can be chosen, renamed and dragged; groups take others in."""
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.ItemIsDropEnabled
        found = flag.ItemIsEnabled | flag.ItemIsSelectable
        if self.editable:
            found |= flag.ItemIsEditable | flag.ItemIsDragEnabled
            if isinstance(self.layer(index), GroupLayer):
                found |= flag.ItemIsDropEnabled
        return found

    def supportedDropActions(self) -> Qt.DropAction:
        """Layers move."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """A layer's id."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The layer that is dragged."""
        data = QMimeData()
        layer = self.layer(indexes[0]) if indexes else None
        data.setData(MIME, (layer.id if layer else "").encode())
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        """Ask for the move; False, so that the view removes nothing by itself."""
        layer_id = bytes(data.data(MIME).data()).decode()
        source = self.index_of(layer_id)
        if not source.isValid():
            return False
        group = self.layer(parent)
        count = self.rowCount(parent)
        row = (0 if group is not None else count) if row < 0 else row
        if source.parent() == parent:
            count -= 1
            row -= source.row() < row
        self.moved.emit(layer_id, group.id if group else "", count - row)
        return False

    # ------------------------------------------------------------------------------------------ inside

    def _grow(self, layers: Sequence[Layer], parent: int) -> list[int]:
        found = []
        for row, layer in enumerate(reversed(layers)):
            number = len(self._nodes)
            self._nodes.append(_Node(layer, parent, row))
            found.append(number)
            if isinstance(layer, GroupLayer):
                self._nodes[number].children = self._grow(layer.children, number)
        return found

    def _refresh(self) -> None:
        now = {layer.id: layer for layer in self._document.walk()}
        for number, node in enumerate(self._nodes):
            if node.layer is not now[node.layer.id]:
                node.layer = now[node.layer.id]
                index = self.createIndex(node.row, 0, number)
                self.dataChanged.emit(index, index)

    def _words(self, layer: Layer) -> str:
        parts = [layer.name]
        if not layer.visible:
            parts.append(self.tr("hidden"))
        if layer.locked:
            parts.append(self.tr("locked"))
        if layer.clipped:
            parts.append(self.tr("clipped to the layer below"))
        if layer.mask is not None:
            parts.append(self.tr("with a mask"))
        if layer.opacity < 1:
            parts.append(self.tr("opacity {share:.0%}").format(share=layer.opacity))
        return ", ".join(parts)


def _shape(layers: Sequence[Layer]) -> tuple[object, ...]:
    """Which layers there are, and how they are nested."""
    return tuple((layer.id, _shape(layer.children) if isinstance(layer, GroupLayer) else ()) for layer in layers)
