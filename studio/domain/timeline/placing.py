"""The one gate through which clips get onto tracks: what passes it lies on a track of its kind, within its media, and
overlaps nothing.
"""

import dataclasses
import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import PurePath

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.timeline.model import Clip, Sound, Still, Timeline, Track, TrackKind, Video
from studio.domain.timeline.times import longest, looping, media_frames
from studio.domain.timeline.validity import MAX_LENGTH, clip_problem, overlapping

MAX_CLIPS = 20_000  # of a timeline


def impossible(message: str, hint: str, field: str = "") -> StudioError:
    """What to raise for a request that cannot be carried out."""
    return StudioError(ErrorKind.INPUT, message, hint, field)


def found_clip(timeline: Timeline, clip_id: str) -> Clip:
    """The clip with this id. Raises StudioError (INPUT) when there is none."""
    if (clip := timeline.clip(clip_id)) is None:
        raise impossible("This clip is no longer on the timeline.", "Select another.")
    return clip


def found_track(timeline: Timeline, track_id: str) -> Track:
    """The track with this id. Raises StudioError (INPUT) when there is none."""
    if (track := timeline.track(track_id)) is None:
        raise impossible("This track is no longer on the timeline.", "Choose another.")
    return track


def track_of(timeline: Timeline, clip_id: str) -> Track:
    """The track on which a clip lies. Raises StudioError (INPUT) when there is none such."""
    if (track := timeline.track_of(clip_id)) is None:
        raise impossible("This clip is no longer on the timeline.", "Select another.")
    return track


def title(clip: Clip) -> str:
    """What a clip is called at the beginning of a sentence."""
    return f"“{name}”" if (name := _name(clip)) else "The clip"


def _name(clip: Clip) -> str:
    if not clip.name and isinstance(clip.media, Video | Still | Sound):
        return PurePath(clip.media.path).name
    return clip.name


def _titles(pair: Iterable[Clip]) -> str:
    """What two clips are called at the beginning of a sentence."""
    match [f"“{name}”" for clip in pair if (name := _name(clip))]:
        case [one, other]:
            return f"{one} and {other}"
        case [one]:
            return f"{one} and another clip"
        case _:
            return "Two clips"


def require_open(track: Track) -> None:
    """Raise StudioError (INPUT) when a track is locked."""
    if track.locked:
        name = f"The track “{track.name}”" if track.name else "The track"
        raise impossible(f"{name} is locked.", "Unlock it to change what lies on it.", "locked")


def with_track(timeline: Timeline, track_id: str, change: Callable[[Track], Track]) -> Timeline:
    """The timeline with one track changed; the very same one where nothing is."""
    before = found_track(timeline, track_id)
    after = change(before)
    if after == before:
        return timeline
    tracks = tuple(after if track is before else track for track in timeline.tracks)
    return dataclasses.replace(timeline, tracks=tracks)


def with_companions(timeline: Timeline, clip_ids: Collection[str]) -> dict[str, Clip]:
    """These clips and those of their groups, by their ids. Raises StudioError (INPUT) for one that is not there."""
    wanted = {*clip_ids}
    clips = [clip for track in timeline.tracks for clip in track.clips]
    named = [clip for clip in clips if clip.id in wanted]
    if len(named) != len(wanted):
        raise impossible("A clip is no longer on the timeline.", "Select others.")
    groups = {clip.group for clip in named if clip.group}
    return {clip.id: clip for clip in clips if clip.id in wanted or clip.group in groups}


def edited(
    timeline: Timeline,
    changes: Mapping[str, Clip | None],
    added: Iterable[tuple[str, Clip]] = (),
) -> Timeline:
    """The timeline with clips in place of those with their ids (None: without them), and others `added` to tracks that
    are named by their ids. On a ring starts are taken modulo its length.

    Raises StudioError (INPUT) for what cannot lie where it would.
    """
    new: dict[str, list[Clip]] = {}
    for track_id, clip in added:
        new.setdefault(found_track(timeline, track_id).id, []).append(_fitted(clip, timeline))
    tracks = tuple(_edited_track(track, timeline, changes, new.get(track.id, [])) for track in timeline.tracks)
    if all(after is before for after, before in zip(tracks, timeline.tracks, strict=True)):
        return timeline
    if new and sum(len(track.clips) for track in tracks) > MAX_CLIPS:
        raise impossible(f"A timeline holds {MAX_CLIPS:,} clips.", "Delete some, or begin another project.")
    return dataclasses.replace(timeline, tracks=tracks)


