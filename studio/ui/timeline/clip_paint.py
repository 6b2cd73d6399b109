"""Clips as they lie on their tracks."""

import math
from collections import defaultdict

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from studio.domain.geometry import Size
from studio.domain.timeline.model import Canvas, Clip, Generated, Media, Sound, Track
from studio.domain.timeline.times import looping
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline.inks import LIGHTS, SIGNS, body, edge, ink, mixed
from studio.ui.timeline.naming import clip_name, tr
from studio.ui.timeline.rows import Row
from studio.ui.timeline.scene import Scene, width_of
from studio.ui.timeline.sources import sources
from studio.ui.timeline.wave_paint import paint_wave

TITLE = 20  # logical pixels of a clip's line of words
BAR = 4  # of the line that shows which frames are there
_TINY = 32.0  # narrower than this, a clip is only a box
_ROUND = 40.0  # from this width on its corners are round
_RADIUS = 4.0
_FADED = 0.4
_MERGED = 3.0  # narrower than this, boxes side by side are one

Look = tuple[type, bool, bool]  # of which media, selected, narrow


def paint_clips(scene: Scene, row: Row, track: Track) -> None:
    """All clips of a track that are in view."""
    tiny: dict[Look, list[QRectF]] = defaultdict(list)
    medias: dict[Look, Media] = {}
    scale, selected = scene.view.scale, scene.selected
    top, high = row.top + 3, row.height - 6
    for clip, turn in scene.clips(track):
        left, wide = scene.left(clip, turn), clip.length * scale
        if wide >= _TINY:
            scene.painter.setOpacity(_FADED if not clip.enabled or track.hidden else 1.0)
            _paint_clip(scene, clip, turn, QRectF(left, top, wide - 1, high))
            continue
        look = (type(clip.media), clip.id in selected, wide < _MERGED)
        medias[look] = clip.media
        boxes = tiny[look]
        if look[2] and boxes and left - boxes[-1].right() < 2:
            boxes[-1].setRight(left + wide)  # so many that nobody can tell them apart
        else:
            boxes.append(QRectF(left, top, max(1.0, wide - 1), high))
    scene.painter.setOpacity(_FADED if track.hidden else 1.0)
    for look, boxes in tiny.items():
        line = ink(COLOURS.lamp) if look[1] else edge(medias[look])
        scene.painter.setPen(Qt.PenStyle.NoPen if look[2] else line)
        scene.painter.setBrush(line if look[2] else body(medias[look]))
        scene.painter.drawRects(boxes)
    scene.painter.setOpacity(1.0)


def _paint_clip(scene: Scene, clip: Clip, turn: int, box: QRectF) -> None:
    painter = scene.painter
    seen = box.intersected(scene.dirty.adjusted(-8, 0, 8, 0))
    if seen.isEmpty():
        return
    selected = clip.id in scene.selected
    ground, line = body(clip.media), edge(clip.media)
    if clip.id == scene.hovered or selected:
        ground = mixed(ground.name(), COLOURS.text, 0.08)
    missing = scene.facts.missing(clip.media)
    round_corners = box.width() >= _ROUND
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, round_corners)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(seen, _RADIUS, _RADIUS) if round_corners else painter.drawRect(seen)
    if missing:
        painter.setBrush(QBrush(ink(COLOURS.warning, 70), Qt.BrushStyle.BDiagPattern))
        painter.drawRect(seen)
    inner = QRectF(box.left(), box.top() + TITLE, box.width(), box.height() - TITLE)
    if isinstance(clip.media, Sound):
        paint_wave(scene, clip, inner.adjusted(0, 0, 0, -2), line)
    elif not missing and box.width() >= 16:
        _paint_pictures(scene, clip, turn, inner.adjusted(1, 0, -1, -1))
    if box.width() >= 24:
        _paint_title(scene, clip, box, missing)
    _paint_presence(scene, clip, turn, box)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if selected:
        painter.setPen(QPen(ink(COLOURS.lamp if clip.id == scene.active else COLOURS.focus), 2))
        frame = box.adjusted(1, 1, -1, -1)
    else:
        painter.setPen(QPen(line if clip.id != scene.hovered else ink(COLOURS.focus), 1))
        frame = box.adjusted(0.5, 0.5, -0.5, -0.5)
    frame = frame.intersected(scene.dirty.adjusted(-8, -8, 8, 8))
    painter.drawRoundedRect(frame, _RADIUS, _RADIUS) if round_corners else painter.drawRect(frame)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


# ------------------------------------------------------------------------------------------------ pictures


