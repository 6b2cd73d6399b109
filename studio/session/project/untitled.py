"""Work that has no name yet: projects in a folder of the user's data, offered at the next start."""

import contextlib
import datetime
import secrets
from dataclasses import dataclass
from pathlib import Path

from studio.session.project.lock import ProjectLock
from studio.session.project.project import SUFFIX
from studio.session.project.schema import log_of


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Work that no window has open: its file, when it was written last (local time), and its size in bytes."""

    path: Path
    written: datetime.datetime
    size: int


def new_path(folder: Path, now: datetime.datetime | None = None) -> Path:
    """A name that is not taken for work that begins now."""
    return folder / f"{now or datetime.datetime.now():%Y-%m-%d %H-%M-%S} {secrets.token_hex(2)}{SUFFIX}"


def left_over(folder: Path) -> tuple[LeftOver, ...]:
    """What was left without a name, because the program ended or was killed; the latest first."""
    found = []
    try:
        paths = [path for path in folder.iterdir() if path.suffix == SUFFIX and not path.name.startswith(".")]
    except OSError:
        return ()
    for path in paths:
        with contextlib.suppress(OSError):
            if (lock := ProjectLock.take(path)) is None:
                continue
            lock.release()
            files = [each.stat() for each in (path, log_of(path)) if each.exists()]
            written = datetime.datetime.fromtimestamp(max(file.st_mtime for file in files))
            found.append(LeftOver(path, written, sum(file.st_size for file in files)))
    return tuple(sorted(found, key=lambda each: each.written, reverse=True))


def discard(path: Path) -> None:
    """Delete work that nobody wants; nothing happens where a window has it open or it cannot be deleted."""
    with contextlib.suppress(OSError):
        if (lock := ProjectLock.take(path)) is None:
            return
        for each in (path, log_of(path), path.with_name(f"{path.name}-shm")):
            each.unlink(missing_ok=True)
        lock.release()
