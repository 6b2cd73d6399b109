"""A row of the list of layers: an eye, a thumbnail, the name, and small signs."""

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.domain.document.blending import BlendMode
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Layer, MaskLayer
from studio.ui.paint.panels.layer_tree import LAYER, PICTURE
from studio.ui.paint.titles import mode_title
from studio.ui.theme.icons import pixmap
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

HEIGHT = 44
THUMBNAIL = 32
_SIGN = 16
_EYE = 28
_UNDER = "#9a9a9f"  # the ground of thumbnails: seen through what is transparent, apart from black and white
_Index = QModelIndex | QPersistentModelIndex


class LayerRow(QStyledItemDelegate):
    """`toggled` tells that an eye or a lock was clicked: the layer's id and the field."""

    toggled = Signal(str, str)
    mask_chosen = Signal(str, bool)  # layer id, whether its mask (or its pixels) is to be painted on

    on_mask = ""  # id of the layer whose mask is painted on

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """All rows are equally high."""
        return QSize(120, HEIGHT)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """The name, as a line to be typed in."""
        made = QLineEdit(parent)
        made.setAccessibleName(self.tr("Name of the layer"))
        return made

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        """Over the name."""
        rect = _rect(option)
        left = _name_left(rect, index.data(LAYER))
        editor.setGeometry(QRect(left - 8, rect.top() + 6, rect.right() - left + 4, HEIGHT - 12))

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """Clicks on the signs."""
        if event.type() != QEvent.Type.MouseButtonPress or not isinstance(event, QMouseEvent):
            return super().editorEvent(event, model, option, index)
        layer: Layer = index.data(LAYER)
        at = event.position().toPoint()
        rect = _rect(option)
        if eye_rect(rect).contains(at):
            self.toggled.emit(layer.id, "visible")
            return True
        if layer.locked and lock_rect(rect).contains(at):
            self.toggled.emit(layer.id, "locked")
            return True
        if layer.mask is not None and mask_rect(rect).contains(at):
            self.mask_chosen.emit(layer.id, True)
        elif thumbnail_rect(rect).contains(at):
            self.mask_chosen.emit(layer.id, False)
        return super().editorEvent(event, model, option, index)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """The row."""
        layer: Layer = index.data(LAYER)
        rect, state = _rect(option), _state(option)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(COLOURS.pressed if chosen else COLOURS.hover))
        if chosen and state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(COLOURS.focus), 1))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        ratio = painter.device().devicePixelRatio()
        eye = "eye" if layer.visible else "eye-off"
        _sign(painter, eye, eye_rect(rect), COLOURS.text if layer.visible else COLOURS.faint, ratio)
        if layer.locked:
            _sign(painter, "lock", lock_rect(rect), COLOURS.text, ratio)
        self._paint_pictures(painter, layer, rect, index.data(PICTURE), ratio)
        self._paint_words(painter, layer, rect)
        painter.restore()

    def _paint_pictures(self, painter: QPainter, layer: Layer, rect: QRect, image: QImage | None, ratio: float) -> None:
        cell = thumbnail_rect(rect)
        if layer.clipped:
            before = QRect(cell.left() - 17, cell.top(), 14, cell.height())
            _sign(painter, "corner-down-right", before, COLOURS.muted, ratio)
        sign = _kind_sign(layer)
        painter.fillRect(cell, QColor(COLOURS.field if sign else _UNDER))
        if sign:
            _sign(painter, sign, cell, COLOURS.muted, ratio)
        elif image is not None and not image.isNull():
            painter.drawImage(cell, image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(COLOURS.edge), 1))
        painter.drawRect(cell.adjusted(0, 0, -1, -1))
        if layer.mask is not None:
            beside = mask_rect(rect)
            painter.fillRect(beside, QColor(COLOURS.field))
            colour = COLOURS.text if layer.mask_enabled else COLOURS.faint
            _sign(painter, "venetian-mask", beside, colour, ratio)
            painted = beside if self.on_mask == layer.id else cell
            painter.setPen(QPen(QColor(COLOURS.text), 1))
            painter.drawRect(painted.adjusted(-1, -1, 0, 0))

    def _paint_words(self, painter: QPainter, layer: Layer, rect: QRect) -> None:
        left = _name_left(rect, layer)
        right = lock_rect(rect).left() if layer.locked else eye_rect(rect).left()
        room = QRect(left, rect.top() + 4, right - left, HEIGHT // 2 - 3)
        painter.setPen(QColor(COLOURS.text if layer.visible else COLOURS.faint))
        painter.setFont(font(TYPE.body))
        name = painter.fontMetrics().elidedText(layer.name, Qt.TextElideMode.ElideRight, room.width())
        below = self._details(layer)
        if not below:
            room = QRect(left, rect.top(), room.width(), HEIGHT)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        if below:
            painter.setPen(QColor(COLOURS.muted))
            painter.setFont(font(TYPE.caption))
            line = QRect(left, rect.top() + HEIGHT // 2 - 1, room.width(), HEIGHT // 2 - 3)
            below = painter.fontMetrics().elidedText(below, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, below)

    def _details(self, layer: Layer) -> str:
        parts = []
        if layer.mode is not BlendMode.NORMAL:
            parts.append(mode_title(layer.mode))
        if layer.opacity < 1:
            parts.append(f"{layer.opacity:.0%}")
        return " · ".join(parts)


def eye_rect(row: QRect) -> QRect:
    """Where the eye is."""
    return QRect(row.right() - _EYE, row.top(), _EYE, row.height())


def lock_rect(row: QRect) -> QRect:
    """Where the lock is."""
    return QRect(row.right() - _EYE - 22, row.top(), 22, row.height())


def thumbnail_rect(row: QRect) -> QRect:
    """Where the picture is."""
    return QRect(row.left() + SPACE.hair, row.top() + (HEIGHT - THUMBNAIL) // 2, THUMBNAIL, THUMBNAIL)


def mask_rect(row: QRect) -> QRect:
    """Where the mask is."""
    return thumbnail_rect(row).translated(THUMBNAIL + 4, 0)


def _name_left(row: QRect, layer: Layer) -> int:
    return (mask_rect(row) if layer.mask is not None else thumbnail_rect(row)).right() + SPACE.small + 2


def _kind_sign(layer: Layer) -> str:
    match layer:
        case GroupLayer():
            return "folder"
        case AdjustmentLayer():
            return "sliders-horizontal"
        case MaskLayer():
            return "venetian-mask"
        case ImageLayer():
            return ""
    return ""


def _sign(painter: QPainter, name: str, rect: QRect, colour: str, ratio: float) -> None:
    x, y = rect.center().x() - _SIGN // 2 + 1, rect.center().y() - _SIGN // 2 + 1
    painter.drawPixmap(x, y, pixmap(name, colour, _SIGN, ratio))


def _rect(option: QStyleOptionViewItem) -> QRect:
    rect: QRect = option.rect
    return rect


def _state(option: QStyleOptionViewItem) -> QStyle.StateFlag:
    state: QStyle.StateFlag = option.state
    return state
