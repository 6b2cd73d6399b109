"""Media files in a timeline: what a file is, which ones are missing, and where they have gone."""

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.timeline.model import Clip, Media, Sound, Still, Timeline, Video
from studio.domain.user_paths import expanded
from studio.imaging.pictures import errors_of, open_picture, require_file

_ENDS = 2**20  # bytes of a file's beginning and end that its digest is of
_MAX_FILES = 200_000  # that a folder is searched for names
_MAX_READ = 5_000  # files of which the digest is taken

External = Video | Still | Sound  # media that are files of the user's


@dataclass(frozen=True, slots=True)
class Missing:
    """A file that is not there or cannot be read, and the ids of the clips that show it."""

    path: str
    media: External
    clips: tuple[str, ...]


# ------------------------------------------------------------------------------------------------ what a file is


def describe(path: Path, *, sequence: bool = False) -> External:
    """The media in a file: a video or an animated picture, a picture, or a sound.

    With `sequence`, a picture with a number in its name is the first of the numbered stills beside it. Raises
    StudioError: INPUT for what is none of these or damaged, DISK, MEMORY.
    """
    path = expanded(path).absolute()
    require_file(path)
    digest = digest_of(path)
    still = _still(path)
    if still is not None and not sequence:
        return Still(str(path), still, digest)
    try:
        return _video(path, digest)
    except StudioError as error:
        if error.problem.kind is not ErrorKind.INPUT or (sound := _sound(path, digest)) is None:
            raise
        return sound


def digest_of(path: Path) -> str:
    """The SHA-256, in 32 hexadecimal digits, of a file's length, beginning and end: quick for a file of any size.

    Raises StudioError (DISK).
    """
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            found.update(str(length).encode())
            for place in dict.fromkeys((0, max(0, length - _ENDS))):
                file.seek(place)
                found.update(file.read(_ENDS))
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK, f"{path.name} cannot be read: {error.strerror}.", "Check the disk and its permissions."
        ) from error
    return found.hexdigest()[:32]


def _still(path: Path) -> Size | None:
    """The size of a picture that does not move, upright; None for anything else."""
    try:
        with open_picture(path) as image:
            if getattr(image, "n_frames", 1) > 1 or (image.format == "PNG" and _moves(path)):
                return None
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # EXIF's orientation: lying on its side
            width, height = image.size
    except StudioError as error:
        if error.problem.kind is ErrorKind.INPUT:
            return None
        raise
    return Size(height, width) if turned else Size(width, height)


def _moves(path: Path) -> bool:
    """Is a PNG animated? `open_picture` leaves out what says so."""
    with contextlib.suppress(StudioError), errors_of(path), Image.open(path) as image:
        return getattr(image, "n_frames", 1) > 1
    return False


def _video(path: Path, digest: str) -> Video:
    from studio.imaging.video.info import probe  # its libraries take long to load

    info = probe(path)
    return Video(str(path), info.rate, info.frames, info.size, info.sound, info.alpha, digest)


def _sound(path: Path, digest: str) -> Sound | None:
    """A file with sound and nothing to be seen; None for anything else."""
    from studio.imaging.video.sound import sound_info  # its libraries take long to load

    try:
        info = sound_info(path)
    except StudioError:
        return None
    return Sound(str(path), info.seconds, digest) if info is not None and info.seconds > 0 else None


# ------------------------------------------------------------------------------------------------ what is missing


def find_missing(timeline: Timeline) -> tuple[Missing, ...]:
    """The files of a timeline's media that are not there, in the order of their clips."""
    found: dict[str, list[Clip]] = {}
    for clip in _clips(timeline):
        if isinstance(clip.media, External):
            found.setdefault(clip.media.path, []).append(clip)
    return tuple(
        Missing(path, media, tuple(clip.id for clip in clips))
        for path, clips in found.items()
        if isinstance(media := clips[0].media, External) and not _is_there(path)
    )


