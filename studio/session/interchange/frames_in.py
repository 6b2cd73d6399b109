"""Frames that were exported with a timeline, into the project that takes it in."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from studio.session.clips.takes import Made, TakeStore

_NUMBERED = re.compile(r"([0-9]{1,9})\.png")
_PNG = b"\x89PNG\r\n\x1a\n"
_AT_ONCE = 32  # frames that are kept in one go
_LARGEST = 2**28  # bytes of one


def bring(frames: Mapping[str, Path], takes: TakeStore) -> int:
    """Keep the frames of takes that lie in these folders as `00000.png` and so on; how many there were.

    A frame that the project has already is left as it is, and a file that is no PNG is left out. Waits for the disk.
    Raises StudioError as `TakeStore.keep`.
    """
    count = 0
    for take, folder in frames.items():
        there = takes.numbers(take)
        waiting = [(number, path) for number, path in _numbered(folder) if number not in there]
        for first in range(0, len(waiting), _AT_ONCE):
            made = [Made(n, png) for n, path in waiting[first : first + _AT_ONCE] if (png := _read(path)) is not None]
            takes.keep_all(take, made).result()
            count += len(made)
    return count


def _numbered(folder: Path) -> Iterator[tuple[int, Path]]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except (OSError, ValueError):
        return
    for name in names:
        if (match := _NUMBERED.fullmatch(name)) is not None:
            yield int(match[1]), folder / name


def _read(path: Path) -> bytes | None:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    return data if data.startswith(_PNG) else None
