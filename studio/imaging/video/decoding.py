"""Frames of a video file, each exactly, in whatever order they are asked for."""

import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.codec.context import ThreadType
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from studio.domain.geometry import Size
from studio.imaging.pixels import Pixels
from studio.imaging.video import packets
from studio.imaging.video.converting import Converter, has_alpha
from studio.imaging.video.problems import refused, require_size
from studio.imaging.video.timing import Timing

_WORTH_A_JUMP = 12  # frames that are rather decoded than skipped by a seek
_TRIES = 3  # key frames that are tried before everything is decoded from the beginning
_THREADS = 4
_TRANSPARENT = 32  # frames of an animation in which transparency is looked for
# FFmpeg's own decoders of these leave the alpha layer of WebM out.
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_ANIMATIONS = frozenset({"gif", "apng"})  # formats that have an alpha channel whether they use it or not


class Decoder:
    """A video file, GIF or APNG as numbered stored frames. Not thread-safe.

    Raises what PyAV raises on damage at its beginning, and StudioError (INPUT) for what holds no frame. Frames that
    cannot be decoded show the one before; `problem` then says so. With `assumed` the file is not read through: only
    frame 0 may be asked for.
    """

    def __init__(self, path: Path, assumed: packets.Packets | None = None) -> None:
        self._path = path
        with packets.opened(path) as container:
            stream = packets.video_of(container, path)
            require_size(path, stream.width or 1, stream.height or 1)  # 0 is not known yet
            self._index = stream.index
            self._packets = assumed or packets.scan(container, stream, path)
            self.timing: Timing = packets.timing(container, stream, self._packets)
            self.codec = stream.codec_context.name
            self.sound = bool(container.streams.audio)
            self._from_the_start = self._packets.counted or len(self._packets.keys) < 2
            self._animation = container.format.name in _ANIMATIONS
        self._damaged = 0
        self._last = len(self._packets.times) - 1
        self._container: InputContainer | None = None
        self._at: int | None = None
        self._current: VideoFrame | None = None
        self._next: tuple[int, VideoFrame] | None = None
        self._open()
        try:
            self._convert = self._converter()
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> Size:
        """Of every frame, upright and with square pixels."""
        return self._convert.size

    @property
    def alpha(self) -> bool:
        """Whether its frames have an alpha channel."""
        return self._convert.alpha

    @property
    def problem(self) -> str:
        """What was wrong with the file so far, a sentence or ""."""
        if self._packets.problem or not self._damaged:
            return self._packets.problem
        return "A part of the file is damaged; the frames before it are shown there."

    def picture(self, number: int) -> Pixels:
        """Stored frame `number` as uint8, height × width × 3 or 4."""
        return self._convert(self._frame(number))

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()
            self._container = None

    # -------------------------------------------------------------------------------------------- position

    def _frame(self, number: int) -> VideoFrame:
        at, number = self._at, min(number, self._last)
        if at is None or number < at or self._packets.key_before(number) - at > _WORTH_A_JUMP:
            self._go_to(number)
        while self._at is None or self._at < number:
            if not self._advance(number):
                break
        if self._current is None:
            raise refused(self._path, "holds no frame that can be decoded", "Choose another video.")
        return self._current

    def _advance(self, number: int) -> bool:
        """Step to the next decoded frame unless it is later than `number`, which then is missing from the file."""
        if self._next is None:
            self._next = next(self._decoded, None)
        if self._next is None:  # cut short: what there is ends here
            self._damaged += 1
            self._last = self._at if self._at is not None else 0
            return False
        found, frame = self._next
        if found > number and self._current is not None:
            self._damaged += 1
            return False
        self._at, self._current, self._next = found, frame, None
        return True

    def _go_to(self, number: int) -> None:
        """To a place from which decoding leads to `number`: its key frame, an earlier one where the container is too
        coarse to find that, or the beginning."""
        keys = self._packets.keys_before(number)[-1 : -_TRIES - 1 : -1]
        if self._from_the_start or not any(self._sought(int(key), number) for key in keys if key > 0):
            self._open()

    def _sought(self, key: int, number: int) -> bool:
        """Whether a seek to frame `key` led to a key frame up to `number`."""
        assert self._container is not None
        try:
            self._container.seek(int(self._packets.times[key]), stream=self._stream)
        except av.FFmpegError:
            return False
        self._context.flush_buffers()
        self._start()
        # What comes before the first key frame refers to frames that were skipped.
        self._next = next((found for found in self._decoded if found[1].key_frame or found[0] > number), None)
        return self._next is not None and self._next[0] <= number

    def _open(self) -> None:
        self.close()
        self._container = packets.open_container(self._path)
        self._stream: VideoStream = self._container.streams[self._index]  # type: ignore[assignment]
        self._context = self._decoding_context()
        self._start()

    def _start(self) -> None:
        self._at = self._current = self._next = None
        self._decoded = self._decode()

    def _decoding_context(self) -> VideoCodecContext:
        context = self._stream.codec_context
        name = _WITH_ALPHA.get(context.name, "")
        if name and self._stream.metadata.get("alpha_mode") == "1":
            layered = av.CodecContext.create(name, "r")
            assert isinstance(layered, VideoCodecContext)
            layered.extradata = context.extradata
            return layered
        context.thread_type = ThreadType.AUTO
        context.thread_count = min(_THREADS, os.cpu_count() or 1)
        return context

    # -------------------------------------------------------------------------------------------- decoding

    def _decode(self) -> Iterator[tuple[int, VideoFrame]]:
        """Numbers and frames from where the container stands; damaged packets are left out."""
        assert self._container is not None
        count = 0
        for packet in self._demuxed():
            for frame in self._of(packet):
                require_size(self._path, frame.width, frame.height)
                if self._packets.counted or frame.pts is None:
                    yield count, frame
                elif frame.pts >= int(self._packets.times[0]):
                    yield self._packets.number_of(frame.pts), frame
                count += 1

    def _demuxed(self) -> "Iterator[Packet[VideoStream]]":
        assert self._container is not None
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError:
            self._damaged += 1

    def _of(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        try:
            return self._context.decode(packet)
        except av.FFmpegError:
            self._damaged += 1
            return []

    def _converter(self) -> Converter:
        first = self._frame(0)
        aspect = self._stream.sample_aspect_ratio
        alpha = has_alpha(first)
        if alpha and self._animation:
            whole = Converter(first, self._path, None, alpha=True)
            alpha = any(_is_transparent(whole(self._frame(e))) for e in range(min(self._last + 1, _TRANSPARENT)))
        return Converter(first, self._path, aspect, alpha=alpha)


def _is_transparent(pixels: Pixels) -> bool:
    return bool(np.any(pixels[..., 3] < 255))
