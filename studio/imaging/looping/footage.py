"""The frames that a clip's request begins with, from one video or from a still each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import Footage
from studio.imaging.pictures import load_layered
from studio.imaging.pixels import Pixels


class FootageReader:
    """Frames of one shape, by numbers that begin at `Footage.first`; those of another size are scaled to the first's.

    Raises StudioError: INPUT for files that are no moving pictures, and for a part that the clip does not have. Use it
    as a context manager.
    """

    def __init__(self, source: Footage) -> None:
        self._close: Callable[[], None] = lambda: None
        if len(source.paths) == 1:
            # av and its libraries are loaded only where a video is read.
            from studio.imaging.video.reading import VideoReader

            reader = VideoReader(Path(source.paths[0]))
            self._close, self._frame, there = reader.close, reader.frame, len(reader)
        else:
            stills = tuple(map(Path, source.paths))
            self._frame, there = lambda index: _layered(stills[index]), len(stills)
        self._first = source.first
        self.count = max(0, min(source.count or there, there - source.first))
        self._shape: tuple[int, ...] = ()
        if not self.count:
            self._close()
            message = f"The clip has the frames 0 to {there - 1}; there is none from {source.first} on."
            raise StudioError(ErrorKind.INPUT, message, "Choose a part that it has.", "source.first")

    def __enter__(self) -> "FootageReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def read(self, start: int, stop: int) -> Iterator[Pixels]:
        """The frames from `start` up to `stop`, which is left out; decoded one by one. Not to be written to."""
        for index in range(start, stop):
            frame = self._frame(self._first + index)
            self._shape = self._shape or frame.shape
            if frame.shape[:2] != self._shape[:2]:
                size = self._shape[1], self._shape[0]
                frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
            yield frame

    def all(self) -> Iterator[Pixels]:
        """Every frame."""
        return self.read(0, self.count)


def _layered(path: Path) -> Pixels:
    """With alpha, whether or not the file has it: the next may."""
    pixels = load_layered(path)
    return pixels if pixels.shape[2] == 4 else np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
