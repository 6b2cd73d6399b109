"""Prompts along a clip."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient

from studio.domain.timeline.model import Clip, Generated, Timeline, Track
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline.inks import ink, mixed
from studio.ui.timeline.lane_view import repeats, turn_of_keys
from studio.ui.timeline.naming import tr
from studio.ui.timeline.rows import WORDS, Row
from studio.ui.timeline.scene import ChosenKey, Scene

_INKS = (COLOURS.violet, COLOURS.sky, COLOURS.success, COLOURS.warning)


def paint_words(scene: Scene, row: Row, track: Track) -> None:
    """A ribbon for each prompt from its key to the next one; its colour goes over into the next one's as words do."""
    painter = scene.painter
    for clip, turn in scene.clips(track):
        if not isinstance(clip.media, Generated):
            continue
        left = scene.left(clip, turn)
        wide = scene.view.scale
        box = QRectF(left, row.top + 4, clip.length * wide, row.height - 8)
        painter.save()
        painter.setClipRect(box.intersected(scene.dirty), Qt.ClipOperation.IntersectClip)
        painter.fillRect(box, ink(COLOURS.field, 150))
        if not clip.words and scene.explained(clip):
            room = box.adjusted(8 + max(0.0, -left), 0, -8, 0)
            scene.text(room, tr("Double-click to key the prompt"), COLOURS.faint)
        for index, start, end in word_spans(scene.timeline, clip):
            after = (index + 1) % len(clip.words)
            span = QRectF(left + start * wide, box.top(), (end - start) * wide, box.height())
            _paint_ribbon(scene, clip, index, after, span)
        painter.restore()


def word_spans(timeline: Timeline, clip: Clip) -> list[tuple[int, float, float]]:
    """Each prompt's index, and from where to where it is seen, in frames after the clip's start."""
    turn = turn_of_keys(timeline, clip, WORDS)
    around = float(turn) if turn is not None else 0.0
    found = []
    for again in repeats(turn, clip.length):
        for index, words in enumerate(clip.words):
            start = float(words.at) + again * around
            last = index + 1 == len(clip.words)
            if turn is None:
                start = 0.0 if index == 0 else start
                end = float(clip.length) if last else float(clip.words[index + 1].at)
            else:
                end = float(clip.words[(index + 1) % len(clip.words)].at) + (again + last) * around
            if end > 0 and start < clip.length:
                found.append((index, start, end))
    return found


def _paint_ribbon(scene: Scene, clip: Clip, index: int, after: int, span: QRectF) -> None:
    painter, words = scene.painter, clip.words[index]
    first = mixed(COLOURS.field, _INKS[index % len(_INKS)], 0.45)
    last = mixed(COLOURS.field, _INKS[after % len(_INKS)], 0.45)
    shade = QLinearGradient(span.topLeft(), span.topRight())
    for step in range(9):
        share = words.ease.at(step / 8)
        shade.setColorAt(step / 8, _between(first, last, share))
    painter.fillRect(span, shade)
    chosen = ChosenKey(clip.id, WORDS, words.at) in scene.keys
    painter.fillRect(QRectF(span.left(), span.top(), 3, span.height()), ink(COLOURS.lamp if chosen else COLOURS.text))
    left = max(span.left(), 0.0) + 9
    scene.text(
        QRectF(left, span.top(), span.right() - left - 4, span.height()), words.prompt or tr("(nothing)"), COLOURS.text
    )


def _between(first: QColor, last: QColor, share: float) -> QColor:
    part = min(1.0, max(0.0, share))
    pairs = ((first.red(), last.red()), (first.green(), last.green()), (first.blue(), last.blue()))
    return QColor(*(round(a + (b - a) * part) for a, b in pairs))
