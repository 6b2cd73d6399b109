"""The strip of finished pictures under the canvas, newest first."""

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.session.gallery import Entry
from studio.ui.history.model import HistoryModel
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

CELL = 88
_RADIUS = 4.0
_Index = QModelIndex | QPersistentModelIndex


class _Cell(QStyledItemDelegate):
    """A square thumbnail; the one on the canvas is ringed, the one under the keyboard outlined."""

    def __init__(self, strip: "HistoryStrip") -> None:
        super().__init__(strip)
        self._strip = strip

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(CELL + SPACE.small, CELL + SPACE.small)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        inset = SPACE.hair
        room = QRectF(_rect(option).adjusted(inset, inset, -inset, -inset))
        side = min(room.width(), room.height())
        cell = QRectF(room.center().x() - side / 2, room.center().y() - side / 2, side, side)
        self._paint_picture(painter, cell, index.data(Qt.ItemDataRole.DecorationRole))
        self._paint_ring(painter, cell, option, index.row())
        painter.restore()

    def _paint_picture(self, painter: QPainter, cell: QRectF, image: QImage | None) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(cell, _RADIUS, _RADIUS)
        painter.fillPath(shape, QColor(COLOURS.field))
        if image is None or image.isNull():
            return
        painter.setClipPath(shape)
        side = min(image.width(), image.height())
        source = QRectF((image.width() - side) / 2, (image.height() - side) / 2, side, side)
        painter.drawImage(cell, image, source)
        painter.setClipping(False)

    def _paint_ring(self, painter: QPainter, cell: QRectF, option: QStyleOptionViewItem, row: int) -> None:
        state = _state(option)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._strip.is_current(row):
            painter.setPen(QPen(QColor(COLOURS.lamp), 2))
            painter.drawRoundedRect(cell.adjusted(-2, -2, 2, 2), _RADIUS + 2, _RADIUS + 2)
        elif state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(COLOURS.text), 1))
            painter.drawRoundedRect(cell.adjusted(-2.5, -2.5, 2.5, 2.5), _RADIUS + 2, _RADIUS + 2)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(QColor(COLOURS.muted), 1))
            painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)


def _rect(option: QStyleOptionViewItem) -> QRect:
    rect: QRect = option.rect
    return rect


def _state(option: QStyleOptionViewItem) -> QStyle.StateFlag:
    state: QStyle.StateFlag = option.state
    return state


class HistoryStrip(QListView):
    """Arrows walk, Enter or a click shows."""

    chosen = Signal(object)  # Entry
    menu_wanted = Signal(object, QPointF)  # Entry, global position

    def __init__(self, model: HistoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._current = model, -1
        self._shown: Path | None = None
        self.setModel(model)
        self.setProperty("look", "strip")
        self.setAccessibleName(self.tr("History"))
        self.setItemDelegate(_Cell(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setViewportMargins(SPACE.medium, SPACE.small, SPACE.medium, 0)
        self.setFixedHeight(CELL + 2 * SPACE.small + SPACE.medium)
        self.clicked.connect(lambda index: self._choose(index.row()))
        model.rowsInserted.connect(self._renumber)

    def is_current(self, row: int) -> bool:
        """Is this the picture on the canvas?"""
        return row == self._current

    def mark(self, path: Path | None) -> None:
        """Ring the picture that is on the canvas."""
        self._shown = path
        self._renumber()
        if self._current >= 0 and not self.hasFocus():
            index = self._model.index(self._current, 0)
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def step(self, by: int) -> None:
        """Show the next older (1) or newer (-1) picture."""
        row = max(0, min(self._model.rowCount() - 1, self._current + by))
        if self._model.rowCount():
            self.setCurrentIndex(self._model.index(row, 0))
            self._choose(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The pictures, or what will be here."""
        super().paintEvent(event)
        if self._model.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(COLOURS.muted))
            painter.setFont(font(TYPE.caption))
            place = self.viewport().rect().adjusted(SPACE.hair, 0, 0, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, self.tr("Finished pictures appear here."))
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter shows; everything else as a list does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not event.modifiers():
            self._choose(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The usual wheel goes along the strip."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - delta // 2)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a picture."""
        index = self.indexAt(event.pos()) if event.reason() is QContextMenuEvent.Reason.Mouse else self.currentIndex()
        if (entry := self._model.entry(index.row())) is not None:
            self.menu_wanted.emit(entry, QPointF(event.globalPos()))

    def _choose(self, row: int) -> None:
        entry: Entry | None = self._model.entry(row)
        if entry is not None:
            self.chosen.emit(entry)

    def _renumber(self) -> None:
        self._current = self._model.row_of(self._shown) if self._shown is not None else -1
        self.viewport().update()
