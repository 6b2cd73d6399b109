"""Frames into files: whole or not at all, and never in place of another file unless that is asked for."""

import contextlib
import itertools
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.user_paths import expanded
from studio.imaging import files
from studio.imaging.pixels import Pixels
from studio.imaging.video import arguments, encoding, notes, soundtracks, webp
from studio.imaging.video.encoding import Encoder, Poll
from studio.imaging.video.feeding import Feed
from studio.imaging.video.presets import Family, Preset, gif_rate, preset_of
from studio.imaging.video.sequences import write_sequence
from studio.imaging.video.soundtracks import Heard, Sound

MAX_SIDE = 16_384  # pixels; encoders have lower limits of their own and say so
OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file, or the first of a sequence, by the preset of this id: `frames` frames of `size` at `rate`,
    `bytes` altogether. `alpha` is whether any part is transparent, `sound` whether it has any. `notices` are sentences
    on what differs from what was asked for.
    """

    path: Path
    preset: str
    frames: int
    size: Size
    rate: Fraction
    bytes: int
    alpha: bool = False
    sound: bool = False
    notices: tuple[str, ...] = ()


def write_clip(
    path: Path,
    frames: Iterable[Pixels],
    size: Size,
    rate: Fraction,
    preset_id: str,
    *,
    sound: Sound | None = None,
    metadata: str = "",
    turns: int = 1,
    replace: bool = False,
    on_progress: OnProgress | None = None,
    poll: Poll | None = None,
) -> Written:
    """Write `frames`, uint8, height × width × 3 or × 4 (straight alpha), by the preset of this id.

    The first frame decides whether there is transparency; presets without it show black behind. Frames are taken one at
    a time and not held. With `turns` above 1 they are gone through so often, so that they must be iterable anew. A
    sequence is written to a new folder `path`, as files NAME.0001.png, or for a path with `####` in its name to such
    files in its folder. `metadata` is the recipe, which `notes.clip_text` reads back. `on_progress` is told how many
    frames are done; `poll` is called at least for each frame, and what it raises (JobCancelled) ends the writing.

    Nothing is left behind by what fails. Raises StudioError: INPUT for a request that makes no sense or a name that is
    taken, DISK when the file cannot be written, ENVIRONMENT without FFmpeg; ValueError for frames of another size.
    """
    preset, path = preset_of(preset_id), expanded(path)
    _require(path, size, rate, turns, frames, metadata)
    turned = frames if turns == 1 else itertools.chain.from_iterable(itertools.repeat(frames, turns))
    feed = Feed(turned, size, rate, preset, on_progress or _ignore, poll or _nothing)
    if preset.family is Family.SEQUENCE:
        first, size_of_all = _sequence(path, feed, rate, preset, metadata, replace)
        return _written(first, feed, rate, preset, size_of_all, sound, metadata)
    if preset.family is Family.GIF:
        rate = gif_rate(rate).rate
    try:
        with _arriving(path, replace) as temporary:
            heard = soundtracks.heard(sound, temporary.parent) if sound is not None and preset.sound else None
            _encode(temporary, path.name, feed, rate, preset, metadata)
            if heard is not None:
                _add_sound(temporary, path.name, heard, feed, rate, preset)
            if preset.muxer == "webp":
                webp.replace_each(temporary)
            if metadata and preset.metadata in ("gif", "xmp", "png"):
                notes.carry(temporary, preset.metadata, metadata)
    except OSError as error:
        raise _failed(path, error) from error
    return _written(path, feed, rate, preset, path.stat().st_size, sound, metadata)


def _require(path: Path, size: Size, rate: Fraction, turns: int, frames: Iterable[Pixels], metadata: str) -> None:
    if not 1 <= min(size.width, size.height) <= max(size.width, size.height) <= MAX_SIDE:
        message = f"A clip of {size.width} × {size.height} pixels cannot be written."
        raise StudioError(ErrorKind.INPUT, message, f"Choose sides between 1 and {MAX_SIDE:,}.", "size")
    if not Fraction(1, 1000) <= rate <= 1000:
        raise StudioError(ErrorKind.INPUT, f"{rate} frames a second cannot be written.", "Choose 1 to 240.", "rate")
    if turns < 1 or (turns > 1 and iter(frames) is frames):
        raise ValueError(f"{turns} turns of {frames!r}")
    if len(metadata) > notes.MAX_TEXT:
        raise ValueError(f"{len(metadata)} characters of metadata")
    if path.name in ("", ".", ".."):
        raise StudioError(ErrorKind.INPUT, "The file has no name.", "Name a file to write.", "path")


def _encode(target: Path, name: str, feed: Feed, rate: Fraction, preset: Preset, metadata: str) -> None:
    folder = target.parent
    told = folder / "comment.txt"
    if metadata and preset.metadata == "comment":
        told.write_text(notes.ffmetadata(metadata), "utf-8", newline="\n")
    inputs = arguments.Inputs(feed.pixel_format, feed.size, rate, told if told.exists() else None)
    if preset.family is Family.GIF:
        spool = arguments.Spool(folder / "frames.nut", folder / "palette.png")
        _drive(arguments.spooling(inputs, spool), name, feed)
        encoding.run(arguments.gif(spool, target, feed.alpha), name, feed.poll)
    else:
        _drive(arguments.video(inputs, preset, target, feed.alpha), name, feed)


def _add_sound(path: Path, name: str, heard: Heard, feed: Feed, rate: Fraction, preset: Preset) -> None:
    silent = path.with_stem("silent")
    path.replace(silent)
    encoding.run(arguments.with_sound(silent, heard, feed.done / rate, preset, path), name, feed.poll)


def _drive(command: list[str], name: str, feed: Feed) -> None:
    with Encoder(command, name) as encoder:
        for frame in feed:
            encoder.write(frame)
        encoder.finish(feed.poll)


def _written(
    path: Path, feed: Feed, rate: Fraction, preset: Preset, size: int, sound: Sound | None, metadata: str
) -> Written:
    heard, alpha = sound is not None and bool(preset.sound), preset.alpha and feed.transparent
    notices = _notices(feed, rate, preset, sound, metadata)
    return Written(path, preset.id, feed.done, feed.size, rate, size, alpha, heard, notices)


def _sequence(path: Path, feed: Feed, rate: Fraction, preset: Preset, metadata: str, replace: bool) -> tuple[Path, int]:
    try:
        return write_sequence(path, feed, rate, preset, metadata, replace)
    except (OSError, RuntimeError) as error:  # RuntimeError is OpenEXR's
        raise _failed(path, error) from error


@contextlib.contextmanager
def _arriving(path: Path, replace: bool) -> Iterator[Path]:
    """A file to be written, in a folder beside `path` where all else may lie that is needed meanwhile; in the end it
    gets its name. Raises OSError, FileExistsError when the name is taken."""
    if not replace and (path.exists() or path.is_symlink()):
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=path.parent, ignore_cleanup_errors=True) as folder:
        temporary = Path(folder) / f"{secrets.token_hex(4)}{path.suffix}"
        yield temporary
        handle = os.open(temporary, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if replace:
            temporary.replace(path)
        else:
            files.move_new(temporary, path)


def _notices(feed: Feed, rate: Fraction, preset: Preset, sound: Sound | None, metadata: str) -> tuple[str, ...]:
    found = []
    if rate != feed.rate:
        found.append(f"{preset.title} cannot play {float(feed.rate):g} frames a second: it plays {float(rate):g}.")
    if feed.size != feed.asked:
        found.append(
            f"{preset.title} needs even sides: {feed.size.width} × {feed.size.height} pixels were written, the last "
            f"row or column twice."
        )
    if feed.transparent and not preset.alpha:
        found.append(f"{preset.title} has no transparency: black lies behind.")
    if sound is not None and not preset.sound:
        found.append(f"{preset.title} has no sound.")
    if metadata and not preset.metadata:
        found.append(f"{preset.title} does not carry the recipe.")
    return tuple(found)


def _failed(path: Path, error: Exception) -> StudioError:
    if isinstance(error, FileExistsError) and path.parent.is_dir():
        hint = "Choose another name, or replace the file."
        return StudioError(ErrorKind.INPUT, f"{path} exists already.", hint, "path")
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    hint = "Free some space, or choose another folder."
    return StudioError(ErrorKind.DISK, f"{path} could not be written: {why}.", hint)


def _ignore(done: int) -> None:
    """Nobody wants to know."""


def _nothing() -> None:
    """Nobody can cancel."""
