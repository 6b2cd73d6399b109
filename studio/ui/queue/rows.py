"""How a row of the queue is laid out and painted."""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPainterPath, QPen

from studio.domain.jobs import Job, JobState, Priority
from studio.domain.recipe import Recipe
from studio.domain.training import Training
from studio.ui.phases import about, altogether, duration, job_title, rough, rung_text, share
from studio.ui.queue.actions import COPY, RETRY
from studio.ui.queue.model import Section
from studio.ui.queue.words import BROKEN, line
from studio.ui.theme.icons import pixmap
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

INSET = SPACE.small  # between the list's edge and its rows
GAP = SPACE.hair  # between two rows
_PAD = SPACE.small
_PICTURE = 44
_TITLE = 20
_LINE = 16
_BAR = 4
_LINK = 24
_SIGN = 14
_RADIUS = 4.0
_MOST_LINES = 4  # of a problem, and of its hint; the tooltip has all
_WRAP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

_SIGNS: dict[JobState, tuple[str, str]] = {
    JobState.QUEUED: ("clock", COLOURS.muted),
    JobState.LOADING: ("loader", COLOURS.lamp),
    JobState.RUNNING: ("loader", COLOURS.lamp),
    JobState.PAUSED: ("pause", COLOURS.muted),
    JobState.INTERRUPTED: ("rotate-cw", COLOURS.warning),
    JobState.DONE: ("circle-check", COLOURS.success),
    JobState.FAILED: ("triangle-alert", COLOURS.warning),
    JobState.CANCELLED: ("circle-slash", COLOURS.muted),
    JobState.QUARANTINED: ("shield-alert", COLOURS.warning),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a row shows besides its job: `seconds` are left of it, `link` is under the pointer."""

    picture: QImage | None = None
    blockers: Sequence[Job] = ()
    seconds: float | None = None
    selected: bool = False
    hovered: bool = False
    focused: bool = False
    link: str = ""
    ratio: float = 1.0


@functools.cache
def _font(size: int, *, strong: bool = False) -> QFont:
    return font(size, strong=strong)


@functools.lru_cache(maxsize=2048)
def _wrapped(text: str, size: int, width: int) -> int:
    """The height of a text in lines of this width."""
    metrics = QFontMetrics(_font(size))
    height = metrics.boundingRect(QRect(0, 0, width, 10_000), int(_WRAP), text).height()
    return min(height, metrics.lineSpacing() * _MOST_LINES)


def heights(jobs: Iterable[Job | None], width: int) -> list[int]:
    """The heights of many rows; those of the usual ones cost next to nothing."""
    usual = _PICTURE + 2 * _PAD
    return [
        usual if job is None or (job.plan is None and job.state not in BROKEN) else height(job, width) for job in jobs
    ]


def height(job: Job, width: int) -> int:
    """The height of a job's row that is `width` wide."""
    total = _PICTURE + 2 * _PAD
    if rung_text(job.plan):
        total += _note_space(job)
    if job.state in BROKEN:
        room = width - 2 * _PAD
        if job.problem is not None:
            total += SPACE.hair + _wrapped(job.problem.message, TYPE.body, room)
            if job.problem.hint:
                total += SPACE.hair + _wrapped(job.problem.hint, TYPE.caption, room)
        total += _LINK
    return total


def _note_space(job: Job) -> int:
    """What a line about the plan adds to a row; one without a bar has room left for half of it."""
    return _LINE + SPACE.hair if job.state.active else _LINE - (_PICTURE - _TITLE - _LINE)


def links(job: Job, row: QRect) -> dict[str, tuple[QRect, str]]:
    """Where the links of a row are, and their words."""
    if job.state not in BROKEN:
        return {}
    found, left = {}, row.left() + _PAD
    metrics = QFontMetrics(_font(TYPE.body))
    words = {
        RETRY: QCoreApplication.translate("Queue", "Try again"),
        COPY: QCoreApplication.translate("Queue", "Copy details"),
    }
    for name, text in words.items():
        wide = metrics.horizontalAdvance(text)
        found[name] = QRect(left, row.bottom() - _PAD - _LINK + SPACE.hair, wide, _LINK), text
        left += wide + SPACE.large
    return found


def paint(painter: QPainter, row: QRect, job: Job, look: Look) -> None:
    """Draw a job's row."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    _ground(painter, row, job, look)
    cell = QRect(row.left() + _PAD, row.top() + _PAD, _PICTURE, _PICTURE)
    _picture(painter, cell, job, look)
    left = cell.right() + 1 + SPACE.medium
    room = QRect(left, cell.top(), row.right() + 1 - _PAD - left, _TITLE)
    _title(painter, room, job, look)
    room = QRect(left, room.bottom() + 1, room.width(), _LINE)
    _state(painter, room, job, look)
    if job.state.active:
        _progress(painter, QRect(left, cell.bottom() - _BAR + 1, room.width(), _BAR), share(job))
    top = cell.bottom() + 1
    if note := rung_text(job.plan):
        top += _note_space(job)
        _text(painter, QRect(left, top - _LINE, room.width(), _LINE), note, TYPE.caption, COLOURS.warning)
    if job.state in BROKEN:
        _problem(painter, QRect(row.left() + _PAD, top, row.width() - 2 * _PAD, row.bottom() - top), job)
        _links(painter, row, job, look)


def paint_heading(painter: QPainter, room: QRect, part: Section) -> None:
    """Draw the heading of a section."""
    words = {
        Section.RUNNING: QCoreApplication.translate("Queue", "Running"),
        Section.WAITING: QCoreApplication.translate("Queue", "Waiting"),
        Section.PAUSED: QCoreApplication.translate("Queue", "Paused"),
        Section.OVER: QCoreApplication.translate("Queue", "Finished"),
    }
    painter.setFont(_font(TYPE.caption, strong=True))
    painter.setPen(QColor(COLOURS.muted))
    painter.drawText(room.adjusted(_PAD, 0, -_PAD, 0), _LEFT, words[part])


def _ground(painter: QPainter, row: QRect, job: Job, look: Look) -> None:
    colour = COLOURS.hover if look.selected else COLOURS.field if look.hovered else ""
    if not colour and job.state.active:
        colour = COLOURS.window
    painter.setBrush(QColor(colour) if colour else Qt.BrushStyle.NoBrush)
    edge = COLOURS.focus if look.focused else COLOURS.line if job.state.active else ""
    painter.setPen(QPen(QColor(edge), 1) if edge else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(QRectF(row).adjusted(0.5, 0.5, -0.5, -0.5), SPACE.radius, SPACE.radius)


def _picture(painter: QPainter, cell: QRect, job: Job, look: Look) -> None:
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(cell), _RADIUS, _RADIUS)
    painter.fillPath(shape, QColor(COLOURS.pressed if look.selected else COLOURS.field))
    image = look.picture
    if image is None:
        sign = pixmap(_kind(job), COLOURS.faint, 20, look.ratio)
        painter.drawPixmap(cell.center().x() - 9, cell.center().y() - 9, sign)
        return
    painter.save()
    painter.setClipPath(shape)
    if job.state in (JobState.PAUSED, JobState.INTERRUPTED, JobState.CANCELLED):
        painter.setOpacity(0.6)
    side = min(image.width(), image.height())
    source = QRectF((image.width() - side) / 2, (image.height() - side) / 2, side, side)
    painter.drawImage(QRectF(cell), image, source)
    painter.restore()


def _kind(job: Job) -> str:
    """The sign of what a job is."""
    if isinstance(job.task, Recipe):
        return "git-branch" if job.task.branches else "sparkles"
    return "lamp" if isinstance(job.task, Training) else "scaling"


def _title(painter: QPainter, room: QRect, job: Job, look: Look) -> None:
    signs = []
    if job.priority is Priority.BATCH and not job.state.final:
        signs.append("layers")
    if look.picture is not None and isinstance(job.task, Recipe) and job.task.branches:
        signs.append("git-branch")
    for sign in signs:
        room = room.adjusted(0, 0, -_SIGN - SPACE.hair, 0)
        mark = pixmap(sign, COLOURS.muted, _SIGN, look.ratio)
        painter.drawPixmap(room.right() + 1 + SPACE.hair, room.top() + (_TITLE - _SIGN) // 2, mark)
    colour = COLOURS.muted if job.state is JobState.CANCELLED else COLOURS.text
    _text(painter, room, " ".join(job_title(job).split()), TYPE.body, colour)


def _state(painter: QPainter, room: QRect, job: Job, look: Look) -> None:
    sign, colour = _SIGNS[job.state]
    painter.drawPixmap(room.left(), room.top() + 1, pixmap(sign, colour, _SIGN, look.ratio))
    room = room.adjusted(_SIGN + SPACE.hair + 2, 0, 0, 0)
    text = line(job, look.blockers)
    _text(painter, room, text, TYPE.caption, COLOURS.muted)
    if look.seconds is not None and not job.state.final:
        metrics = painter.fontMetrics()
        left = room.width() - metrics.horizontalAdvance(text) - SPACE.small
        time = time_left(look.seconds, lambda words: metrics.horizontalAdvance(words) <= left)
        _text(painter, room, time, TYPE.caption, COLOURS.muted, _RIGHT)


def time_left(seconds: float, fits: Callable[[str], bool]) -> str:
    """An estimate in as many words as fit; "" where none do."""
    briefly = rough(seconds) if seconds >= 90 else duration(seconds)
    return next(filter(fits, (about(seconds), altogether(seconds), briefly)), "")


def _progress(painter: QPainter, bar: QRect, done: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOURS.pressed))
    painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
    if done > 0:
        painter.setBrush(QColor(COLOURS.lamp))
        part = QRectF(bar.left(), bar.top(), max(_BAR, bar.width() * min(1.0, done)), bar.height())
        painter.drawRoundedRect(part, _BAR / 2, _BAR / 2)


def _problem(painter: QPainter, room: QRect, job: Job) -> None:
    if job.problem is None:
        return
    top = room.top() + SPACE.hair
    for text, size, colour in (
        (job.problem.message, TYPE.body, COLOURS.text),
        (job.problem.hint, TYPE.caption, COLOURS.muted),
    ):
        if text:
            high = _wrapped(text, size, room.width())
            painter.setFont(_font(size))
            painter.setPen(QColor(colour))
            painter.drawText(QRect(room.left(), top, room.width(), high), int(_WRAP), text)
            top += high + SPACE.hair


def _links(painter: QPainter, row: QRect, job: Job, look: Look) -> None:
    for name, (place, text) in links(job, row).items():
        style = QFont(_font(TYPE.body))
        style.setUnderline(name == look.link)
        painter.setFont(style)
        painter.setPen(QColor(COLOURS.lamp))
        painter.drawText(place, _LEFT, text)


def _text(painter: QPainter, room: QRect, text: str, size: int, colour: str, where: Qt.AlignmentFlag = _LEFT) -> None:
    painter.setFont(_font(size))
    painter.setPen(QColor(colour))
    painter.drawText(room, where, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width()))
