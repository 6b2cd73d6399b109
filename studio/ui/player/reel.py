"""The frames of the timeline as images: what is there already, and what is rendered next."""

import os
import sys
from collections.abc import Callable, Sequence

import psutil
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage

from studio.domain.errors import Problem
from studio.domain.geometry import Size
from studio.domain.timeline.model import Timeline
from studio.ui.player import cache
from studio.ui.player.cache import FrameCache
from studio.ui.player.developing import develop
from studio.ui.player.prefetch import Film, Prefetcher, Scene
from studio.ui.player.quality import COARSEST, level_for, sized

MOST_WISHES = 240  # frames that are wished for at once
_ALL = 0.9  # of the budget that a timeline may take which is kept as a whole
_SHARE = 0.6  # of the budget that is filled ahead of the playhead else: the rest holds what was just seen
_DOUBTFUL = 512  # slots that are looked at again after an edit
_THREADS = 4


class Reel(QObject):
    """`size` tells the size of the timeline's frames. `arrived` tells a frame of a film that can be shown from now on,
    or whose `problem` is known.
    """

    arrived = Signal(int, int)
    _ready = Signal(object, object)  # cache.Slot, Problem or None
    _unforeseen = Signal(object)  # BaseException

    def __init__(
        self, film: Film, timeline: Timeline, size: Callable[[], Size], budget: int = 0, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._films: tuple[Film, ...] = (film,)
        self._size = size
        self._timeline, self._length = timeline, timeline.length  # counted once: it looks at every clip
        self._shown = Size(0, 0)
        self._halvings = 0
        self._failed: dict[cache.Slot, Problem] = {}
        self._asked: tuple[int, tuple[int, ...], int] = (0, (), 1)
        self._closed = False
        self.cache: FrameCache[QImage] = FrameCache(budget or cache.affordable(psutil.virtual_memory().available))
        threads = max(1, min(_THREADS, (os.cpu_count() or 2) - 1))
        self._prefetcher = Prefetcher(self.cache, develop, self._ready.emit, self._unforeseen.emit, threads)
        self._ready.connect(self._made, Qt.ConnectionType.QueuedConnection)
        self._unforeseen.connect(_report, Qt.ConnectionType.QueuedConnection)

    # ------------------------------------------------------------------------------------------ reading

    @property
    def timeline(self) -> Timeline:
        """What is rendered."""
        return self._timeline

    @property
    def size(self) -> Size:
        """The timeline's frames in full, at least one pixel."""
        size = self._size()
        return Size(max(1, size.width), max(1, size.height))

    @property
    def level(self) -> int:
        """The halvings with which frames are rendered now."""
        return min(COARSEST, level_for(self.size, self._shown) + self._halvings)

    @property
    def idle(self) -> bool:
        """Is nothing being rendered?"""
        return self._prefetcher.idle

    def image(self, frame: int, film: int = 0) -> QImage | None:
        """The finest image there is of a frame; None where there is none yet."""
        for level in range(COARSEST + 1):
            if (found := self.cache.image(cache.Slot(frame, film, level))) is not None:
                return found
        return None

    def has(self, frame: int) -> bool:
        """Can a frame be shown, of all films?"""
        return all(
            any(self.cache.has(cache.Slot(frame, film, level)) for level in range(COARSEST + 1))
            for film in range(len(self._films))
        )

    def problem(self, frame: int) -> Problem | None:
        """Why a frame could not be made."""
        return next((problem for slot, problem in self._failed.items() if slot.frame == frame), None)

    @property
    def reach(self) -> int:
        """How many frames ahead are worth rendering."""
        room = self._room(self._halvings)
        whole = self._length <= room * _ALL
        return max(2, min(MOST_WISHES, self._length if whole else int(room * _SHARE)))

    def may_refine(self, frames: Sequence[int]) -> bool:
        """Are all of these there, and would they find room after one halving less?"""
        fits = len(frames) <= min(MOST_WISHES, int(self._room(self._halvings - 1) * _ALL))
        return self._halvings > 0 and fits and self.idle and all(map(self.has, frames))

    def _room(self, halvings: int) -> int:
        """How many frames find room in the cache."""
        level = min(COARSEST, level_for(self.size, self._shown) + halvings)
        return self.cache.budget // (sized(self.size, level).pixels * 4 * len(self._films))

    # ------------------------------------------------------------------------------------------ wishes

    def set_timeline(self, timeline: Timeline) -> None:
        """Another timeline, or the same with other pixels: each frame is looked at again, and rendered where its key
        is another one.
        """
        self._timeline, self._length = timeline, timeline.length
        self.cache.outdate()
        self._failed.clear()
        self._wish(look_again=True)

    def set_shown(self, size: Size) -> None:
        """How large, in pixels of the screen, a whole frame is seen."""
        before, self._shown = self.level, size
        if self.level != before:
            self._wish()

    def set_halvings(self, halvings: int) -> None:
        """Render coarser by so many halvings."""
        if halvings != self._halvings:
            self._halvings = halvings
            self._wish()

    def compare(self, films: Sequence[Film]) -> None:
        """Frames of these are wanted, too, as films 1, 2, …"""
        self.cache.drop_films(range(1, len(self._films)))
        self._films = (self._films[0], *films)
        self._failed.clear()
        self._wish()

    def aim(self, frame: int, others: Sequence[int] = (), way: int = 1) -> None:
        """`frame` is seen now, `others` are the next ones, in this order; `way` is the direction of play."""
        self._asked = frame, tuple(others), way
        self._wish()

    def close_work(self) -> None:
        """End the threads."""
        self._closed = True
        self._prefetcher.close()
        self._ready.disconnect(self._made)
        self._unforeseen.disconnect(_report)

    def _wish(self, *, look_again: bool = False) -> None:
        frame, others, way = self._asked
        if self._closed or not self._length:
            return
        self.cache.look_at(frame, way, self._timeline.ring)
        level, films = self.level, range(len(self._films))
        frames = [each for each in (frame, *others[: self.reach]) if each < self._length]
        slots = [cache.Slot(each, film, level) for each in frames for film in films]
        missing = [slot for slot in slots if slot not in self._failed and not self._fine_enough(slot)]
        doubtful = self.cache.doubtful(_DOUBTFUL) if look_again else None
        scene = Scene(self._timeline, self._films, self.size, self.cache.version)
        self._prefetcher.wish(scene, missing, doubtful)

    def _fine_enough(self, slot: cache.Slot) -> bool:
        return any(self.cache.has(cache.Slot(slot.frame, slot.film, level)) for level in range(slot.level + 1))

    @Slot(object, object)
    def _made(self, slot: cache.Slot, problem: Problem | None) -> None:
        if problem is not None:
            self._failed[slot] = problem
        self.arrived.emit(slot.frame, slot.film)


def _report(error: BaseException) -> None:
    sys.excepthook(type(error), error, error.__traceback__)
