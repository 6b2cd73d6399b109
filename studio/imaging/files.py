"""Files that appear whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from studio.domain.errors import ErrorKind, StudioError


def save_new(path: Path, data: bytes) -> None:
    """Write a new file, creating its folders. It appears complete at once, and an existing file is never touched, even
    when another process creates it in the same moment.

    Raises FileExistsError when `path` is taken, and StudioError (DISK) when it cannot be written; nothing is left then.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _complete_beside(path, data) as temporary:
            _move_to_free_name(temporary, path)
    except FileExistsError:
        if path.exists() or path.is_symlink():
            raise
        raise _unwritable(path, "a part of its folder's path is a file") from None
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def save_numbered(path: Path, data: bytes) -> Path:
    """`save_new` under `path`, or under `name-2`, `name-3` … when that is taken; returns the path used."""
    for candidate in numbered_names(path):
        with contextlib.suppress(FileExistsError):
            save_new(candidate, data)
            return candidate
    raise AssertionError("endless")


def save_over(path: Path, data: bytes) -> None:
    """Write a file, atomically replacing one of that name. Raises OSError; the old file is then as it was."""
    with _complete_beside(path, data) as temporary:
        temporary.replace(path)
        _sync_folder(path.parent)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write and to seek in, which becomes `path` when the body has ended, in one step.

    Raises OSError. Then, and whatever the body raises, the old file is as it was and nothing else is left.
    """
    with _temporary_beside(path) as (temporary, file):
        yield file
        _finish(file)
        temporary.replace(path)
        _sync_folder(path.parent)


def move_new(temporary: Path, path: Path) -> None:
    """Give a finished file its name on the same disk. Raises FileExistsError when that is taken, and OSError."""
    _move_to_free_name(temporary, path)


def require_writable(folder: Path) -> None:
    """Create `folder` if need be and try to write in it. Raises StudioError (DISK)."""
    probe = folder / f".new-{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch(exist_ok=False)
    except FileExistsError as error:
        raise StudioError(
            ErrorKind.DISK, f"{folder} is a file, not a folder.", "Name a folder to save pictures in."
        ) from error
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK,
            f"Nothing can be written to the folder {folder}: {error.strerror}.",
            "Choose another folder, or change its permissions.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)


@contextlib.contextmanager
def _complete_beside(path: Path, data: bytes) -> Iterator[Path]:
    """A finished temporary file in the folder of `path`, gone afterwards whatever happens."""
    with _temporary_beside(path) as (temporary, file):
        file.write(data)
        _finish(file)
        yield temporary


@contextlib.contextmanager
def _temporary_beside(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A temporary file in the folder of `path`, gone afterwards whatever happens."""
    temporary = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:  # mkstemp would make pictures that nobody else may read
            yield temporary, file
    finally:
        temporary.unlink(missing_ok=True)


def _finish(file: BinaryIO) -> None:
    """All that was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _move_to_free_name(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)  # unlike rename, refuses a name that is taken
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: FAT, some network drives
        _reserve_and_replace(temporary, path)
    _sync_folder(path.parent)


def _reserve_and_replace(temporary: Path, path: Path) -> None:
    path.open("xb").close()
    try:
        temporary.replace(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power failure, where the system offers that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def numbered_names(path: Path) -> Iterator[Path]:
    """`path`, then `name-2`, `name-3` … without an end."""
    yield path
    number = 2
    while True:
        yield path.with_stem(f"{path.stem}-{number}")
        number += 1


def _unwritable(path: Path, why: str) -> StudioError:
    return StudioError(
        ErrorKind.DISK,
        f"{path} could not be written: {why}.",
        "Free some space, or choose another folder.",
    )
