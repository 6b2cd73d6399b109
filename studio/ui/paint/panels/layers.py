"""The panel of layers: mode and opacity above, the tree, and what can be done with layers below."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPointF, QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QStyleOptionViewItem,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import GroupLayer, Layer
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.layer_edits import LayerEdits
from studio.ui.paint.panels.layer_row import LayerRow
from studio.ui.paint.panels.layer_tree import Index, LayerTree
from studio.ui.paint.thumbnails import Thumbnails
from studio.ui.paint.titles import GROUPS, mode_title
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import tool_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice

_INDENT = 14


class LayerView(QTreeView):
    """The tree. F2 renames, Space shows and hides, Delete removes, the menu key opens what can be done."""

    menu_wanted = Signal(QPointF)
    toggled = Signal(str, str)
    delete_wanted = Signal()

    def __init__(self, model: LayerTree, row: LayerRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._tree = model
        self.setItemDelegate(row)
        row.setParent(self)
        self.setHeaderHidden(True)
        self.setIndentation(_INDENT)
        self.setRootIsDecorated(True)
        self.setUniformRowHeights(True)
        self.setAccessibleName(self.tr("Layers"))
        self.setProperty("look", "layers")
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDropIndicatorShown(True)
        self.setDragDropOverwriteMode(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setExpandsOnDoubleClick(False)

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The ground of the chosen row reaches under its indentation."""
        if index == self.currentIndex():
            rect: QRect = option.rect
            painter.fillRect(QRect(0, rect.top(), self.viewport().width(), rect.height()), QColor(COLOURS.pressed))
        super().drawRow(painter, option, index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space shows and hides; Delete removes."""
        layer = self._tree.layer(self.currentIndex())
        if event.key() == Qt.Key.Key_Space and layer is not None:
            self.toggled.emit(layer.id, "visible")
        elif event.key() == Qt.Key.Key_Delete and layer is not None:
            self.delete_wanted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a layer."""
        index = self.indexAt(event.pos())
        if event.reason() is QContextMenuEvent.Reason.Mouse and index.isValid():
            self.setCurrentIndex(index)
        self.menu_wanted.emit(QPointF(event.globalPos()))


class LayersPanel(QWidget):
    """Shows the layers of a desk's document, and edits them."""

    menu_wanted = Signal(QPointF)

    def __init__(self, desk: PaintDesk, edits: LayerEdits, pictures: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._edits, self._pictures = desk, edits, pictures
        self.model = LayerTree(self)
        self.row = LayerRow()
        self.view = LayerView(self.model, self.row)
        self.mode = Choice()
        self.mode.setAccessibleName(self.tr("Blend mode"))
        self.mode.setToolTip(self.tr("How the layer meets what lies under it"))
        self.opacity = SliderField(0, 100)
        self.opacity.default = 100
        self.opacity.name(self.tr("Opacity of the layer"), self.tr("Opacity of the layer in percent"))
        self.lock_button = tool_button("lock", self.tr("Lock the layer"), checkable=True)
        self.clip_button = tool_button("corner-down-right", self.tr("Clip to the layer below"), checkable=True)
        self._folded: dict[str, bool] = {}  # groups, by id
        self._drag = 0  # one step of undo for each drag of the slider
        self._buttons = self._make_buttons()
        self._arrange()
        self._connect()
        self._show(desk.document)

    def _make_buttons(self) -> dict[str, QToolButton]:
        edits = self._edits
        table = (
            ("add", "plus", self.tr("New paint layer"), "Ctrl+Shift+N", edits.add_paint),
            ("group", "folder-plus", self.tr("Group the layer"), "Ctrl+G", edits.group),
            ("mask", "venetian-mask", self.tr("Add a mask; from the selection, if there is one"), "", edits.add_mask),
            ("duplicate", "copy-plus", self.tr("Duplicate the layer"), "Ctrl+J", edits.duplicate),
            ("merge", "arrow-down-to-line", self.tr("Merge with the layer below"), "Ctrl+E", edits.merge_down),
            ("delete", "trash-2", self.tr("Delete the layer"), "", edits.remove),
        )
        made = {}
        for name, sign, hint, key, run in table:
            made[name] = tool_button(sign, hint, shortcut=key)
            made[name].clicked.connect(lambda _checked=False, run=run: run())
        return made

    def _arrange(self) -> None:
        top = QGridLayout()
        top.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
        top.setHorizontalSpacing(SPACE.hair)
        top.setVerticalSpacing(SPACE.hair)
        top.addWidget(self.mode, 0, 0)
        top.addWidget(self.lock_button, 0, 1)
        top.addWidget(self.clip_button, 0, 2)
        row = QHBoxLayout()
        row.setSpacing(SPACE.small)
        row.addWidget(label(self.tr("Opacity"), "caption", buddy=self.opacity))
        row.addWidget(self.opacity, 1)
        top.addLayout(row, 1, 0, 1, 3)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(SPACE.small, SPACE.hair, SPACE.small, SPACE.hair)
        bottom.setSpacing(0)
        for name, button in self._buttons.items():
            if name == "delete":
                bottom.addStretch(1)
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addLayout(bottom)

    def _connect(self) -> None:
        edits = self._edits
        self._desk.changed.connect(lambda document, _before: self._show(document))
        self._pictures.made.connect(self.model.show_thumbnail)
        self.model.moved.connect(edits.move_to)
        self.model.renamed.connect(edits.rename)
        self.row.toggled.connect(edits.toggle)
        self.row.mask_chosen.connect(self._choose_mask)
        self.view.toggled.connect(edits.toggle)
        self.view.delete_wanted.connect(edits.remove)
        self.view.menu_wanted.connect(self.menu_wanted)
        self.view.selectionModel().currentChanged.connect(self._chosen)
        self.view.expanded.connect(lambda index: self._fold(index, False))
        self.view.collapsed.connect(lambda index: self._fold(index, True))
        self.mode.activated.connect(lambda _: edits.change(mode=BlendMode(self.mode.currentData())))
        self.opacity.slider.sliderPressed.connect(self._next_drag)
        self.opacity.changed.connect(self._set_opacity)
        self.lock_button.clicked.connect(lambda: self._toggle("locked"))
        self.clip_button.clicked.connect(lambda: self._toggle("clipped"))

    # ------------------------------------------------------------------------------------------ the document speaks

    def _show(self, document: Document) -> None:
        self.model.editable = not self._desk.read_only
        with QSignalBlocker(self.view.selectionModel()), QSignalBlocker(self.view):
            if self.model.show_document(document):
                self._unfold(document)
            index = self.model.index_of(document.active)
            flags = QItemSelectionModel.SelectionFlag
            self.view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect)
        self.view.scrollTo(index)
        self.view.viewport().update()
        self._pictures.want(document)
        self._show_active(document)

    def _unfold(self, document: Document) -> None:
        for layer in document.walk():
            if isinstance(layer, GroupLayer):
                folded = self._folded.setdefault(layer.id, not layer.expanded)
                self.view.setExpanded(self.model.index_of(layer.id), not folded)

    def _show_active(self, document: Document) -> None:
        layer = document.find(document.active)
        writable = layer is not None and not self._desk.read_only
        for control in (self.mode, self.opacity, self.lock_button, self.clip_button):
            control.setEnabled(writable)
        for name, button in self._buttons.items():
            button.setEnabled((writable or name == "add") and not self._desk.read_only)
        if layer is None:
            return
        self._offer_modes(isinstance(layer, GroupLayer))
        with QSignalBlocker(self.mode):
            self.mode.setCurrentIndex(self.mode.findData(layer.mode))
        if round(self.opacity.value) != round(layer.opacity * 100):
            with QSignalBlocker(self.opacity):
                self.opacity.set_value(round(layer.opacity * 100))
        self.lock_button.setChecked(layer.locked)
        self.clip_button.setChecked(layer.clipped)
        self._mark_mask(layer)

    def _offer_modes(self, group: bool) -> None:
        if self.mode.count() and (self.mode.findData(BlendMode.PASS_THROUGH) >= 0) == group:
            return
        with QSignalBlocker(self.mode):
            self.mode.clear()
            if group:
                self.mode.addItem(mode_title(BlendMode.PASS_THROUGH), BlendMode.PASS_THROUGH)
            for number, modes in enumerate(GROUPS):
                if number:
                    self.mode.insertSeparator(self.mode.count())
                for mode in modes:
                    self.mode.addItem(mode_title(mode), mode)

    def _mark_mask(self, layer: Layer) -> None:
        if layer.mask is None and self._desk.on_mask:
            self._desk.set_on_mask(False)
        self.row.on_mask = layer.id if self._desk.on_mask else ""
        self.view.viewport().update()

    # ------------------------------------------------------------------------------------------ the user acts

    def _chosen(self, index: QModelIndex) -> None:
        layer = self.model.layer(index)
        if layer is not None and layer.id != self._desk.document.active:
            self._desk.set_on_mask(False)
            self._edits.choose(layer.id)

    def _choose_mask(self, layer_id: str, mask: bool) -> None:
        self._edits.choose(layer_id)
        self._desk.set_on_mask(mask)
        layer = self._desk.active
        if layer is not None:
            self._mark_mask(layer)

    def _fold(self, index: QModelIndex, folded: bool) -> None:
        layer = self.model.layer(index)
        if layer is not None:
            self._folded[layer.id] = folded

    def _next_drag(self) -> None:
        self._drag += 1

    def _set_opacity(self, percent: float) -> None:
        self._edits.change(merge=f"opacity-{self._drag}-{self._desk.document.active}", opacity=percent / 100)

    def _toggle(self, field: str) -> None:
        if (layer := self._desk.active) is not None:
            self._edits.toggle(layer.id, field)