def _paint_pictures(scene: Scene, clip: Clip, turn: int, box: QRectF) -> None:
    """Thumbnails side by side. Their places are whole multiples of a power of two frames, so that the same ones serve
    while the view is zoomed.
    """
    if box.height() < 12:
        return
    size = shape(clip.media, scene.canvas)
    high = math.floor(box.height())
    wide = max(12.0, high * size.width / max(1, size.height))
    step = 1 << max(0, math.ceil(math.log2(max(wide / scene.view.scale, 1e-6))))
    start = scene.left(clip, turn)
    tile = step * scene.view.scale
    first = max(0, math.floor((scene.dirty.left() - start) / tile))
    source = sources(clip, scene.timeline.rate)
    last = min(math.ceil(clip.length / step), math.ceil((scene.dirty.right() - start) / tile))
    painter = scene.painter
    for number in range(first, last):
        picture = _picture(scene, clip.media, source(number * step), round(high * scene.ratio))
        if picture is None:
            continue
        left, end = start + number * tile, min(start + (number + 1) * tile, box.right())
        while left < end:  # a picture narrower than its place is repeated
            part = min(wide, end - left)
            shown = QRectF(0, 0, picture.width() * part / wide, picture.height())
            painter.drawImage(QRectF(left, box.top(), part, high), picture, shown)
            left += wide


def _picture(scene: Scene, media: Media, source: int, height: int) -> QImage | None:
    """A frame's thumbnail; of one that is still to come, the guess at it."""
    if isinstance(media, Generated) and (guess := scene.guesses.picture(media.active, source)) is not None:
        there = scene.facts.present(media.active)
        if there is not None and source not in there:
            return guess
    return scene.thumbnails.picture(media, source, height) if scene.thumbnails is not None else None


def shape(media: Media, canvas: Size) -> Size:
    """The size of its pictures."""
    if isinstance(media, Canvas):
        return canvas
    return Size(1, 1) if isinstance(media, Sound) else media.size


# ------------------------------------------------------------------------------------------------ words and badges


def _paint_title(scene: Scene, clip: Clip, box: QRectF, missing: str) -> None:
    left = max(box.left(), 0.0) + 6  # stays readable while its clip is scrolled out
    right = min(box.right(), scene.view.width) - 6
    top = box.top()
    if right - left < 14:
        return
    sign, colour = ("unlink", COLOURS.warning) if missing else (SIGNS[type(clip.media)], COLOURS.muted)
    diagnosis = None if missing else scene.facts.diagnosis(clip)
    if diagnosis is not None:
        sign, colour = LIGHTS[diagnosis.light]
    scene.sign(sign, colour, left, top + 3)
    left += 18
    for words, badge in _badges(clip):
        wide = 16 + (width_of(words) + 2 if words else 0)
        if right - left < wide + 40:
            break
        right -= wide
        scene.sign(badge, COLOURS.muted, right, top + 4, 12)
        scene.text(QRectF(right + 14, top, wide, TITLE), words, COLOURS.muted)
        right -= 4
    name = tr("Missing: {name}").format(name=clip_name(clip)) if missing else clip_name(clip)
    scene.text(QRectF(left, top, right - left, TITLE), name, COLOURS.text)


def _badges(clip: Clip) -> list[tuple[str, str]]:
    found = []
    media = clip.media
    if isinstance(media, Generated) and len(media.takes) > 1:
        number = next((n for n, take in enumerate(media.takes, 1) if take.id == media.active), 0)
        found.append((f"{number}/{len(media.takes)}", "layers"))
    if clip.speed != 1:
        found.append((f"{float(clip.speed) * 100:g} %", "zap"))
    if looping(media):
        found.append(("", "repeat"))
    if clip.group:
        found.append(("", "group"))
    if not clip.enabled:
        found.append(("", "eye-off"))
    return found


def _paint_presence(scene: Scene, clip: Clip, turn: int, box: QRectF) -> None:
    """Along the foot, which frames of a take are there while some are missing."""
    media = clip.media
    take = media.take if isinstance(media, Generated) else None
    if take is None:
        return
    there = scene.facts.present(take.id)
    if there is None or len(there) >= take.frames:
        return
    seen = box.intersected(scene.dirty)
    painter = scene.painter
    line = QRectF(seen.left(), box.bottom() - BAR - 2, seen.width(), BAR).intersected(box.adjusted(2, 0, -2, 0))
    painter.fillRect(line, ink(COLOURS.canvas))
    colour = ink(COLOURS.lamp if scene.facts.arriving(take.id) else COLOURS.warning)
    start = scene.left(clip, turn)
    step = max(1, math.ceil(1 / scene.view.scale))
    low = max(0, math.floor((seen.left() - start) / scene.view.scale))
    high = min(clip.length, math.ceil((seen.right() - start) / scene.view.scale))
    run: list[QRectF] = []
    source = sources(clip, scene.timeline.rate)
    for local in range(low - low % step, high, step):
        if source(local) in there:
            x = start + local * scene.view.scale
            wide = step * scene.view.scale
            if run and abs(run[-1].right() - x) < 0.01:
                run[-1].setRight(x + wide)
            else:
                run.append(QRectF(x, line.top(), wide, BAR))
    for part in run:
        painter.fillRect(part.intersected(line), colour)


def paint_ghost(scene: Scene, box: QRectF, colour: QColor) -> None:
    """The outline of what would be put down there."""
    scene.painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
    scene.painter.setBrush(ink(COLOURS.text, 24))
    scene.painter.drawRect(box)
    scene.painter.drawLine(QLineF(box.topLeft(), QPointF(box.left(), box.bottom())))
