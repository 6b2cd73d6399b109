"""A list whose rows are a picture, a title that may be edited, and a line about it."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.ui.paint.panels.history_rows import draw_picture
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

MAX_NAME = 100  # characters of a title
ABOUT = Qt.ItemDataRole.UserRole  # the line under the title
PICTURE = Qt.ItemDataRole.DecorationRole  # QImage or None
_HEIGHT = 72
_SIDE = 56
_LINE = 22
_Index = QModelIndex | QPersistentModelIndex


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, _HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(COLOURS.pressed if chosen else COLOURS.hover))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(COLOURS.focus), 1))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        cell = QRect(rect.left() + SPACE.small, rect.top() + (_HEIGHT - _SIDE) // 2, _SIDE, _SIDE)
        draw_picture(painter, cell, index.data(PICTURE))
        room = _room(rect)
        for text, style, colour, line in (
            (index.data(), font(TYPE.body, strong=True), COLOURS.text, room),
            (index.data(ABOUT), font(TYPE.caption), COLOURS.muted, room.translated(0, _LINE)),
        ):
            painter.setFont(style)
            painter.setPen(QColor(colour))
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        edit = QLineEdit(parent)
        edit.setMaxLength(MAX_NAME)
        edit.setAccessibleName(self.tr("Name"))
        return edit

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect
        editor.setGeometry(_room(rect).adjusted(-SPACE.small, -SPACE.hair, 0, SPACE.hair))


def _room(rect: QRect) -> QRect:
    """Where a row's title stands; the line below is as high."""
    left = rect.left() + SPACE.small + _SIDE + SPACE.medium
    return QRect(left, rect.top() + _HEIGHT // 2 - _LINE, rect.right() - left - SPACE.small, _LINE)


class PictureList(QListView):
    """Shows a model that has titles, and `ABOUT` and `PICTURE` besides; `removing` comes with the Delete key."""

    removing = Signal()

    def __init__(self, model: QAbstractItemModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(_Row(self))
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setProperty("look", "layers")
        self.setAccessibleName(name)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes."""
        if event.key() == Qt.Key.Key_Delete:
            self.removing.emit()
        else:
            super().keyPressEvent(event)
