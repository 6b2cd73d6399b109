"""The timeline as it would be with another take of a clip: what the player compares."""

import dataclasses

from studio.domain.geometry import Size
from studio.domain.timeline.model import Clip, Generated, Timeline
from studio.imaging.tiles import Pixels
from studio.session.montage import Montage
from studio.ui.player.prefetch import Film


def shown_with(media: Generated, take_id: str) -> Generated:
    """Media with another of its takes seen; the same where it has none such."""
    take = next((each for each in media.takes if each.id == take_id), None)
    if take is None or media.active == take_id:
        return media
    return dataclasses.replace(media, active=take_id, frames=take.frames)


def with_take_seen(timeline: Timeline, clip_id: str, take_id: str) -> Timeline:
    """The timeline with a take of a clip seen, whatever the clip shows; a shorter take is not stretched."""

    def seen(clip: Clip) -> Clip:
        if clip.id != clip_id or not isinstance(clip.media, Generated):
            return clip
        return dataclasses.replace(clip, media=shown_with(clip.media, take_id))

    tracks = (dataclasses.replace(track, clips=tuple(map(seen, track.clips))) for track in timeline.tracks)
    return dataclasses.replace(timeline, tracks=tuple(tracks))


class _Other:
    """Remembers the timeline that it made of the one it was asked about last."""

    def __init__(self, montage: Montage, clip_id: str, take_id: str) -> None:
        self._montage, self._clip, self._take = montage, clip_id, take_id
        self._last: tuple[Timeline, Timeline] | None = None

    def frame(self, timeline: Timeline, frame: int, size: Size) -> Pixels:
        return self._montage.frame(self._of(timeline), frame, size)

    def key(self, timeline: Timeline, frame: int, size: Size) -> str:
        return self._montage.key(self._of(timeline), frame, size)

    def _of(self, timeline: Timeline) -> Timeline:
        last = self._last  # taken once: several threads ask
        if last is None or last[0] is not timeline:
            last = self._last = (timeline, with_take_seen(timeline, self._clip, self._take))
        return last[1]


def film_of(montage: Montage, clip_id: str, take_id: str) -> Film:
    """The timeline with this take of a clip, for the player."""
    other = _Other(montage, clip_id, take_id)
    return Film(other.frame, other.key)
