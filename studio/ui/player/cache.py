"""Rendered frames by the key of their content, within a budget of bytes; what is farthest from the playhead goes first.

Any thread may use the cache.
"""

import threading
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

MEBIBYTE = 2**20
MOST = 512 * MEBIBYTE
LEAST = 64 * MEBIBYTE
BEHIND = 3  # a frame behind the direction of play counts as this many times as far away
_OVERHEAD = 512  # bytes that a place costs besides its picture

Image = TypeVar("Image")


def affordable(free: int) -> int:
    """The budget where so many bytes of memory are free: an eighth of them, within limits."""
    return max(LEAST, min(MOST, free // 8))


class Slot(NamedTuple):
    """A place for a picture: frame `frame` of `film` (0: the timeline itself, the others: takes that are compared),
    after `level` halvings of its size.
    """

    frame: int
    film: int = 0
    level: int = 0


@dataclass(slots=True)
class _Held(Generic[Image]):
    image: Image
    weight: int
    slots: int = 0


class FrameCache(Generic[Image]):
    """Pictures and the slots that show them; equal frames share one picture.

    When the timeline changes, every slot has to be confirmed by `recall` or `put` before it is shown again. Pictures
    that no slot shows any more stay while there is room, since undo may bring them back, and are the first to go.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._held: dict[str, _Held[Image]] = {}
        self._spare: OrderedDict[str, None] = OrderedDict()  # keys of pictures without a slot, the oldest first
        self._keys: dict[Slot, str] = {}
        self._confirmed: set[Slot] = set()
        self._order: list[Slot] = []  # all slots by frame
        self._weight = 0
        self._version = 0
        self._playhead, self._way, self._ring = 0, 1, 0

    # ------------------------------------------------------------------------------------------ reading

    @property
    def weight(self) -> int:
        """Bytes in use."""
        return self._weight

    @property
    def version(self) -> int:
        """Which timeline the slots are confirmed for; for `recall` and `put`."""
        return self._version

    def __len__(self) -> int:
        return len(self._keys)

    def image(self, slot: Slot) -> Image | None:
        """The picture of a slot, if it is known to be right."""
        with self._lock:
            return self._held[self._keys[slot]].image if slot in self._confirmed else None

    def has(self, slot: Slot) -> bool:
        """Is its picture there and right?"""
        return slot in self._confirmed

    def ranges(self, film: int = 0) -> list[tuple[int, int]]:
        """The frames that can be shown at once, as (first, one beyond the last), by frame."""
        with self._lock:
            frames = sorted({slot.frame for slot in self._confirmed if slot.film == film})
        if not frames:
            return []
        gaps = [(before + 1, after) for before, after in pairwise(frames) if after != before + 1]
        firsts = [frames[0], *(after for _, after in gaps)]
        return list(zip(firsts, [*(end for end, _ in gaps), frames[-1] + 1], strict=True))

    def doubtful(self, most: int) -> list[Slot]:
        """The slots that wait to be confirmed, the nearest to the playhead first."""
        with self._lock:
            return nsmallest(most, (slot for slot in self._keys if slot not in self._confirmed), key=self._distance)

    # ------------------------------------------------------------------------------------------ writing

    def look_at(self, playhead: int, way: int = 1, ring: int = 0) -> None:
        """Where playback is, in which direction it goes (1, -1), and how many frames the ring has, 0 for a line."""
        with self._lock:
            self._playhead, self._way, self._ring = playhead, way, ring

    def outdate(self) -> int:
        """The timeline is another one; its version."""
        with self._lock:
            self._version += 1
            self._confirmed.clear()
            return self._version

    def recall(self, slot: Slot, key: str, version: int) -> bool:
        """Show the picture of this key in the slot. False where there is none; a slot with another one is free then."""
        with self._lock:
            if key not in self._held:
                if slot in self._keys and self._keys[slot] != key and version == self._version:
                    self._free(slot)
                return False
            self._assign(slot, key, version)
            self._shrink()
            return True

    def put(self, slot: Slot, key: str, image: Image, weight: int, version: int) -> None:
        """Keep a picture of `weight` bytes, and show it in the slot; coarser ones of the same frame are spare then."""
        with self._lock:
            if key not in self._held:
                self._held[key] = _Held(image, weight)
                self._spare[key] = None
                self._weight += weight
            self._assign(slot, key, version)
            for level in range(slot.level + 1, slot.level + 4):
                if (coarser := Slot(slot.frame, slot.film, level)) in self._keys:
                    self._free(coarser)
            self._shrink()

    def drop_films(self, films: Iterable[int]) -> None:
        """Forget which pictures these films have."""
        gone = frozenset(films)
        with self._lock:
            for slot in [slot for slot in self._keys if slot.film in gone]:
                self._free(slot)

    # ------------------------------------------------------------------------------------------ inside

    def _assign(self, slot: Slot, key: str, version: int) -> None:
        if version != self._version and slot in self._confirmed:
            return  # a thread comes late with what another timeline showed
        if self._keys.get(slot) != key:
            if slot in self._keys:
                self._free(slot)
            self._keys[slot] = key
            insort(self._order, slot)
            self._held[key].slots += 1
            self._spare.pop(key, None)
            self._weight += _OVERHEAD
        if version == self._version:
            self._confirmed.add(slot)

    def _free(self, slot: Slot) -> None:
        key = self._keys.pop(slot)
        self._confirmed.discard(slot)
        del self._order[bisect_left(self._order, slot)]
        self._weight -= _OVERHEAD
        held = self._held[key]
        held.slots -= 1
        if not held.slots:
            self._spare[key] = None

    def _shrink(self) -> None:
        """Let pictures go until the budget is kept; the nearest one stays even where it alone exceeds it."""
        while self._weight > self.budget:
            if self._spare:
                key, _ = self._spare.popitem(last=False)
                self._weight -= self._held.pop(key).weight
            elif len(self._order) > 1:
                self._free(self._farthest())
            else:
                return

    def _farthest(self) -> Slot:
        """The slot with the longest way to the playhead: at the ends of a line, on a ring around the point that is as
        far away one way as the other.
        """
        candidates = [self._order[0], self._order[-1]]
        if self._ring:
            opposite = (self._playhead - self._way * self._ring / (1 + BEHIND)) % self._ring
            at = bisect_left(self._order, opposite, key=lambda slot: slot.frame)
            candidates += [self._order[at - 1], self._order[at % len(self._order)]]
        return max(candidates, key=self._distance)

    def _distance(self, slot: Slot) -> float:
        """How far a frame is from being shown, in frames of the direction of play."""
        ahead = (slot.frame - self._playhead) * self._way
        if self._ring:
            ahead %= self._ring
            return min(ahead, (self._ring - ahead) * BEHIND)
        return ahead if ahead >= 0 else -ahead * BEHIND
