"""Beats in frames, exactly: a beat is 60 / BPM seconds, and a frame of the timeline 1 / rate."""

from dataclasses import dataclass
from fractions import Fraction

from studio.domain.timeline.placing import impossible

MAX_BPM = 1000


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


def beat_frames(bpm: Fraction, rate: Fraction, length: int, first: int = 0) -> tuple[int, ...]:
    """The frames from `first` to before `length` that are nearest to the beats, the first one on `first`."""
    _require(bpm)
    apart = 60 * rate / bpm
    count = max(0, -(-(length - first) // apart))
    return tuple(dict.fromkeys(at for beat in range(int(count)) if (at := first + round(beat * apart)) < length))


def _require(bpm: Fraction) -> None:
    if not 1 <= bpm <= MAX_BPM:
        hint = f"Choose 1 to {MAX_BPM:,}; most music has 60 to 180."
        raise impossible(f"{float(bpm):g} beats a minute cannot be followed.", hint, "bpm")
