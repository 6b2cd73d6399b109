"""What is wrong with a moving picture that was to be read, as StudioErrors, and how much of one is read at all."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

import av

from studio.domain.errors import ErrorKind, StudioError
from studio.imaging import pictures

MAX_FRAMES = 2_000_000  # 9 hours at 60 a second
_GONE = (errno.ENOENT, errno.EACCES, errno.EPERM)


@contextlib.contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turn whatever reading a moving picture from `path` raises into a StudioError with a hint."""
    with pictures.errors_of(path):
        try:
            yield
        except av.FFmpegError as error:
            raise _of_ffmpeg(path, error) from error


def _of_ffmpeg(path: Path, error: av.FFmpegError) -> StudioError:
    why = error.strerror or str(error)
    if isinstance(error, TimeoutError):
        return _disk(path, "its disk does not answer")
    if error.errno in _GONE:
        return _disk(path, why)
    if isinstance(error, MemoryError):
        message = f"{path.name} does not fit in memory."
        return StudioError(ErrorKind.MEMORY, message, "Close other programs, or use a smaller video.", "source.path")
    hint = "Open it in another program and save it again as MP4 or WebM."
    return refused(path, "is damaged, cut short, or no video that this program reads", hint)


def _disk(path: Path, why: str) -> StudioError:
    hint = "Check the disk and the permissions."
    return StudioError(ErrorKind.DISK, f"{path} cannot be read: {why}.", hint, "source.path")


def refused(path: Path, what: str, hint: str) -> StudioError:
    """The error for a file that cannot be taken; `what` continues a sentence that begins with its name."""
    return StudioError(ErrorKind.INPUT, f"{path.name or path} {what}.", hint, "source.path")


def require_size(path: Path, width: int, height: int) -> None:
    """Refuse frames that are larger than any picture we read. Raises StudioError (INPUT)."""
    if width < 1 or height < 1:
        raise refused(path, "has frames without a size", "Save it again in another program.")
    if max(width, height) > pictures.MAX_SIDE or width * height > pictures.MAX_PIXELS:
        hint = f"Scale it down below {pictures.MAX_SIDE:,} pixels a side."
        raise refused(path, f"is too large: {width:,} × {height:,} pixels a frame", hint)
