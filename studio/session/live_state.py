"""What live painting tells of itself, and the two things it needs of its surroundings: time, and room for files."""

import tempfile
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from studio.domain.errors import ErrorKind, StudioError
from studio.imaging.blobs import BlobStore


class LiveState(StrEnum):
    """What live painting is doing."""

    OFF = "off"
    IDLE = "idle"  # the picture shown is that of the sketch
    DRAWING = "drawing"  # changes are gathered
    PAINTING = "painting"
    WAITING = "waiting"  # a job of the queue keeps the worker
    PAUSED = "paused"  # `LivePainting.problem` says why


class Clock(Protocol):
    """Time, and one alarm in the thread of its owner."""

    def now(self) -> float:
        """Seconds since some moment."""

    def ring_in(self, seconds: float, ring: Callable[[], None]) -> None:
        """Call `ring` once; an alarm that was set before is forgotten."""

    def stop(self) -> None:
        """Forget the alarm."""


class Scratch:
    """A folder for the files of one session of live painting, which nothing but live painting names."""

    def __init__(self) -> None:
        """Make the folder. Raises StudioError (DISK)."""
        try:
            self._folder = tempfile.TemporaryDirectory("-safelight", ignore_cleanup_errors=True)
        except OSError as error:
            raise StudioError(
                ErrorKind.DISK, f"There is no room to paint live: {error.strerror}.", "Free some space on the disk."
            ) from error
        self._files: set[Path] = set()
        self.store = BlobStore(Path(self._folder.name))

    def note(self, files: Iterable[Path]) -> None:
        """These blobs of the store are there."""
        self._files |= set(files)

    def sweep(self) -> None:
        """Drop the blobs that were noted."""
        for file in self._files:
            self.store.discard(file.parent.name + file.name)
        self._files.clear()

    def remove(self) -> None:
        """Drop everything."""
        self._folder.cleanup()
