"""Sound through a device that the test drives."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import ModuleType, SimpleNamespace, TracebackType
from typing import cast

import numpy as np
import pytest

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.timeline.model import Timeline
from studio.ui.player import audio
from studio.ui.player.audio import RATE, Feed, Samples, Speaker, heard
from studio.ui.player.course import SECOND, Course
from tests.ui.player.conftest import OpenTheatre
from tests.ui.player.theatre import line, ring, sounding


class NoDevice(Exception):
    """What PortAudio raises."""


class Stream:
    """A sound device that asks when it is told to."""

    latency = 0.0

    def __init__(self, device: "Device", callback: object) -> None:
        self._device, self.callback = device, callback

    def __enter__(self) -> "Stream":
        self._device.streams.append(self)
        self._device.opened.release()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._device.closed += 1

    def abort(self) -> None:
        pass

    def ask(self, count: int) -> Samples:
        """What the device gets when it asks for so many samples."""
        wanted = bytearray(count * 8)
        self.callback(memoryview(wanted), count, None, None)  # type: ignore[operator]
        return np.frombuffer(wanted, np.float32).reshape(count, 2)


@dataclass
class Device:
    """PortAudio as far as it is used."""

    broken: bool = False
    streams: list[Stream] = field(default_factory=list)
    opened: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    closed: int = 0

    def library(self) -> ModuleType:
        return cast(ModuleType, SimpleNamespace(RawOutputStream=self._open, PortAudioError=NoDevice))

    def _open(self, samplerate: int, channels: int, dtype: str, callback: object) -> Stream:
        assert (samplerate, channels, dtype) == (RATE, 2, "float32")
        if self.broken:
            raise NoDevice("no such device")
        return Stream(self, callback)

    def stream(self) -> Stream:
        assert self.opened.acquire(timeout=10)
        return self.streams[-1]


def mixed(timeline: Timeline, first: int, end: int, rate: int) -> Samples:
    """Each frame sounds as its number."""
    count = int(end * rate / timeline.rate) - int(first * rate / timeline.rate)
    frames = first + np.arange(count) * timeline.rate.numerator // (rate * timeline.rate.denominator)
    return np.repeat(frames[:, None], 2, 1).astype(np.float32)


def until(condition: object) -> None:
    end = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def speaker(device: Device, notes: list[str]) -> Iterator[Speaker]:
    made = Speaker(mixed, notes.append, device.library)
    yield made
    made.close()


def filled(stream: Stream, count: int) -> Samples:
    """Samples, once they have been mixed."""
    parts: list[Samples] = []
    while sum(map(len, parts)) < count:
        part = stream.ask(100)
        if part.any():
            parts.append(part.copy())
    return np.concatenate(parts)[:count]


@pytest.mark.parametrize("rate", [Fraction(12), Fraction(30000, 1001), Fraction(60)])
def test_each_frame_lasts_exactly_its_time_also_after_many_turns(rate: Fraction) -> None:
    feed = Feed(mixed, replace(ring(7), rate=rate), Course(0, 7, 7), 3)
    given = steps = 0
    while steps < 700:
        block = feed.block()
        assert block is not None
        given += len(block)
        steps = feed._step - 3
        assert given == int(steps * RATE / rate)


def test_blocks_follow_the_course_across_the_seam() -> None:
    feed = Feed(mixed, ring(5), Course(3, 4, 5), 0)
    heard_frames = []
    for _ in range(10):
        block = feed.block()
        assert block is not None
        heard_frames += sorted({int(value) for value in block[:, 0]})
    assert heard_frames[:9] == [3, 4, 0, 1, 3, 4, 0, 1, 3]


def test_the_feed_ends_with_a_course_without_a_loop() -> None:
    feed = Feed(mixed, line(3), Course(0, 3, 0, False), 0)
    blocks = []
    while (block := feed.block()) is not None:
        blocks.append(block)
    assert sum(map(len, blocks)) == 3 * RATE // 12
    assert feed.block() is None


def test_the_device_gets_the_sound_at_the_volume(speaker: Speaker, device: Device) -> None:
    assert speaker.play(sounding(line(50)), Course(4, 20), 0)
    stream = device.stream()
    assert np.all(filled(stream, 1000) == 4.0)
    speaker.volume = 0.5
    assert np.all(filled(stream, 1000) == 2.0)
    speaker.muted = True
    assert not stream.ask(500).any()


def test_its_clock_counts_what_was_played(speaker: Speaker, device: Device) -> None:
    speaker.play(sounding(line(50)), Course(1, 20), 0)
    stream = device.stream()
    assert speaker.elapsed() == 0
    filled(stream, RATE // 10)
    until(lambda: (speaker.elapsed() or 0) >= SECOND // 10)
    assert (speaker.elapsed() or 0) <= SECOND // 10 + SECOND // 100


def test_what_was_not_mixed_in_time_is_silence_and_no_time(device: Device, notes: list[str]) -> None:
    go = threading.Event()

    def late(timeline: Timeline, first: int, end: int, rate: int) -> Samples:
        go.wait(10)
        return mixed(timeline, first, end, rate)

    speaker = Speaker(late, notes.append, device.library)
    speaker.play(sounding(line(50)), Course(1, 20), 0)
    stream = device.stream()
    assert not stream.ask(4800).any()
    assert speaker.elapsed() == 0
    go.set()
    assert np.all(filled(stream, 100) == 1.0)
    speaker.close()


def test_mixing_ahead_is_bounded(speaker: Speaker, device: Device) -> None:
    speaker.play(sounding(line(100_000)), Course(0, 100_000), 0)
    device.stream()
    run = speaker._run
    assert run is not None
    until(lambda: run._stored >= RATE // 2)
    time.sleep(0.02)
    assert run._stored < RATE


def test_stopping_is_silence_at_once_and_frees_the_device(speaker: Speaker, device: Device) -> None:
    speaker.play(sounding(line(50)), Course(1, 20), 0)
    stream = device.stream()
    filled(stream, 100)
    speaker.stop()
    assert not stream.ask(100).any()
    assert speaker.elapsed() is None
    speaker.close()
    assert device.closed == 1


def test_a_missing_library_is_told_once_and_nothing_else_happens(notes: list[str]) -> None:
    def missing() -> ModuleType:
        raise OSError("PortAudio library not found")

    speaker = Speaker(mixed, notes.append, missing)
    speaker.play(sounding(line(50)), Course(0, 20), 0)
    until(lambda: speaker.elapsed() is None)
    until(lambda: notes)
    assert not speaker.play(sounding(line(50)), Course(0, 20), 0)
    speaker.close()
    assert notes == ["There is no sound: the library PortAudio is not installed."]


def test_no_device_is_told(device: Device, speaker: Speaker, notes: list[str]) -> None:
    device.broken = True
    speaker.play(sounding(line(50)), Course(0, 20), 0)
    until(lambda: speaker.elapsed() is None and notes)
    assert notes == ["There is no sound: no device takes it (no such device)."]


def test_a_sound_that_cannot_be_read_is_told(device: Device, notes: list[str]) -> None:
    def damaged(*_: object) -> Samples:
        raise StudioError(ErrorKind.INPUT, "a.wav is damaged.")

    speaker = Speaker(damaged, notes.append, device.library)
    speaker.play(sounding(line(50)), Course(0, 20), 0)
    until(lambda: notes)
    speaker.close()
    assert notes == ["There is no sound: a.wav is damaged."]


def test_a_timeline_without_sound_needs_no_device(speaker: Speaker, device: Device) -> None:
    assert not speaker.play(line(50), Course(0, 20), 0)
    assert not device.streams
    hidden = sounding(line(5))
    hidden = replace(hidden, tracks=tuple(replace(track, hidden=True) for track in hidden.tracks))
    assert heard(hidden) == ()
    assert not Speaker(None, print).play(sounding(line(5)), Course(0, 5), 0)


def test_the_picture_follows_the_sound(play: OpenTheatre, device: Device) -> None:
    theatre = play(sounding(line(200)), mix=mixed, library=device.library)
    theatre.pane.act("toggle")
    stream = device.stream()
    theatre.watch.go(5)
    theatre.pane.playback.tick()
    assert theatre.desk.playhead == 0
    filled(stream, RATE // 4)
    until(lambda: (theatre.pane._speaker.elapsed() or 0) >= SECOND // 4)
    theatre.pane.playback.tick()
    assert theatre.desk.playhead == 3


def test_scrubbing_is_silent_and_sound_goes_on_where_it_rests(play: OpenTheatre, device: Device) -> None:
    theatre = play(sounding(line(200)), mix=mixed, library=device.library)
    theatre.pane.act("toggle")
    stream = device.stream()
    filled(stream, 100)
    theatre.desk.set_playhead(100)
    assert not stream.ask(100).any()
    theatre.bot.waitUntil(lambda: len(device.streams) == 2)
    theatre.watch.go(0)
    assert 100 <= filled(device.streams[1], 10)[0, 0] <= 101


def test_faster_and_backwards_are_silent(play: OpenTheatre, device: Device) -> None:
    theatre = play(sounding(line(200)), mix=mixed, library=device.library)
    theatre.pane.act("toggle")
    stream = device.stream()
    theatre.pane.act("forward")
    assert theatre.pane.playback.shuttle.speed == 2
    assert not stream.ask(100).any()
    theatre.beats(2)
    assert theatre.desk.playhead == 4


def test_without_a_library_it_plays_in_silence_with_one_quiet_note(play: OpenTheatre) -> None:
    def missing() -> ModuleType:
        raise OSError("PortAudio library not found")

    theatre = play(sounding(line(200)), mix=mixed, library=missing)
    notes: list[str] = []
    theatre.pane.noted.connect(notes.append)
    theatre.pane.act("toggle")
    theatre.bot.waitUntil(lambda: bool(notes))
    theatre.pane.playback.tick()
    theatre.beats(3)
    assert theatre.desk.playhead == 3
    assert theatre.pane.transport.mute.isVisible()
    theatre.pane.act("mute")
    assert theatre.pane.transport.mute.isChecked()
    assert len(notes) == 1


def test_a_device_that_never_asks_does_not_hold_the_picture_up(
    play: OpenTheatre, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    theatre = play(sounding(line(200)), mix=mixed, library=device.library)
    theatre.pane.act("toggle")
    stream = device.stream()
    monkeypatch.setattr(audio, "_OPENING", 0)
    theatre.pane.playback.tick()
    theatre.beats(3)
    assert theatre.desk.playhead == 3
    assert not stream.ask(100).any()  # nothing is heard that would not fit


def test_the_slider_sets_the_volume(play: OpenTheatre) -> None:
    theatre = play(sounding(line(20)), mix=mixed)
    theatre.pane.transport.volume.setValue(25)
    assert theatre.pane._speaker.volume == 0.25
    theatre.put(line(20))
    assert not theatre.pane.transport.mute.isVisible()
