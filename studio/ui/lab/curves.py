"""The noise schedules as curves over time, with what they are at the present moment."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.schedules import PLAIN, PLOTTED, Chain, Level, level
from studio.domain.training import ObjectiveName
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

POINTS = 201
_LEFT, _BOTTOM, _LEGEND, _ROW = 40, 18, 150, 19

# Each has its own dashes too: nothing is told by colour alone.
INKS: dict[ObjectiveName, tuple[str, tuple[float, ...]]] = {
    ObjectiveName.EPSILON: (COLOURS.sky, ()),
    ObjectiveName.VP_SDE: (COLOURS.success, (6, 3)),
    ObjectiveName.VE_SDE: (COLOURS.warning, (1.5, 2.5)),
    ObjectiveName.EDM: (COLOURS.violet, (6, 2.5, 1.5, 2.5)),
    ObjectiveName.FLOW: (COLOURS.lamp, ()),
}


def schedule_title(name: ObjectiveName) -> str:
    """What a schedule is called."""
    return {
        ObjectiveName.AUTO: QCoreApplication.translate("Lab", "The model's own"),
        ObjectiveName.EPSILON: "DDPM (ε)",
        ObjectiveName.V: "DDPM (v)",
        ObjectiveName.VP_SDE: "VP SDE",
        ObjectiveName.VE_SDE: "VE SDE",
        ObjectiveName.EDM: "EDM",
        ObjectiveName.FLOW: QCoreApplication.translate("Lab", "Rectified flow"),
    }[name]


@dataclass(frozen=True, slots=True)
class Axis:
    """What is drawn of a level, between `low` and `high`, with lines at `ticks`; `words` names a tick."""

    of: Callable[[Level], float]
    low: float
    high: float
    ticks: tuple[float, ...]
    words: Callable[[float], str]


def _log10_sigma(found: Level) -> float:
    return math.log10(found.sigma) if found.sigma > 0 else -math.inf


LOG_SNR = Axis(lambda found: found.log_snr, -12, 14, (-10, -5, 0, 5, 10), lambda tick: f"{tick:g}")
SIGMA = Axis(_log10_sigma, -3, 2.2, (-3, -2, -1, 0, 1, 2), lambda tick: f"{10**tick:g}")


class CurvePlot(QWidget):
    """All schedules over t in [0, 1]; the legend tells their values at t, or under the pointer."""

    def __init__(self, title: str, axis: Axis, read: Callable[[Level], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._axis, self._read = title, axis, read
        self._chain, self._chosen, self._t = PLAIN, ObjectiveName.FLOW, 0.5
        self._hover: float | None = None
        self._curves: dict[ObjectiveName, list[float]] = {}
        self.setMouseTracking(True)
        self.setMinimumSize(300, 132)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)
        self.show_chain(PLAIN)

    @property
    def moment(self) -> float:
        """The time whose values the legend tells."""
        return self._t if self._hover is None else self._hover

    def show_chain(self, chain: Chain) -> None:
        """The discrete chain that the model's family is known by."""
        self._chain = chain
        times = [i / (POINTS - 1) for i in range(POINTS)]
        self._curves = {name: [self._axis.of(level(name, t, chain)) for t in times] for name in PLOTTED}
        self._describe()

    def show_moment(self, t: float, chosen: ObjectiveName) -> None:
        """Mark a time, and one schedule as the chosen one."""
        self._t, self._chosen = t, chosen
        self._describe()

    def values(self) -> dict[ObjectiveName, str]:
        """What the legend tells."""
        return {name: self._read(level(name, self.moment, self._chain)) for name in PLOTTED}

    def sizeHint(self) -> QSize:
        """Wide."""
        return QSize(480, 140)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the values under the pointer."""
        area = self._area()
        inside = area.adjusted(-4, 0, 4, 0).contains(event.position())
        self._hover = min(1.0, max(0.0, (event.position().x() - area.left()) / area.width())) if inside else None
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Back to the present moment."""
        self._hover = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grid, curves, the moment, the legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(TYPE.caption))
        area = self._area()
        self._draw_grid(painter, area)
        painter.setClipRect(area)
        for name in sorted(PLOTTED, key=lambda name: name is self._chosen):
            painter.setPen(_pen(name, 2.6 if name is self._chosen else 1.4))
            painter.drawPath(self._path(area, self._curves[name]))
        painter.setClipping(False)
        self._draw_moment(painter, area)
        self._draw_legend(painter, area)
        painter.end()

    def _area(self) -> QRectF:
        return QRectF(_LEFT, 4, max(40, self.width() - _LEFT - _LEGEND - SPACE.medium), self.height() - _BOTTOM - 8)

    def _y(self, area: QRectF, value: float) -> float:
        share = (value - self._axis.low) / (self._axis.high - self._axis.low)
        return area.bottom() - min(2.0, max(-1.0, share)) * area.height()

    def _path(self, area: QRectF, values: list[float]) -> QPainterPath:
        path = QPainterPath()
        for i, value in enumerate(values):
            point = QPointF(area.left() + area.width() * i / (POINTS - 1), self._y(area, value))
            path.lineTo(point) if i else path.moveTo(point)
        return path

    def _draw_grid(self, painter: QPainter, area: QRectF) -> None:
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in self._axis.ticks:
            y = self._y(area, tick)
            painter.setPen(QColor(COLOURS.line))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(COLOURS.faint))
            painter.drawText(QRectF(0, y - 8, _LEFT - 6, 16), right, self._axis.words(tick))
        for t in (0.0, 0.5, 1.0):
            x = area.left() + t * area.width()
            painter.drawText(QRectF(x - 20, area.bottom() + 3, 40, 14), Qt.AlignmentFlag.AlignCenter, f"{t:g}")

    def _draw_moment(self, painter: QPainter, area: QRectF) -> None:
        x = area.left() + self.moment * area.width()
        painter.setPen(QPen(QColor(COLOURS.text), 1, Qt.PenStyle.DotLine if self._hover is not None else _SOLID))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        value = self._axis.of(level(self._chosen, self.moment, self._chain))
        if math.isfinite(value) and area.top() <= self._y(area, value) <= area.bottom():
            painter.setBrush(QColor(COLOURS.text))
            painter.drawEllipse(QPointF(x, self._y(area, value)), 3.5, 3.5)

    def _draw_legend(self, painter: QPainter, area: QRectF) -> None:
        left = area.right() + SPACE.medium
        painter.setPen(QColor(COLOURS.faint))
        painter.drawText(QRectF(left, 0, _LEGEND, _ROW), Qt.AlignmentFlag.AlignVCenter, f"t = {self.moment:.3f}")
        for row, (name, value) in enumerate(self.values().items(), 1):
            y = row * _ROW
            painter.setPen(_pen(name, 2.6 if name is self._chosen else 1.4))
            painter.drawLine(QPointF(left, y + _ROW / 2), QPointF(left + 22, y + _ROW / 2))
            painter.setPen(QColor(COLOURS.text if name is self._chosen else COLOURS.muted))
            painter.setFont(font(TYPE.caption, strong=name is self._chosen))
            whole = QRectF(left + 28, y, _LEGEND - 28, _ROW)
            painter.drawText(whole, Qt.AlignmentFlag.AlignVCenter, schedule_title(name))
            painter.drawText(whole, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)

    def _describe(self) -> None:
        values = "; ".join(f"{schedule_title(name)} {value}" for name, value in self.values().items())
        self.setAccessibleDescription(self.tr("At t = {t}: {values}").format(t=f"{self._t:.3f}", values=values))
        self.update()


_SOLID = Qt.PenStyle.SolidLine


def _pen(name: ObjectiveName, width: float) -> QPen:
    colour, dashes = INKS[name]
    pen = QPen(QColor(colour), width)
    if dashes:
        pen.setDashPattern([dash / width * 1.4 for dash in dashes])
    return pen
