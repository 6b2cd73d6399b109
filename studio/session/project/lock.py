"""Who may write a project: the first window that opens it, until it closes or its process ends, however it ends."""

import contextlib
import os
import sys
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    def _seize(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _seize(file: BinaryIO) -> None:
        # flock belongs to the open file, not to the process: two windows of one process exclude each other too.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class ProjectLock:
    """A lock file beside a project; the system releases it when the process ends."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path

    @classmethod
    def take(cls, project: Path) -> "ProjectLock | None":
        """The lock, or None where another window has it. Raises OSError where the folder takes no lock file."""
        path = project.with_name(f".{project.name}.lock")
        while True:
            file = path.open("ab")
            try:
                _seize(file)
            except BlockingIOError:
                file.close()
                return None
            except PermissionError:  # what Windows says of a byte that is locked
                file.close()
                return None
            except OSError:
                file.close()
                raise
            # Whoever had it may have removed the file in between; a lock on what has no name keeps nobody out.
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    return cls(file, path)
            file.close()

    def release(self) -> None:
        """Let another window write."""
        if sys.platform != "win32":  # there, an open file cannot be removed, and a closed one may be another's
            with contextlib.suppress(OSError):
                self._path.unlink()
        self._file.close()
