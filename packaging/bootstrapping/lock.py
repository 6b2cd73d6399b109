"""One setup at a time, and a memory of a setup that was cut off."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

UNFINISHED = b"unfinished"

if sys.platform == "win32":
    import msvcrt
    import time

    LOCK_OFFSET = 1 << 20  # the region is mandatory on Windows: keep it clear of the bytes we read

    def try_lock(file: IO[bytes]) -> bool:
        """Take the lock if it is free."""
        file.seek(LOCK_OFFSET)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def wait_lock(file: IO[bytes]) -> None:
        """Take the lock as soon as it is free."""
        while not try_lock(file):
            time.sleep(0.2)

else:
    import fcntl

    def try_lock(file: IO[bytes]) -> bool:
        """Take the lock if it is free."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def wait_lock(file: IO[bytes]) -> None:
        """Take the lock as soon as it is free."""
        fcntl.flock(file, fcntl.LOCK_EX)


class Setup:
    """A setup that holds the lock.

    The system frees the lock when the process (and what it started) ends, however it ends; the word in the
    file stays. So a process that gets the lock and finds the word knows that its predecessor was killed half way.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0)
        self.was_cut_off = file.read() == UNFINISHED

    def begin(self) -> None:
        """Note that the environment is being changed."""
        self._write(UNFINISHED)

    def end(self) -> None:
        """Note that the environment is whole again."""
        self._write(b"")

    def _write(self, word: bytes) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(word)
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def only_setup(path: Path, say: Callable[[str], None]) -> Iterator[Setup]:
    """Hold the lock file at `path`; waits, and says so, while another setup holds it."""
    path.touch()
    with path.open("r+b") as file:
        # A pip that outlives a killed bootstrap keeps its copy of the lock, so nobody clears the folder under it.
        os.set_inheritable(file.fileno(), True)
        if not try_lock(file):
            say("Another setup of this folder is running; waiting for it to finish …")
            wait_lock(file)
        yield Setup(file)
