"""Where a journal lies: the project file, whether it can be written, and who runs its queue."""

import os
import threading
import time
from pathlib import Path

from studio.domain.document.document import Document
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.user_paths import exists, expanded
from studio.session.project import schema
from studio.session.project.jobs import runner_of
from studio.session.project.lock import ProjectLock
from studio.session.project.readers import Readers
from studio.session.project.troubles import told

_TRIES, _WAIT = 500, 0.02  # how often a lock that is held for a moment only is tried, and the seconds between


class Place:
    """A project file that is there, brought up to date if it can be written. Any number of processes may have it."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """With `create`, one with an empty document is made where there is none.

        Raises StudioError as `Project.open` and `Project.create`.
        """
        self.path = expanded(path).absolute()
        if create:
            _make(self.path)
        with told(self.path):
            self._file = self.path.stat()
        schema.require_project(self.path)
        if _writable(self.path) and _writable(self.path.parent):
            schema.bring_up_to_date(self.path)
            self.readers = Readers(self.path)
        else:
            self.readers = Readers.closed(self.path)
        self._runs: ProjectLock | None = None
        self._lock = threading.Lock()
        try:
            with self.readers.lent() as connection:
                schema.require_current(self.path, connection)
                (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version < len(schema.MIGRATIONS):
                raise StudioError(
                    ErrorKind.DISK,
                    f"{self.path.name} is of an older version and cannot be written, so it cannot hold a queue.",
                    "Make the file and its folder writable.",
                )
        except StudioError:
            self.close()
            raise

    def require_in_place(self) -> None:
        """Raise StudioError (DISK) when the path means another file by now, or none."""
        schema.require_in_place(self.path, self._file)

    @property
    def runs_here(self) -> bool:
        """Is it this that runs the queue?"""
        return self._runs is not None

    def run_here(self) -> bool:
        """Run the queue until `close`; False when another does. In a folder that takes no lock file, anybody may."""
        with self._lock:
            for _ in range(5):  # somebody may only look whether it is taken
                if self._runs is None:
                    try:
                        self._runs = ProjectLock.take(self._runner)
                    except OSError:
                        return True
                if self._runs is not None:
                    return True
                time.sleep(_WAIT)
            return False

    @property
    def running_elsewhere(self) -> bool:
        """Does another run the queue?"""
        with self._lock:
            if self._runs is not None:
                return False
            try:
                lock = ProjectLock.take(self._runner)
            except OSError:
                return False
            if lock is not None:
                lock.release()
            return lock is None

    def close(self) -> None:
        """Let others run the queue."""
        with self._lock:
            if self._runs is not None:
                self._runs.release()
                self._runs = None
        self.readers.close()

    @property
    def _runner(self) -> Path:
        return runner_of(self.path)


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _make(path: Path) -> None:
    """Make a project where there is none, whoever else is about to do so. Raises StudioError."""
    if exists(path):
        return
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES):
            if (lock := ProjectLock.take(path.with_name(f"{path.name}.new"))) is not None:
                break
            time.sleep(_WAIT)
        else:
            raise StudioError(
                ErrorKind.DISK, f"{path.name} is being made by another program.", "Wait a little, and try again."
            )
    try:
        if not exists(path):
            from studio.session.project.project import Project  # and all that pixels need; nobody else here wants it

            Project.create(path, Document()).close()
    finally:
        lock.release()
