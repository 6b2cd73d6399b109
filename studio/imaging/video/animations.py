"""Animated WebP and AVIF, which Pillow decodes with their transparency; FFmpeg reads neither so."""

import struct
import warnings
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from studio.domain.geometry import Size
from studio.imaging.pixels import Pixels
from studio.imaging.video import packets
from studio.imaging.video.problems import MAX_FRAMES, refused, require_size
from studio.imaging.video.timing import Ticks, Timing, still_timing, timing_of

_MILLISECOND = Fraction(1, 1000)
_QUICKEST = 11  # ms; what is shown for less is shown for 100 ms, as browsers do
_FRAME = 16  # bytes of a frame's head in a WebP, the duration in the last four (RFC 9649, 2.7.1.1)


class Animation:
    """An animated or still WebP or AVIF as numbered stored frames. Not thread-safe; stepping back costs a WebP all
    frames before. Raises what Pillow raises on damage.
    """

    problem = ""
    sound = False

    def __init__(self, path: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures; sizes are checked below
            self._image = Image.open(path, formats=("WEBP", "AVIF"))
        try:
            require_size(path, *self._image.size)
            self.size = Size(*self._image.size)
            self.codec = (self._image.format or "").lower()
            self.timing = _timing(path, self._image)
            self.alpha = self._image.has_transparency_data
        except BaseException:
            self.close()
            raise

    def picture(self, number: int) -> Pixels:
        """Stored frame `number` as uint8, height × width × 3 or 4."""
        self._image.seek(number)
        return np.array(self._image.convert("RGBA" if self.alpha else "RGB"))

    def close(self) -> None:
        """Close the file."""
        self._image.close()


def _timing(path: Path, image: Image.Image) -> Timing:
    frames = min(getattr(image, "n_frames", 1), MAX_FRAMES)
    if frames < 2:
        return still_timing(1)
    if image.format == "AVIF":
        with packets.opened(path) as container:
            stream = packets.video_of(container, path)
            return packets.timing(container, stream, packets.scan(container, stream, path))
    with path.open("rb") as file:
        durations = _webp_durations(file)
    if len(durations) != frames:
        raise refused(path, "is damaged or cut short", "Open it in another program and save it again.")
    times = np.concatenate([[0], np.cumsum(durations)])
    return timing_of(times[:-1], int(times[-1]), _MILLISECOND)


def _webp_durations(file: BinaryIO) -> Ticks:
    """Milliseconds of each frame: RIFF chunks "ANMF" of a WebP (RFC 9649)."""
    found: list[int] = []
    file.seek(12)
    while len(head := file.read(8)) == 8:
        kind, size = struct.unpack("<4sI", head)
        begin = file.read(min(size, _FRAME))
        if kind == b"ANMF" and len(begin) == _FRAME:
            duration = int.from_bytes(begin[12:15], "little")
            found.append(duration if duration >= _QUICKEST else 100)
        file.seek(size + size % 2 - len(begin), 1)
    return np.asarray(found, dtype=np.int64)
