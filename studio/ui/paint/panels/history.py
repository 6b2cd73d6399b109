"""The undo tree: each step with its picture, branches indented; a click goes there."""

from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QThreadPool,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.domain.document.document import Document
from studio.domain.document.history import History, Version
from studio.domain.errors import StudioError
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.pictures import image_of
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

HEIGHT = 36
_PICTURE = 28
_INDENT = 12
_DEEPEST = 4  # branches within branches that are still indented further
STEP = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class Step:
    """A version as a row: `depth` counts the branches it lies on, `undone` tells that redo would bring it back."""

    version: Version
    depth: int
    undone: bool
    current: bool


def steps(history: History) -> list[Step]:
    """The versions in the order they were made, the latest first."""
    undone = {version.id for version in history.undone}
    main = _line(history)
    depths: dict[int, int] = {}
    found = []
    for version in history.versions:
        above = depths.get(version.parent or -1, 0)
        beside = version.id not in main and (version.parent is None or version.parent in main)
        depths[version.id] = 0 if version.id in main else above + beside
        depth, current = depths[version.id], version.id == history.current.id
        found.append(Step(version, depth, version.id in undone, current))
    return found[::-1]


def _line(history: History) -> set[int]:
    """The branch that is stood on, from its first step to redo's end."""
    parents = {version.id: version.parent for version in history.versions}
    line, at = set(), history.tip.id
    while at is not None:
        line.add(at)
        at = parents.get(at)  # type: ignore[assignment]
    return line


class Steps(QAbstractListModel):
    """The rows, and their pictures by version."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Step] = []
        self._pictures: dict[int, QImage] = {}

    def show_steps(self, rows: list[Step]) -> None:
        """Other rows."""
        if rows != self.rows:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def show_picture(self, version_id: int, image: QImage) -> None:
        """What the document looked like."""
        self._pictures[version_id] = image
        known = {step.version.id for step in self.rows}
        self._pictures = {version: picture for version, picture in self._pictures.items() if version in known}
        for row, step in enumerate(self.rows):
            if step.version.id == version_id:
                self.dataChanged.emit(self.index(row), self.index(row))

    def picture(self, version_id: int) -> QImage | None:
        """The picture of a version, if it was made."""
        return self._pictures.get(version_id)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """How many."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The label, and for screen readers where one stands."""
        step = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return step.version.name or step.version.label
        if role == Qt.ItemDataRole.AccessibleTextRole:
            label = step.version.name or step.version.label
            where = self.tr("current") if step.current else self.tr("undone") if step.undone else ""
            return f"{label}, {where}" if where else label
        return step if role == STEP else None


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        step: Step = index.data(STEP)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        model = index.model()
        assert isinstance(model, Steps)
        painter.save()
        if step.current or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(COLOURS.pressed if step.current else COLOURS.hover))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(COLOURS.focus), 1))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        left = rect.left() + SPACE.medium + min(step.depth, _DEEPEST) * _INDENT
        cell = QRect(left, rect.top() + (HEIGHT - _PICTURE) // 2, _PICTURE, _PICTURE)
        painter.fillRect(cell, QColor(COLOURS.field))
        image = model.picture(step.version.id)
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            size = image.size().scaled(cell.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(0, 0, size.width(), size.height())
            place.moveCenter(cell.center())
            painter.drawImage(place, image)
        faded = step.undone or step.depth > 0
        painter.setPen(QColor(COLOURS.faint if faded else COLOURS.text))
        painter.setFont(font(TYPE.body, strong=bool(step.version.name)))
        room = QRect(cell.right() + SPACE.small, rect.top(), rect.right() - cell.right() - 2 * SPACE.small, HEIGHT)
        text = index.data(Qt.ItemDataRole.DisplayRole)
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


class HistoryPanel(QListView):
    """Arrows walk, Enter or a click goes to the step."""

    _made = Signal(int, object)

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.steps = Steps(self)
        self._busy = self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self.setModel(self.steps)
        self.setItemDelegate(_Row(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setProperty("look", "layers")
        self.setAccessibleName(self.tr("History"))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.clicked.connect(lambda index: self._go(index.row()))
        self._made.connect(self._take)
        desk.changed.connect(lambda *_: self._show())
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes there."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def close_work(self) -> None:
        """Wait for the picture that is being made."""
        self._closed = True
        self._pool.waitForDone()
        self._made.disconnect(self._take)

    def _show(self) -> None:
        history = self._desk.session.history
        self.steps.show_steps(steps(history))
        current = next(row for row, step in enumerate(self.steps.rows) if step.current)
        self.setCurrentIndex(self.steps.index(current))
        self.scrollTo(self.steps.index(current))
        if not self._busy and not self._closed and self.steps.picture(history.current.id) is None:
            self._busy = True
            version, document = history.current.id, self._desk.document
            self._pool.start(lambda: self._make(version, document))

    def _go(self, row: int) -> None:
        if 0 <= row < len(self.steps.rows) and self._desk.ready():
            self._desk.jump(self.steps.rows[row].version.id)

    def _make(self, version: int, document: Document) -> None:
        pixels = None
        try:
            pixels = self._desk.compositor.thumbnail(document, round(_PICTURE * 2))
        except StudioError:
            pixels = None  # the picture itself tells of a damaged tile
        finally:
            self._made.emit(version, pixels)

    @Slot(int, object)
    def _take(self, version: int, pixels: object) -> None:
        self._busy = False
        if pixels is not None:
            self.steps.show_picture(version, image_of(pixels))  # type: ignore[arg-type]
        if self.steps.picture(self._desk.session.history.current.id) is None and pixels is not None:
            self._show()
