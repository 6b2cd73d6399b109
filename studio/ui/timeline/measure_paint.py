"""Measures of each frame along a clip."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QT_TRANSLATE_NOOP, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from studio.domain.timeline.model import Canvas, Clip, Still, Track
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline.inks import ink
from studio.ui.timeline.naming import tr
from studio.ui.timeline.rows import Row
from studio.ui.timeline.scene import Scene
from studio.ui.timeline.sources import sources

SERIES = (
    (str(QT_TRANSLATE_NOOP("Timeline", "Warp error")), COLOURS.lamp),
    (str(QT_TRANSLATE_NOOP("Timeline", "Flicker")), COLOURS.warning),
    (str(QT_TRANSLATE_NOOP("Timeline", "Colour drift")), COLOURS.sky),
)
_LOUD = 3.0  # times the median: a frame that is worth a look


def paint_measures(scene: Scene, row: Row, track: Track) -> None:
    """Warp error, flicker and drift of each frame, each as a share of its greatest value; loud frames are marked."""
    painter = scene.painter
    for clip, turn in scene.clips(track):
        if isinstance(clip.media, Still | Canvas):
            continue
        left = scene.left(clip, turn)
        box = QRectF(left, row.top + 4, clip.length * scene.view.scale, row.height - 8)
        seen = box.intersected(scene.dirty)
        painter.fillRect(seen, ink(COLOURS.field, 150))
        diagnosis = scene.facts.diagnosis(clip)
        if diagnosis is None:
            scene.text(box.adjusted(8 + max(0.0, -left), 0, -8, 0), tr("Not measured yet"), COLOURS.faint)
            continue
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, ((_, colour), values) in enumerate(
            zip(SERIES, (diagnosis.warp, diagnosis.flicker, diagnosis.drift), strict=True)
        ):
            _paint_series(scene, clip, left, seen, box, values, colour, marks=not number)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _paint_series(
    scene: Scene, clip: Clip, left: float, seen: QRectF, box: QRectF, values: Sequence[float], colour: str, marks: bool
) -> None:
    most = max(values, default=0.0)
    if most <= 0:
        return
    loud = loud_from(values)
    step = max(1, math.ceil(2 / scene.view.scale))
    low = max(0, math.floor((seen.left() - left) / scene.view.scale) - step)
    high = min(clip.length, math.ceil((seen.right() - left) / scene.view.scale) + step)
    points, warnings = [], []
    frame_of = sources(clip, scene.timeline.rate)
    for local in range(low - low % step, high, step):
        source = frame_of(local)
        if 0 <= source < len(values):
            x = left + (local + 0.5) * scene.view.scale
            points.append(QPointF(x, box.bottom() - 2 - values[source] / most * (box.height() - 8)))
            if marks and values[source] > loud:
                warnings.append(QPointF(x, box.top() + 4))
    scene.painter.setPen(QPen(ink(colour), 1.4))
    scene.painter.drawPolyline(points)
    scene.painter.setPen(Qt.PenStyle.NoPen)
    scene.painter.setBrush(ink(COLOURS.lamp))
    for place in warnings:
        corners = [QPointF(place.x() - 4, place.y() - 4), QPointF(place.x() + 4, place.y() - 4), place + QPointF(0, 3)]
        scene.painter.drawPolygon(QPolygonF(corners))


def loud_from(values: Sequence[float]) -> float:
    """From which value on a frame stands out: three times the median."""
    return _LOUD * sorted(values)[len(values) // 2] if values else math.inf
