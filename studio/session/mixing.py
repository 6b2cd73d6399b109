"""The sound of a timeline: all its tracks together."""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.domain.errors import StudioError
from studio.domain.timeline.model import Clip, Sound, Timeline, Track, TrackKind, Video
from studio.domain.timeline.seen import value_at
from studio.domain.timeline.times import looping, media_frames, media_rate, step
from studio.domain.user_paths import expanded

Samples = NDArray[np.float32]
RATE = 48_000
_BLOCK = 4 * RATE  # samples that are decoded at once
_KEPT = 24  # blocks
_RATES = (1_000, 384_000)  # at which a file can be decoded
_KNEE = 0.9  # what is louder is bent towards 1, which it never exceeds


def sounds(timeline: Timeline) -> bool:
    """Whether any clip can be heard, as far as their media say."""
    return any(True for _ in _audible(timeline))


def limited(samples: Samples) -> Samples:
    """Without clipping: values up to 0.9 stay, louder ones approach 1 as a tanh does. Each sample by itself, so that
    pieces fit together.
    """
    loud = np.abs(samples)
    if not (loud > _KNEE).any():
        return samples
    bent = np.copysign(_KNEE + (1 - _KNEE) * np.tanh((loud - _KNEE) / (1 - _KNEE)), samples)
    return np.where(loud > _KNEE, bent, samples).astype(np.float32)


