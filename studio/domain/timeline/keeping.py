"""Keeping a clip's keys where they belong while it is cut, slipped, sped up or counted in another rate.

Keys of `drawn` parameters and prompts belong to source frames, the others to frames of the timeline.
"""

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from studio.domain.timeline.model import Clip, Key, Words
from studio.domain.timeline.parameters import PARAMETERS
from studio.domain.timeline.times import short, step, turn

Keyed = TypeVar("Keyed", Key, Words)


def cut_in(clip: Clip, by: int, rate: Fraction) -> Clip:
    """The clip from `by` frames later (earlier, below 0) in its source and with its keys, where it was before."""
    after = slipped(clip, by * step(clip, rate), rate)
    return shown_at(after, lambda at: at - by)


def slipped(clip: Clip, by: Fraction, rate: Fraction) -> Clip:
    """The clip from `by` source frames later, and with it the keys that belong to these."""
    return drawn_at(dataclasses.replace(clip, offset=short(clip.offset + by)), clip, rate, rate)


def shown_at(clip: Clip, place: Callable[[Fraction], Fraction]) -> Clip:
    """The clip with the keys that belong to the timeline elsewhere."""
    lanes = tuple(
        lane
        if PARAMETERS[lane.parameter].drawn
        else dataclasses.replace(lane, keys=replaced(lane.keys, lambda key: place(key.at), None))
        for lane in clip.lanes
    )
    return clip if lanes == clip.lanes else dataclasses.replace(clip, lanes=lanes)


def drawn_at(clip: Clip, before: Clip, rate: Fraction, rate_before: Fraction, stretch: Fraction = Fraction(1)) -> Clip:
    """The clip with the keys that belong to source frames at those where they were `before`, or so many times further
    on where its media were stretched.
    """
    if not clip.words and not any(PARAMETERS[lane.parameter].drawn for lane in clip.lanes):
        return clip
    old, new = step(before, rate_before), step(clip, rate)

    def place(key: Key | Words) -> Fraction:
        return ((before.offset + key.at * old) * stretch - clip.offset) / new

    lanes = tuple(
        dataclasses.replace(lane, keys=replaced(lane.keys, place, turn(clip, rate)))
        if PARAMETERS[lane.parameter].drawn
        else lane
        for lane in clip.lanes
    )
    return dataclasses.replace(clip, lanes=lanes, words=replaced(clip.words, place, turn(clip, rate)))


def replaced(keys: tuple[Keyed, ...], place: Callable[[Keyed], Fraction], period: Fraction | None) -> tuple[Keyed, ...]:
    """Keys at other places, within the `period` where there is one, by time; of two at one place the later one."""
    found: dict[Fraction, Keyed] = {}
    for key in keys:
        at = short(place(key))
        at = at if period is None else at % period
        found[at] = dataclasses.replace(key, at=at)
    return tuple(found[at] for at in sorted(found))
