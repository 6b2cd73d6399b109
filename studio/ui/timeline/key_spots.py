"""Which key, or which handle of a curve, lies under the pointer."""

from dataclasses import dataclass
from enum import Enum, auto

from studio.domain.timeline.model import Clip, Timeline
from studio.ui.timeline.axis import TimeView
from studio.ui.timeline.lane_view import keys_of, repeats, scale_of, segments, turn_of_keys
from studio.ui.timeline.rows import WORDS, Row, RowKind
from studio.ui.timeline.scene import ChosenKey
from studio.ui.timeline.spots import clip_near

_REACH = 8.0  # logical pixels


class Hold(Enum):
    """What has been taken hold of."""

    KEY = auto()
    OUT = auto()  # the handle at the key
    IN = auto()  # the one at the next key


@dataclass(frozen=True, slots=True)
class Grip:
    """A key or a handle of the curve that leads on from it. `start` is the timeline frame from which the places of the
    keys count here: with the turn of the ring, and that of keys that begin anew.
    """

    hold: Hold
    key: ChosenKey
    row: Row
    start: float


def grip_at(
    timeline: Timeline, view: TimeView, row: Row, chosen: frozenset[ChosenKey], x: float, y: float
) -> Grip | None:
    """What lies at a place of the strip; handles are there at chosen keys only."""
    track = timeline.track(row.track)
    if track is None or row.kind not in (RowKind.KEYS, RowKind.WORDS):
        return None
    found = clip_near(timeline, track, view.frame(x), _REACH / view.scale)
    if found is None:
        return None
    clip, turn = found
    start = clip.start + turn * timeline.ring
    if row.kind is RowKind.WORDS:
        return _words_at(timeline, view, row, clip, start, x)
    scale = scale_of(track, row)
    handle = _handle_at(timeline, view, row, clip, start, chosen, x, y)
    if handle is not None:
        return handle
    again = turn_of_keys(timeline, clip, row.parameter)
    near: tuple[float, Grip] | None = None
    for number in repeats(again, clip.length):
        first = start + number * float(again or 0)
        for key in keys_of(clip, row.parameter):
            apart = max(abs(view.x(first + float(key.at)) - x), abs(scale.y(key.value) - y))
            if apart <= _REACH and (near is None or apart < near[0]):
                near = (apart, Grip(Hold.KEY, ChosenKey(clip.id, row.parameter, key.at), row, first))
    return near[1] if near is not None else None


def _handle_at(
    timeline: Timeline, view: TimeView, row: Row, clip: Clip, start: float, chosen: frozenset[ChosenKey],
    x: float, y: float,
) -> Grip | None:  # fmt: skip
    track = timeline.track(row.track)
    if track is None:
        return None
    scale = scale_of(track, row)
    for part in segments(timeline, clip, row.parameter):
        if part.key is None or part.ease.hold:
            continue
        key = ChosenKey(clip.id, row.parameter, part.key)
        if key not in chosen:
            continue
        for hold, (at, value) in zip((Hold.OUT, Hold.IN), part.handles(), strict=True):
            away = max(abs(view.x(start + at) - x), abs(scale.y(value) - y))
            own = max(abs(view.x(start + part.start) - x), abs(scale.y(part.first) - y))
            if away <= _REACH and own > _REACH / 2:  # a handle in its key is not in the key's way
                return Grip(hold, key, row, start + part.start)
    return None


def _words_at(timeline: Timeline, view: TimeView, row: Row, clip: Clip, start: float, x: float) -> Grip | None:
    again = turn_of_keys(timeline, clip, WORDS)
    for number in repeats(again, clip.length):
        first = start + number * float(again or 0)
        for words in clip.words:
            if -3 <= x - view.x(first + float(words.at)) <= _REACH:
                return Grip(Hold.KEY, ChosenKey(clip.id, WORDS, words.at), row, first)
    return None
