"""Ways of the playhead and of the selection along the timeline."""

import bisect
from collections.abc import Callable

from studio.domain.timeline.model import Clip, Timeline
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.lane_view import keys_of, turn_of_keys
from studio.ui.timeline.rows import WORDS
from studio.ui.timeline.scene import ChosenKey
from studio.ui.timeline.selecting import grouped
from studio.ui.timeline.strip import Strip
from studio.ui.timeline.ticks import frames_a_second


class Going:
    """What keys ask for. The player is told to `pause` first."""

    def __init__(self, desk: TimelineDesk, strip: Strip, pause: Callable[[], object]) -> None:
        self._desk, self._strip, self._pause = desk, strip, pause

    def to(self, frame: int) -> None:
        """There, and in view."""
        self._pause()
        self._desk.set_playhead(frame)
        self._strip.axis.set_view(self._strip.axis.view.showing(self._desk.playhead))

    def step(self, by: int) -> None:
        """By frames."""
        self.to(self._desk.playhead + by)

    def seconds(self, by: int) -> None:
        """By seconds, of as many frames as time code counts."""
        self.step(by * frames_a_second(self._desk.timeline.rate))

    def start(self) -> None:
        """The first frame."""
        self.to(0)

    def end(self) -> None:
        """The last frame."""
        self.to(max(0, self._desk.timeline.length - 1))

    def point(self, *, first: bool) -> None:
        """The in point, or the last frame before the out point."""
        zone = self._desk.timeline.zone
        if zone is None:
            self.start() if first else self.end()
        else:
            self.to(zone.start if first else zone.end - 1)

    def cut(self, by: int) -> None:
        """The next place where a clip begins or ends, or that has a marker; on a ring on across the seam."""
        self._along(cuts(self._desk.timeline), by)

    def key(self, by: int) -> None:
        """The next key of the selected clips, which is then chosen."""
        timeline = self._desk.timeline
        clips = [clip for track in timeline.tracks for clip in track.clips if clip.id in self._desk.selected]
        places = {frame: key for clip in clips for frame, key in _keys(timeline, clip)}
        if places:
            self._along(sorted(places), by)
            if self._desk.playhead in places:
                self._strip.choose_keys((places[self._desk.playhead],))

    def clip(self, by: int) -> None:
        """Select the next clip on the track; without a selection, the one at the playhead."""
        timeline, clip = self._desk.timeline, self._desk.active_clip
        track = timeline.track_of(clip.id) if clip is not None else None
        if clip is None or track is None:
            self._select(next(iter(clips_at(timeline, self._desk.playhead)), None))
            return
        number = track.clips.index(clip) + by
        if timeline.ring:
            number %= len(track.clips)
        if 0 <= number < len(track.clips):
            self._select(track.clips[number])
            self.to(track.clips[number].start)

    def across(self, by: int) -> None:
        """Select the clip at the playhead on the next row that has one."""
        timeline, clip = self._desk.timeline, self._desk.active_clip
        order = list(dict.fromkeys(row.track for row in self._strip.rows.rows))
        here = timeline.track_of(clip.id) if clip is not None else None
        number = order.index(here.id) + by if here is not None and here.id in order else 0
        there = {track.id: found for found in clips_at(timeline, self._desk.playhead)
                 if (track := timeline.track_of(found.id)) is not None}  # fmt: skip
        rest = order[number:] if by > 0 else order[: number + 1][::-1]
        self._select(next((there[track] for track in rest if track in there), None))

    def _select(self, clip: Clip | None) -> None:
        if clip is not None:
            self._desk.select(grouped(self._desk.timeline, (clip.id,)), clip.id)

    def _along(self, places: list[int], by: int) -> None:
        if not places:
            return
        number = (
            bisect.bisect_left(places, self._desk.playhead) - 1
            if by < 0
            else bisect.bisect_right(places, self._desk.playhead)
        )
        if 0 <= number < len(places):
            self.to(places[number])
        elif self._desk.timeline.ring:
            self.to(places[number % len(places)])


def cuts(timeline: Timeline) -> list[int]:
    """The frames at which something begins or ends, and those with markers."""
    ring = timeline.ring
    places = {edge for track in timeline.tracks for clip in track.clips for edge in (clip.start, clip.end)}
    places |= {marker.at for marker in timeline.markers} | {0}
    return sorted({place % ring for place in places} if ring else places)


def clips_at(timeline: Timeline, frame: int) -> list[Clip]:
    """The clips that lie at a frame, the lowest track first."""
    ring = timeline.ring
    found = []
    for track in timeline.tracks:
        for clip in track.clips:
            local = (frame - clip.start) % ring if ring else frame - clip.start
            if 0 <= local < clip.length:
                found.append(clip)
    return found


def _keys(timeline: Timeline, clip: Clip) -> list[tuple[int, ChosenKey]]:
    """The frames of the timeline at which a clip has keys."""
    found = []
    places = [(lane.parameter, key.at) for lane in clip.lanes for key in keys_of(clip, lane.parameter)]
    places += [(WORDS, words.at) for words in clip.words]
    for parameter, at in places:
        turn = turn_of_keys(timeline, clip, parameter)
        frame = clip.start + round(at % turn if turn else at)
        found.append((frame % timeline.ring if timeline.ring else frame, ChosenKey(clip.id, parameter, at)))
    return found
