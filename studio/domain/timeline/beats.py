"""Beats in frames, exactly: a beat is 60 / BPM seconds, and a frame of the timeline 1 / rate."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from studio.domain.timeline.model import Beats, Timeline
from studio.domain.timeline.placing import impossible
from studio.domain.timeline.validity import MAX_BPM


@dataclass(frozen=True, slots=True)
class BeatLock:
    """A length of `frames` whole frames for music that takes `exact` ones. At `bpm` beats a minute, instead of those
    that were asked for, it would take just so many, and a loop stays with it for ever.
    """

    frames: int
    exact: Fraction
    bpm: Fraction

    @property
    def drift(self) -> Fraction:
        """By how many frames the picture is later with each turn than the music."""
        return self.frames - self.exact


def beat_lock(bpm: Fraction, bars: int, beats: int, rate: Fraction) -> BeatLock:
    """The whole frames nearest to `bars` bars of `beats` beats each. Raises StudioError (INPUT) for what is none."""
    _require(bpm)
    if bars < 1 or beats < 1:
        raise impossible("A loop needs a bar with a beat.", "Choose 1 or more of both.", "beats")
    exact = 60 * rate * bars * beats / bpm
    frames = max(2, round(exact))
    return BeatLock(frames, exact, 60 * rate * bars * beats / frames)


def beats_between(timeline: Timeline, start: float, end: float, every: int = 1) -> Iterator[tuple[int, int]]:
    """The beats of a timeline from frame `start` to before `end`, in order: the number of each, counted from 0, and the
    whole frame nearest to it. On a ring they begin anew in each turn, and before the first of a line there is none.
    With `every` only each so manieth is told.
    """
    if timeline.beats is None or end <= start:
        return
    beats, ring = timeline.beats, timeline.ring
    apart = frames_apart(beats, timeline.rate) * every
    turns = range(math.floor((start - beats.first) / ring), math.ceil((end - beats.first) / ring)) if ring else (0,)
    for turn in turns:
        begin = beats.first + turn * ring
        most = math.ceil(ring / apart) if ring else math.inf
        number = max(0, math.ceil((Fraction(start) - Fraction(1, 2) - begin) / apart))
        while number < most and (at := round(begin + number * apart)) < end:
            if at >= start:
                yield number * every, at
            number += 1


def frames_apart(beats: Beats, rate: Fraction) -> Fraction:
    """How many frames lie between two beats."""
    return 60 * rate / beats.bpm


def _require(bpm: Fraction) -> None:
    if not 1 <= bpm <= MAX_BPM:
        hint = f"Choose 1 to {MAX_BPM:,}; most music has 60 to 180."
        raise impossible(f"{float(bpm):g} beats a minute cannot be followed.", hint, "bpm")
