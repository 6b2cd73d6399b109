"""Edits of tracks, as steps that can be undone."""

import itertools

from studio.domain.document.blending import BlendMode
from studio.domain.timeline.model import TrackKind
from studio.domain.timeline.requests import (
    request_add_track,
    request_hide_track,
    request_lock_track,
    request_move_track,
    request_remove_track,
    request_rename_track,
    request_track_mode,
    request_track_opacity,
)
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.naming import tr

_DRAGS = itertools.count()


class TrackEdits:
    """What headers ask for."""

    def __init__(self, desk: TimelineDesk) -> None:
        self._desk = desk
        self._drag = 0

    def begin(self) -> None:
        """What a slider says from now on is a step of its own."""
        self._drag = next(_DRAGS)

    def add(self, kind: TrackKind) -> None:
        """Another one, above those of its kind."""
        self._desk.request(tr("New track"), lambda timeline: request_add_track(timeline, kind))

    def remove(self, track_id: str) -> None:
        """With all that lies on it."""
        self._desk.request(tr("Delete track"), lambda timeline: request_remove_track(timeline, track_id))

    def move(self, track_id: str, by: int) -> None:
        """Up, among those of its kind."""
        tracks = self._desk.timeline.tracks
        index = next((n for n, track in enumerate(tracks) if track.id == track_id), 0) + by
        self.put(track_id, index)

    def put(self, track_id: str, index: int) -> None:
        """To where so many tracks lie below it."""
        self._desk.request(tr("Move track"), lambda timeline: request_move_track(timeline, track_id, index))

    def rename(self, track_id: str, name: str) -> None:
        """Another name; "" for its letter and number."""
        self._desk.request(tr("Rename track"), lambda timeline: request_rename_track(timeline, track_id, name))

    def set_locked(self, track_id: str, locked: bool) -> None:
        """Whether it refuses edits."""
        label = tr("Lock track") if locked else tr("Unlock track")
        self._desk.request(label, lambda timeline: request_lock_track(timeline, track_id, locked))

    def set_hidden(self, track_id: str, hidden: bool) -> None:
        """Whether it is seen, or heard."""
        label = tr("Hide track") if hidden else tr("Show track")
        self._desk.request(label, lambda timeline: request_hide_track(timeline, track_id, hidden))

    def set_mode(self, track_id: str, mode: BlendMode) -> None:
        """How it meets what lies below."""
        self._desk.request(tr("Blend mode of track"), lambda timeline: request_track_mode(timeline, track_id, mode))

    def set_opacity(self, track_id: str, opacity: float) -> None:
        """Its opacity or loudness in [0, 1]."""
        merge = f"track-opacity-{track_id}-{self._drag}"
        self._desk.request(
            tr("Opacity of track"), lambda timeline: request_track_opacity(timeline, track_id, opacity), merge
        )
