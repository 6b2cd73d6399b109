"""The course of the loss, drawn."""

import math
from bisect import bisect_left
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from studio.session.training_log import Step, Validation, smoothed
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

_KEEP = 0.95  # of the moving average at each step
_KEPT = 40_000  # steps
_LEFT, _BOTTOM, _AIR = 56, 22, 10  # room for the words at the axes


@dataclass(frozen=True, slots=True)
class Reading:
    """What the curve says at a step."""

    step: int
    loss: float
    mean: float
    validation: float | None


class LossCurve(QFrame):
    """Raw losses faintly, their moving average as a line, validation losses as dots.

    The pointer or the arrow keys read a step out; L turns the logarithmic scale on and off.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(220, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Loss curve"))
        self._steps: list[int] = []
        self._losses: list[float] = []
        self._means: list[float] = []
        self._validations: dict[int, float] = {}
        self._mean = self._weight = 0.0
        self._total, self._at = 1, -1
        self.logarithmic = False

    def show_course(self, steps: tuple[Step, ...], validations: tuple[Validation, ...], total: int) -> None:
        """Show a whole run."""
        self._steps = [entry.step for entry in steps]
        self._losses = [entry.loss for entry in steps]
        self._means = list(smoothed(tuple(self._losses), _KEEP))
        finite = sum(map(math.isfinite, self._losses))
        self._weight = 1 - _KEEP**finite
        self._mean = self._means[-1] * self._weight if finite else 0.0
        self._validations = {entry.step: entry.loss for entry in validations}
        self._total, self._at = max(1, total), -1
        self._thin()
        self._changed()

    def add(self, step: int, loss: float, total: int) -> None:
        """One more step; a step that is not later than the last one goes on from a checkpoint and replaces the rest."""
        if self._steps and step <= self._steps[-1]:
            self._cut(bisect_left(self._steps, step))
        self._total = max(1, total)
        if math.isfinite(loss):
            self._mean = _KEEP * self._mean + (1 - _KEEP) * loss
            self._weight = _KEEP * self._weight + 1 - _KEEP
        self._steps.append(step)
        self._losses.append(loss)
        self._means.append(self._mean / self._weight if self._weight else math.nan)
        self._thin()
        self._changed()

    def add_validation(self, step: int, loss: float) -> None:
        """The loss on held-out pictures."""
        self._validations[step] = loss
        self._changed()

    def set_logarithmic(self, wanted: bool) -> None:
        """Scale of the losses."""
        self.logarithmic = wanted
        self.update()

    @property
    def reading(self) -> Reading | None:
        """What is read out: the step under the pointer or the keys, otherwise the last one."""
        if not self._steps:
            return None
        at = self._at if 0 <= self._at < len(self._steps) else len(self._steps) - 1
        step = self._steps[at]
        return Reading(step, self._losses[at], self._means[at], self._validations.get(step))

    def sizeHint(self) -> QSize:
        """Wide."""
        return QSize(480, 220)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the nearest step."""
        self._read(self._nearest(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        """Back to the last step."""
        super().leaveEvent(event)
        self._read(-1)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk over the steps, Shift walks wider, Home and End go to the ends."""
        last = len(self._steps) - 1
        at = self._at if self._at >= 0 else last
        wide = max(1, last // 20) if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        places = {
            Qt.Key.Key_Left: at - wide,
            Qt.Key.Key_Right: at + wide,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        place = places.get(Qt.Key(event.key()))
        if place is None or last < 0:
            super().keyPressEvent(event)
            return
        self._read(max(0, min(last, place)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grid, losses, dots, what is read out."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(TYPE.caption))
        plot = self._plot()
        shape = QColor(COLOURS.focus if self.hasFocus() else COLOURS.line)
        painter.setPen(QPen(shape, 1))
        painter.setBrush(QColor(COLOURS.window))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), SPACE.radius, SPACE.radius)
        low, high = self._range()
        self._paint_grid(painter, plot, low, high)
        if self._steps:
            self._paint_lines(painter, plot, low, high)
            self._paint_reading(painter, plot, low, high)
        else:
            painter.setPen(QColor(COLOURS.muted))
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, self.tr("The loss appears with the first step."))
        painter.end()

    # ------------------------------------------------------------------------------------------------ drawing

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_LEFT, _AIR + 16, -_AIR - 4, -_BOTTOM - 4)

    def _range(self) -> tuple[float, float]:
        """The losses to be shown. Of the raw ones the largest hundredth may leave the picture."""
        raw = sorted(loss for loss in self._losses if math.isfinite(loss))
        shown = [*raw[: max(1, math.ceil(len(raw) * 0.99))], *filter(math.isfinite, self._validations.values())]
        if not shown:
            return 0.0, 1.0
        low, high = min(shown), max(shown)
        if self.logarithmic:
            low = max(low, high * 1e-6, 1e-12)
            return (low * 0.8, max(high, low) * 1.25)
        room = (high - low or abs(high) or 1.0) * 0.08
        return (max(0.0, low - room) if low >= 0 else low - room), high + room

    def _point(self, plot: QRectF, step: float, loss: float, low: float, high: float) -> QPointF:
        if self.logarithmic:
            share = math.log(max(loss, 1e-12) / low) / math.log(high / low)
        else:
            share = (loss - low) / (high - low)
        x = plot.left() + plot.width() * step / self._total
        return QPointF(x, plot.bottom() - plot.height() * max(-0.02, min(1.02, share)))

    def _paint_grid(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        vertical = Qt.AlignmentFlag.AlignVCenter
        form = ".2g" if self.logarithmic else f".{decimals_for((high - low) / 3)}f"
        for part in range(4):
            share = part / 3
            value = low * (high / low) ** share if self.logarithmic and low > 0 else low + (high - low) * share
            y = plot.bottom() - plot.height() * share
            painter.setPen(QPen(QColor(COLOURS.line), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            if self._steps:
                painter.setPen(QColor(COLOURS.muted))
                place = QRectF(0, y - 8, plot.left() - SPACE.small, 16)
                painter.drawText(place, Qt.AlignmentFlag.AlignRight | vertical, f"{value:{form}}")
        painter.setPen(QColor(COLOURS.muted))
        line = QRectF(plot.left(), plot.bottom() + SPACE.hair, plot.width(), 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | vertical, "0")
        end = self.tr("step {total}").format(total=self.locale().toString(self._total))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | vertical, end)

    def _paint_lines(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        for values, colour, width in ((self._losses, COLOURS.edge, 1.0), (self._means, COLOURS.lamp, 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(self._polyline(values, plot, low, high))
        painter.setPen(QPen(QColor(COLOURS.window), 1))
        painter.setBrush(QColor(COLOURS.text))
        for step, loss in self._validations.items():
            if math.isfinite(loss):
                painter.drawEllipse(self._point(plot, step, loss, low, high), 4, 4)

    def _polyline(self, values: list[float], plot: QRectF, low: float, high: float) -> QPolygonF:
        """Of many steps in one pixel only the lowest and the highest are drawn."""
        per_group = max(1, len(values) * 2 // max(1, int(plot.width())))
        points = []
        for start in range(0, len(values), per_group):
            group = [at for at in range(start, min(start + per_group, len(values))) if math.isfinite(values[at])]
            if group:
                ends = {min(group, key=values.__getitem__), max(group, key=values.__getitem__), group[-1]}
                points += [self._point(plot, self._steps[at], values[at], low, high) for at in sorted(ends)]
        return QPolygonF(points)

    def _paint_reading(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        reading = self.reading
        if reading is None:
            return
        if self._at >= 0 and math.isfinite(reading.mean):
            point = self._point(plot, reading.step, reading.mean, low, high)
            painter.setPen(QPen(QColor(COLOURS.muted), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(point.x(), plot.top()), QPointF(point.x(), plot.bottom()))
            painter.setPen(QPen(QColor(COLOURS.window), 1))
            painter.setBrush(QColor(COLOURS.lamp))
            painter.drawEllipse(point, 4, 4)
        painter.setPen(QColor(COLOURS.text))
        place = QRectF(plot.left(), SPACE.small, plot.width(), 16)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._words(reading))

    # ------------------------------------------------------------------------------------------------ reading

    def _words(self, reading: Reading) -> str:
        text = self.tr("step {step} · loss {loss:.4g} · mean {mean:.4g}").format(
            step=self.locale().toString(reading.step), loss=reading.loss, mean=reading.mean
        )
        if reading.validation is not None:
            text += " · " + self.tr("held out {loss:.4g}").format(loss=reading.validation)
        return text

    def _nearest(self, x: float) -> int:
        if not self._steps:
            return -1
        plot = self._plot()
        wanted = (x - plot.left()) / max(1.0, plot.width()) * self._total
        right = min(len(self._steps) - 1, bisect_left(self._steps, wanted))
        left = max(0, right - 1)
        return min((left, right), key=lambda at: abs(self._steps[at] - wanted))

    def _read(self, at: int) -> None:
        if at != self._at:
            self._at = at
            self._changed()

    def _cut(self, at: int) -> None:
        """Forget the steps from place `at` on; the average goes on from the one before."""
        first = self._steps[at]
        del self._steps[at:], self._losses[at:], self._means[at:]
        self._validations = {step: loss for step, loss in self._validations.items() if step < first}
        self._weight = 1 - _KEEP ** sum(map(math.isfinite, self._losses))
        self._mean = self._means[-1] * self._weight if self._weight else 0.0

    def _thin(self) -> None:
        """No screen shows more steps than these, and a painting must stay quick."""
        while len(self._steps) > _KEPT:
            for values in (self._steps, self._losses, self._means):
                del values[::2]

    def _changed(self) -> None:
        reading = self.reading
        self.setAccessibleDescription(self._words(reading) if reading else self.tr("No step was made yet"))
        self.update()


def decimals_for(step: float) -> int:
    """How many decimals tell numbers apart that lie `step` from each other, with two digits of the difference."""
    return max(0, min(6, 1 - math.floor(math.log10(step)))) if step > 0 else 2
