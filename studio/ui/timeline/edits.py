"""Edits of clips, markers and the ring, as steps that can be undone; they are about what is selected."""

from collections.abc import Callable

from studio.domain.timeline.model import Beats, Canvas, Clip, Timeline, TrackKind, Zone
from studio.domain.timeline.requests import (
    new_clip,
    request_add_clip,
    request_add_marker,
    request_add_track,
    request_beats,
    request_clear_zone,
    request_delete_clips,
    request_duplicate_clips,
    request_enable_clips,
    request_group,
    request_move_clips,
    request_move_marker,
    request_remove_marker,
    request_rename_marker,
    request_ring,
    request_ripple_delete,
    request_rotate,
    request_split,
    request_trim_end,
    request_trim_start,
    request_ungroup,
    request_zone,
)
from studio.ui.timeline.desk import Change, TimelineDesk
from studio.ui.timeline.going import clips_at
from studio.ui.timeline.naming import tr


class Edits:
    """What commands ask for. What cannot be is noted by the desk."""

    def __init__(self, desk: TimelineDesk) -> None:
        self._desk = desk

    # ------------------------------------------------------------------------------------------ clips

    def split(self) -> None:
        """Cut the selected clips at the playhead; without a selection, all that lie there."""
        frame = self._desk.playhead
        here = [clip.id for clip in clips_at(self._desk.timeline, frame)]
        chosen = [clip for clip in here if clip in self._desk.selected] or here
        self.split_at(chosen, frame)

    def split_at(self, ids: list[str], frame: int) -> None:
        """Cut clips before a frame."""
        self._desk.request(tr("Split clips"), lambda timeline: request_split(timeline, ids, frame))

    def trim_start(self) -> None:
        """The clips at the playhead begin there."""
        frame = self._desk.playhead
        self._at_playhead(tr("Trim start"), lambda t, clip: request_trim_start(t, clip.id, _into(t, clip, frame)))

    def trim_end(self) -> None:
        """The clips at the playhead end before it."""
        frame = self._desk.playhead
        self._at_playhead(
            tr("Trim end"), lambda t, clip: request_trim_end(t, clip.id, _into(t, clip, frame) - clip.length)
        )

    def delete(self) -> None:
        """Without the selected clips."""
        self._with_selected(tr("Delete clips"), request_delete_clips)

    def ripple_delete(self) -> None:
        """Without the selected clips; the later ones close up."""
        self._with_selected(tr("Ripple delete"), request_ripple_delete)

    def duplicate(self) -> None:
        """Copies, which are selected then."""
        before = {clip.id for track in self._desk.timeline.tracks for clip in track.clips}
        if self._with_selected(tr("Duplicate clips"), request_duplicate_clips):
            after = [clip.id for track in self._desk.timeline.tracks for clip in track.clips]
            self._desk.select([clip for clip in after if clip not in before])

    def group(self) -> None:
        """One group."""
        self._with_selected(tr("Group clips"), request_group)

    def ungroup(self) -> None:
        """No group."""
        self._with_selected(tr("Ungroup clips"), request_ungroup)

    def toggle_enabled(self) -> None:
        """Seen and heard, or not: as the active clip is not now."""
        clip = self._desk.active_clip
        if clip is not None:
            on = not clip.enabled
            label = tr("Switch clips on") if on else tr("Switch clips off")
            self._with_selected(label, lambda timeline, ids: request_enable_clips(timeline, ids, on))

    def move(self, by: int) -> None:
        """The selected clips by frames."""
        self._with_selected(
            tr("Move clips"), lambda timeline, ids: request_move_clips(timeline, ids, by), "nudge-clips"
        )

    def add_canvas(self) -> None:
        """The canvas as a clip at the playhead, or where there is room after it."""

        def add(timeline: Timeline) -> Timeline:
            if not any(track.kind is not TrackKind.AUDIO for track in timeline.tracks):
                timeline = request_add_track(timeline, TrackKind.VIDEO)
            track = next(track for track in timeline.tracks if track.kind is not TrackKind.AUDIO)
            return request_add_clip(timeline, track.id, new_clip(Canvas(), timeline))

        self._desk.request(tr("Add the canvas"), add)

    def add_track(self, kind: str) -> None:
        """Another track."""
        self._desk.request(tr("New track"), lambda timeline: request_add_track(timeline, TrackKind(kind)))

    # ------------------------------------------------------------------------------------------ marks

    def mark(self, *, first: bool) -> None:
        """The in point at the playhead, or the out point after it."""
        frame = self._desk.playhead
        timeline = self._desk.timeline
        zone = timeline.zone or Zone(0, max(1, timeline.length))
        if first:
            zone = Zone(frame, zone.end if zone.end > frame else max(frame + 1, timeline.length))
        else:
            zone = Zone(zone.start if zone.start <= frame else 0, frame + 1)
        self.set_zone(zone)

    def set_zone(self, zone: Zone, merge: str = "") -> None:
        """In and out point."""
        self._desk.request(tr("In and out point"), lambda timeline: request_zone(timeline, zone.start, zone.end), merge)

    def zone_of_clips(self) -> None:
        """In and out point about the selected clips; without a selection, none."""
        timeline = self._desk.timeline
        chosen = [clip for track in timeline.tracks for clip in track.clips if clip.id in self._desk.selected]
        if chosen:
            self.set_zone(Zone(min(clip.start for clip in chosen), max(clip.end for clip in chosen)))
        else:
            self.clear_zone()

    def clear_zone(self) -> None:
        """All of the timeline."""
        self._desk.request(tr("Clear in and out point"), request_clear_zone)

    def toggle_marker(self) -> None:
        """A marker at the playhead, or none any more."""
        frame = self._desk.playhead
        if any(marker.at == frame for marker in self._desk.timeline.markers):
            self._desk.request(tr("Delete marker"), lambda timeline: request_remove_marker(timeline, frame))
        else:
            self._desk.request(tr("Set marker"), lambda timeline: request_add_marker(timeline, frame))

    def moved_marker(self, at: int, to: int) -> Change:
        """A marker elsewhere."""
        return lambda timeline: request_move_marker(timeline, at, to)

    def name_marker(self, at: int, name: str) -> None:
        """Its name."""
        self._desk.request(tr("Name marker"), lambda timeline: request_rename_marker(timeline, at, name))

    # ------------------------------------------------------------------------------------------ ring

    def set_beats(self, beats: Beats | None, ring: int = 0) -> None:
        """Beats to catch at, or none; with a length a ring of just so many frames."""

        def change(timeline: Timeline) -> Timeline:
            timeline = request_ring(timeline, ring) if ring else timeline
            return request_beats(timeline, beats)

        self._desk.request(tr("Ring of whole bars") if ring else tr("Beats"), change)

    def toggle_ring(self) -> None:
        """The end is the beginning; or a line with two ends again."""
        timeline = self._desk.timeline
        length = 0 if timeline.ring else max(1, timeline.length)
        label = tr("Ring off") if timeline.ring else tr("Ring on")
        self._desk.request(label, lambda timeline: request_ring(timeline, length))

    def rotate(self) -> None:
        """The loop begins at the playhead, which is at its first frame then."""
        frame = self._desk.playhead
        if self._desk.request(tr("Rotate loop start"), lambda timeline: request_rotate(timeline, frame)):
            self._desk.set_playhead(0)

    # ------------------------------------------------------------------------------------------ inside

    def _with_selected(
        self, label: str, change: Callable[[Timeline, frozenset[str]], Timeline], merge: str = ""
    ) -> bool:
        ids = self._desk.selected
        if not ids:
            self._desk.noted.emit(tr("Select a clip first."))
            return False
        return self._desk.request(label, lambda timeline: change(timeline, ids), merge)

    def _at_playhead(self, label: str, change: Callable[[Timeline, Clip], Timeline]) -> None:
        """The selected clips at the playhead; without a selection, all that lie there."""
        here = clips_at(self._desk.timeline, self._desk.playhead)
        chosen = [clip for clip in here if clip.id in self._desk.selected] or here
        if not chosen:
            self._desk.noted.emit(tr("No clip lies at the playhead."))
            return

        def all_of_them(timeline: Timeline) -> Timeline:
            for clip in chosen:
                timeline = change(timeline, clip)
            return timeline

        self._desk.request(label, all_of_them)


def _into(timeline: Timeline, clip: Clip, frame: int) -> int:
    """How many frames of a clip lie before a frame."""
    return (frame - clip.start) % timeline.ring if timeline.ring else frame - clip.start
