"""How a clip's own time and the timeline's fit together, in exact fractions."""

import math
from fractions import Fraction

from studio.domain.timeline.model import Clip, Generated, Media, Sound, Timeline, Video

FINEST = 10**9  # the largest denominator of a place: keeps fractions short after any number of edits
STILL_SECONDS = 2  # how long a still is when it is put down


def short(value: Fraction) -> Fraction:
    """The nearest fraction with a denominator of at most `FINEST`: nearly always the same."""
    return value.limit_denominator(FINEST)


def looping(media: Media) -> bool:
    """Do its frames repeat for ever?"""
    return isinstance(media, Generated | Video) and media.closed


def media_rate(media: Media, rate: Fraction) -> Fraction:
    """Source frames a second; what has no frames of its own counts in frames of the timeline, which has `rate`."""
    return media.rate if isinstance(media, Generated | Video) else rate


def media_frames(media: Media, rate: Fraction) -> Fraction | None:
    """How many source frames there are; None where there is no end: a still, the canvas."""
    match media:
        case Generated(frames=frames) | Video(frames=frames):
            return Fraction(frames)
        case Sound(seconds=seconds):
            return seconds * rate
    return None


def step(clip: Clip, rate: Fraction) -> Fraction:
    """How many source frames pass in one frame of a timeline with `rate`; below 0 for a clip that runs backwards."""
    return clip.speed * media_rate(clip.media, rate) / rate


def natural_length(media: Media, rate: Fraction, speed: Fraction = Fraction(1)) -> int:
    """How many frames of a timeline with `rate` all of it takes: of a loop one turn, of a still some seconds."""
    frames = media_frames(media, rate)
    if frames is None:
        return max(1, round(STILL_SECONDS * rate))
    exact = frames / abs(speed) / media_rate(media, rate) * rate
    return max(1, round(exact) if looping(media) else math.ceil(exact))


def longest(clip: Clip, rate: Fraction) -> int | None:
    """How long it can be from its offset on before its media end; None where they never do."""
    frames = media_frames(clip.media, rate)
    if frames is None or looping(clip.media):
        return None
    way = step(clip, rate)
    if way > 0:
        return math.ceil((frames - clip.offset) / way)
    return math.floor(clip.offset / -way) + 1


def turn(clip: Clip, rate: Fraction) -> Fraction | None:
    """How many timeline frames one turn of a looping clip takes; None where it is none."""
    frames = media_frames(clip.media, rate)
    if frames is None or not looping(clip.media):
        return None
    return frames / abs(step(clip, rate))


def local_frame(timeline: Timeline, clip: Clip, frame: int) -> int | None:
    """How many frames after the clip's start a frame of the timeline lies; None where the clip is not there."""
    local = frame - clip.start
    if timeline.ring:
        local %= timeline.ring
    return local if 0 <= local < clip.length else None


def fills_ring(timeline: Timeline, clip: Clip) -> bool:
    """Is it all of the ring, so that its end meets its beginning?"""
    return 0 < timeline.ring == clip.length


def period(timeline: Timeline, clip: Clip, drawn: bool) -> Fraction | None:
    """After how many frames the keys of a clip begin anew, None where they do not: those of `drawn` parameters and of
    prompts with each turn of a loop, the others on a clip that fills the ring.
    """
    if drawn:
        return turn(clip, timeline.rate)
    return Fraction(timeline.ring) if fills_ring(timeline, clip) else None
