"""Which source frame is seen at each frame of a clip, for many frames at once."""

from collections.abc import Callable
from fractions import Fraction

from studio.domain.timeline.model import Clip
from studio.domain.timeline.seen import source_frame
from studio.domain.timeline.times import looping, media_frames, step


def sources(clip: Clip, rate: Fraction) -> Callable[[int], int]:
    """`seen.source_frame` by frames after the clip's start, in whole numbers: fractions are slow to paint with."""
    frames = media_frames(clip.media, rate)
    if frames is None or frames.denominator != 1:
        return lambda local: source_frame(clip, clip.start + local, rate)
    way, offset = step(clip, rate), clip.offset
    each, first = way.numerator * offset.denominator, offset.numerator * way.denominator
    parts, count = way.denominator * offset.denominator, frames.numerator
    if looping(clip.media):
        return lambda local: (first + local * each) // parts % count
    return lambda local: min(max((first + local * each) // parts, 0), count - 1)
