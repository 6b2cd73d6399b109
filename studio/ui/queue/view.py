"""The list of jobs: rows of different heights below the headings of their sections; only what is seen costs."""

import itertools
from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from studio.domain.jobs import Job
from studio.ui.queue import rows
from studio.ui.queue.dragging import Dragging
from studio.ui.queue.model import QueueModel
from studio.ui.queue.rows import GAP, INSET, Look
from studio.ui.queue.stack import HEADING, Stack
from studio.ui.queue.thumbnails import Thumbnails
from studio.ui.queue.tools import RowTools
from studio.ui.theme.tokens import SPACE

_Index = QModelIndex | QPersistentModelIndex
_Move = QAbstractItemView.CursorAction


class QueueView(QListView):
    """`wanted` brings what shall be done with which jobs, `opened` the job that was clicked or entered.

    A `QListView` for what it gives a screen reader and the keyboard; where its rows are is decided here.
    """

    wanted = Signal(str, list)  # an act of `actions`, ids
    moved = Signal(list, str)  # ids, the one that they shall stand before, "" for the end
    opened = Signal(str)
    menu_wanted = Signal(QPoint)  # global position
    deleting = Signal()

    def __init__(self, model: QueueModel, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.jobs, self._thumbnails = model, thumbnails
        self._measured = 0  # the width for which the heights are known
        self._stack = Stack()
        self._hovered, self._link = -1, ("", "")
        self._kept: tuple[list[str], str] = ([], "")
        self.tools = RowTools(self)
        self.tools.wanted.connect(self.wanted)
        self.tools.menu_wanted.connect(self._menu)
        self.dragging = Dragging(self)
        self.setModel(model)
        self.setProperty("look", "strip")
        self.setAccessibleName(self.tr("Jobs"))
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        thumbnails.changed.connect(model.refresh)
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._recall)
        model.rowsMoved.connect(self._rows_moved)
        model.rowsRemoved.connect(self._rows_removed)

    # ------------------------------------------------------------------------------------------ what is chosen

    def chosen(self) -> list[Job]:
        """The jobs that are selected, from above."""
        found = (self.jobs.job(row) for row in sorted(index.row() for index in self.selectionModel().selectedRows()))
        return [job for job in found if job is not None]

    def choose(self, job_ids: Sequence[str]) -> None:
        """Select jobs; the first of them becomes the current one."""
        self.jobs.settle()
        selection, places = QItemSelection(), sorted(row for row in map(self.jobs.row_of, job_ids) if row >= 0)
        for _, group in itertools.groupby(enumerate(places), lambda each: each[1] - each[0]):
            span = [row for _, row in group]
            selection.select(self.jobs.index(span[0]), self.jobs.index(span[-1]))
        flag = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, flag.ClearAndSelect)
        if job_ids and (row := self.jobs.row_of(job_ids[0])) >= 0:
            self.selectionModel().setCurrentIndex(self.jobs.index(row), flag.NoUpdate)

    def _menu(self, job_id: str, at: QPoint) -> None:
        if job_id not in {job.id for job in self.chosen()}:
            self.choose([job_id])
        self.menu_wanted.emit(at)

    def _remember(self) -> None:
        current = self.jobs.job(self.currentIndex().row())
        self._kept = [job.id for job in self.chosen()], current.id if current is not None else ""

    def _recall(self) -> None:
        self._measured = 0
        self.doItemsLayout()
        chosen, current = self._kept
        self.choose(chosen)
        if (row := self.jobs.row_of(current)) >= 0:
            self.selectionModel().setCurrentIndex(self.jobs.index(row), QItemSelectionModel.SelectionFlag.NoUpdate)

    # ------------------------------------------------------------------------------------------ where rows are

    def doItemsLayout(self) -> None:
        """Put the rows below each other; only those that are not measured yet are, a few milliseconds for thousands."""
        if self._measured != self._width() or len(self._stack) != self.jobs.rowCount():
            self._measured = self._width()
            self._stack.heights = rows.heights(self.jobs.shown(), self._measured)
        self._stack.pile(self.jobs.begins())
        QAbstractItemView.doItemsLayout(self)
        self._show_tools()

    def visualRect(self, index: _Index) -> QRect:
        """Where a row is in the viewport."""
        row = index.row()
        if not index.isValid() or row >= len(self._stack):
            return QRect()
        return QRect(INSET, self._stack.top(row) - self.verticalOffset(), self._width(), self._stack.heights[row])

    def indexAt(self, point: QPoint) -> QModelIndex:
        """The row at a point of the viewport."""
        row = self._stack.row_at(point.y() + self.verticalOffset())
        index = self.jobs.index(row) if row >= 0 else QModelIndex()
        return index if self.visualRect(index).contains(point) else QModelIndex()

    def between(self, y: int) -> int:
        """The row before which a point of the viewport lies, nearest to it."""
        at, stack = y + self.verticalOffset(), self._stack
        row = max(0, stack.row_at(at))
        return len(stack) if row >= len(stack) else row + (at > stack.top(row) + stack.heights[row] // 2)

    def verticalOffset(self) -> int:
        """Pixels that are scrolled away."""
        return self.verticalScrollBar().value()

    def scrollTo(
        self, index: _Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Bring a row into sight, with the heading above it."""
        self.executeDelayedItemsLayout()
        place, bar = self.visualRect(index), self.verticalScrollBar()
        if not place.isValid():
            return
        above = HEADING if index.row() in self._stack.begins.values() else 0
        if place.top() - above < 0 or hint is QAbstractItemView.ScrollHint.PositionAtTop:
            bar.setValue(bar.value() + place.top() - above)
        elif place.bottom() > self.viewport().height():
            bar.setValue(bar.value() + place.bottom() + GAP - self.viewport().height())

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Where a key goes."""
        self.executeDelayedItemsLayout()
        count, row = self.jobs.rowCount(), self.currentIndex().row()
        if not count:
            return QModelIndex()
        page = max(1, self.viewport().height() // (self._stack.heights[max(0, min(row, count - 1))] or 1) - 1)
        target = {
            _Move.MoveUp: row - 1,
            _Move.MovePrevious: row - 1,
            _Move.MoveDown: row + 1,
            _Move.MoveNext: row + 1,
            _Move.MovePageUp: row - page,
            _Move.MovePageDown: row + page,
            _Move.MoveHome: 0,
            _Move.MoveEnd: count - 1,
        }.get(action, row)
        return self.jobs.index(max(0, min(count - 1, target)))

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select the rows that a rectangle of the viewport touches."""
        self.executeDelayedItemsLayout()
        rect = rect.normalized()
        first, last = (self._stack.row_at(y + self.verticalOffset()) for y in (rect.top(), rect.bottom()))
        first, last = max(0, first), min(len(self._stack) - 1, last)
        selection = QItemSelection()
        if first <= last:
            selection.select(self.jobs.index(first), self.jobs.index(last))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """All of the viewport: what changed in it is seldom much less."""
        return QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:
        """How far one can scroll."""
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._stack.total - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(SPACE.control)
        QAbstractItemView.updateGeometries(self)

    def _width(self) -> int:
        return max(1, self.viewport().width() - 2 * INSET)

    # ------------------------------------------------------------------------------------------ what is drawn

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows in sight, the headings, and where a dragged one would go."""
        self.executeDelayedItemsLayout()
        painter = QPainter(self.viewport())
        area = event.rect()
        first = max(0, self._stack.row_at(area.top() + self.verticalOffset()))
        for row in range(first, len(self._stack)):
            place = self.visualRect(self.jobs.index(row))
            if place.top() - HEADING > area.bottom():
                break
            if place.bottom() >= area.top() and (job := self.jobs.job(row)) is not None:
                painter.save()
                rows.paint(painter, place, job, self._look(row, job))
                painter.restore()
        for part, row in self._stack.begins.items():
            top = self._stack.top(row) - HEADING - self.verticalOffset()
            rows.paint_heading(painter, QRect(INSET, top, self._width(), HEADING), part)
        self.dragging.paint(painter)
        painter.end()

    def _look(self, row: int, job: Job) -> Look:
        index = self.jobs.index(row)
        return Look(
            self._thumbnails.picture(job),
            self.jobs.blockers(job),
            self.jobs.remaining(job),
            self.selectionModel().isSelected(index),
            row == self._hovered,
            self.hasFocus() and row == self.currentIndex().row(),
            self._link[1] if self._link[0] == job.id else "",
            self.devicePixelRatioF(),
        )

    def dataChanged(self, first: _Index, last: _Index, roles: Sequence[int] = ()) -> None:
        """A row is drawn again; only when its height or the headings changed are the others measured."""
        row, job = first.row(), self.jobs.job(first.row())
        if job is not None and row < len(self._stack) and self._changed_size(row, job):
            self.scheduleDelayedItemsLayout()
        QAbstractItemView.dataChanged(self, first, last, roles)
        if row == self._hovered:
            self._show_tools()

    def rowsInserted(self, parent: _Index, first: int, last: int) -> None:
        """Measure what is new."""
        self._stack.insert(first, rows.heights(self.jobs.shown()[first : last + 1], self._width()))
        super().rowsInserted(parent, first, last)

    def _rows_removed(self, _parent: _Index, first: int, last: int) -> None:
        self._stack.remove(first, last)
        self.scheduleDelayedItemsLayout()

    def _rows_moved(self, _from: _Index, first: int, last: int, _to: _Index, place: int) -> None:
        self._stack.move(first, last, place)
        self.scheduleDelayedItemsLayout()

    def _changed_size(self, row: int, job: Job) -> bool:
        if self._stack.heights[row] != (now := rows.height(job, self._width())):
            self._stack.heights[row] = now
            return True
        return self._stack.begins != self.jobs.begins()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Problems wrap anew at another width."""
        QAbstractItemView.resizeEvent(self, event)
        if event.size().width() != event.oldSize().width():
            self.doItemsLayout()
        else:
            self.updateGeometries()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Other rows are under the pointer now."""
        self.viewport().update()
        self._hover(self.viewport().mapFromGlobal(self.cursor().pos()))

    # ------------------------------------------------------------------------------------------ pointer and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The row under the pointer shows what can be done with it."""
        self._hover(event.position().toPoint())
        super().mouseMoveEvent(event)  # may last as long as a drag

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A link acts by itself; everything else is as in any list."""
        if not self._link[1] or event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a link does what it says, one on a row shows its job."""
        at = event.position().toPoint()
        plain = event.button() is Qt.MouseButton.LeftButton and not event.modifiers()
        if plain and self._link[1] and self._link == self._link_at(at):
            self.wanted.emit(self._link[1], [self._link[0]])
            return
        dragged = self.state() is not QAbstractItemView.State.NoState
        super().mouseReleaseEvent(event)
        if plain and not dragged and (job := self.jobs.job(self.indexAt(at).row())) is not None:
            self.opened.emit(job.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter shows; Alt with an arrow moves; the rest as in any list."""
        key, alt = event.key(), event.modifiers() == Qt.KeyboardModifier.AltModifier
        if alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.dragging.nudge(down=key == Qt.Key.Key_Down)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            if (job := self.jobs.job(self.currentIndex().row())) is not None:
                self.opened.emit(job.id)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not event.modifiers():
            self.deleting.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the selected jobs, or with the one under the pointer."""
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            if self.indexAt(event.pos()).isValid():
                self.menu_wanted.emit(event.globalPos())
        elif self.currentIndex().isValid():
            self.menu_wanted.emit(self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center()))

    def viewportEvent(self, event: QEvent) -> bool:
        """The pointer left: no row shows its tools any more."""
        if event.type() == QEvent.Type.Leave:
            self._hover(QPoint(-1, -1))
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """There is always a row that keys go out from."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.jobs.rowCount():
            self.selectionModel().setCurrentIndex(self.jobs.index(0), QItemSelectionModel.SelectionFlag.NoUpdate)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The focus ring goes."""
        super().focusOutEvent(event)
        self.viewport().update()

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Take the selected jobs that wait along."""
        self._hover(QPoint(-1, -1))
        self.dragging.start()
        self._hover(self.viewport().mapFromGlobal(self.cursor().pos()))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Only our own jobs."""
        self.dragging.over(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where they would go, and scroll at the edges."""
        QAbstractItemView.dragMoveEvent(self, event)
        self.dragging.over(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They go nowhere."""
        super().dragLeaveEvent(event)
        self.dragging.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask for the move; the queue says whether it happens."""
        self.dragging.drop(event)
        self.stopAutoScroll()
        self.setState(QAbstractItemView.State.NoState)

    def _hover(self, at: QPoint) -> None:
        row = self.indexAt(at).row() if self.viewport().rect().contains(at) else -1
        link = self._link_at(at) if row >= 0 else ("", "")
        if (row, link) != (self._hovered, self._link):
            self._hovered, self._link = row, link
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if link[1] else Qt.CursorShape.ArrowCursor)
            self.viewport().update()
        self._show_tools()

    def _link_at(self, at: QPoint) -> tuple[str, str]:
        """The job and the name of the link at a point; ("", "") for none."""
        index = self.indexAt(at)
        if (job := self.jobs.job(index.row())) is not None:
            for name, (place, _) in rows.links(job, self.visualRect(index)).items():
                if place.contains(at):
                    return job.id, name
        return "", ""

    def _show_tools(self) -> None:
        self.tools.show_job(self.jobs.job(self._hovered), self.visualRect(self.jobs.index(self._hovered)))
