"""The tiles of a project: those that no version in the file names yet are in memory, the others are read on demand."""

import threading
from collections.abc import Iterable

from studio.domain.errors import ErrorKind, StudioError
from studio.session.project.packing import unpacked
from studio.session.project.readers import Readers
from studio.session.project.troubles import damaged


class ProjectBlobs:
    """Implements `studio.imaging.tiles.Blobs` for a project. Safe in several threads."""

    def __init__(self, readers: Readers) -> None:
        self.readers = readers
        self._fresh: dict[str, bytes] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def fresh_bytes(self) -> int:
        """How much memory the tiles take that are not in the file."""
        return self._bytes

    def read(self, digest: str) -> bytes:
        """The bytes of a tile. Raises StudioError (DISK) when they are gone or damaged."""
        if (data := self._fresh.get(digest)) is not None:
            return data
        name = bytes.fromhex(digest)
        with self.readers.lent() as connection:
            row = connection.execute("SELECT data FROM tiles WHERE digest = ?", (name,)).fetchone()
        if row is None:
            raise StudioError(
                ErrorKind.DISK,
                "A piece of this picture is no longer in the project.",
                "It belonged to a step that has left the history: undo, or open the project again.",
            )
        try:
            return unpacked(row[0], name)
        except (ValueError, TypeError) as error:
            raise damaged(self.readers.path, f"a piece of the picture cannot be read ({error})") from error

    def write(self, digest: str, data: bytes) -> None:
        """Keep a tile until a version that names it is saved."""
        with self._lock:
            if digest not in self._fresh:
                self._fresh[digest] = data
                self._bytes += len(data)

    def fresh(self, digest: str) -> bytes | None:
        """A tile that is only in memory."""
        return self._fresh.get(digest)

    def oldest(self, size: int) -> list[str]:
        """The tiles that wait longest in memory, together of about this many bytes."""
        found, total = [], 0
        with self._lock:
            for digest, data in self._fresh.items():
                if total >= size:
                    break
                found.append(digest)
                total += len(data)
        return found

    def stored(self, digests: Iterable[str]) -> None:
        """Forget tiles that are in the file now."""
        with self._lock:
            for digest in digests:
                self._bytes -= len(self._fresh.pop(digest, b""))
