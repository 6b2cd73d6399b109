"""What a container holds, found without decoding: when each frame is shown and where decoding can begin."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.logging
import numpy as np
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from studio.imaging.video.problems import MAX_FRAMES, refused
from studio.imaging.video.timing import DEFAULT_RATE, Ticks, Timing, timing_of

# Damage is told to the user, not to the standard error. Not set_level: its callback into Python can deadlock with the
# decoder's threads.
av.logging.set_libav_level(av.logging.FATAL)

_SECONDS = (10.0, 20.0)  # that a disk may take to open a file, and to read the next part of it
# Demuxers that read other files than the one they are given, or that make pictures of what is no picture.
_UNWANTED = frozenset({"hls", "dash", "concat", "image2", "lavfi", "tty", "bin", "xbin", "adf", "idf", "sdp", "rtsp"})
# Demuxers whose frames build on all frames before them, and whose own word on rates is a guess.
_FROM_THE_START = frozenset({"gif", "apng"})
_MISSING = Fraction(1, 10)  # of the duration: so much less than promised is a file that was cut short


@contextlib.contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """A container, open for reading. Raises what PyAV raises, and StudioError for what is none."""
    with open_container(path) as container:
        yield container


def open_container(path: Path) -> InputContainer:
    """A container to be closed by the caller: this one file and nothing that it refers to on other machines.

    Raises what PyAV raises, and StudioError (INPUT) for a list of other files.
    """
    options = {"protocol_whitelist": "file"}
    container = av.open(
        f"file:{path.absolute()}", "r", container_options=options, timeout=_SECONDS, metadata_errors="replace"
    )
    if container.format.name.split(",")[0] in _UNWANTED:
        container.close()
        raise refused(path, "is no video", "Choose a video file.")
    return container


def video_of(container: InputContainer, path: Path) -> VideoStream:
    """The stream that is watched: of several the one with the most frames, and no cover picture.

    Raises StudioError (INPUT) when there is none.
    """
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        raise refused(path, "holds no moving picture", "Choose a video file.")
    streams = [stream for stream in streams if is_known(stream)]
    if not streams:
        raise refused(path, "is of a codec that this program does not know", "Convert it to MP4 or WebM.")
    return max(streams, key=lambda stream: (bool(stream.disposition & Disposition.default), stream.frames))


def is_known(stream: Stream) -> bool:
    """Whether there is a decoder for a stream."""
    return bool(stream.codec_context)  # None without one, whatever its type says


@dataclass(frozen=True, slots=True)
class Packets:
    """The frames of a stream in the order they are shown.

    `times` are in `tick` seconds, `keys` the numbers of those frames at which decoding can begin. `counted` is a stream
    without times: its frames are known by their count from the start only. `problem` is a sentence or "".
    """

    times: Ticks
    keys: Ticks
    end: int
    tick: Fraction
    counted: bool
    problem: str = ""

    def keys_before(self, number: int) -> Ticks:
        """The frames up to `number` at which decoding can begin."""
        return self.keys[: int(np.searchsorted(self.keys, number, side="right"))]

    def key_before(self, number: int) -> int:
        """The last of them; 0 when there is none."""
        found = self.keys_before(number)
        return int(found[-1]) if len(found) else 0

    def number_of(self, time: int) -> int:
        """The frame that is shown at `time`, in ticks."""
        return max(int(np.searchsorted(self.times, time, side="right")) - 1, 0)


def scan(container: InputContainer, stream: VideoStream, path: Path) -> Packets:
    """Read the whole file without decoding it; some GB take seconds.

    Raises StudioError (INPUT) when the stream holds nothing, and what PyAV raises when its beginning is damaged.
    """
    times: list[int] = []
    keys: list[int] = []
    count = unknown = last = 0
    problem = ""
    try:
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:
                continue
            time = packet.pts
            unknown += time is None
            count += 1
            if time is not None:
                times.append(time)
                last = max(last, time + (packet.duration or 0))
                if packet.is_keyframe:
                    keys.append(time)
            if count >= MAX_FRAMES:
                problem = f"Only the first {MAX_FRAMES:,} frames are read."
                break
    except av.FFmpegError as error:
        if not count:
            raise
        problem = f"The file is damaged after {count:,} frames: {error.strerror}."
    if not count:
        raise refused(path, "holds no frame", "Choose another video.")
    tick = stream.time_base or Fraction(1, 1000)
    if unknown:
        return _counted(count, stream, problem)
    shown = np.unique(np.asarray(times, dtype=np.int64))
    start = np.searchsorted(shown, np.unique(np.asarray(keys, dtype=np.int64)))
    if container.format.name in _FROM_THE_START:
        start = np.zeros(1, dtype=np.int64)
    return Packets(shown, start.astype(np.int64), last, tick, False, problem or _cut(container, shown, last, tick))


def promised(container: InputContainer, stream: VideoStream) -> Packets:
    """What the file's beginning says of its frames, at a constant rate; nothing is read but that."""
    rate = stream.average_rate or stream.guessed_rate or DEFAULT_RATE
    seconds = Fraction(container.duration or 0, av.time_base)
    return _counted(min(max(stream.frames or round(seconds * rate), 1), MAX_FRAMES), stream, "")


def _counted(count: int, stream: VideoStream, problem: str) -> Packets:
    rate = stream.average_rate or stream.guessed_rate or DEFAULT_RATE
    every = np.arange(count, dtype=np.int64)
    return Packets(every, every[:1], count, 1 / rate, True, problem)


def _cut(container: InputContainer, times: Ticks, end: int, tick: Fraction) -> str:
    """A sentence when there is less than the file's beginning promises."""
    there = max(end, int(times[-1])) * tick - int(times[0]) * tick
    promised = Fraction(container.duration or 0, av.time_base)
    if promised - there <= max(promised * _MISSING, Fraction(1, 2)):
        return ""
    sounds = container.streams.audio
    if any((sound.duration or 0) * (sound.time_base or 0) > there for sound in sounds):
        return ""  # the sound is longer than the picture
    return f"The file is cut short: {float(there):.1f} of {float(promised):.1f} seconds are there."


def timing(container: InputContainer, stream: VideoStream, packets: Packets) -> Timing:
    """The frames at a constant rate."""
    guessed = container.format.name in _FROM_THE_START
    hint = None if guessed else stream.average_rate or stream.guessed_rate
    return timing_of(packets.times, packets.end, packets.tick, hint)