def relink(timeline: Timeline, old: str, new: Path) -> Timeline:
    """The timeline with the file `new` in place of `old` in all clips that show it. Their cuts stay; where another file
    is shorter, its last frame stands.

    Raises StudioError (INPUT) when `new` is no such media, and as `describe`.
    """
    shown = next((clip.media for clip in _clips(timeline) if getattr(clip.media, "path", None) == old), None)
    if not isinstance(shown, External):
        raise StudioError(ErrorKind.INPUT, "No clip shows this file any more.", "Choose another one.", "path")
    found = _in_place_of(shown, new)
    if isinstance(shown, Sound) and isinstance(found, Video) and found.sound:
        found = Sound(found.path, found.frames / found.rate, found.digest)
    if type(found) is not type(shown):
        kinds = {Video: "a video", Still: "a picture", Sound: "a sound"}
        message = f"{new.name} is {kinds[type(found)]}, not {kinds[type(shown)]}."
        raise StudioError(ErrorKind.INPUT, message, "Choose the file that was moved, or one of its kind.", "path")
    return relinked(timeline, {old: found})


def relinked(timeline: Timeline, found: Mapping[str, External]) -> Timeline:
    """The timeline with other media in place of those of some paths; what a file says of itself counts, but a video
    goes on looping where it did.
    """

    def media(old: Media) -> Media:
        new = found.get(getattr(old, "path", ""))
        if new is None or type(new) is not type(old):
            return old
        return dataclasses.replace(new, closed=old.closed) if isinstance(old, Video) and isinstance(new, Video) else new

    tracks = []
    for track in timeline.tracks:
        clips = tuple(_with_media(clip, media(clip.media)) for clip in track.clips)
        same = all(a is b for a, b in zip(clips, track.clips, strict=True))
        tracks.append(track if same else dataclasses.replace(track, clips=clips))
    return dataclasses.replace(timeline, tracks=tuple(tracks))


def search(folder: Path, missing: Iterable[Missing], poll: Callable[[], None] = lambda: None) -> dict[str, External]:
    """Media among the files below `folder` for those that are missing, by their old path: what has the same content,
    under whatever name, or else, where the content is not known, the same name.

    `poll` is called for each file, and may raise to end the search. Files that cannot be read are passed over.
    """
    wanted = {each.path: each.media for each in missing}
    found: dict[str, External] = {}
    names = {Path(path).name.casefold() for path in wanted}
    files = list(_files(folder, poll))
    # Those of the same name are the likeliest, those with the same ending come next.
    endings = {Path(path).suffix.casefold() for path in wanted}
    likely = [path for path in files if path.name.casefold() in names]
    others = [path for path in files if path.suffix.casefold() in endings and path.name.casefold() not in names]
    for path in (likely + others)[:_MAX_READ]:
        poll()
        found |= _matching(path, {old: media for old, media in wanted.items() if old not in found})
        if len(found) == len(wanted):
            break
    return found


def _matching(path: Path, wanted: Mapping[str, External]) -> dict[str, External]:
    """What of the media that are sought lies at `path`."""
    found: dict[str, External] = {}
    with contextlib.suppress(StudioError):
        digest = digest_of(path) if any(media.digest for media in wanted.values()) else ""
        for old, media in wanted.items():
            if media.digest:
                if media.digest == digest:
                    found[old] = dataclasses.replace(media, path=str(path))
            elif path.name.casefold() == Path(old).name.casefold():
                there = _in_place_of(media, path)
                if type(there) is type(media):
                    found[old] = there
    return found


def _in_place_of(media: External, path: Path) -> External:
    """The media at `path`: numbered stills as a sequence where they are to take a video's place. Raises StudioError."""
    found = describe(path)
    if isinstance(found, Still) and isinstance(media, Video):
        sequence = describe(path, sequence=True)
        return sequence if isinstance(sequence, Video) and sequence.frames > 1 else found
    return found


def _files(folder: Path, poll: Callable[[], None]) -> Iterator[Path]:
    count = 0
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            poll()
            count += 1
            if count > _MAX_FILES:
                return
            yield Path(place, name)


def _clips(timeline: Timeline) -> Iterator[Clip]:
    for track in timeline.tracks:
        yield from track.clips


def _with_media(clip: Clip, media: Media) -> Clip:
    return clip if media is clip.media else dataclasses.replace(clip, media=media)


def _is_there(path: str) -> bool:
    try:
        return expanded(Path(path)).is_file()
    except (OSError, ValueError, StudioError):
        return False
