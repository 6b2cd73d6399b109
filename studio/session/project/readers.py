"""Reading a project file from several threads; apart from all that knows of pixels, which a window loads to paint."""

import contextlib
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from studio.session.project import schema
from studio.session.project.troubles import told


class Readers:
    """Connections that only read, lent to one thread at a time."""

    def __init__(self, path: Path, *, immutable: bool = False, away: str = "") -> None:
        """Nothing is opened before it is needed. `immutable` is for files in folders that take no files of SQLite's,
        and the folder `away` is deleted in the end.
        """
        self.path, self._immutable, self._away = path, immutable, away
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    def closed(cls, path: Path) -> "Readers":
        """For a file that cannot be written, or whose folder cannot. Raises StudioError (DISK)."""
        with told(path):
            if schema.open_here(path):
                return cls(path)
            if not schema.has_log(path):
                return cls(path, immutable=True)
            # Its program was killed, and SQLite may not put the log in order where it lies.
            away = tempfile.mkdtemp(prefix="safelight-")
            copy = Path(away) / path.name
            shutil.copyfile(path, copy)
            shutil.copyfile(schema.log_of(path), schema.log_of(copy))
        return cls(copy, away=away)

    @contextlib.contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """A connection for the block. Raises StudioError (DISK), for errors inside the block too."""
        with told(self.path):
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                connection = schema.connect(self.path, mode="ro", immutable=self._immutable)
            try:
                yield connection
            finally:
                with self._lock:
                    keep = not self._closed
                    if keep:
                        self._idle.append(connection)
                if not keep:
                    connection.close()

    def close(self) -> None:
        """Close the connections, those on loan as they come back."""
        with self._lock:
            self._closed, idle, self._idle = True, self._idle, []
        for connection in idle:
            connection.close()
        if self._away:
            shutil.rmtree(self._away, ignore_errors=True)
