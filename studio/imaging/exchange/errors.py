"""What is wrong with a file that was to be read or written, as StudioErrors."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

import psutil

from studio.domain.document.document import MAX_SIDE
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging import pictures

MAX_FILE = 2**32  # bytes of a file that is read
LAYER_SIDE = 3 * MAX_SIDE  # a layer may reach beyond the canvas
MAX_LAYER = 2**30  # pixels of one layer
MAX_PIXELS = 2**31  # pixels of all layers of a file together
MAX_LAYERS = 8192
MAX_DEPTH = 64  # groups within groups

# What our parsers and those of psd-tools and tifffile raise on damaged files, beside pictures.DAMAGE.
FURTHER = (ArithmeticError, AssertionError, AttributeError, BadZipFile, ExpatError)


@contextlib.contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turn whatever reading `path` raises into a StudioError with a hint."""
    with pictures.errors_of(path):
        try:
            yield
        except FURTHER as error:
            raise ValueError(str(error)) from error


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what writing `path` raises into a StudioError with a hint."""
    try:
        yield
    except MemoryError as error:
        hint = "Close other programs, or save a smaller canvas."
        raise StudioError(ErrorKind.MEMORY, f"There is too little memory to save {path.name}.", hint) from error
    except OSError as error:
        message = f"{path} could not be written: {error.strerror or error}."
        raise StudioError(ErrorKind.DISK, message, "Free some space, or choose another folder.") from error


def refused(path: Path, what: str, hint: str) -> StudioError:
    """The error for a file that cannot be taken; `what` continues a sentence that begins with its name."""
    return StudioError(ErrorKind.INPUT, f"{path.name or path} {what}.", hint, "source.path")


def require_canvas(path: Path, width: int, height: int) -> Size:
    """The size of a canvas, if it is one. Raises StudioError (INPUT)."""
    if width < 1 or height < 1:
        raise refused(path, f"has no sound size ({width} × {height} pixels)", "Save it again in another program.")
    if max(width, height) > MAX_SIDE:
        hint = f"Scale it down to {MAX_SIDE:,} pixels a side, the largest canvas of this program."
        raise refused(path, f"is too large: {width:,} × {height:,} pixels", hint)
    return Size(width, height)


def require_layer(path: Path, rect: Rect) -> None:
    """Refuse a layer of absurd size or place. Raises StudioError (INPUT)."""
    reach = max(abs(rect.x), abs(rect.y), abs(rect.right), abs(rect.bottom))
    if rect.width < 0 or rect.height < 0 or reach > 2 * LAYER_SIDE or rect.size.pixels > MAX_LAYER:
        place = f"{rect.width:,} × {rect.height:,} pixels at {rect.x:,}, {rect.y:,}"
        raise refused(path, f"holds a layer of {place}, beyond what this program reads", "Crop it in another program.")


def require_memory(path: Path, size: int) -> None:
    """Refuse what needs more bytes at once than the machine has free. Raises StudioError (MEMORY)."""
    free = psutil.virtual_memory().available
    if size > free:
        message = f"{path.name} needs {size / 2**30:.1f} GB of memory; {free / 2**30:.1f} GB are free."
        raise StudioError(ErrorKind.MEMORY, message, "Close other programs, or use a smaller picture.", "source.path")


def require_file(path: Path) -> None:
    """Refuse what is no file or too large a one. Raises StudioError."""
    pictures.require_file(path)
    if path.stat().st_size > MAX_FILE:
        raise refused(path, f"is larger than {MAX_FILE // 2**30} GiB", "Use a smaller picture.")
