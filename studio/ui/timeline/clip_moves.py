"""What dragging a clip, or its edge, means in frames."""

from collections.abc import Callable

from studio.domain.timeline.model import Clip, Timeline, Track, TrackKind
from studio.domain.timeline.requests import (
    request_move_clips,
    request_ripple_trim_end,
    request_ripple_trim_start,
    request_roll,
    request_slide,
    request_slip,
    request_trim_end,
    request_trim_start,
)
from studio.domain.timeline.times import step
from studio.ui.timeline.desk import Change, TimelineDesk
from studio.ui.timeline.drags import Meant, Modifiers, Pointer
from studio.ui.timeline.naming import tr
from studio.ui.timeline.selecting import grouped
from studio.ui.timeline.snapping import Snapper
from studio.ui.timeline.spots import Part, Spot

Meaning = Callable[[Pointer], Meant]


class ClipMoves:
    """Turns places of the pointer into requests; edges snap unless Shift is held."""

    def __init__(self, desk: TimelineDesk, snapper: Snapper) -> None:
        self._desk, self._snapper = desk, snapper

    def drag(self, doing: str, spot: Spot, start: Pointer) -> tuple[str, Meaning]:
        """A step's name and its meaning: `doing` is move, trim, ripple, roll, slip or slide."""
        assert spot.clip is not None
        clip = spot.clip
        at_start = spot.part is Part.START
        if doing == "slip":
            return tr("Slip clip"), self._slipping(clip, start)
        if doing == "slide":
            return tr("Slide clip"), self._moved_by(start, (clip.start, clip.end), {clip.id},
                                                    lambda by: lambda t: request_slide(t, clip.id, by))  # fmt: skip
        if doing == "roll":
            earlier = self._before(clip) if at_start else clip.id
            place = clip.start if at_start else clip.end
            return tr("Roll cut"), self._moved_by(start, (place,), {clip.id, earlier},
                                                  lambda by: lambda t: request_roll(t, earlier, by))  # fmt: skip
        if doing in ("trim", "ripple"):
            return self._trimming(doing, clip, at_start, start)
        return tr("Move clips"), self._moving(clip, start)

    def _trimming(self, doing: str, clip: Clip, at_start: bool, start: Pointer) -> tuple[str, Meaning]:
        requests = {
            ("trim", True): request_trim_start,
            ("trim", False): request_trim_end,
            ("ripple", True): request_ripple_trim_start,
            ("ripple", False): request_ripple_trim_end,
        }
        request = requests[doing, at_start]
        label = tr("Trim clip") if doing == "trim" else tr("Ripple trim")
        place = clip.start if at_start else clip.end
        return label, self._moved_by(start, (place,), {clip.id}, lambda by: lambda t: request(t, clip.id, by))

    def _moved_by(
        self,
        start: Pointer,
        edges: tuple[int, ...],
        own: set[str],
        change: Callable[[int], Callable[[Timeline], Timeline]],
    ) -> Meaning:
        """So many frames as the pointer has gone, or as many as bring one of the `edges` to something near."""

        def meant(at: Pointer) -> Meant:
            by, guide = self._snapper.moved(at.frame - start.frame, edges, own, bool(at.held & Modifiers.ShiftModifier))
            return Meant(change(by), guide, by, change)

        return meant

    def _slipping(self, clip: Clip, start: Pointer) -> Meaning:
        way = step(clip, self._desk.timeline.rate)

        def slipped(by: int) -> Change:
            return lambda timeline: request_slip(timeline, clip.id, by * way)

        def meant(at: Pointer) -> Meant:
            by = round(start.frame - at.frame)  # the pictures go with the pointer
            return Meant(slipped(by), None, by, slipped)

        return meant

    def _moving(self, clip: Clip, start: Pointer) -> Meaning:
        timeline = self._desk.timeline
        named = [clip.id, *(other for other in self._desk.selected if other != clip.id)]
        moved = set(grouped(timeline, named))
        clips = [other for track in timeline.tracks for other in track.clips if other.id in moved]
        edges = tuple(
            sorted({edge for other in clips for edge in (other.start, other.end)}, key=lambda e: abs(e - clip.start))
        )
        home = timeline.track_of(clip.id)

        def meant(at: Pointer) -> Meant:
            by, guide = self._snapper.moved(
                at.frame - start.frame, edges[:64], moved, bool(at.held & Modifiers.ShiftModifier)
            )
            if not self._desk.timeline.ring:
                by = max(by, -min(other.start for other in clips))
            rows = _rows_up(self._desk.timeline, home, at)

            def further(by: int) -> Change:
                return lambda timeline: request_move_clips(timeline, named, by, rows)

            return Meant(further(by), guide, by, None if rows else further)

        return meant

    def _before(self, clip: Clip) -> str:
        """The clip that ends where this one begins; itself where there is none."""
        timeline = self._desk.timeline
        track = timeline.track_of(clip.id)
        ring = timeline.ring
        for other in track.clips if track is not None else ():
            apart = other.end - clip.start
            if (apart % ring if ring else apart) == 0 and other is not clip:
                return other.id
        return clip.id


def _rows_up(timeline: Timeline, home: Track | None, at: Pointer) -> int:
    """How many tracks up the pointer is from a track, among those of its sort."""
    there = timeline.track(at.row.track) if at.row is not None else None
    if home is None or there is None or (home.kind is TrackKind.AUDIO) != (there.kind is TrackKind.AUDIO):
        return 0
    ids = [track.id for track in timeline.tracks]
    return ids.index(there.id) - ids.index(home.id)
