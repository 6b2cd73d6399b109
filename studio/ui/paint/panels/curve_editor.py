"""A curve that is bent by its points: with the mouse, by typing, or by keys alone."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.domain.document.adjustments import LINE, CurvePoint
from studio.ui.paint.panels.curve_points import GAP, Evaluate, Points, added, between, moved, nearest, without
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import tool_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.wheel import WholeNumber

_HEIGHT = 156
_INSET = 7.0  # logical pixels around the field, so that points at its edge are seen whole
_REACH = 10.0  # logical pixels from which on a point is hit
_AWAY = 24.0  # logical pixels outside from which on a dragged point is gone
_DOT = 3.5
_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
_REMOVING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_KEYS = (*_ARROWS, *_REMOVING, Qt.Key.Key_Insert, Qt.Key.Key_Home, Qt.Key.Key_End)
_NONE = Qt.KeyboardModifier.NoModifier
_OURS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.KeypadModifier


class CurveEditor(QWidget):
    """Points in the unit square and the curve through them.

    A press takes hold of a point or adds one; a point that is dragged far out is removed, Esc takes a drag back. Arrow
    keys move the chosen point by 1/255, with Shift by ten of them, with Ctrl they choose another one (Home and End the
    first and the last); Insert adds one, Delete removes it. `began` tells that what follows is a step of its own.
    """

    changed = Signal(object)  # Points
    began = Signal()
    chosen_changed = Signal()

    def __init__(self, evaluate: Evaluate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluate = evaluate
        self.points: Points = LINE
        self.chosen = 0
        self._ink = QColor(COLOURS.text)
        self._others: tuple[tuple[Points, QColor], ...] = ()
        self._heights: Sequence[float] = ()
        self._before: Points | None = None  # a drag is under way
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(220, _HEIGHT)

    def show_points(self, points: Points) -> None:
        """Another curve, or another version of it."""
        if points != self.points and self._before is None:
            self.points = points
            self._choose(min(self.chosen, len(points) - 1))

    def set_ink(self, ink: str, others: tuple[tuple[Points, str], ...] = ()) -> None:
        """The colour of the curve, and curves that are drawn faintly behind it."""
        self._ink = QColor(ink)
        self._others = tuple((points, QColor(colour)) for points, colour in others)
        self.update()

    def set_heights(self, heights: Sequence[float]) -> None:
        """A histogram behind the curve: heights from 0 to 1 at equal distances; none for no histogram."""
        self._heights = heights
        self.update()

    def move_chosen(self, x: float, y: float) -> None:
        """The chosen point elsewhere, as near as its neighbours let it be."""
        self._take(moved(self.points, self.chosen, CurvePoint(x, y)))

    def remove_chosen(self) -> None:
        """Without the chosen point; two always stay."""
        self.began.emit()
        self._take(without(self.points, self.chosen))

    # ------------------------------------------------------------------------------------------ mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a point, or add one."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self.began.emit()
        self._before = self.points
        x, y = self._value(event.position())
        field = self._field()
        reach = (_REACH / field.width(), _REACH / field.height())
        number = nearest(self.points, x, y, reach)
        if number is not None:
            self._choose(number)
            return
        on_curve = self._evaluate(self.points, [min(max(x, 0.0), 1.0)])[0]
        self._add(CurvePoint(x, on_curve if abs(on_curve - y) < reach[1] else y))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The point goes along; far outside, it is gone."""
        if self._before is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        away = _AWAY + _INSET
        if QRectF(self.rect()).adjusted(-away, -away, away, away).contains(event.position()):
            self.move_chosen(*self._value(event.position()))
        elif len(self.points) > 2:
            self._before = None  # there is nothing left to be dragged
            self._take(without(self.points, self.chosen))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._before = None

    # ------------------------------------------------------------------------------------------ keys

    def event(self, event: QEvent) -> bool:
        """Keys that bend the curve are not the window's."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._wants(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, choose, add and remove points."""
        if not self._wants(event):
            super().keyPressEvent(event)
            return
        key, held = Qt.Key(event.key()), event.modifiers()
        last = len(self.points) - 1
        if key == Qt.Key.Key_Escape:
            before, self._before = self._before, None
            self._take(before or self.points)
        elif key in _REMOVING:
            self.remove_chosen()
        elif key == Qt.Key.Key_Insert:
            self.began.emit()
            self._add(between(self.points, self.chosen, self._evaluate))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(0 if key == Qt.Key.Key_Home else last)
        elif held & Qt.KeyboardModifier.ControlModifier:
            self._choose(min(max(self.chosen + sum(_ARROWS[key]), 0), last))
        else:
            step = GAP * (10 if held & Qt.KeyboardModifier.ShiftModifier else 1)
            point, (right, up) = self.points[self.chosen], _ARROWS[key]
            self.move_chosen(point.x + right * step, point.y + up * step)

    def _wants(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            return self._before is not None
        return event.key() in _KEYS and event.modifiers() & ~_OURS == _NONE

    # ------------------------------------------------------------------------------------------ drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grid, histogram, curves, points."""
        painter = QPainter(self)
        field = self._field()
        painter.fillRect(self.rect(), QColor(COLOURS.field))
        self._paint_heights(painter, field)
        painter.setPen(QPen(QColor(COLOURS.edge), 1))
        for quarter in range(5):
            x, y = field.left() + field.width() * quarter / 4, field.top() + field.height() * quarter / 4
            painter.drawLine(QPointF(round(x), field.top()), QPointF(round(x), field.bottom()))
            painter.drawLine(QPointF(field.left(), round(y)), QPointF(field.right(), round(y)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for points, ink in self._others:
            faint = QColor(ink)
            faint.setAlpha(110)
            self._paint_curve(painter, points, QPen(faint, 1.2))
        self._paint_curve(painter, self.points, QPen(self._ink if self.isEnabled() else QColor(COLOURS.off), 1.8))
        for number, point in enumerate(self.points):
            place = self._place(point.x, point.y)
            painter.setPen(QPen(self._ink, 1.5))
            painter.setBrush(self._ink if number == self.chosen else QColor(COLOURS.field))
            painter.drawEllipse(place, _DOT, _DOT)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(QColor(COLOURS.focus), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_heights(self, painter: QPainter, field: QRectF) -> None:
        if not len(self._heights):
            return
        step = field.width() / max(1, len(self._heights) - 1)
        line = [QPointF(field.left() + n * step, self._place(0, high).y()) for n, high in enumerate(self._heights)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOURS.pressed))
        painter.drawPolygon(QPolygonF([field.bottomLeft(), *line, field.bottomRight()]))

    def _paint_curve(self, painter: QPainter, points: Points, pen: QPen) -> None:
        count = max(2, round(self._field().width()))
        xs = [n / (count - 1) for n in range(count)]
        heights = self._evaluate(points, xs)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([self._place(x, y) for x, y in zip(xs, heights, strict=True)]))

    # ------------------------------------------------------------------------------------------ inside

    def _field(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET)

    def _place(self, x: float, y: float) -> QPointF:
        field = self._field()
        return QPointF(field.left() + x * field.width(), field.bottom() - y * field.height())

    def _value(self, place: QPointF) -> tuple[float, float]:
        field = self._field()
        return (place.x() - field.left()) / field.width(), (field.bottom() - place.y()) / field.height()

    def _add(self, at: CurvePoint) -> None:
        before = self.points
        self.points, number = added(before, at)
        self._choose(number)
        if self.points != before:
            self.changed.emit(self.points)

    def _take(self, points: Points) -> None:
        if points != self.points:
            self.points = points
            self._choose(min(self.chosen, len(points) - 1))
            self.changed.emit(points)

    def _choose(self, number: int) -> None:
        self.chosen = number
        self._describe()
        self.chosen_changed.emit()
        self.update()

    def _describe(self) -> None:
        point = self.points[self.chosen]
        words = self.tr("Point {n} of {all}: {x} % becomes {y} %")
        n, most = self.chosen + 1, len(self.points)
        self.setAccessibleDescription(words.format(n=n, all=most, x=round(point.x * 100), y=round(point.y * 100)))


class CurveField(QWidget):
    """A curve editor with the chosen point's place in numbers, 0 to `scale`."""

    changed = Signal(object)  # Points
    began = Signal()

    def __init__(self, evaluate: Evaluate, scale: int, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = scale
        self.editor = CurveEditor(evaluate)
        self.editor.setAccessibleName(name)
        self.editor.setToolTip(hint)
        self.across, self.up = WholeNumber(), WholeNumber()
        self.remove = tool_button("x", self.tr("Remove the chosen point"), shortcut="Del")
        self.straighten = tool_button("undo-2", self.tr("Back to the straight line"))
        row = QHBoxLayout()
        row.setSpacing(SPACE.hair)
        for box, text in ((self.across, self.tr("From")), (self.up, self.tr("to"))):
            box.setRange(0, scale)
            box.setFixedWidth(52)
            box.setKeyboardTracking(False)  # half a number would push the point against its neighbour
            box.setAccessibleName(f"{name}: {text}")
            box.setToolTip(self.tr("Of the chosen point, 0 to {most}").format(most=scale))
            row.addWidget(label(text, "caption", buddy=box))
            row.addWidget(box)
        row.addStretch(1)
        row.addWidget(self.remove)
        row.addWidget(self.straighten)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.hair)
        column.addWidget(self.editor)
        column.addLayout(row)
        self.setFocusProxy(self.editor)
        self.across.valueChanged.connect(lambda value: self.editor.move_chosen(value / scale, self._point.y))
        self.up.valueChanged.connect(lambda value: self.editor.move_chosen(self._point.x, value / scale))
        self.remove.clicked.connect(self.editor.remove_chosen)
        self.straighten.clicked.connect(self._straighten)
        self.editor.changed.connect(self.changed)
        self.editor.began.connect(self.began)
        self.editor.chosen_changed.connect(self._show)
        self._show()

    def show_points(self, points: Points) -> None:
        """Another curve, or another version of it."""
        self.editor.show_points(points)

    @property
    def _point(self) -> CurvePoint:
        return self.editor.points[self.editor.chosen]

    def _straighten(self) -> None:
        self.began.emit()
        self.editor.show_points(LINE)
        self.changed.emit(LINE)

    def _show(self) -> None:
        for box, value in ((self.across, self._point.x), (self.up, self._point.y)):
            with QSignalBlocker(box):
                box.setValue(round(value * self._scale))
        self.remove.setEnabled(len(self.editor.points) > 2)
