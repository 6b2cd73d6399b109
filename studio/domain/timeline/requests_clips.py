"""Requests about whole clips. What cannot be done raises StudioError (INPUT), and nothing has changed."""

import bisect
import dataclasses
from collections.abc import Collection, Mapping

from studio.domain.timeline.model import Clip, Media, Timeline, Track, TrackKind, new_id
from studio.domain.timeline.placing import (
    edited,
    found_clip,
    found_track,
    impossible,
    moved,
    with_companions,
)
from studio.domain.timeline.times import natural_length
from studio.domain.timeline.validity import MAX_NAME


def new_clip(media: Media, timeline: Timeline, name: str = "") -> Clip:
    """All of a piece of media as a clip that lies nowhere yet: of a loop one turn, of a still two seconds."""
    return Clip(new_id(), media, 0, natural_length(media, timeline.rate), name=name[:MAX_NAME])


def request_add_clip(timeline: Timeline, track_id: str, clip: Clip, at: int | None = None) -> Timeline:
    """A new clip on a track, from frame `at` on, or in the first gap that is long enough."""
    if timeline.clip(clip.id) is not None:
        raise impossible("This clip is on the timeline already.", "Duplicate it to have it twice.")
    start = _gap(found_track(timeline, track_id), clip.length, timeline.ring) if at is None else at
    return edited(timeline, {}, [(track_id, dataclasses.replace(clip, start=start))])


def request_move_clips(timeline: Timeline, clip_ids: Collection[str], by: int, rows: int = 0) -> Timeline:
    """Clips, and those of their groups, `by` frames later; all keep their distances. They go `rows` tracks up, where
    they are pictures if one of the named clips is, and likewise for sound.
    """
    clips = with_companions(timeline, clip_ids)
    shifted = {clip_id: moved(clip, by) for clip_id, clip in clips.items()}
    if not rows:
        return edited(timeline, shifted) if by else timeline
    homes = _homes(timeline, clips)
    kinds = {homes[clip_id].kind is TrackKind.AUDIO for clip_id in clip_ids}
    changes: dict[str, Clip | None] = {**shifted}
    added: list[tuple[str, Clip]] = []
    for clip_id, home in homes.items():
        if (home.kind is TrackKind.AUDIO) in kinds:
            changes[clip_id] = None
            added.append((_row(timeline, home, rows).id, shifted[clip_id]))
    return edited(timeline, changes, added)


def request_delete_clips(timeline: Timeline, clip_ids: Collection[str]) -> Timeline:
    """Without clips and those of their groups."""
    return edited(timeline, dict.fromkeys(with_companions(timeline, clip_ids)))


def request_ripple_delete(timeline: Timeline, clip_ids: Collection[str]) -> Timeline:
    """Without clips and those of their groups; on each track the later ones close up."""
    gone = with_companions(timeline, clip_ids)
    changes: dict[str, Clip | None] = {}
    for track in timeline.tracks:
        by = 0
        for clip in track.clips:
            if clip.id in gone:
                changes[clip.id] = None
                by -= clip.length
            elif by:
                changes[clip.id] = moved(clip, by)
    return edited(timeline, changes)


def request_duplicate_clips(timeline: Timeline, clip_ids: Collection[str]) -> Timeline:
    """Copies of clips and those of their groups, on their tracks, right after them or where there is room for all."""
    clips = with_companions(timeline, clip_ids)
    if not clips:
        return timeline
    groups = {clip.group: new_id() for clip in clips.values() if clip.group}
    homes = _homes(timeline, clips)
    by = _room(timeline, clips, homes)
    copies = [
        (homes[clip.id].id, dataclasses.replace(clip, id=new_id(), start=clip.start + by,
                                                group=groups.get(clip.group, "")))
        for clip in clips.values()
    ]  # fmt: skip
    return edited(timeline, {}, copies)


def request_group(timeline: Timeline, clip_ids: Collection[str]) -> Timeline:
    """One group of clips and those of their groups."""
    clips = with_companions(timeline, clip_ids)
    if len(clips) < 2:
        raise impossible("A group needs two clips.", "Select more.")
    group = new_id()
    return edited(timeline, {each: dataclasses.replace(clip, group=group) for each, clip in clips.items()})


def request_ungroup(timeline: Timeline, clip_ids: Collection[str]) -> Timeline:
    """The groups of these clips dissolved."""
    clips = with_companions(timeline, clip_ids)
    return edited(timeline, {each: dataclasses.replace(c, group="") for each, c in clips.items() if c.group})


def request_enable_clips(timeline: Timeline, clip_ids: Collection[str], enabled: bool) -> Timeline:
    """Clips and those of their groups that are not seen and heard from now on, or are again."""
    clips = with_companions(timeline, clip_ids)
    changed = {each: dataclasses.replace(c, enabled=enabled) for each, c in clips.items() if c.enabled != enabled}
    return edited(timeline, changed)


def request_name_clip(timeline: Timeline, clip_id: str, name: str) -> Timeline:
    """A clip with another name."""
    clip = found_clip(timeline, clip_id)
    name = name.strip()[:MAX_NAME]
    return timeline if name == clip.name else edited(timeline, {clip_id: dataclasses.replace(clip, name=name)})


def _homes(timeline: Timeline, clips: Mapping[str, Clip]) -> dict[str, Track]:
    return {clip.id: track for track in timeline.tracks for clip in track.clips if clip.id in clips}


def _row(timeline: Timeline, home: Track, rows: int) -> Track:
    index = timeline.tracks.index(home) + rows
    if not 0 <= index < len(timeline.tracks):
        raise impossible("There is no track so far up or down.", "Add one first.")
    return timeline.tracks[index]


def _gap(track: Track, length: int, ring: int) -> int:
    """The first frame from which on a track is free for so long; on a ring it may be free across the seam."""
    clips = track.clips
    if not clips:
        return 0
    free = max(0, clips[-1].end - ring) if ring else 0
    for clip in clips:
        if clip.start - free >= length:
            return free
        free = clip.end
    if ring and ring - free + clips[0].start < length:
        hint = "Make the ring longer, or use another track."
        raise impossible(f"There is no gap of {length:,} frames on this track.", hint, "start")
    return free


def _room(timeline: Timeline, clips: Mapping[str, Clip], homes: Mapping[str, Track]) -> int:
    """How many frames later there is room for copies of clips: the least that is not within the clips themselves."""
    by = max(clip.end for clip in clips.values()) - min(clip.start for clip in clips.values())
    starts = {track.id: [clip.start for clip in track.clips] for track in homes.values()}
    while blocked := max(_blocked(timeline.ring, homes[each], starts[homes[each].id], clip, by)
                         for each, clip in clips.items()):  # fmt: skip
        by += blocked
        if timeline.ring and by >= timeline.ring:
            hint = "Make the ring longer, or copy them to another track."
            raise impossible("There is no room for the copies.", hint, "start")
    return by


def _blocked(ring: int, track: Track, starts: list[int], clip: Clip, by: int) -> int:
    """How many frames further than `by` a clip has to go to pass the clip in its way; 0 where none is."""
    start = (clip.start + by) % ring if ring else clip.start + by
    next_one = bisect.bisect_right(starts, start)
    for index in (next_one - 1, next_one):
        turns, place = divmod(index, len(starts))
        if turns and not ring:
            continue
        other = track.clips[place]
        if other.start + turns * ring < start + clip.length and start < other.end + turns * ring:
            end = other.end
            for after in track.clips[place + 1 :]:  # nor is there room before the next ones, as long as these are near
                if after.start - end >= clip.length:
                    break
                end = after.end
            return end + turns * ring - start
    return 0
