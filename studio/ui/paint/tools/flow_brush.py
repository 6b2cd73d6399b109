"""The flow brush: arrows that say where the canvas flows when it is set in motion."""

from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.domain.document.document import Document
from studio.domain.document.flow import along, missed, with_flow
from studio.domain.treatment import Arrow
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.frames.arrow_paint import ArrowPaint
from studio.ui.paint.frames.flow_preview import FlowPreview
from studio.ui.paint.tools.base import SLOP, Pointer, Tool
from studio.ui.paint.view import View

_ERASER = 14.0  # logical pixels on the screen: its radius
_NEAR = 1.5  # logical pixels: places of the pen's way nearer than this to the last one are left out


class FlowTool(Tool):
    """A drag leaves arrows along its way; with Shift a single one, as strong as it is long. With Alt, the right button
    or the pen's other end, arrows are erased. Each drag is one edit.
    """

    name: ClassVar[str] = "flow"
    takes_away: ClassVar[bool] = True
    shows_freeze: ClassVar[bool] = True

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self.preview = FlowPreview(desk)
        self._path: list[tuple[float, float]] = []
        self._straight = self._erasing = False
        self._drawn: tuple[Arrow, ...] = ()
        self._kept: tuple[Arrow, ...] | None = None  # what an eraser that is down leaves
        self._at: Pointer | None = None
        self._paint = ArrowPaint()
        self._fresh = ArrowPaint()

    @property
    def active(self) -> bool:
        """Is the pen down, or does the canvas flow?"""
        return bool(self._path) or self._erasing or self.preview.on

    def press(self, at: Pointer) -> None:
        """Begin to draw, or to erase."""
        if self.desk.refused() or not self.desk.ready():
            return
        self._erasing, self._at = at.alt, at
        self.preview.pause()
        if at.alt:
            self._kept = self.desk.document.flow
            self.move(at)
        else:
            self._path, self._straight = [(at.x, at.y)], at.shift

    def move(self, at: Pointer) -> None:
        """Go on."""
        self._at = at
        size = self.desk.document.size
        if self._erasing and self._kept is not None:
            self._kept = missed(self._kept, (at.x, at.y), _ERASER / at.scale, size)
        elif self._path and not at.near(*self._path[-1], _NEAR):
            self._path.append((at.x, at.y))
            self._straight |= at.shift
            self._drawn = along(self._path, size, straight=self._straight)
        self.desk.overlay_changed.emit()

    def release(self, at: Pointer) -> None:
        """One edit; a press without a way says what to do."""
        drawn, kept, erasing, path = self._drawn, self._kept, self._erasing, self._path
        self._let_go()
        if erasing and kept is not None:
            self.desk.edit(_tr("Erase arrows"), lambda document: with_flow(document, kept))
        elif (drawn and not at.near(*path[0], SLOP)) or len(drawn) > 1:
            self.desk.edit(_tr("Flow"), lambda document: _with(document, drawn))
        elif path:
            self._tell(_tr("Drag to draw where the picture flows: the longer, the stronger."))
        self.preview.go_on()

    def cancel(self) -> None:
        """Nothing was drawn; where nothing was being drawn, the canvas stands still again."""
        if self._path or self._erasing:
            self._let_go()
            self.preview.go_on()
        else:
            self.accept()

    def accept(self) -> None:
        """The canvas stands still."""
        self._let_go()
        self.desk.set_options(flow_preview=False)

    def hover(self, at: Pointer) -> None:
        """With Alt, the eraser is seen."""
        before, self._at = self._at, at
        if at.alt or (before is not None and before.alt):
            self.desk.overlay_changed.emit()

    def overlay(self, painter: QPainter, view: View) -> None:
        """The canvas as it flows, and over it the arrows."""
        moving = self.preview.paint(painter, view)
        document = self.desk.document
        flow = document.flow if self._kept is None else self._kept
        self._paint.draw(painter, view, document.size, flow, 0.45 if moving else 1.0)
        if self._kept is not None:
            gone = tuple(set(document.flow) - set(self._kept))
            self._fresh.draw(painter, view, document.size, gone, 0.25)
        elif self._drawn:
            self._fresh.draw(painter, view, document.size, self._drawn)
        if self._at is not None and (self._erasing or (self._at.alt and not self._path)):
            _draw_eraser(painter, view, self._at)

    def _let_go(self) -> None:
        self._path, self._drawn, self._kept = [], (), None
        self._erasing = False
        self.desk.overlay_changed.emit()


def _with(document: Document, drawn: tuple[Arrow, ...]) -> Document:
    return with_flow(document, (*document.flow, *drawn))


def _draw_eraser(painter: QPainter, view: View, at: Pointer) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0, 150), 2.5), (QColor(255, 255, 255, 220), 1.0)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(view.to_screen(at.x, at.y), _ERASER, _ERASER)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintTools", text)