def edited_throughout(timeline: Timeline, changes: Mapping[str, Clip | None]) -> Timeline:
    """As `edited`, on locked tracks too: for what concerns all of the timeline, and for work that arrives."""

    def locked(tracks: tuple[Track, ...], wanted: Callable[[int], bool]) -> tuple[Track, ...]:
        return tuple(
            track if track.locked == wanted(index) else dataclasses.replace(track, locked=wanted(index))
            for index, track in enumerate(tracks)
        )

    opened = dataclasses.replace(timeline, tracks=locked(timeline.tracks, lambda _: False))
    after = edited(opened, changes)
    return dataclasses.replace(after, tracks=locked(after.tracks, lambda index: timeline.tracks[index].locked))


def _edited_track(track: Track, timeline: Timeline, changes: Mapping[str, Clip | None], new: list[Clip]) -> Track:
    clips = [
        clip if after is clip else _fitted(after, timeline, clip)
        for clip in track.clips
        if (after := changes.get(clip.id, clip)) is not None
    ] + new
    if len(clips) == len(track.clips) and all(map(operator.is_, clips, track.clips)):
        return track
    require_open(track)
    audio = track.kind is TrackKind.AUDIO
    if any(isinstance(clip.media, Sound) != audio for clip in clips):
        raise impossible("Sound lies on audio tracks, and all else on the others.", "Choose a track of its kind.")
    clips.sort(key=lambda clip: clip.start)
    if (pair := overlapping(clips, timeline.ring)) is not None:
        raise impossible(f"{_titles(pair)} would overlap.", "Make room for it, or use another track.", "start")
    return dataclasses.replace(track, clips=tuple(clips))


def moved(clip: Clip, by: int) -> Clip:
    """A clip `by` frames later. In half the time of `dataclasses.replace`, since thousands may move at once."""
    return Clip(clip.id, clip.media, clip.start + by, clip.length, clip.offset, clip.speed, clip.name, clip.group,
                clip.enabled, clip.lanes, clip.words)  # fmt: skip


def _fitted(clip: Clip, timeline: Timeline, before: Clip | None = None) -> Clip:
    """A clip as it lies on this timeline, wherever that is; `before` it was sound."""
    ring, start = timeline.ring, clip.start
    if ring and not 0 <= start < ring:
        clip = moved(clip, start % ring - start)
    if clip.start < 0 or clip.end > MAX_LENGTH:
        raise impossible(f"{title(clip)} would lie beyond the ends of the timeline.", "Move it less far.", "start")
    if before is None or not _made_alike(clip, before) or (ring and clip.length > ring):
        return _sound(clip, timeline)
    return clip


def _made_alike(clip: Clip, before: Clip) -> bool:
    return (
        clip.media is before.media
        and clip.length == before.length
        and clip.offset is before.offset
        and clip.speed is before.speed
        and clip.lanes is before.lanes
        and clip.words is before.words
    )


def _sound(clip: Clip, timeline: Timeline) -> Clip:
    """A clip that has frames, and has no others than its media."""
    ring = timeline.ring
    frames = media_frames(clip.media, timeline.rate)
    if looping(clip.media) and frames is not None and not 0 <= clip.offset < frames:
        clip = dataclasses.replace(clip, offset=clip.offset % frames)
    if clip.length < 1:
        raise impossible(f"{title(clip)} would have no frame left.", "Leave it one, or delete it.", "length")
    if ring and clip.length > ring:
        message = f"{title(clip)} would be longer than the ring of {ring:,} frames."
        raise impossible(message, "Make the ring longer first.", "length")
    most = longest(clip, timeline.rate)
    if most is not None and (clip.length > most or clip.offset < 0 or (frames or 0) <= clip.offset):
        raise impossible(f"{title(clip)} would reach beyond the frames that it has.",
                         "Trim it less far, slow it down, or choose more frames.", "length")  # fmt: skip
    if problem := clip_problem(clip):
        raise impossible(f"{title(clip)} cannot be made so: {problem}.", "Choose another value.")
    return clip
