"""Sound out: PortAudio's stream, fed from a bounded store of mixed blocks that a thread keeps full.

Its clock is what the picture follows: samples that were really played.
"""

import importlib
import threading
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from studio.domain.errors import StudioError
from studio.domain.timeline.model import Clip, Sound, Timeline, Track, Video
from studio.ui.player.course import SECOND, Course

RATE = 48_000
CHANNELS = 2
_STORE = RATE // 2  # samples that are mixed ahead
_BLOCK = RATE // 10
_SILENT = SECOND  # a device that asks for nothing so long is gone
_OPENING = 2 * SECOND  # one that was not asked before needs longer

Samples = NDArray[np.float32]
Mix = Callable[[Timeline, int, int, int], Samples]  # timeline, first frame, one beyond the last, samples a second


def heard(timeline: Timeline) -> tuple[Track, ...]:
    """The tracks that may give a sound."""
    return tuple(track for track in timeline.tracks if not track.hidden and any(map(_sounds, track.clips)))


def _sounds(clip: Clip) -> bool:
    return clip.enabled and (isinstance(clip.media, Sound) or (isinstance(clip.media, Video) and clip.media.sound))


def _tell(text: str) -> str:
    return QCoreApplication.translate("Speaker", text)


def portaudio() -> ModuleType:
    """The binding. Raises OSError where the library of the system is missing; the first call takes its time."""
    return importlib.import_module("sounddevice")


class Speaker:
    """Plays the sound of a timeline along a course. `note` is told once, by another thread, why nothing is heard."""

    def __init__(
        self, mix: Mix | None, note: Callable[[str], object], library: Callable[[], ModuleType] = portaudio
    ) -> None:
        self._mix, self._note, self._library = mix, note, library
        self._run: _Run | None = None
        self._ending: list[_Run] = []
        self._silent = mix is None
        self.volume = 1.0
        self.muted = False

    def play(self, timeline: Timeline, course: Course, step: int) -> bool:
        """Begin at a step. False where there is nothing to hear, or nothing to hear it with."""
        self.stop()
        if self._mix is None or self._silent or not heard(timeline):
            return False
        feed = Feed(self._mix, timeline, course, step)
        self._run = _Run(feed, self._library, lambda: 0.0 if self.muted else self.volume, self._failed)
        return True

    def elapsed(self) -> int | None:
        """Nanoseconds of sound that have been heard since `play`; None where the device is none or has gone."""
        return self._run.elapsed(time.monotonic_ns()) if self._run is not None else None

    def stop(self) -> None:
        """Silence, at once."""
        if self._run is not None:
            self._run.stop()
            self._ending = [run for run in self._ending if run.thread.is_alive()]
            self._ending.append(self._run)
            self._run = None

    def close(self) -> None:
        """Silence, and wait until the device is free."""
        self.stop()
        for run in self._ending:
            run.thread.join()
        self._ending.clear()

    def _failed(self, reason: str) -> None:
        if not self._silent:
            self._silent = True
            self._note(reason)


class Feed:
    """Mixed blocks along a course, one after the other: each frame has exactly as many samples as its time."""

    def __init__(self, mix: Mix, timeline: Timeline, course: Course, step: int) -> None:
        self._mix, self._timeline, self._course = mix, timeline, course
        self._step, self._passed, self._given = step, 0, 0
        self._samples = Fraction(RATE) / timeline.rate  # a frame's
        self._most = max(1, _BLOCK // max(1, int(self._samples)))

    def block(self) -> Samples | None:
        """The next samples, (n, 2); None after the last frame of a course without a loop."""
        first = self._course.frame(self._step)
        if first is None:
            return None
        count = 1
        while count < self._most and self._course.frame(self._step + count) == first + count:
            count += 1
        mixed = self._mix(self._timeline, first, first + count, RATE)
        self._step += count
        self._passed += count
        due = int(self._passed * self._samples) - self._given
        self._given += due
        return _of_length(mixed, due)


def _of_length(samples: Samples, length: int) -> Samples:
    """Frames need not last whole samples: what lacks at the end is the last one again."""
    lacking = length - len(samples)
    if lacking <= 0:
        return samples[:length]
    return np.pad(samples, ((0, lacking), (0, 0)), mode="edge" if len(samples) else "constant")


class _Run:
    """One playing: a thread that opens the device, mixes ahead, and closes it."""

    def __init__(
        self,
        feed: Feed,
        library: Callable[[], ModuleType],
        gain: Callable[[], float],
        failed: Callable[[str], object],
    ) -> None:
        self._feed, self._library, self._gain, self._failed = feed, library, gain, failed
        self._changed = threading.Condition()
        self._blocks: deque[Samples] = deque()
        self._stored = self._played = 0
        self._latency = 0
        self._called = 0  # when the device last asked, in nanoseconds; 0 before it did
        self._born = time.monotonic_ns()
        self._asked = 0  # samples that it asked for then
        self._over = self._stopped = self._broken = False
        self.thread = threading.Thread(target=self._work, name="sound", daemon=True)
        self.thread.start()

    def elapsed(self, now: int) -> int | None:
        """Nanoseconds of sound that have been heard; None where the device is none or has gone."""
        with self._changed:
            waiting = now - self._called > _SILENT if self._called else now - self._born > _OPENING
            if self._broken or waiting:
                return None
            since = min((now - self._called) * RATE, self._asked * SECOND) if self._called else 0
            heard_so_far = ((self._played - self._asked) * SECOND + since) // RATE
            return max(0, heard_so_far - self._latency)

    def stop(self) -> None:
        """From now on the device gets silence; the thread ends by itself."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            library = self._library()
        except OSError:
            self._break(_tell("There is no sound: the library PortAudio is not installed."))
            return
        try:
            with library.RawOutputStream(
                samplerate=RATE, channels=CHANNELS, dtype="float32", callback=self._give
            ) as stream:
                self._latency = round(stream.latency * SECOND)
                self._feed_on()
                stream.abort()
        except library.PortAudioError as error:
            self._break(_tell("There is no sound: no device takes it ({reason}).").format(reason=error))
        except StudioError as error:
            self._break(_tell("There is no sound: {reason}").format(reason=error))

    def _break(self, reason: str) -> None:
        with self._changed:
            self._broken = True
        self._failed(reason)

    def _feed_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or (self._stored < _STORE and not self._over))
                if self._stopped:
                    return
            block = self._feed.block()
            with self._changed:
                if block is None:
                    self._over = True
                else:
                    self._blocks.append(np.ascontiguousarray(block, np.float32))
                    self._stored += len(block)

    def _give(self, wanted: memoryview, count: int, _time: object, _status: object) -> None:
        """The device asks for `count` samples; it is a thread of PortAudio's."""
        out = np.frombuffer(wanted, np.float32).reshape(count, CHANNELS)
        with self._changed:
            filled = 0 if self._stopped else self._fill(out)
            out[filled:] = 0.0
            out[:filled] *= self._gain()
            # Samples that were not mixed in time are no time of the course; those after its end are.
            self._asked = count if self._over else filled
            self._played += self._asked
            self._called = time.monotonic_ns()
            self._changed.notify_all()

    def _fill(self, out: Samples) -> int:
        filled = 0
        while self._blocks and filled < len(out):
            block = self._blocks[0]
            part = min(len(block), len(out) - filled)
            out[filled : filled + part] = block[:part]
            filled += part
            if part == len(block):
                self._blocks.popleft()
            else:
                self._blocks[0] = block[part:]
        self._stored -= filled
        return filled
