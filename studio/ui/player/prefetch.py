"""Threads that render the frames that are wished for. Wishes that were not begun give way to newer ones."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic

from studio.domain.errors import Problem, StudioError
from studio.domain.geometry import Size
from studio.domain.timeline.model import Timeline
from studio.imaging.tiles import Pixels
from studio.ui.player.cache import FrameCache, Image, Slot
from studio.ui.player.quality import sized

Render = Callable[[Timeline, int, Size], Pixels]
Key = Callable[[Timeline, int, Size], str]


@dataclass(frozen=True, slots=True)
class Film:
    """Frames of a timeline: `render` gives frame t at a size as straight RGBA (height, width, 4), `key` a text that is
    another one when those pixels are.
    """

    render: Render
    key: Key


@dataclass(frozen=True, slots=True)
class Scene:
    """What is rendered, and for which version of the cache: it is replaced as a whole."""

    timeline: Timeline
    films: tuple[Film, ...]
    size: Size
    version: int


class Prefetcher(Generic[Image]):
    """`develop` turns pixels into a picture and its weight in bytes. `ready` is told by the rendering threads which
    slot may be shown from now on; with a Problem where its frame could not be made.
    """

    def __init__(
        self,
        cache: FrameCache[Image],
        develop: Callable[[Pixels], tuple[Image, int]],
        ready: Callable[[Slot, Problem | None], object],
        unforeseen: Callable[[BaseException], object],
        threads: int,
    ) -> None:
        self._cache, self._develop, self._ready, self._unforeseen = cache, develop, ready, unforeseen
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "frames")
        self._lock = threading.RLock()  # a thread that ends at once tells so while it is being started
        self._scene: Scene | None = None
        self._wishes: list[Slot] = []  # the next one last
        self._doubtful: list[Slot] = []
        self._busy: set[tuple[Slot, int]] = set()  # with the version of the scene
        self._working = 0

    def wish(self, scene: Scene, slots: Sequence[Slot], doubtful: Sequence[Slot] | None = None) -> None:
        """Render these, the first first, then look whether the `doubtful` are still right (None: those that were to be
        looked at before). What was wished for before and is not begun is dropped.
        """
        with self._lock:
            self._scene = scene
            self._wishes = [slot for slot in reversed(slots) if (slot, scene.version) not in self._busy]
            if doubtful is not None:
                self._doubtful = list(reversed(doubtful))
            needed = min(self._threads - self._working, len(self._wishes) + bool(self._doubtful))
            self._working += max(0, needed)
            for _ in range(needed):
                self._pool.submit(self._work).add_done_callback(self._ended)

    @property
    def idle(self) -> bool:
        """Is nothing wished for and nothing being made?"""
        with self._lock:
            return not (self._wishes or self._doubtful or self._working)

    def close(self) -> None:
        """Drop the wishes and wait for what is being rendered."""
        with self._lock:
            self._wishes, self._doubtful = [], []
        self._pool.shutdown(wait=True)

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            scene, slot, render = taken
            try:
                self._make(scene, slot, render)
            finally:
                with self._lock:
                    self._busy.discard((slot, scene.version))

    def _take(self) -> tuple[Scene, Slot, bool] | None:
        with self._lock:
            for wishes in (self._wishes, self._doubtful):
                while wishes:
                    slot, scene = wishes.pop(), self._scene
                    if scene is None or slot.film >= len(scene.films) or (slot, scene.version) in self._busy:
                        continue
                    self._busy.add((slot, scene.version))
                    return scene, slot, wishes is self._wishes
            self._working -= 1
            return None

    def _make(self, scene: Scene, slot: Slot, render: bool) -> None:
        """Confirm a slot, or where there is no picture for it and one is wished for, render it."""
        film, size = scene.films[slot.film], sized(scene.size, slot.level)
        try:
            key = film.key(scene.timeline, slot.frame, size)
            if not self._cache.recall(slot, key, scene.version):
                if not render:
                    return
                image, weight = self._develop(film.render(scene.timeline, slot.frame, size))
                self._cache.put(slot, key, image, weight, scene.version)
        except StudioError as error:
            self._ready(slot, error.problem)
        else:
            self._ready(slot, None)

    def _ended(self, done: Future[None]) -> None:
        """A thread has no more to do, or met what nobody foresaw: then the next wish starts another."""
        if (error := done.exception()) is not None:
            with self._lock:
                self._working -= 1
            self._unforeseen(error)
