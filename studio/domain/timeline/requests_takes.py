"""Requests about what clips are made of. What cannot be done raises StudioError (INPUT), and nothing has changed.

What arrives from a job is taken on locked tracks too: a lock protects where clips lie, and no work is lost for it.
"""

import dataclasses
from fractions import Fraction

from studio.domain.sequence import FrameSequence
from studio.domain.timeline.keeping import drawn_at
from studio.domain.timeline.model import Clip, ClipTask, Generated, Media, Take, Timeline
from studio.domain.timeline.placing import (
    edited,
    edited_throughout,
    found_clip,
    impossible,
    require_open,
    title,
    track_of,
)
from studio.domain.timeline.times import longest, looping, media_frames, natural_length
from studio.domain.timeline.validity import MAX_LENGTH, MAX_NAME, overlapping
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify

MAX_TAKES = 1000  # of a clip


def request_add_take(timeline: Timeline, clip_id: str, take: Take) -> Timeline:
    """A new take of a clip, which is seen from now on."""
    clip, media = _generated(timeline, clip_id)
    if any(other.id == take.id for other in media.takes):
        raise impossible("The clip has this take already.", "Choose it among its takes.", "take")
    if len(media.takes) >= MAX_TAKES:
        raise impossible(f"A clip has at most {MAX_TAKES:,} takes.", "Delete some.", "take")
    _require_frames(take.frames)
    media = dataclasses.replace(media, takes=(*media.takes, take))
    return _arrived(timeline, _seen(clip, media, take, timeline.rate))


def request_take_frames(timeline: Timeline, clip_id: str, take_id: str, frames: int) -> Timeline:
    """A take that has another number of frames than was thought."""
    _require_frames(frames)
    clip, media, take = _take(timeline, clip_id, take_id)
    if take.frames == frames:
        return timeline
    after = dataclasses.replace(take, frames=frames)
    media = _with_take(media, after)
    return _arrived(timeline, _seen(clip, media, after, timeline.rate) if media.active == take_id
                    else dataclasses.replace(clip, media=media))  # fmt: skip


def request_choose_take(timeline: Timeline, clip_id: str, take_id: str) -> Timeline:
    """Another take of a clip is seen; a clip that showed all of the one before shows all of this one if it can."""
    clip, media, take = _take(timeline, clip_id, take_id)
    require_open(track_of(timeline, clip_id))
    if media.active == take_id:
        return timeline
    return _arrived(timeline, _seen(clip, media, take, timeline.rate))


def request_rename_take(timeline: Timeline, clip_id: str, take_id: str, name: str) -> Timeline:
    """A take with another name."""
    clip, media, take = _take(timeline, clip_id, take_id)
    media = _with_take(media, dataclasses.replace(take, name=name.strip()[:MAX_NAME]))
    return timeline if media == clip.media else edited(timeline, {clip_id: dataclasses.replace(clip, media=media)})


def request_delete_take(timeline: Timeline, clip_id: str, take_id: str) -> Timeline:
    """Without a take; if it was the one that is seen, the latest of the others is."""
    clip, media, take = _take(timeline, clip_id, take_id)
    require_open(track_of(timeline, clip_id))
    left = tuple(other for other in media.takes if other is not take)
    media = dataclasses.replace(media, takes=left)
    if media.active != take_id:
        return _arrived(timeline, dataclasses.replace(clip, media=media))
    if not left:
        return _arrived(timeline, dataclasses.replace(clip, media=dataclasses.replace(media, active="")))
    return _arrived(timeline, _seen(clip, media, left[-1], timeline.rate))


def request_set_task(timeline: Timeline, clip_id: str, task: ClipTask) -> Timeline:
    """What the next generation of a clip makes. A clip without takes also takes its frames, rate and size."""
    clip, media = _generated(timeline, clip_id)
    require_open(track_of(timeline, clip_id))
    if task == media.task:
        return timeline
    after = dataclasses.replace(media, task=task)
    if not media.takes:
        after = _planned(after)
    return _arrived(timeline, _fitting(clip, after, timeline.rate))


