"""The sound of a file: samples in pieces at a wanted rate, and peaks for drawing it."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from studio.domain.user_paths import expanded
from studio.imaging import pictures
from studio.imaging.video import packets
from studio.imaging.video.problems import errors_of, refused

Samples = NDArray[np.float32]
Peaks = NDArray[np.float32]

RATE = 48_000
MAX_RATE = 384_000
_PIECE = 1 << 16  # samples of the silence that is handed out at once
_BEFORE = Fraction(1, 2)  # seconds decoded before a place, which compressed sound needs to settle
_PEAK_RATE = 8000  # of the samples that peaks are taken of
_MAX_PEAKS = 20_000_000  # two days at the usual number


@dataclass(frozen=True, slots=True)
class SoundInfo:
    """`rate` samples a second in `channels`, for `seconds` (0 when the file does not say)."""

    rate: int
    channels: int
    seconds: Fraction
    codec: str


def sound_info(path: Path) -> SoundInfo | None:
    """What a sound file, or the sound of a video, is; None without any.

    Raises StudioError: INPUT for a file that is missing, damaged or of another kind, DISK.
    """
    path = expanded(path)
    pictures.require_file(path)
    with errors_of(path), packets.opened(path) as container:
        stream = _sound_of(container)
        if stream is None:
            return None
        length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
        seconds = Fraction(length if length is not None else Fraction(container.duration or 0, av.time_base))
        return SoundInfo(stream.rate or 0, stream.channels, max(seconds, Fraction(0)), stream.codec_context.name)


def read_sound(
    path: Path, rate: int = RATE, channels: int = 2, start: Fraction = Fraction(0), seconds: Fraction | None = None
) -> Iterator[Samples]:
    """The sound from `start` seconds on, for `seconds` or to its end, in pieces of float32, samples × channels, in
    [−1, 1]; resampled and mixed as needed (mono is the mean of both sides, and both sides are a mono file's samples).
    Sound that begins after the picture has silence before it.

    Ends early where the file is damaged. Raises StudioError as `sound_info` does, also for a file without sound.
    """
    if not 1 <= rate <= MAX_RATE or channels not in (1, 2) or start < 0:
        raise ValueError(f"{rate} samples a second in {channels} channels from {start}")
    path = expanded(path)
    pictures.require_file(path)
    left = None if seconds is None else round(seconds * rate)
    with errors_of(path), packets.opened(path) as container:
        for piece in _from(round(start * rate), _placed(container, path, rate, channels, start)):
            if left is not None:
                piece = piece[:left]
                left -= len(piece)
            if len(piece):
                yield piece
            if left == 0:
                return


def peaks(path: Path, per_second: int = 100) -> Peaks:
    """The lowest and highest value of each 1 / `per_second` s, all channels mixed: float32, n × 2, in [−1, 1].

    Raises StudioError as `read_sound` does.
    """
    step = max(_PEAK_RATE // per_second, 1)
    found: list[Peaks] = []
    rest, count = np.zeros(0, np.float32), 0
    for piece in read_sound(path, step * per_second, 1):
        values = np.concatenate([rest, piece[:, 0]])
        whole = len(values) // step * step
        rows = values[:whole].reshape(-1, step)
        found.append(np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1))
        rest = values[whole:]
        count += len(rows)
        if count > _MAX_PEAKS:
            break
    if len(rest):
        found.append(np.array([[rest.min(), rest.max()]], np.float32))
    return np.concatenate(found) if found else np.zeros((0, 2), np.float32)


def _placed(
    container: InputContainer, path: Path, rate: int, channels: int, start: Fraction
) -> Iterator[tuple[int, Samples]]:
    """Pieces with the place of their first sample, counted from the beginning of the file."""
    stream = _sound_of(container)
    if stream is None:
        raise refused(path, "holds no sound", "Choose another file.")
    beginning = _beginning(container)
    if start > _BEFORE:
        container.seek(int((start - _BEFORE + beginning) * av.time_base))
    # FFmpeg spreads mono over two sides 3 dB softer; ours are to have its samples.
    sides = 1 if stream.channels == 1 else 2
    resampler = AudioResampler(format="flt", layout="mono" if sides == 1 else "stereo", rate=rate)
    at: int | None = None
    for frame in _decoded(container, stream):
        if at is None:
            time = frame.pts * frame.time_base if frame.pts is not None and frame.time_base else beginning
            at = round((time - beginning) * rate)
        for piece in _samples(resampler.resample(frame), sides, channels):
            yield at, piece
            at += len(piece)
    for piece in _samples(resampler.resample(None), sides, channels):
        yield at or 0, piece
        at = (at or 0) + len(piece)


def _sound_of(container: InputContainer) -> AudioStream | None:
    return next((stream for stream in container.streams.audio if packets.is_known(stream)), None)


def _beginning(container: InputContainer) -> Fraction:
    """When picture and sound of a file begin, in seconds of its own clock."""
    return Fraction(container.start_time or 0, av.time_base)


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    try:
        for packet in container.demux(stream):
            try:
                yield from stream.codec_context.decode(packet)
            except av.FFmpegError:  # a damaged packet
                continue
    except av.FFmpegError:  # the end of what there is
        return


def _samples(frames: list[AudioFrame], sides: int, channels: int) -> Iterator[Samples]:
    for frame in frames:
        if frame.samples:
            heard = np.asarray(frame.to_ndarray(), dtype=np.float32).reshape(-1, sides)
            yield heard.mean(axis=1, keepdims=True) if channels == 1 else np.repeat(heard, 2 // sides, axis=1)


def _from(first: int, pieces: Iterator[tuple[int, Samples]]) -> Iterator[Samples]:
    """The pieces from sample `first` on, with silence where there is nothing before the first of them."""
    at = first
    for place, piece in pieces:
        while place > at:
            silent = min(place - at, _PIECE)
            yield np.zeros((silent, piece.shape[1]), np.float32)
            at += silent
        late = at - place
        if late < len(piece):
            yield piece[late:]
            at = place + len(piece)
