"""What is seen at a frame of the timeline, and what a parameter is there."""

import bisect
import math
from collections.abc import Sequence
from fractions import Fraction

from studio.domain.sequence import FrameSequence, PromptKey, words_at
from studio.domain.timeline.model import Clip, Generated, Key, Shot, Timeline, Track, TrackKind, Words
from studio.domain.timeline.parameters import PARAMETERS
from studio.domain.timeline.times import local_frame, looping, media_frames, step, turn


def shots_at(timeline: Timeline, frame: int) -> tuple[Shot, ...]:
    """What is seen at a frame, the lowest first: the enabled clips there on the tracks that are not hidden."""
    shots = []
    for track in timeline.tracks:
        if track.hidden or track.kind is TrackKind.AUDIO:
            continue
        clip = clip_at(timeline, track, frame)
        if clip is not None and clip.enabled:
            shots.append(_shot(timeline, track, clip, frame))
    return tuple(shots)


def clip_at(timeline: Timeline, track: Track, frame: int) -> Clip | None:
    """The clip of a track at a frame, on a ring modulo its length."""
    clips = track.clips
    if timeline.ring:
        frame %= timeline.ring
    index = bisect.bisect_right(clips, frame, key=lambda clip: clip.start) - 1
    # Before the first clip of a ring there may be the last one, across the seam.
    if clips and (index >= 0 or timeline.ring) and local_frame(timeline, clips[index], frame) is not None:
        return clips[index]
    return None


def source_frame(clip: Clip, frame_of_timeline: int, rate: Fraction, ring: int = 0) -> int:
    """The source frame that is on screen at a frame of a timeline with this `rate` (of a sound: that is heard); 0 for a
    still and the canvas. Loops go round, and others hold their first and last frame.
    """
    local = (frame_of_timeline - clip.start) % ring if ring else frame_of_timeline - clip.start
    frames = media_frames(clip.media, rate)
    if frames is None:
        return 0
    place = math.floor(clip.offset + local * step(clip, rate))
    last = math.ceil(frames) - 1
    return place % int(frames) if looping(clip.media) else min(max(place, 0), last)


def value_at(clip: Clip, parameter: str, local_frame: float, ring: int = 0, rate: Fraction | None = None) -> float:
    """A parameter `local_frame` frames after the clip's start, within its range. On a `ring` that the clip fills its
    last key leads to the first; so do those of drawn parameters of a loop, where the timeline's `rate` is given.

    Raises KeyError for an unknown parameter.
    """
    known = PARAMETERS[parameter]
    keys = next((lane.keys for lane in clip.lanes if lane.parameter == parameter), ())
    if not keys:
        return default_of(clip, parameter)
    around = Fraction(ring) if 0 < ring == clip.length else None
    if known.drawn:
        around = turn(clip, rate) if rate is not None else None
    return known.held(curve_at(keys, local_frame, around))


def default_of(clip: Clip, parameter: str) -> float:
    """What a parameter is without keys: for what decides how frames are drawn, what the clip's task says."""
    task = clip.media.task if isinstance(clip.media, Generated) else None
    if isinstance(task, FrameSequence):
        match parameter:
            case "motion":
                return task.motion
            case "strength":
                return task.strength
            case "guidance":
                return task.recipe.sampling.guidance
    return PARAMETERS[parameter].default


def curve_at(keys: Sequence[Key], at: float, around: Fraction | None = None) -> float:
    """The value at a place of keys that are sorted by theirs. Before the first and after the last key it stays as it is
    there; with `around`, places are taken modulo it, and the last key leads to the first.
    """
    if around is None:
        index = bisect.bisect_right(keys, at, key=_place) - 1
        if index < 0 or index == len(keys) - 1:
            return keys[max(index, 0)].value
        before, after = keys[index], keys[index + 1]
        gap, way = float(after.at - before.at), at - float(before.at)
    else:
        ordered = sorted(keys, key=lambda key: key.at % around)
        places = [float(key.at % around) for key in ordered]
        index = bisect.bisect_right(places, at % float(around)) - 1
        before, after = ordered[index], ordered[(index + 1) % len(ordered)]
        gap = (places[(index + 1) % len(ordered)] - places[index]) % float(around)
        way = (at - places[index]) % float(around)
    share = before.ease.at(way / gap) if gap else 0.0
    return before.value + (after.value - before.value) * share


def prompt_keys(clip: Clip, rate: Fraction) -> tuple[PromptKey, ...]:
    """A clip's prompts as those of a request for its frames: their places are shares of its media, and those outside of
    them are left out.
    """
    return tuple(PromptKey(at, words.prompt, words.negative, words.ease) for at, words in _shares(clip, rate))


def words_at_frame(clip: Clip, local_frame: float, rate: Fraction) -> tuple[Words, Words, float] | None:
    """The prompts before and after a place in a clip, and how much of the way from one to the other is done, as a
    request for its frames would have it; None without prompts.
    """
    shares = _shares(clip, rate)
    frames = media_frames(clip.media, rate)
    if not shares or frames is None:
        return None
    share = (float(clip.offset) + local_frame * float(step(clip, rate))) / float(frames)
    closed = looping(clip.media)
    before, after, done = words_at(prompt_keys(clip, rate), share % 1 if closed else share, closed)
    return shares[before][1], shares[after][1], done


def _shares(clip: Clip, rate: Fraction) -> list[tuple[float, Words]]:
    """A clip's prompts by their places in its media, of which each is a share in [0, 1)."""
    frames = media_frames(clip.media, rate)
    if frames is None:
        return []
    found: dict[float, Words] = {}
    for words in clip.words:
        share = (clip.offset + words.at * step(clip, rate)) / frames
        at = float(share % 1 if looping(clip.media) else share)
        if 0 <= at < 1:
            found[at] = words
    return [(at, found[at]) for at in sorted(found)]


def volume_at(timeline: Timeline, track: Track, clip: Clip, frame: int) -> float:
    """How loud a clip is at a frame at which it is: 1 is as recorded."""
    local = local_frame(timeline, clip, frame) or 0
    return track.opacity * value_at(clip, "volume", local, timeline.ring)


def _shot(timeline: Timeline, track: Track, clip: Clip, frame: int) -> Shot:
    local = local_frame(timeline, clip, frame) or 0
    ring, rate = timeline.ring, timeline.rate

    def value(parameter: str) -> float:
        return value_at(clip, parameter, local, ring, rate)

    return Shot(
        clip,
        source_frame(clip, frame, rate, ring),
        track.mode,
        track.opacity * value("opacity"),
        value("x"),
        value("y"),
        value("scale"),
        value("rotation"),
        {lane.parameter: value(lane.parameter) for lane in clip.lanes},
    )


def _place(key: Key) -> float:
    return float(key.at)
