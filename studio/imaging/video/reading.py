"""Frames of any moving picture, exact to the frame in any order."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from studio.domain.user_paths import expanded
from studio.imaging.pixels import Pixels
from studio.imaging.video.info import VideoInfo, info_of, open_source
from studio.imaging.video.problems import errors_of, refused

_KEPT = 48 * 2**20  # bytes of decoded frames
_LEAST, _MOST = 2, 256  # frames that are kept however large or small they are


class VideoReader:
    """A video, GIF, APNG, animated WebP or AVIF, numbered stills (the path of the first), or one still, as frames.

    Frame e is what is seen e / `info.rate` seconds after the beginning. Frames in ascending order are decoded one after
    the other; a step back costs the frames from the last key frame on. It may be used from several threads, which
    take turns; one reader for each is quicker. Memory is bounded, however long the file.

    Raises StudioError: INPUT for what is no moving picture or damaged at its beginning, DISK, MEMORY. What is damaged
    later shows the frame before, and `info.problem` says so.
    """

    def __init__(self, path: Path) -> None:
        self._path = expanded(path)
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Pixels] = OrderedDict()
        self._bytes = 0
        self._source = open_source(self._path)
        self._closed = False

    @property
    def info(self) -> VideoInfo:
        """What the file is, and what was found wrong with it so far."""
        return info_of(self._source)

    def __len__(self) -> int:
        return self._source.timing.frames

    def frame(self, index: int) -> Pixels:
        """uint8, height × width × 3, or × 4 if `info.alpha`; it is shared, so it must not be written to.

        Raises IndexError outside of the frames, and StudioError when the file cannot be read any more.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        with self._lock:
            return self._picture(self._source.timing.of(index))

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1) -> Iterator[Pixels]:
        """Every `step`-th frame from `start` up to `stop`, which is left out; None is the end."""
        for index in range(*slice(start, stop, step).indices(len(self))):
            yield self.frame(index)

    def close(self) -> None:
        """Close the file; frames that were read stay."""
        with self._lock:
            self._closed = True
            self._source.close()
            self._kept.clear()

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _picture(self, stored: int) -> Pixels:
        kept = self._kept.get(stored)
        if kept is not None:
            self._kept.move_to_end(stored)
            return kept
        if self._closed:
            raise refused(self._path, "was closed", "Open it again.")
        with errors_of(self._path):
            pixels = self._source.picture(stored)
        pixels.flags.writeable = False
        self._kept[stored] = pixels
        self._bytes += pixels.nbytes
        while len(self._kept) > _MOST or (self._bytes > _KEPT and len(self._kept) > _LEAST):
            self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return pixels