def request_set_media(timeline: Timeline, clip_id: str, media: Media) -> Timeline:
    """A clip of other media, such as a file that was found again; as long as it was, as far as these reach."""
    clip = found_clip(timeline, clip_id)
    if media == clip.media:
        return timeline
    after = _shortened(dataclasses.replace(clip, media=media), timeline.rate)
    return edited(timeline, {clip_id: drawn_at(after, clip, timeline.rate, timeline.rate)})


def _generated(timeline: Timeline, clip_id: str) -> tuple[Clip, Generated]:
    clip = found_clip(timeline, clip_id)
    if not isinstance(clip.media, Generated):
        raise impossible(f"{title(clip)} was not made here and has no takes.", "Choose a generated clip.", "take")
    return clip, clip.media


def _take(timeline: Timeline, clip_id: str, take_id: str) -> tuple[Clip, Generated, Take]:
    clip, media = _generated(timeline, clip_id)
    for take in media.takes:
        if take.id == take_id:
            return clip, media, take
    raise impossible("This take is no longer there.", "Choose another.", "take")


def _require_frames(frames: int) -> None:
    if not 1 <= frames <= MAX_LENGTH:
        raise impossible(f"A take of {frames:,} frames is none.", "Choose one with frames.", "frames")


def _with_take(media: Generated, take: Take) -> Generated:
    return dataclasses.replace(media, takes=tuple(take if each.id == take.id else each for each in media.takes))


def _seen(clip: Clip, media: Generated, take: Take, rate: Fraction) -> Clip:
    """The clip with this take seen."""
    media = dataclasses.replace(media, active=take.id, frames=take.frames)
    match take.task:
        case FrameSequence(rate=own, closed=closed, recipe=recipe):
            media = dataclasses.replace(media, rate=own, closed=closed, size=recipe.result_size)
        case FlowLoop(rate=own) | Loopify(rate=own):
            media = dataclasses.replace(media, rate=own, closed=True)
        case Interpolation(rate=own, closed=closed) | Deflicker(rate=own, closed=closed):
            media = dataclasses.replace(media, rate=own, closed=closed)
    return _fitting(clip, media, rate)


def _planned(media: Generated) -> Generated:
    """Media without takes as their task will make them, as far as it says."""
    match media.task:
        case FrameSequence(frames=frames, rate=rate, closed=closed, recipe=recipe):
            return dataclasses.replace(media, frames=frames, rate=rate, closed=closed, size=recipe.result_size)
        case FlowLoop(frames=frames, rate=rate):
            return dataclasses.replace(media, frames=frames, rate=rate, closed=True)
    return media


def _fitting(clip: Clip, media: Media, rate: Fraction) -> Clip:
    """The clip with other media; one that shows all of it from the first frame on shows all of the new ones. Prompts
    and other keys for its frames stay at the same share of these.
    """
    whole = clip.offset == 0 and clip.length == natural_length(clip.media, rate, clip.speed)
    after = dataclasses.replace(clip, media=media)
    if whole:
        after = dataclasses.replace(after, length=natural_length(media, rate, clip.speed))
    else:
        after = _shortened(after, rate)
    frames, frames_before = media_frames(media, rate), media_frames(clip.media, rate)
    if frames is None or frames_before is None:
        return after
    return drawn_at(after, clip, rate, rate, frames / frames_before)


def _shortened(clip: Clip, rate: Fraction) -> Clip:
    """The clip as far as its media reach; from their beginning where they do not reach it at all."""
    frames = media_frames(clip.media, rate)
    if frames is not None and not looping(clip.media) and not 0 <= clip.offset < frames:
        clip = dataclasses.replace(clip, offset=Fraction(0) if clip.speed > 0 else Fraction(frames - 1))
    most = longest(clip, rate)
    return clip if most is None or clip.length <= most else dataclasses.replace(clip, length=most)


def _arrived(timeline: Timeline, clip: Clip) -> Timeline:
    """The timeline with a clip whose media have changed; one that became longer than there is room for is cut short."""
    track, before = track_of(timeline, clip.id), found_clip(timeline, clip.id)
    others = tuple(clip if other is before else other for other in track.clips)
    if overlapping(others, timeline.ring) is not None or (timeline.ring and clip.length > timeline.ring):
        clip = _shortened(dataclasses.replace(clip, length=before.length), timeline.rate)
    return edited_throughout(timeline, {clip.id: clip})
