"""The steps of the undo tree as rows: what they say and how they look."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.domain.document.history import History, Version
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

HEIGHT = 36
STEP = Qt.ItemDataRole.UserRole
_PICTURE = 28
_INDENT = 12
_DEEPEST = 4  # branches within branches that are still indented further
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()

Pictures = Callable[[int], QImage | None]


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


def when(made: float, now: datetime | None = None) -> str:
    """The time of a version made `made` seconds after 1970, with its day where that is not today's; local time."""
    moment, now = datetime.fromtimestamp(made), now or datetime.now()
    return f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M}"


class Steps(QAbstractListModel):
    """The rows; `pictures` gives what a version looked like."""

    def __init__(self, pictures: Pictures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Step] = []
        self.picture = pictures

    def show_steps(self, rows: list[Step]) -> None:
        """Other rows."""
        if rows != self.rows:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def show_picture(self, version_id: int) -> None:
        """A picture is there now, or another one."""
        for row, step in enumerate(self.rows):
            if step.version.id == version_id:
                self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """How many."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The label, when it was made, and for screen readers where one stands."""
        step = self.rows[index.row()]
        label = step.version.name or step.version.label
        if role == Qt.ItemDataRole.DisplayRole:
            return label
        if role == Qt.ItemDataRole.ToolTipRole:
            words = f"{step.version.name}: {step.version.label}" if step.version.name else label
            return f"{words}, {when(step.version.made)}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            beside = step.depth > 0
            state = [
                self.tr("named") if step.version.name else "",
                self.tr("current") if step.current else self.tr("undone") if step.undone else "",
                self.tr("another branch") if beside else "",
            ]
            return ", ".join(word for word in (label, *state) if word)
        return step if role == STEP else None


class StepRow(QStyledItemDelegate):
    """Picture, words and time; other branches stand further in, beside a line of their own."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """All rows are equally high."""
        return QSize(100, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a row."""
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
        for depth in range(min(step.depth, _DEEPEST)):
            x = rect.left() + SPACE.medium + depth * _INDENT + _INDENT // 2 - 1
            painter.fillRect(x, rect.top(), 1, HEIGHT, QColor(COLOURS.edge))
        if step.current:
            painter.fillRect(rect.left(), rect.top(), 2, HEIGHT, QColor(COLOURS.lamp))
        cell = QRect(left, rect.top() + (HEIGHT - _PICTURE) // 2, _PICTURE, _PICTURE)
        draw_picture(painter, cell, model.picture(step.version.id))
        faded = step.undone or step.depth > 0
        painter.setFont(font(TYPE.caption))
        painter.setPen(QColor(COLOURS.faint))
        right = QRect(rect.left(), rect.top(), rect.width() - SPACE.small, HEIGHT)
        time = when(step.version.made).split()[0]
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, time)
        taken = painter.fontMetrics().horizontalAdvance(time) + 2 * SPACE.small
        painter.setPen(QColor(COLOURS.faint if faded else COLOURS.text))
        painter.setFont(font(TYPE.body, strong=bool(step.version.name)))
        room = QRect(cell.right() + SPACE.small, rect.top(), rect.right() - cell.right() - SPACE.small - taken, HEIGHT)
        text = index.data(Qt.ItemDataRole.DisplayRole)
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


def draw_picture(painter: QPainter, cell: QRect, image: QImage | None) -> None:
    """A picture in the middle of a cell, as large as fits; an empty cell for none."""
    painter.fillRect(cell, QColor(COLOURS.field))
    if image is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = image.size().scaled(cell.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, size.width(), size.height())
        place.moveCenter(cell.center())
        painter.drawImage(place, image)
