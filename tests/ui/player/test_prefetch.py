"""Threads that render what is wished for."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from studio.domain.errors import Problem
from studio.imaging.tiles import Pixels
from studio.ui.player.cache import FrameCache, Slot
from studio.ui.player.prefetch import Prefetcher, Scene
from tests.ui.player.theatre import SIZE, Scenery, line


@dataclass
class Lab:
    """A prefetcher with one thread, and what it told."""

    scenery: Scenery = field(default_factory=Scenery)
    cache: FrameCache[str] = field(default_factory=lambda: FrameCache(2**20))
    told: list[tuple[int, Problem | None]] = field(default_factory=list)
    unforeseen: list[BaseException] = field(default_factory=list)
    done: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self.prefetcher = Prefetcher(self.cache, self.develop, self.ready, self.unforeseen.append, 1)

    def develop(self, pixels: Pixels) -> tuple[str, int]:
        return f"picture {pixels[0, 0, 0]}", 100

    def ready(self, slot: Slot, problem: Problem | None) -> None:
        self.told.append((slot.frame, problem))
        self.done.release()

    def wish(self, *frames: int, doubtful: tuple[int, ...] | None = None) -> None:
        scene = Scene(line(100), (self.scenery.film,), SIZE, self.cache.version)
        again = None if doubtful is None else [Slot(frame) for frame in doubtful]
        self.prefetcher.wish(scene, [Slot(frame) for frame in frames], again)

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self.done.acquire(timeout=10)

    @property
    def rendered(self) -> list[int]:
        return [frame for frame, _ in self.scenery.made]


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    yield made
    made.scenery.open.set()
    made.prefetcher.close()


def test_wishes_are_rendered_in_their_order(lab: Lab) -> None:
    lab.wish(5, 6, 4)
    lab.wait(3)
    assert lab.rendered == [5, 6, 4]
    assert lab.cache.image(Slot(6)) == "picture 6"


def test_newer_wishes_take_the_place_of_those_that_were_not_begun(lab: Lab) -> None:
    lab.scenery.open.clear()
    lab.wish(1, 2, 3)
    while not lab.prefetcher._busy:
        threading.Event().wait(0.001)
    lab.wish(50, 51)
    lab.scenery.open.set()
    lab.wait(3)
    assert lab.rendered == [1, 50, 51]


def test_a_frame_whose_key_is_the_same_is_not_rendered_again(lab: Lab) -> None:
    lab.wish(1, 2)
    lab.wait(2)
    lab.cache.outdate()
    lab.wish(1, 2)
    lab.wait(2)
    assert lab.rendered == [1, 2]
    assert lab.cache.image(Slot(2)) == "picture 2"


def test_a_frame_with_another_key_is_rendered_again(lab: Lab) -> None:
    lab.wish(1)
    lab.wait(1)
    lab.scenery.blue = 9
    lab.cache.outdate()
    lab.wish(1)
    lab.wait(1)
    assert lab.rendered == [1, 1]


def test_doubtful_frames_are_looked_at_after_the_wishes_and_never_rendered(lab: Lab) -> None:
    lab.wish(1, 2)
    lab.wait(2)
    lab.cache.outdate()
    lab.wish(3, doubtful=(1, 2, 7))
    lab.wait(3)
    lab.prefetcher.close()
    assert lab.rendered == [1, 2, 3]
    assert lab.cache.ranges() == [(1, 4)]
    assert [frame for frame, _ in lab.told] == [1, 2, 3, 1, 2]


def test_a_frame_that_cannot_be_made_is_told_and_the_others_follow(lab: Lab) -> None:
    lab.scenery.broken = frozenset({2})
    lab.wish(1, 2, 3)
    lab.wait(3)
    assert [(frame, str(problem or "")) for frame, problem in lab.told] == [
        (1, ""),
        (2, "Frame 2 is damaged. Render it again."),
        (3, ""),
    ]


def test_what_nobody_foresaw_is_handed_on_and_ends_nothing(lab: Lab) -> None:
    lab.scenery.key = lambda *_: 1 / 0  # type: ignore[assignment,method-assign]
    lab.wish(1)
    while not lab.unforeseen:
        threading.Event().wait(0.001)
    assert isinstance(lab.unforeseen[0], ZeroDivisionError)
    del lab.scenery.key
    lab.wish(2)
    lab.wait(1)
    assert lab.rendered == [2]
    assert lab.prefetcher.idle or lab.told


def test_closing_drops_what_was_not_begun(lab: Lab) -> None:
    lab.scenery.delay = 0.01
    lab.wish(*range(50))
    lab.prefetcher.close()
    assert len(lab.rendered) < 5
