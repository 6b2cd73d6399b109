"""A timeline of ours out of one of OpenTimelineIO, whoever made it."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from opentimelineio import schema

from studio.domain.codec import from_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import MAX_RATE
from studio.domain.timeline.model import Clip, Marker, Timeline, Track, TrackKind, Zone, new_id
from studio.domain.timeline.validity import timeline_problem
from studio.session.interchange.clips_in import ClipReader, Describe, ours
from studio.session.interchange.exact import exact_rate, kept, seconds
from studio.session.interchange.flattening import Notices, Piece, pieces

DEFAULT_RATE = Fraction(24)


@dataclass(frozen=True, slots=True)
class Imported:
    """A timeline from another editor. `notices` are sentences on what it could not bring along, `missing` the paths of
    media that are not there, to be linked anew. `frames` are the folders in which frames of takes lie, which
    `studio.session.interchange.frames_in.bring` puts into a project.
    """

    timeline: Timeline
    name: str = ""
    notices: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    frames: Mapping[str, Path] = field(default_factory=dict)


def incoming(root: Any, folder: Path, describe: Describe, notices: Notices) -> Imported:
    """What lies in a parsed file, whose relative paths begin at `folder`. `describe` tells what a media file is, or
    raises StudioError. Raises StudioError (INPUT) when there is no timeline in it, and ValueError for nonsense.
    """
    source = _timeline_in(root, notices)
    said = ours(source.metadata)
    rate = _rate(source, said)
    reader = ClipReader(rate, folder, describe, notices)
    tracks = [_track(track, rate, reader, notices) for track in _tracks(source.tracks)]
    marks = _markers(source.tracks, rate)
    tracks.sort(key=lambda track: track.kind is TrackKind.AUDIO)
    found = Timeline(rate=rate, tracks=_told_apart(tracks), markers=marks, zone=_zone(said), ring=_ring(said))
    return Imported(_sound(found, notices), source.name, notices.texts, reader.missing, reader.frames)


def _timeline_in(root: Any, notices: Notices) -> Any:
    """The first timeline, or what can be seen as one."""
    if isinstance(root, schema.SerializableCollection):
        found = [item for item in root if isinstance(item, schema.Timeline)]
        if len(found) > 1:
            notices.tell(f"The file has {len(found)} timelines; this is the first, “{found[0].name}”.")
        if found:
            return found[0]
        root = next(iter(root), None)
    if isinstance(root, schema.Clip):
        root = schema.Track(name=root.name, children=[root.deepcopy()])
    if isinstance(root, schema.Track):
        root = schema.Stack(name=root.name, children=[root.deepcopy()])
    if isinstance(root, schema.Stack):
        timeline = schema.Timeline(name=root.name)
        timeline.tracks = root.deepcopy()
        return timeline
    if not isinstance(root, schema.Timeline):
        message = "There is no timeline in this file."
        raise StudioError(ErrorKind.INPUT, message, "Choose a file with a timeline.", "path")
    return root


def _rate(source: Any, said: dict[str, Any]) -> Fraction:
    """That of the first thing that lasts: what programs write as a global start is often just their default."""
    for child in _items(source.tracks):
        length = child.source_range.duration if child.source_range else None
        if length is not None and 0 < length.rate <= MAX_RATE:
            return kept(said.get("rate"), length.rate) or exact_rate(length.rate)
    start = source.global_start_time
    if start is not None:
        return kept(said.get("rate"), start.rate) or exact_rate(start.rate)
    return DEFAULT_RATE


def _items(stack: Any) -> Iterator[Any]:
    for track in _tracks(stack):
        yield from (child for child in track if not isinstance(child, schema.Transition))


def _tracks(stack: Any) -> list[Any]:
    return [child if isinstance(child, schema.Track) else _alone(child) for child in stack]


def _alone(child: Any) -> Any:
    """A clip, or a stack, that lies where a track should be."""
    return schema.Track(name=child.name, children=[child.deepcopy()])


def _track(track: Any, rate: Fraction, reader: ClipReader, notices: Notices) -> Track:
    audio = track.kind == schema.TrackKind.Audio
    said = ours(track.metadata)
    try:
        found = from_json(Track, said) if said else Track(new_id())
    except ValueError as error:
        notices.tell(f"What Safelight once said about the track “{track.name}” cannot be read: {error}.")
        found = Track(new_id())
    if audio is not (found.kind is TrackKind.AUDIO):
        found = Track(found.id, TrackKind.AUDIO if audio else TrackKind.VIDEO)
    clips: list[Clip] = []
    for piece in pieces(track, notices):
        start, end = _places(piece, rate)
        start = max(start, clips[-1].end if clips else 0)
        if end > start and (clip := reader.clip(piece.clip, audio)) is not None:
            clips.append(dataclasses.replace(clip, start=start, length=end - start))
    return dataclasses.replace(found, name=track.name, hidden=not track.enabled, clips=tuple(clips))


def _places(piece: Piece, rate: Fraction) -> tuple[int, int]:
    """Both ends are rounded by themselves, so that errors do not add up."""
    return round(piece.start * rate), round((piece.start + piece.length) * rate)


def _markers(stack: Any, rate: Fraction) -> tuple[Marker, ...]:
    found: dict[int, Marker] = {}
    for marker in stack.markers:
        at = max(0, round(seconds(marker.marked_range.start_time) * rate))
        found.setdefault(at, Marker(at, marker.name))
    for track in _tracks(stack):
        for place, marker in _clip_markers(track):
            found.setdefault(round(place * rate), Marker(round(place * rate), marker.name))
    return tuple(found[at] for at in sorted(found))


def _clip_markers(track: Any) -> Iterator[tuple[Fraction, Any]]:
    """Markers of clips, whose places are in the clips' sources, with their places on the track in seconds."""
    for child in track:
        for marker in getattr(child, "markers", ()):
            at = track.range_of_child(child).start_time
            begin = child.trimmed_range().start_time
            place = seconds(at) + seconds(marker.marked_range.start_time) - seconds(begin)
            if place >= 0:
                yield place, marker


def _zone(said: dict[str, Any]) -> Zone | None:
    try:
        return from_json(Zone, said["zone"]) if "zone" in said else None
    except ValueError:
        return None


def _ring(said: dict[str, Any]) -> int:
    ring = said.get("ring", 0)
    return ring if isinstance(ring, int) and not isinstance(ring, bool) and ring > 0 else 0


def _told_apart(tracks: list[Track]) -> tuple[Track, ...]:
    """The same with ids that are unique: other programs copy clips with all that we said about them."""
    seen: set[str] = {""}

    def own(name: str) -> str:
        name = name if name not in seen else new_id()
        seen.add(name)
        return name

    return tuple(
        dataclasses.replace(
            track, id=own(track.id), clips=tuple(dataclasses.replace(clip, id=own(clip.id)) for clip in track.clips)
        )
        for track in tracks
    )


def _sound(timeline: Timeline, notices: Notices) -> Timeline:
    """The timeline, without what does not fit it any more. Raises StudioError (INPUT) when that is not all."""
    if not (problem := timeline_problem(timeline)):
        return timeline
    if timeline.ring or timeline.zone:
        open_one = dataclasses.replace(timeline, ring=0, zone=None)
        if not timeline_problem(open_one):
            notices.tell("Its clips no longer fit its loop, so it is a line now.")
            return open_one
    message = f"The timeline cannot be used: it has {problem}."
    raise StudioError(ErrorKind.INPUT, message, "Mend it in the program that made it.", "path")
