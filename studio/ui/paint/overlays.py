"""What lies over the picture and is no part of it: pixel grid, guides, the selection's edge, masks, the frame."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle

from studio.domain.document.flow import freeze_of
from studio.domain.document.layers import Mask, MaskLayer
from studio.domain.geometry import Rect
from studio.imaging.tiles import Pixels
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.outlines import Look, SelectionOutline
from studio.ui.paint.tint import Tint
from studio.ui.paint.tools.guiding import draw_guide
from studio.ui.theme.tokens import COLOURS

if TYPE_CHECKING:
    from studio.ui.paint.surface import Surface

GRID_FROM = 8.0  # device pixels per document pixel
_MARCH = 120  # milliseconds between two steps of the ants
_DASH = 4


class Overlays(QObject):
    """Everything over the picture that is no tool's."""

    def __init__(self, surface: "Surface", desk: PaintDesk) -> None:
        super().__init__(surface)
        self._surface, self._desk = surface, desk
        self.show_grid, self.show_guides, self.show_frame, self.show_ants = True, True, True, True
        self.bold_frame = False  # while its tool is in hand
        self.tint = Tint(desk.store)
        self._outline = SelectionOutline(desk.store, self)
        self._outline.found.connect(self._outlined)
        self._phase = 0
        self._clock = QTimer(self, interval=_MARCH)
        self._clock.timeout.connect(self._march)
        surface.view_changed.connect(self.look)

    def look(self) -> None:
        """The view or the selection may be another."""
        view, document = self._surface.view, self._desk.document
        seen = view.visible.intersected(document.rect)
        self._outline.look_at(Look(document.selection, seen, self._surface.level))

    def refresh(self) -> None:
        """Another version of the document, or another mask to show."""
        self.look()
        self._show_film()
        self._surface.update()
        self._keep_marching()

    def tinted(self, rect: Rect, values: Pixels | None) -> None:
        """A stroke on the mask that is shown; None takes it back."""
        if values is None:
            self.tint.show(None)
            self._show_film()
        else:
            self.tint.patch(rect, values)
        self._surface.update(self._surface.view.screen_rect(rect).toAlignedRect().adjusted(-2, -2, 2, 2))

    def close(self) -> None:
        """Nothing moves any more."""
        self._clock.stop()
        self._outline.close()

    def paint(self, painter: QPainter) -> None:
        """Draw all of it, in logical pixels of the screen."""
        view, document = self._surface.view, self._desk.document
        self.tint.draw(painter, view, document.rect, self._surface.level)
        if self.show_grid and view.zoom >= GRID_FROM:
            self._paint_grid(painter)
        if self.show_guides:
            self._paint_guides(painter)
        if self.show_frame:
            self._paint_frame(painter, document.frame)
        if self.show_ants and not self._desk.quick_mask:
            self._paint_ants(painter)

    def _show_film(self) -> None:
        """Over the quick mask, or over the mask layer that is painted on."""
        desk = self._desk
        if desk.quick_mask:
            self.tint.show(desk.document.selection or Mask(outside=255))
            return
        layer = desk.active
        if not isinstance(layer, MaskLayer) and self._surface.tool.shows_freeze:
            layer = freeze_of(desk.document)
        if isinstance(layer, MaskLayer) and layer.visible:
            self.tint.show(layer.content, layer.tint, marks=True)
        else:
            self.tint.show(None)

    # ------------------------------------------------------------------------------------------ selection

    def _outlined(self) -> None:
        self._surface.update()
        self._keep_marching()

    def _keep_marching(self) -> None:
        still = self._surface.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0
        wanted = not self._outline.path.isEmpty() and self._surface.isVisible() and not still
        if wanted != self._clock.isActive():
            self._clock.start() if wanted else self._clock.stop()

    def _march(self) -> None:
        self._phase = (self._phase + 1) % (2 * _DASH)
        if not self._surface.isVisible():
            self._clock.stop()
            return
        box = self._surface.view.transform().mapRect(self._outline.path.boundingRect())
        self._surface.update(box.toAlignedRect().adjusted(-2, -2, 2, 2))

    def _paint_ants(self, painter: QPainter) -> None:
        if self._outline.path.isEmpty():
            return
        path = self._surface.view.transform().map(self._outline.path.translated(*self._desk.carried))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0), 1))
        painter.drawPath(path)
        ants = QPen(QColor(255, 255, 255), 1, Qt.PenStyle.CustomDashLine)
        ants.setDashPattern([_DASH, _DASH])
        ants.setDashOffset(self._phase)
        painter.setPen(ants)
        painter.drawPath(path)

    # ------------------------------------------------------------------------------------------ grid and guides

    def _paint_grid(self, painter: QPainter) -> None:
        view = self._surface.view
        seen = view.visible.intersected(self._desk.document.rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not view.upright)
        painter.setPen(QPen(QColor(128, 128, 128, 90), 1))
        lines = [QLineF(x, seen.y, x, seen.bottom) for x in range(seen.x, seen.right + 1)]
        lines += [QLineF(seen.x, y, seen.right, y) for y in range(seen.y, seen.bottom + 1)]
        transform = view.transform()
        painter.drawLines([transform.map(line) for line in lines])

    def _paint_guides(self, painter: QPainter) -> None:
        for guide in self._surface.guides.resting:
            draw_guide(painter, self._surface.view, guide, QColor(COLOURS.sky))

    # ------------------------------------------------------------------------------------------ the frame

    def _paint_frame(self, painter: QPainter, frame: Rect) -> None:
        """Where pictures are generated: a bright line on a dark one, seen on any ground, and dimmed surroundings."""
        view = self._surface.view
        shape = view.screen_polygon(frame)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not view.upright)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        strength = 255 if self.bold_frame else 150
        for colour, width in ((QColor(0, 0, 0, strength // 2), 3.0), (QColor(COLOURS.lamp), 1.0)):
            colour.setAlpha(min(colour.alpha(), strength))
            painter.setPen(QPen(colour, width))
            painter.drawPolygon(shape)
