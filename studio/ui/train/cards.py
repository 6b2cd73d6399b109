"""How a picture of a training set looks, and how its caption is edited in place."""

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QPlainTextEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.imaging.training_set import Example
from studio.ui.theme.icons import pixmap
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE
from studio.ui.train.examples import EXAMPLE

CARD = QSize(176, 220)  # with its distance to the next
SAVE_AFTER = 400  # milliseconds after the last key
_PICTURE = 136
_AIR = SPACE.hair
_Index = QModelIndex | QPersistentModelIndex


class CaptionEdit(QPlainTextEdit):
    """The box of one caption; it has an undo of its own."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(2)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFont(font(TYPE.caption))
        self.setStyleSheet(f"QPlainTextEdit {{ font-size: {TYPE.caption}px; padding: 2px; }}")
        self.document().setModified(False)  # Qt counts the margin as an edit


class CardDelegate(QStyledItemDelegate):
    """A thumbnail above its caption. A double click, F2, Enter or typing opens the caption; Tab goes to the next one;
    what is typed is saved a moment after the last key, and Escape leaves."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """All cards are equal."""
        return CARD

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Picture, caption, marks."""
        example: Example = index.data(EXAMPLE)
        card = _rect(option).adjusted(_AIR, _AIR, -_AIR, -_AIR)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(card, SPACE.radius, SPACE.radius)
        painter.fillPath(shape, QColor(COLOURS.panel))
        picture = QRect(card.left(), card.top(), card.width(), _PICTURE)
        painter.setClipPath(shape)
        image = index.data(Qt.ItemDataRole.DecorationRole)
        wrong = example.problem or (self.tr("This file is damaged.") if image is not None and image.isNull() else "")
        _paint_picture(painter, picture, image, "image-off" if wrong else "images")
        painter.setClipping(False)
        self._paint_caption(painter, caption_place(card), example, wrong)
        _paint_ring(painter, card, option)
        painter.restore()

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """A text box over the caption."""
        edit = CaptionEdit(parent)
        example: Example = index.data(EXAMPLE)
        edit.setAccessibleName(self.tr("Caption of {name}").format(name=example.path.name))
        timer = QTimer(edit, singleShot=True, interval=SAVE_AFTER)
        timer.timeout.connect(lambda: self.commitData.emit(edit))
        edit.textChanged.connect(timer.start)
        return edit

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """The caption, unless it is being typed just now: writing it would take the cursor and the undo away."""
        if isinstance(editor, CaptionEdit) and not editor.document().isModified():
            editor.setPlainText(index.data(Qt.ItemDataRole.EditRole))
            editor.document().setModified(False)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """Keep what was typed."""
        if isinstance(editor, CaptionEdit):
            model.setData(index, editor.toPlainText())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: _Index) -> None:
        """Right over the caption."""
        card = _rect(option).adjusted(_AIR, _AIR, -_AIR, -_AIR)
        editor.setGeometry(caption_place(card).adjusted(-4, -4, 4, 4))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Enter and Escape keep the text and leave; Qt's Escape would throw it away."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and isinstance(editor, CaptionEdit):
            plain_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if plain_enter or event.key() == Qt.Key.Key_Escape:
                self.commitData.emit(editor)
                self.closeEditor.emit(editor)
                return True
        return super().eventFilter(editor, event)

    def _paint_caption(self, painter: QPainter, place: QRect, example: Example, wrong: str) -> None:
        text, colour = example.caption, COLOURS.text
        if wrong:
            text, colour = wrong, COLOURS.warning
        elif example.caption_problem:
            text, colour = example.caption_problem, COLOURS.warning
        elif not text:
            text, colour = self.tr("No caption"), COLOURS.faint
        letters = font(TYPE.caption)
        letters.setItalic(not example.caption and not wrong)
        painter.setFont(letters)
        painter.setPen(QColor(colour))
        if colour != COLOURS.text:
            sign = pixmap("triangle-alert" if colour == COLOURS.warning else "text-cursor-input", colour, 14)
            painter.drawPixmap(place.left(), place.top(), sign)
            place = place.adjusted(20, 0, 0, 0)
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        painter.setClipRect(place)
        painter.drawText(place, flags, text[:300])
        painter.setClipping(False)


def caption_place(card: QRect) -> QRect:
    """Where a card's caption stands."""
    return card.adjusted(SPACE.small, _PICTURE + SPACE.small, -SPACE.small, -SPACE.small)


def edits_of(view: QAbstractItemView) -> list[CaptionEdit]:
    """The caption boxes that are open."""
    return view.findChildren(CaptionEdit)


def _paint_picture(painter: QPainter, place: QRect, image: QImage | None, sign: str) -> None:
    painter.fillRect(place, QColor(COLOURS.field))
    if image is None or image.isNull():
        mark = pixmap(sign, COLOURS.off, 20)
        painter.drawPixmap(place.center().x() - 10, place.center().y() - 10, mark)
        return
    size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
    target = QRect(place.topLeft(), size)
    target.moveCenter(place.center())
    painter.drawImage(target, image)


def _paint_ring(painter: QPainter, card: QRect, option: QStyleOptionViewItem) -> None:
    state: QStyle.StateFlag = option.state
    if state & QStyle.StateFlag.State_HasFocus:
        colour = COLOURS.focus
    elif state & QStyle.StateFlag.State_MouseOver:
        colour = COLOURS.edge
    else:
        colour = COLOURS.line
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colour), 1))
    painter.drawRoundedRect(card.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), SPACE.radius, SPACE.radius)


def _rect(option: QStyleOptionViewItem) -> QRect:
    rect: QRect = option.rect
    return rect
