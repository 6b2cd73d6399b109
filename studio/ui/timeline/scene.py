"""What one painting of the strip needs, and how text and signs are put on it."""

import bisect
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from studio.domain.geometry import Size
from studio.domain.timeline.model import Clip, Timeline, Track
from studio.ui.theme.icons import pixmap
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import TYPE
from studio.ui.timeline.axis import TimeView
from studio.ui.timeline.facts import Facts, Thumbnails, Waves
from studio.ui.timeline.guesses import Guesses
from studio.ui.timeline.inks import ink

_COARSE = 8  # logical pixels: while the view is zoomed, the same shortened words serve for a while


@dataclass(frozen=True, slots=True)
class ChosenKey:
    """A key of a lane, or of the prompts where `parameter` is `rows.WORDS`; `at` as in `model.Key`."""

    clip: str
    parameter: str
    at: Fraction


@dataclass(frozen=True, slots=True)
class Scene:
    """`dirty` is what is painted anew, in the widget's pixels; `turns` are the turns of a ring in view."""

    painter: QPainter
    view: TimeView
    timeline: Timeline
    turns: range
    dirty: QRectF
    canvas: Size
    facts: Facts
    guesses: Guesses
    thumbnails: Thumbnails | None = None
    waves: Waves | None = None
    ratio: float = 1.0
    selected: frozenset[str] = frozenset()
    active: str = ""
    hovered: str = ""
    keys: frozenset[ChosenKey] = frozenset()
    moving: bool = False  # the hand is at work: nothing costly now

    def left(self, clip: Clip, turn: int) -> float:
        """Where a clip begins, in pixels."""
        return self.view.x(clip.start + turn * self.timeline.ring)

    def explained(self, clip: Clip) -> bool:
        """Is it said what can be done with its empty lanes? Of what is selected, so that it is not said everywhere."""
        return not self.selected or clip.id in self.selected

    def clips(self, track: Track) -> Iterator[tuple[Clip, int]]:
        """The clips of which something is to be painted, with the turn of the ring."""
        low, high = self.view.frame(self.dirty.left()), self.view.frame(self.dirty.right())
        for turn in self.turns:
            shift = turn * self.timeline.ring
            first = bisect.bisect_right(track.clips, low - shift, key=_start) - 1
            for number in range(max(0, first), len(track.clips)):
                clip = track.clips[number]
                if clip.start + shift > high:
                    break
                if clip.end + shift >= low:
                    yield clip, turn

    def text(self, box: QRectF, words: str, colour: str, size: int = TYPE.caption, *, strong: bool = False) -> None:
        """One line, elided where there is no room."""
        if box.width() < 12 or not words:
            return
        self.painter.setFont(letters(size, strong))
        self.painter.setPen(ink(colour))
        if width_of(words, size, strong) > box.width():
            words = elided(words, int(box.width() // _COARSE * _COARSE), size, strong)
        self.painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)

    def sign(self, name: str, colour: str, x: float, y: float, side: int = 14) -> None:
        """An icon with its upper left corner there."""
        self.painter.drawPixmap(QPointF(x, y), pixmap(name, colour, side, self.ratio))


@functools.cache
def letters(size: int, strong: bool = False) -> QFont:
    """A font of the window."""
    return font(size, strong=strong)


@functools.lru_cache(4096)
def elided(words: str, width: int, size: int = TYPE.caption, strong: bool = False) -> str:
    """The words, or as many of their letters as have room in so many pixels."""
    return QFontMetricsF(letters(size, strong)).elidedText(words, Qt.TextElideMode.ElideRight, width)


@functools.lru_cache(1024)
def width_of(words: str, size: int = TYPE.caption, strong: bool = False) -> float:
    """How wide a line is."""
    return QFontMetricsF(letters(size, strong)).horizontalAdvance(words)


def _start(clip: Clip) -> int:
    return clip.start
