"""Timelines to and from files of other editors."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from xml.etree.ElementTree import ParseError

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.timeline.model import Generated, Media, Take, Timeline
from studio.domain.user_paths import exists, expanded
from studio.imaging.files import save_new, save_over

if TYPE_CHECKING:
    from studio.session.interchange.clips_in import Describe
    from studio.session.interchange.incoming import Imported

OTIO, XML, EDL = ".otio", ".xml", ".edl"
FORMATS = {OTIO: "OpenTimelineIO", XML: "Final Cut Pro 7 XML", EDL: "CMX 3600 edit decision list"}
MAX_BYTES = 64 * 2**20
_DEEPEST = 200  # brackets in brackets; the parser ends the process at some ten thousands
_ADAPTERS = {OTIO: "otio_json", XML: "fcp_xml", EDL: "cmx_3600"}
# What parsers raise for a file that is not what they expect, beside OpenTimelineIO's own errors.
_PARSERS = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    ParseError,
)


class Frames(Protocol):
    """Where the frames of takes are: `studio.session.clips.takes.TakeStore`."""

    def numbers(self, take: str) -> frozenset[int]:
        """The numbers of the frames that are there."""

    def png(self, take: str, number: int) -> bytes | None:
        """A frame's PNG; None for one that is missing."""


Movie = Callable[[Generated, Take, Path], Path]  # write a take as a movie named like the path; the file's path


@dataclass(frozen=True, slots=True)
class Exported:
    """A timeline in a file for other editors, the `media` written beside it, and sentences on what it lacks."""

    path: Path
    media: tuple[Path, ...] = ()
    notices: tuple[str, ...] = ()


def export_timeline(
    path: Path,
    timeline: Timeline,
    name: str,
    *,
    frames: Frames | None = None,
    movie: Movie | None = None,
    replace: bool = False,
) -> Exported:
    """Write a timeline as the suffix of `path` says: .otio with all of it, .xml and .edl with its cuts.

    Frames that were made here are written, too, into the folder “NAME media” beside it: with `frames` as numbered PNGs
    of all takes for .otio, with `movie` as a movie of each take that is seen for the others.
    Raises StudioError: INPUT for a suffix that is none of `FORMATS`, a file that exists, or a timeline that the format
    cannot hold; DISK when it cannot be written.
    """
    path = expanded(path).absolute()
    adapter = _adapter(path)
    if exists(path) and not replace:
        raise StudioError(ErrorKind.INPUT, f"{path} exists and is not overwritten.", "Choose another name.", "path")
    if not any(track.clips for track in timeline.tracks):
        raise StudioError(ErrorKind.INPUT, "There are no clips to export.", "Put one on the timeline first.")
    if path.suffix.lower() == OTIO:
        media = _stills(path, timeline, frames) if frames is not None else {}
        text, notices = _whole(timeline, name, path.parent, media, adapter)
    else:
        text, notices = _cut(timeline, name, path, {}, adapter)  # refuses before anything is written
        media = _movies(path, timeline, movie) if movie is not None else {}
        if media:
            text, notices = _cut(timeline, name, path, media, adapter)
    _save(path, text, replace)
    return Exported(path, tuple(media.values()), notices)


def import_timeline(path: Path, describe: "Describe | None" = None, rate: Fraction = Fraction(24)) -> "Imported":
    """A timeline from a file of another editor, or of `export_timeline`. An .edl does not say its rate; it is `rate`.

    `describe` tells what a media file is, by default `studio.session.clips.media.describe`. Media that are not there
    can be linked anew. Raises StudioError: INPUT for a file that is none of `FORMATS` or damaged, DISK.
    """
    path = expanded(path).absolute()
    adapter = _adapter(path)
    text = _read(path)
    from studio.session.interchange.flattening import Notices
    from studio.session.interchange.incoming import incoming

    notices = Notices()
    with _parsing(path):
        root = _parsed(adapter, text, rate, notices)
        return incoming(root, path.parent, describe or _describe, notices)


def _adapter(path: Path) -> str:
    try:
        return _ADAPTERS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(f"{suffix} ({title})" for suffix, title in FORMATS.items())
        message = f"{path.name or path} is no timeline file that Safelight knows."
        raise StudioError(ErrorKind.INPUT, message, f"It can be one of {known}.", "path") from None


# ------------------------------------------------------------------------------------------------ out


def _whole(
    timeline: Timeline, name: str, folder: Path, media: Mapping[str, Path], adapter: str
) -> tuple[str, tuple[str, ...]]:
    from opentimelineio import adapters

    from studio.session.interchange.outgoing import outgoing

    return adapters.write_to_string(outgoing(timeline, name, folder, media), adapter), ()


