"""Media files that are open: a few readers, shared by whoever asks for their frames."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain.errors import StudioError
from studio.domain.user_paths import expanded
from studio.imaging.pictures import load_layered
from studio.imaging.pixels import Pixels

if TYPE_CHECKING:
    from studio.imaging.video.reading import VideoReader

MOST = 6  # files open at once, as long as no more are read at the same time
_AGAIN = 3.0  # seconds until a file that cannot be read is tried again


@dataclass(slots=True, eq=False)
class _Open:
    """A reader, how many threads use it now, and what its file was when it was opened."""

    reader: "VideoReader"
    version: str
    users: int = 0


class Files:
    """Frames of video files and pictures. Safe in several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._refused: dict[str, tuple[str, float]] = {}  # their version, and when they may be tried again
        self._lock = threading.Lock()

    def version(self, path: str) -> str:
        """Another one when the file is another than before; "" for one that is not there."""
        try:
            found = expanded(Path(path)).stat()
        except (OSError, ValueError, StudioError):
            return ""
        return f"{found.st_mtime_ns:x}.{found.st_size:x}"

    def frame(self, path: str, index: int) -> Pixels | None:
        """A frame of a video, the last one where it has fewer; None where it cannot be read."""
        version = self.version(path)
        if not version or self._is_refused(path, version):
            return None
        try:
            lent = self._lent(path, version)
            try:
                return lent.reader.frame(min(index, len(lent.reader) - 1))
            finally:
                self._returned(lent)
        except (StudioError, IndexError):
            self._refuse(path, version)
            return None

    def picture(self, path: str) -> Pixels | None:
        """A still; None where it cannot be read."""
        version = self.version(path)
        if not version or self._is_refused(path, version):
            return None
        try:
            return load_layered(Path(path))
        except StudioError:
            self._refuse(path, version)
            return None

    def close(self) -> None:
        """Close what nobody uses at the moment; all of it can be read again."""
        with self._lock:
            self._refused.clear()
            self._close_idle(0)

    def _is_refused(self, path: str, version: str) -> bool:
        with self._lock:
            before, until = self._refused.get(path, ("", 0.0))
            return before == version and time.monotonic() < until

    def _refuse(self, path: str, version: str) -> None:
        with self._lock:
            self._refused[path] = (version, time.monotonic() + _AGAIN)

    def _lent(self, path: str, version: str) -> _Open:
        with self._lock:
            known = self._open.get(path)
            if known is not None and known.version == version:
                self._open.move_to_end(path)
                known.users += 1
                return known
        from studio.imaging.video.reading import VideoReader  # its libraries take long to load

        made = _Open(VideoReader(Path(path)), version, 1)
        with self._lock:
            old = self._open.pop(path, None)
            self._open[path] = made
            if old is not None and not old.users:
                old.reader.close()
            self._close_idle(self._most)
        return made

    def _returned(self, lent: _Open) -> None:
        with self._lock:
            lent.users -= 1
            if not lent.users and lent not in self._open.values():  # replaced meanwhile
                lent.reader.close()
            self._close_idle(self._most)

    def _close_idle(self, most: int) -> None:
        for path in [path for path, each in self._open.items() if not each.users]:
            if len(self._open) <= most:
                return
            self._open.pop(path).reader.close()
