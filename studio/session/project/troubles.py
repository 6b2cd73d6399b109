"""What SQLite and the file system refuse, in words a user can act on."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError

DAMAGED_HINT = "The file was left as it is. Open a copy of it from a backup, or the pictures exported from it."
_SPACE = "Free some space, or choose File > Save As and another disk. Nothing is lost while this window stays open."
_FOLDER = (
    "Make the file and its folder writable, or choose File > Save As. Nothing is lost while this window stays open."
)


def damaged(path: Path, why: str) -> StudioError:
    """A project whose content is not what was written."""
    return StudioError(ErrorKind.DISK, f"The project {path.name} is damaged: {why}.", DAMAGED_HINT)


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the system inside the block into StudioError (DISK)."""
    try:
        yield
    except sqlite3.Error as error:
        raise _of_sqlite(path, error) from error
    except UnicodeDecodeError as error:  # a name in a damaged table, or SQLite's message with one
        raise damaged(path, "its tables cannot be read") from error
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK, f"The project {path.name} cannot be reached: {error.strerror or error}.", _FOLDER
        ) from error


def _of_sqlite(path: Path, error: sqlite3.Error) -> StudioError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest says more than we use
    match code:
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return damaged(path, "its tables cannot be read")
        case sqlite3.SQLITE_FULL:
            return StudioError(ErrorKind.DISK, f"There is no space left to save {path.name}.", _SPACE)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StudioError(ErrorKind.DISK, f"{path.name} cannot be written: it or its folder is closed.", _FOLDER)
        case sqlite3.SQLITE_IOERR:
            return StudioError(ErrorKind.DISK, f"The disk refused to read or write {path.name}.", _SPACE)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StudioError(
                ErrorKind.DISK, f"Another program is using {path.name}.", "Close that program; saving is tried again."
            )
    return damaged(path, str(error))