def _cut(
    timeline: Timeline, name: str, path: Path, media: Mapping[str, Path], adapter: str
) -> tuple[str, tuple[str, ...]]:
    from opentimelineio import adapters

    from studio.session.interchange.cuts import cuts, for_final_cut, one_track
    from studio.session.interchange.flattening import Notices

    notices = Notices()
    found = cuts(timeline, name, path.parent, media, notices)
    try:
        if path.suffix.lower() == XML:
            for_final_cut(found)
            return adapters.write_to_string(found, adapter), notices.texts
        found = one_track(found, notices)
        return adapters.write_to_string(found, adapter, rate=found.global_start_time.rate), notices.texts
    except _foreign() as error:
        message = f"The timeline cannot be written as {FORMATS[path.suffix.lower()]}: {error}."
        raise StudioError(ErrorKind.INPUT, message, "Export it as .otio, which holds all of it.", "path") from error


def _stills(path: Path, timeline: Timeline, frames: Frames) -> dict[str, Path]:
    """All frames that are there of all takes, in a folder for each take that has any."""
    from studio.session.interchange.outgoing import DIGITS

    found: dict[str, Path] = {}
    for _, take in _takes(timeline):
        if take.id in found or not (numbers := frames.numbers(take.id)):
            continue
        folder = _media_folder(path) / take.id
        for number in sorted(numbers):
            if (png := frames.png(take.id, number)) is not None:
                _put(folder / f"{number:0{DIGITS}}.png", png)
        found[take.id] = folder
    return found


def _movies(path: Path, timeline: Timeline, movie: Movie) -> dict[str, Path]:
    """A movie of each take that is seen."""
    found: dict[str, Path] = {}
    for media, take in _takes(timeline):
        if take.id == media.active and take.id not in found:
            found[take.id] = movie(media, take, _media_folder(path) / take.id)
    return found


def _takes(timeline: Timeline) -> Iterator[tuple[Generated, Take]]:
    for track in timeline.tracks:
        for clip in track.clips:
            if isinstance(clip.media, Generated):
                yield from ((clip.media, take) for take in clip.media.takes)


def _media_folder(path: Path) -> Path:
    return path.with_name(f"{path.stem} media")


def _put(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_over(path, data)
    except OSError as error:
        raise _unwritable(path, error) from error


def _save(path: Path, text: str, replace: bool) -> None:
    data = text.encode("utf-8", "replace")
    try:
        if replace:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_over(path, data)
        else:
            save_new(path, data)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> StudioError:
    message = f"{path} cannot be written: {error.strerror or error}."
    return StudioError(ErrorKind.DISK, message, "Free some space there, or choose another folder.", "path")


# ------------------------------------------------------------------------------------------------ in


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            message = f"{path.name} is too large for a timeline: more than {MAX_BYTES // 2**20} MiB."
            raise StudioError(ErrorKind.INPUT, message, "Choose another file.", "path")
        return path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}."
        raise StudioError(ErrorKind.DISK, message, "Check its name, the disk and the permissions.", "path") from error


def _parsed(adapter: str, text: str, rate: Fraction, notices: Any) -> Any:
    from opentimelineio import adapters

    if adapter == _ADAPTERS[OTIO]:
        _require_shallow(text)
        return adapters.read_from_string(text, adapter)
    if adapter == _ADAPTERS[EDL]:
        notices.tell(f"An edit decision list does not say its rate: {float(rate):.6g} frames a second were assumed.")
        return adapters.read_from_string(text, adapter, rate=float(rate), ignore_timecode_mismatch=True)
    return adapters.read_from_string(text, adapter)


def _describe(path: Path, *, sequence: bool = False) -> Media:
    from studio.session.clips import media

    return media.describe(path, sequence=sequence)


def _require_shallow(text: str) -> None:
    """Raise ValueError for JSON that would exhaust the parser's stack, or is none."""
    level = [json.loads(text)]
    for _ in range(_DEEPEST):
        if not level:
            return
        level = [
            item
            for value in level
            if isinstance(value, dict | list)
            for item in (value.values() if isinstance(value, dict) else value)
        ]
    raise ValueError("it is nested too deep")


def _foreign() -> tuple[type[BaseException], ...]:
    from opentimelineio.exceptions import OTIOError

    return (*_PARSERS, OTIOError)


@contextmanager
def _parsing(path: Path) -> Iterator[None]:
    """Turn what parsers raise for a bad file into a StudioError."""
    try:
        yield
    except _foreign() as error:
        message = f"{path.name} is damaged, or no {FORMATS[path.suffix.lower()]}."
        hint = f"Export it again from the program that made it. ({' '.join(str(error).split())[:200]})"
        raise StudioError(ErrorKind.INPUT, message, hint, "path") from error