class Mixer:
    """Mixes timelines. Safe in several threads. What cannot be read is silent."""

    def __init__(self) -> None:
        self._files = _Files()

    def mixed(self, timeline: Timeline, start: Fraction, stop: Fraction, rate: int = RATE) -> Samples:
        """See `studio.session.montage.Montage.sound`."""
        first, end = (math.ceil(at * rate / timeline.rate) for at in (start, stop))
        out = np.zeros((max(0, end - first), 2), np.float32)
        for track, clip in _audible(timeline):
            loudness = track.opacity if track.kind is TrackKind.AUDIO else 1.0
            for run in _runs(timeline, clip, start, stop):
                # Samples of a run are those of the mix whose places fall into it.
                low, high = (math.ceil(at * rate / timeline.rate) for at in (run.begin, run.end))
                low, high = max(low, first), min(high, end)
                if high > low:
                    heard = self._heard(timeline, clip, run, range(low, high), rate)
                    out[low - first : high - first] += heard * np.float32(loudness)
        return limited(out)

    def _heard(self, timeline: Timeline, clip: Clip, run: "_Run", places: range, rate: int) -> Samples:
        """What a clip sounds like at these samples of the mix."""
        own = media_rate(clip.media, timeline.rate)
        come = Fraction(places.start) * timeline.rate / rate - run.begin
        at = (run.source + come * step(clip, timeline.rate)) / own
        heard = self._samples(getattr(clip.media, "path", ""), at, clip.speed, len(places), rate)
        if any(lane.parameter == "volume" for lane in clip.lanes):
            heard = heard * self._gain(timeline, clip, run, places, rate)[:, None]
        return heard

    def _samples(self, path: str, at: Fraction, speed: Fraction, count: int, rate: int) -> Samples:
        """`count` samples of a file from `at` seconds on, `rate` of them in a second in which `speed` seconds pass."""
        if speed == 1:
            return self._files.read(path, rate, math.floor(at * rate + Fraction(1, 2)), count)
        # Decoded more slowly or quickly, so that what is too high to be heard is filtered out.
        decoded = min(_RATES[1], max(_RATES[0], round(rate / abs(speed))))
        places = float(at * decoded) + np.arange(count) * float(speed * decoded / rate)
        low = math.floor(min(places[0], places[-1]))
        whole = self._files.read(path, decoded, low, math.ceil(max(places[0], places[-1])) - low + 1)
        index = np.arange(len(whole))
        channels = [np.interp(places - low, index, whole[:, channel]) for channel in range(2)]
        return np.asarray(np.stack(channels, axis=1), np.float32)

    def _gain(self, timeline: Timeline, clip: Clip, run: "_Run", places: range, rate: int) -> Samples:
        """The volume at these samples: that of the frames, and straight lines between them."""
        local = (np.arange(places.start, places.stop) * float(timeline.rate / rate)) - float(run.begin - run.local)
        frames = np.arange(math.floor(local[0]), math.ceil(local[-1]) + 1)
        values = [value_at(clip, "volume", int(frame), timeline.ring) for frame in frames]
        return np.asarray(np.interp(local, frames, values), np.float32)


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of a clip that runs through its source without a jump: from place `begin` to `end` on the timeline
    (turns of a ring counted on), from frame `source` of the media; `local` is how far the clip has come.
    """

    begin: Fraction
    end: Fraction
    source: Fraction
    local: Fraction


def _audible(timeline: Timeline) -> Iterator[tuple[Track, Clip]]:
    for track in timeline.tracks:
        for clip in () if track.hidden else track.clips:
            if clip.enabled and (isinstance(clip.media, Sound) or (isinstance(clip.media, Video) and clip.media.sound)):
                yield track, clip


def _runs(timeline: Timeline, clip: Clip, start: Fraction, stop: Fraction) -> Iterator[_Run]:
    """Where a clip is heard between two places; on a ring once in each turn."""
    ring = timeline.ring
    turns = range(math.floor((start - clip.end) / ring), math.ceil((stop - clip.start) / ring) + 1) if ring else (0,)
    for turn in turns:
        begin = Fraction(clip.start + turn * ring)
        low, high = max(start, begin), min(stop, begin + clip.length)
        if low < high:
            yield from _jumps(timeline, clip, begin, low, high)


def _jumps(timeline: Timeline, clip: Clip, begin: Fraction, low: Fraction, high: Fraction) -> Iterator[_Run]:
    """The pieces between `low` and `high` of a clip that starts at `begin`: of a loop one for each of its turns."""
    frames, way = media_frames(clip.media, timeline.rate), step(clip, timeline.rate)
    while low < high:
        source = clip.offset + (low - begin) * way
        end = high
        if frames is not None and looping(clip.media):
            source %= frames
            left = (frames - source) / way if way > 0 else (source or frames) / -way
            source = frames if way < 0 and not source else source
            end = min(high, low + left)
        yield _Run(low, end, source, low - begin)
        low = end


class _Files:
    """Decoded sound in blocks, the latest used ones kept."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[tuple[str, str, int, int], Samples] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, path: str, rate: int, first: int, count: int) -> Samples:
        """`count` samples (n, 2) from sample `first` on; silence where there are none."""
        out = np.zeros((count, 2), np.float32)
        version = _version(path)
        if not version:
            return out
        for index in range(max(0, first) // _BLOCK, max(0, first + count - 1) // _BLOCK + 1):
            block = self._block(path, version, rate, index)
            begin = index * _BLOCK
            low, high = max(first, begin), min(first + count, begin + len(block))
            if high > low:
                out[low - first : high - first] = block[low - begin : high - begin]
        return out

    def _block(self, path: str, version: str, rate: int, index: int) -> Samples:
        key = (path, version, rate, index)
        with self._lock:
            if (known := self._blocks.get(key)) is not None:
                self._blocks.move_to_end(key)
                return known
        block = _decoded(path, rate, index)
        with self._lock:
            self._blocks[key] = block
            while len(self._blocks) > _KEPT:
                self._blocks.popitem(last=False)
        return block


def _decoded(path: str, rate: int, index: int) -> Samples:
    from studio.imaging.video.sound import read_sound  # its library takes long to load

    start = Fraction(index * _BLOCK, rate)
    try:
        pieces = [*read_sound(Path(path), rate, 2, start, Fraction(_BLOCK, rate))]
    except StudioError:
        pieces = []
    return np.concatenate([np.zeros((0, 2), np.float32), *pieces])


def _version(path: str) -> str:
    """Another one when the file is another; "" for one that is not there."""
    try:
        found = expanded(Path(path)).stat()
    except (OSError, ValueError):
        return ""
    return f"{found.st_mtime_ns:x}.{found.st_size:x}"
