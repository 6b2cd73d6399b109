"""A user at the queue's panel: what stands there, and what the pointer and the keys do."""

from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.domain.jobs import Job
from studio.ui.queue import rows
from studio.ui.queue.dragging import MIME
from studio.ui.queue.panel import QueuePanel


def listed(panel: QueuePanel) -> list[str]:
    """The ids in the list, from above."""
    panel.model.settle()
    found = (panel.model.job(row) for row in range(panel.model.rowCount()))
    return [job.id for job in found if job is not None]


def said(panel: QueuePanel, job: Job) -> str:
    """What a screen reader says of a job's row."""
    panel.model.settle()
    text = panel.model.index(panel.model.row_of(job.id)).data(Qt.ItemDataRole.AccessibleTextRole)
    return str(text)


def place(panel: QueuePanel, job: Job) -> QRect:
    """Where a job's row is in the viewport of the list."""
    panel.model.settle()
    panel.view.executeDelayedItemsLayout()
    return panel.view.visualRect(panel.model.index(panel.model.row_of(job.id)))


def point_at(panel: QueuePanel, at: QPoint) -> None:
    """The pointer comes to a place of the list."""
    QTest.mouseMove(panel.view.viewport(), at - QPoint(1, 1))
    QTest.mouseMove(panel.view.viewport(), at)
    QApplication.processEvents()


def click(panel: QueuePanel, at: QPoint, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Point at a place of the list and click."""
    point_at(panel, at)
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, modifier, at)


def follow_link(panel: QueuePanel, job: Job, name: str) -> None:
    """Click a link below a job's problem."""
    area, _ = rows.links(job, place(panel, job))[name]
    click(panel, area.center())


def use_tool(panel: QueuePanel, job: Job, name: str) -> None:
    """Click one of the buttons on a job's row."""
    point_at(panel, place(panel, job).center())
    button = panel.view.tools.buttons[name]
    assert button.isVisible(), f"{name} is not at hand"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def press(panel: QueuePanel, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key in the list."""
    panel.view.setFocus()
    QTest.keyClick(panel.view, key, modifier)


def drop(panel: QueuePanel, job_ids: list[str], at: QPoint) -> None:
    """Let jobs that are dragged fall at a place of the list."""
    data = QMimeData()
    data.setData(MIME, "\n".join(job_ids).encode())
    event = QDropEvent(
        QPointF(at), Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    panel.view.dropEvent(event)
