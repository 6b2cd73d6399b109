"""Lanes: keys with their curves, prompts, and measures."""

from fractions import Fraction

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPolygonF

from studio.domain.timeline.model import Clip, Generated, Track
from studio.domain.timeline.parameters import PARAMETERS
from studio.domain.timeline.seen import default_of
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline.inks import ink
from studio.ui.timeline.lane_view import Scale, Segment, keys_of, repeats, scale_of, segments, turn_of_keys
from studio.ui.timeline.naming import tr
from studio.ui.timeline.rows import Row
from studio.ui.timeline.scene import Scene

KEY = 4.5  # half the diagonal of a key, in logical pixels
HANDLE = 3.5


def paint_keys(scene: Scene, row: Row, track: Track) -> None:
    """The curve of each clip's parameter, its keys, and the handles at the chosen ones."""
    scale = scale_of(track, row)
    painter = scene.painter
    for value in (scale.low, scale.high):
        painter.fillRect(QRectF(scene.dirty.left(), round(scale.y(value)), scene.dirty.width(), 1), ink(COLOURS.line))
    for clip, turn in scene.clips(track):
        if PARAMETERS[row.parameter].drawn and not isinstance(clip.media, Generated):
            continue  # nobody draws its frames
        left = scene.left(clip, turn)
        box = QRectF(left, row.top, clip.length * scene.view.scale, row.height - 1)
        painter.save()
        painter.setClipRect(box.intersected(scene.dirty).adjusted(-6, 0, 6, 0), Qt.ClipOperation.IntersectClip)
        painter.fillRect(box, ink(COLOURS.field, 150))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_curve(scene, clip, row.parameter, left, scale, box)
        _paint_points(scene, clip, row.parameter, left, scale)
        painter.restore()


def _paint_curve(scene: Scene, clip: Clip, parameter: str, left: float, scale: Scale, box: QRectF) -> None:
    painter = scene.painter
    if not keys_of(clip, parameter):
        y = scale.y(default_of(clip, parameter))
        painter.setPen(QPen(ink(COLOURS.faint), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(box.left(), y, box.right(), y))
        room = QRectF(max(box.left(), 0) + 8, y - 16 if y > box.center().y() else y + 2, box.width() - 16, 14)
        if scene.explained(clip):
            scene.text(room, tr("Double-click to set a key"), COLOURS.faint)
        return
    path = QPainterPath()
    for number, part in enumerate(segments(scene.timeline, clip, parameter)):
        if not number:
            path.moveTo(left + part.start * scene.view.scale, scale.y(part.first))
        _draw(path, part, left, scene.view.scale, scale)
    painter.setPen(QPen(ink(COLOURS.sky), 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)


def _draw(path: QPainterPath, part: Segment, left: float, wide: float, scale: Scale) -> None:
    """Easing curves are cubic Bézier curves already: they are drawn as they are."""
    end = QPointF(left + part.end * wide, scale.y(part.last))
    if part.ease.hold:
        path.lineTo(end.x(), scale.y(part.first))
        path.lineTo(end)
    elif part.ease.is_linear:
        path.lineTo(end)
    else:
        inner = [QPointF(left + at * wide, scale.y(value)) for at, value in part.handles()]
        path.cubicTo(inner[0], inner[1], end)


def _paint_points(scene: Scene, clip: Clip, parameter: str, left: float, scale: Scale) -> None:
    painter = scene.painter
    chosen = {key.at for key in scene.keys if key.clip == clip.id and key.parameter == parameter}
    if chosen:
        _paint_handles(scene, clip, parameter, left, scale, chosen)
    turn = turn_of_keys(scene.timeline, clip, parameter)
    for again in repeats(turn, clip.length):
        for key in keys_of(clip, parameter):
            at = float(key.at) + again * float(turn or 0)
            if -1e-6 <= at <= clip.length:
                painter.setOpacity(1.0 if again == 0 else 0.5)
                _diamond(painter, left + at * scene.view.scale, scale.y(key.value), key.at in chosen)
    painter.setOpacity(1.0)


def _diamond(painter: QPainter, x: float, y: float, chosen: bool) -> None:
    side = KEY + (1.0 if chosen else 0.0)
    painter.setPen(QPen(ink(COLOURS.canvas), 1.5))
    painter.setBrush(ink(COLOURS.lamp if chosen else COLOURS.text))
    painter.drawPolygon(
        QPolygonF([QPointF(x, y - side), QPointF(x + side, y), QPointF(x, y + side), QPointF(x - side, y)])
    )


def _paint_handles(scene: Scene, clip: Clip, parameter: str, left: float, scale: Scale, chosen: set[Fraction]) -> None:
    painter = scene.painter
    for part in segments(scene.timeline, clip, parameter):
        if part.key not in chosen or part.ease.hold:
            continue
        ends = ((part.start, part.first), (part.end, part.last))
        for (at, value), (base, level) in zip(part.handles(), ends, strict=True):
            tip = QPointF(left + at * scene.view.scale, scale.y(value))
            painter.setPen(QPen(ink(COLOURS.lamp, 170), 1))
            painter.drawLine(QLineF(QPointF(left + base * scene.view.scale, scale.y(level)), tip))
            painter.setBrush(ink(COLOURS.panel))
            painter.setPen(QPen(ink(COLOURS.lamp), 1.5))
            painter.drawEllipse(tip, HANDLE, HANDLE)
