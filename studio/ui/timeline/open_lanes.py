"""Which lanes of each track are open, and their headers."""

import dataclasses

from studio.domain.timeline.model import Clip, Generated, Track, TrackKind
from studio.domain.timeline.parameters import PARAMETERS
from studio.ui.timeline.headers import LaneHeader
from studio.ui.timeline.key_edits import KeyEdits
from studio.ui.timeline.measure_paint import SERIES
from studio.ui.timeline.naming import lane_name, tr
from studio.ui.timeline.rows import MEASURES, WORDS, Row, RowKind
from studio.ui.timeline.strip import Strip

_ORDER = (WORDS, MEASURES, *PARAMETERS)


class OpenLanes:
    """Opens and closes the lanes of the strip."""

    def __init__(self, strip: Strip, edits: KeyEdits) -> None:
        self._strip, self._edits = strip, edits

    def opened(self, track_id: str) -> tuple[str, ...]:
        """The lanes of a track that are open: `rows.WORDS`, `rows.MEASURES` or parameters."""
        return self._strip.lanes.opened.get(track_id, ())

    def toggle(self, track_id: str, lane: str) -> None:
        """Open a lane, or close it."""
        now = self.opened(track_id)
        after = [each for each in now if each != lane] if lane in now else sorted((*now, lane), key=_ORDER.index)
        opened = {**self._strip.lanes.opened, track_id: tuple(after)}
        self._strip.set_lanes(dataclasses.replace(self._strip.lanes, opened=opened))

    def show(self, track_id: str, lane: str) -> None:
        """Open a lane."""
        if lane not in self.opened(track_id):
            self.toggle(track_id, lane)

    def grow(self, track_id: str, lane: str) -> None:
        """Taller, or lower again."""
        tall = self._strip.lanes.tall ^ {(track_id, lane)}
        self._strip.set_lanes(dataclasses.replace(self._strip.lanes, tall=tall))

    def keyed(self, track: Track) -> tuple[str, ...]:
        """The open lanes that take keys; where there is none, one is opened."""
        lanes = tuple(lane for lane in self.opened(track.id) if lane != MEASURES)
        if not lanes:
            first = "volume" if track.kind is TrackKind.AUDIO else "opacity"
            self.toggle(track.id, first)
            lanes = (first,)
        return lanes

    def header(self, row: Row) -> LaneHeader:
        """What stands beside a lane."""
        lane = row.parameter if row.kind is RowKind.KEYS else str(row.kind)
        return LaneHeader(
            row,
            lane_name(lane),
            None if lane == MEASURES else lambda: self._add(row.track, lane),
            (lambda: self.grow(row.track, lane)) if row.kind is RowKind.KEYS else None,
            lambda: self.toggle(row.track, lane),
            tuple((tr(name), colour) for name, colour in SERIES) if lane == MEASURES else (),
        )

    def _add(self, track_id: str, lane: str) -> None:
        """A key of the clip of this track that is active, or lies at the playhead."""
        desk = self._strip.desk
        track = desk.timeline.track(track_id)
        if track is None:
            return
        here = [clip for clip in track.clips if self._is_here(clip)]
        clip = next((clip for clip in here if desk.active_clip is not None and clip.id == desk.active_clip.id), None)
        clip = clip or next(iter(here), None)
        if clip is None:
            desk.noted.emit(tr("No clip of this track lies at the playhead."))
        else:
            self._edits.add_here(clip, (lane,))

    def _is_here(self, clip: Clip) -> bool:
        timeline, frame = self._strip.desk.timeline, self._strip.desk.playhead
        local = (frame - clip.start) % timeline.ring if timeline.ring else frame - clip.start
        return 0 <= local < clip.length


def lanes_for(track: Track) -> tuple[str, ...]:
    """The lanes that a track can have, in the order of the menu."""
    if track.kind is TrackKind.AUDIO:
        return ("volume",)
    made = any(isinstance(clip.media, Generated) for clip in track.clips)
    drawn = tuple(name for name, known in PARAMETERS.items() if known.drawn) if made else ()
    plain = tuple(name for name, known in PARAMETERS.items() if not known.drawn)
    return (*((WORDS,) if made else ()), MEASURES, *plain, *drawn)
