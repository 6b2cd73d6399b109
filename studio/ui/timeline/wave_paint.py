"""The loudness of a sound along its clip."""

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPen

from studio.domain.timeline.model import Clip, Sound
from studio.ui.timeline.scene import Scene

PER_SECOND = 100  # peaks
_COLUMN = 2.0  # logical pixels


def paint_wave(scene: Scene, clip: Clip, box: QRectF, colour: QColor) -> None:
    """One line for each two pixels, as high as the loudest moment in it; a plain line while nothing is known."""
    media = clip.media
    seen = box.intersected(scene.dirty)
    if not isinstance(media, Sound) or seen.isEmpty():
        return
    middle = round(box.center().y()) + 0.5
    peaks = scene.waves.peaks(media) if scene.waves is not None else None
    scene.painter.setPen(QPen(colour, 1))
    if peaks is None or not len(peaks):
        scene.painter.drawLine(QLineF(seen.left(), middle, seen.right(), middle))
        return
    scene.painter.setPen(QPen(colour, _COLUMN - 0.5))
    rate = float(scene.timeline.rate)
    speed, offset = float(clip.speed), float(clip.offset)
    first = int((seen.left() - box.left()) / _COLUMN)
    lines = []
    for column in range(first, int((seen.right() - box.left()) / _COLUMN) + 1):
        x = box.left() + column * _COLUMN
        ends = [
            int((offset + speed * at / scene.view.scale) / rate * PER_SECOND)
            for at in (column * _COLUMN, (column + 1) * _COLUMN)
        ]
        low, high = max(0, min(ends)), max(ends) + 1
        if low >= len(peaks):
            continue
        half = max(0.5, float(peaks[low:high].max()) * box.height() / 2)
        lines.append(QLineF(x, middle - half, x, middle + half))
    scene.painter.drawLines(lines)
