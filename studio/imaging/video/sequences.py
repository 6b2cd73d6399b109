"""Numbered files, one for each frame: all of them or none."""

import re
import tempfile
from fractions import Fraction
from pathlib import Path

from studio.imaging import files, png
from studio.imaging.metadata import safelight
from studio.imaging.pixels import Pixels, encode_png
from studio.imaging.video.exr import write_exr
from studio.imaging.video.feeding import Feed
from studio.imaging.video.numbered import numbered_name, sequence_from
from studio.imaging.video.presets import Preset

_PLACE = re.compile(r"#+")  # of the number in a name


def write_sequence(
    path: Path, feed: Feed, rate: Fraction, preset: Preset, metadata: str, replace: bool
) -> tuple[Path, int]:
    """Write every frame to a file of its own; returns the first one and the bytes of all.

    A `path` with `####` in its name is the pattern of the files; any other is a folder, which is made. Raises OSError,
    FileExistsError when a name is taken, and RuntimeError (OpenEXR's).
    """
    pattern = _PLACE.search(path.name) is not None
    if not pattern and not replace and (path.exists() or path.is_symlink()):
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=path.parent, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        written = 0
        for number, frame in enumerate(feed, start=1):
            name = folder / _name(path, number, preset.suffix)
            _write(name, frame, rate, metadata)
            written += name.stat().st_size
        names = sorted(file.name for file in folder.iterdir())
        _move(folder, names, path.parent if pattern else path, replace)
    return (path.parent if pattern else path) / names[0], written


def _name(path: Path, number: int, suffix: str) -> str:
    place = _PLACE.search(path.name)
    if place is None:
        return numbered_name(path.name, number, suffix)
    name = f"{path.name[: place.start()]}{number:0{len(place[0])}d}{path.name[place.end() :]}"
    return name if name.lower().endswith(suffix) else name + suffix


def _write(path: Path, frame: Pixels, rate: Fraction, metadata: str) -> None:
    if path.suffix.lower() == ".exr":
        write_exr(path, frame, rate, metadata)
        return
    data = encode_png(frame)
    note = [png.international(safelight.PNG_KEYWORD, metadata)] if metadata else []
    with path.open("xb") as file:
        file.write(png.with_chunks(data, note))


def _move(folder: Path, names: list[str], target: Path, replace: bool) -> None:
    """Give every file its name; when one name is taken, none is given."""
    target.mkdir(exist_ok=True)
    moved: list[Path] = []
    try:
        for name in names:
            place = target / name
            if replace:
                (folder / name).replace(place)
            else:
                files.move_new(folder / name, place)
                moved.append(place)
    except BaseException:
        for place in moved:
            place.unlink(missing_ok=True)
        if not any(target.iterdir()):
            target.rmdir()
        raise
    for old in sequence_from(target / names[0]).files[len(names) :]:  # of a longer one that was replaced
        if replace:
            old.unlink(missing_ok=True)
