"""Rendered frames within a budget of bytes."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from studio.ui.player.cache import BEHIND, LEAST, MEBIBYTE, MOST, FrameCache, Slot, affordable

WEIGHT = 1000
PLACE = 512  # what a slot costs besides


def filled(frames: int, budget_frames: int, *, playhead: int = 0, way: int = 1, ring: int = 0) -> FrameCache[str]:
    cache: FrameCache[str] = FrameCache(budget_frames * (WEIGHT + PLACE))
    cache.look_at(playhead, way, ring)
    for frame in range(frames):
        cache.put(Slot(frame), f"key {frame}", f"picture {frame}", WEIGHT, cache.version)
    return cache


def held(cache: FrameCache[str]) -> set[int]:
    return {frame for first, end in cache.ranges() for frame in range(first, end)}


def test_on_a_line_the_farthest_goes_first_and_what_lies_behind_counts_more() -> None:
    cache = filled(9, 9, playhead=4)
    for frame in (9, 10):
        cache.put(Slot(frame), f"key {frame}", "", WEIGHT, cache.version)
    assert held(cache) == set(range(2, 11))  # 0 and 1 lie behind: 4 and 3 frames count as 12 and 9
    cache.look_at(4, -1)
    cache.put(Slot(1), "key 1", "", WEIGHT, cache.version)
    assert held(cache) == set(range(1, 10))  # backwards, 10 lies behind


def test_on_a_ring_distance_goes_across_the_seam() -> None:
    cache = filled(100, 20, playhead=95, ring=100)
    kept = held(cache)
    assert {95, 96, 97, 98, 99, 0, 1, 2, 3, 4} <= kept
    assert not kept & set(range(30, 85))


@settings(max_examples=60)
@given(
    ring=st.sampled_from([0, 40]),
    way=st.sampled_from([1, -1]),
    playhead=st.integers(0, 39),
    frames=st.lists(st.integers(0, 39), min_size=1, max_size=60),
    room=st.integers(1, 12),
)
def test_no_frame_that_is_kept_is_farther_than_one_that_was_not(
    ring: int, way: int, playhead: int, frames: list[int], room: int
) -> None:
    cache: FrameCache[str] = FrameCache(room * (WEIGHT + PLACE))
    cache.look_at(playhead, way, ring)
    for frame in frames:
        cache.put(Slot(frame), f"key {frame}", "", WEIGHT, 0)
        assert cache.weight <= cache.budget

    def distance(frame: int) -> int:
        ahead = (frame - playhead) * way
        if ring:
            return min(ahead % ring, (-ahead) % ring * BEHIND)
        return ahead if ahead >= 0 else -ahead * BEHIND

    kept = held(cache)
    gone = set(frames) - kept
    assert len(kept) == min(room, len(set(frames)))
    if gone:
        assert max(map(distance, kept)) <= min(map(distance, gone))


def test_a_hundred_thousand_frames_stay_within_the_budget() -> None:
    cache = filled(100_000, 500, playhead=99_999)
    assert cache.weight <= cache.budget
    assert held(cache) == set(range(99_500, 100_000))


def test_equal_frames_share_one_picture() -> None:
    cache: FrameCache[str] = FrameCache(100 * WEIGHT)
    for frame in range(50):
        cache.put(Slot(frame), "still", "the picture", WEIGHT, 0)
    assert cache.weight == WEIGHT + 50 * PLACE
    assert all(cache.image(Slot(frame)) == "the picture" for frame in range(50))


def test_another_timeline_shows_nothing_until_each_frame_is_confirmed() -> None:
    cache = filled(4, 10, playhead=1)
    version = cache.outdate()
    assert cache.ranges() == [] and cache.image(Slot(0)) is None
    assert [slot.frame for slot in cache.doubtful(3)] == [1, 2, 3]
    assert cache.recall(Slot(1), "key 1", version)
    assert not cache.recall(Slot(2), "another key", version)
    assert held(cache) == {1}
    assert cache.image(Slot(1)) == "picture 1"
    assert {slot.frame for slot in cache.doubtful(10)} == {0, 3}


def test_a_picture_that_is_shown_nowhere_any_more_comes_back_with_undo() -> None:
    cache = filled(1, 10)
    version = cache.outdate()
    cache.put(Slot(0), "edited", "edited", WEIGHT, version)
    version = cache.outdate()
    assert cache.recall(Slot(0), "key 0", version)
    assert cache.image(Slot(0)) == "picture 0"


def test_what_is_shown_nowhere_goes_before_any_frame() -> None:
    cache = filled(3, 3)
    version = cache.outdate()
    cache.put(Slot(0), "edited", "", WEIGHT, version)
    assert not cache.recall(Slot(0), "key 0", version)
    assert cache.recall(Slot(0), "edited", version)
    assert cache.recall(Slot(2), "key 2", version)


def test_a_thread_that_comes_late_does_not_replace_what_is_right() -> None:
    cache = filled(1, 10)
    old, new = cache.version, cache.outdate()
    cache.put(Slot(0), "new", "new", WEIGHT, new)
    cache.put(Slot(0), "old", "old", WEIGHT, old)
    assert cache.image(Slot(0)) == "new"


def test_the_finer_picture_takes_the_place_of_the_coarser_one() -> None:
    cache: FrameCache[str] = FrameCache(10 * WEIGHT)
    cache.put(Slot(0, 0, 1), "half", "half", WEIGHT, 0)
    cache.put(Slot(0, 0, 0), "full", "full", WEIGHT, 0)
    assert cache.image(Slot(0, 0, 1)) is None
    assert cache.image(Slot(0)) == "full"


def test_one_frame_larger_than_the_budget_is_kept_alone() -> None:
    cache: FrameCache[str] = FrameCache(10)
    for frame in (1, 0, 2):
        cache.put(Slot(frame), f"key {frame}", "large", WEIGHT, 0)
    assert held(cache) == {0}


def test_films_that_are_compared_are_forgotten() -> None:
    cache = filled(2, 10)
    cache.put(Slot(0, 1), "take", "take", WEIGHT, 0)
    cache.drop_films([1, 2])
    assert cache.image(Slot(0, 1)) is None
    assert held(cache) == {0, 1}


def test_the_budget_follows_the_memory_that_is_free() -> None:
    assert affordable(2**40) == MOST
    assert affordable(0) == LEAST
    assert affordable(1600 * MEBIBYTE) == 200 * MEBIBYTE


def test_threads_may_write_at_the_same_time() -> None:
    cache: FrameCache[str] = FrameCache(20 * (WEIGHT + PLACE))

    def write(first: int) -> None:
        for frame in range(first, 2000, 4):
            cache.put(Slot(frame % 97), f"key {frame}", "", WEIGHT, cache.version)
            cache.look_at(frame % 97, 1, 97)

    threads = [threading.Thread(target=write, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.weight <= cache.budget
    assert len(cache) <= 20
