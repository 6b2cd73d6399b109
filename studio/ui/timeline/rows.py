"""The rows of the strip: each track's clips, and below them its opened lanes."""

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from studio.domain.timeline.model import Timeline, TrackKind

WORDS, MEASURES = "words", "measures"  # lanes that hold no numbers to be keyed
_CLIPS = {TrackKind.VIDEO: 64, TrackKind.OVERLAY: 64, TrackKind.AUDIO: 52}
_LANES = {WORDS: 32, MEASURES: 72}
KEYS = 76
TALL = 168


class RowKind(StrEnum):
    """What a row shows."""

    CLIPS = "clips"
    KEYS = "keys"
    WORDS = "words"
    MEASURES = "measures"


@dataclass(frozen=True, slots=True)
class Row:
    """`parameter` is what a row of keys is about, "" else; `top` and `height` are logical pixels of the whole strip."""

    kind: RowKind
    track: str
    parameter: str
    top: int
    height: int

    @property
    def bottom(self) -> int:
        """Where the next row begins."""
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Lanes:
    """Which lanes of each track are open, by the track's id, and which of them are tall (track and lane)."""

    opened: Mapping[str, tuple[str, ...]]
    tall: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows from top to bottom: the uppermost picture first, sounds last."""

    rows: tuple[Row, ...] = ()

    @property
    def height(self) -> int:
        """Of all rows together."""
        return self.rows[-1].bottom if self.rows else 0

    def at(self, y: float) -> Row | None:
        """The row at a place."""
        number = bisect.bisect_right(self.rows, y, key=lambda row: row.top) - 1
        if number < 0 or y >= self.rows[number].bottom:
            return None
        return self.rows[number]

    def between(self, top: float, bottom: float) -> tuple[Row, ...]:
        """The rows of which something lies in between."""
        first = max(0, bisect.bisect_right(self.rows, top, key=lambda row: row.top) - 1)
        last = bisect.bisect_left(self.rows, bottom, key=lambda row: row.top)
        return self.rows[first:last]

    def of_track(self, track_id: str) -> Row | None:
        """Where a track's clips lie."""
        return next((row for row in self.rows if row.track == track_id and row.kind is RowKind.CLIPS), None)


def rows_of(timeline: Timeline, lanes: Lanes) -> Rows:
    """Where everything lies."""
    seen = [track for track in reversed(timeline.tracks) if track.kind is not TrackKind.AUDIO]
    heard = [track for track in timeline.tracks if track.kind is TrackKind.AUDIO]
    rows: list[Row] = []
    top = 0
    for track in (*seen, *heard):
        rows.append(Row(RowKind.CLIPS, track.id, "", top, _CLIPS[track.kind]))
        top += rows[-1].height
        for lane in lanes.opened.get(track.id, ()):
            kind = RowKind(lane) if lane in _LANES else RowKind.KEYS
            height = _LANES.get(lane) or (TALL if (track.id, lane) in lanes.tall else KEYS)
            rows.append(Row(kind, track.id, lane if kind is RowKind.KEYS else "", top, height))
            top += height
    return Rows(tuple(rows))
