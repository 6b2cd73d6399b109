"""Frames on their way into a file: of one size and format, counted, and none of them held."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

import cv2
import numpy as np

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.imaging.pixels import Pixels
from studio.imaging.video.presets import Preset


class Feed:
    """The frames of a clip as its preset wants them; can be gone through once. `done` counts them.

    `asked` is their size and `rate` their rate, `size` that of what comes out: a preset that needs even sides gets the
    last row and column twice. `alpha` is whether what comes out has transparency: the first frame decides.
    `transparent` is whether any frame that came was.

    Raises StudioError (INPUT) when there is no frame, and ValueError for frames that are not as announced.
    """

    def __init__(
        self,
        frames: Iterable[Pixels],
        size: Size,
        rate: Fraction,
        preset: Preset,
        on_progress: Callable[[int], None],
        poll: Callable[[], None],
    ) -> None:
        poll()
        iterator = iter(frames)
        first = next(iterator, None)
        if first is None:
            raise StudioError(ErrorKind.INPUT, "The clip has no frames.", "Generate or choose some first.", "frames")
        self._frames = itertools.chain((first,), iterator)
        self._on_progress = on_progress
        self.poll = poll
        self.asked, self.rate = size, rate
        self.size = Size(size.width + size.width % 2, size.height + size.height % 2) if preset.even else size
        self.alpha = preset.alpha and first.shape[2:] == (4,)
        self.transparent = False
        self.done = 0

    @property
    def pixel_format(self) -> str:
        """FFmpeg's name for the bytes of a frame."""
        return "rgba" if self.alpha else "rgb24"

    def __iter__(self) -> Iterator[Pixels]:
        for frame in self._frames:
            self.poll()
            yield self._prepared(frame)
            self.done += 1
            self._on_progress(self.done)

    def _prepared(self, frame: Pixels) -> Pixels:
        width, height = self.asked.width, self.asked.height
        if frame.shape not in ((height, width, 3), (height, width, 4)) or frame.dtype != np.uint8:
            raise ValueError(f"frame {self.done} is {frame.shape} {frame.dtype}, not {height} × {width}")
        frame = np.ascontiguousarray(frame)
        if frame.shape[2] == 4 and (not self.alpha or not self.transparent):
            clear = cv2.minMaxLoc(cv2.extractChannel(frame, 3))[0] < 255
            self.transparent = self.transparent or clear
            frame = frame if self.alpha else _without_alpha(frame, clear)
        elif frame.shape[2] == 3 and self.alpha:
            frame = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2RGBA), dtype=np.uint8)
        if self.size != self.asked:
            frame = np.pad(frame, ((0, self.size.height - height), (0, self.size.width - width), (0, 0)), mode="edge")
        return frame


def _without_alpha(frame: Pixels, clear: bool) -> Pixels:
    """Over black; `clear` is whether anything shows through."""
    colour = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
    return ((colour.astype(np.uint16) * frame[..., 3:] + 127) // 255).astype(np.uint8) if clear else colour
