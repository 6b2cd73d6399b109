"""The pictures that were made: saved in the user's folder by day, each with its recipe inside, and found again."""

import datetime
import io
import itertools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Picture
from studio.domain.messages import Ready
from studio.domain.plan import Plan
from studio.domain.recipe import Recipe
from studio.domain.upscaling import Upscaling
from studio.domain.user_paths import exists
from studio.imaging import metadata
from studio.imaging.blobs import BlobStore
from studio.imaging.files import numbered_names, save_new, save_numbered, save_over
from studio.imaging.metadata import Capsule, PictureInfo
from studio.imaging.metadata.carry import Carried, carried, of_job, with_carried
from studio.session.names import file_name

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")  # what pictures are saved as
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{6})-")
_CLOCK_SHIFT = datetime.timedelta(days=1)  # of a clock that was set right meanwhile
_QUALITY = 95  # of JPEG and WebP


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture in the gallery; `created` is local time."""

    path: Path
    created: datetime.datetime

    def info(self) -> PictureInfo:
        """What the file says about itself. Raises StudioError when it is gone or no picture."""
        return metadata.read(self.path)


class Gallery:
    """Pictures in `folder/YYYY-MM-DD/HHMMSS-words-seed.png`; nothing here ever overwrites or deletes one.

    Pixels come from `store`. A blob is dropped when its picture is on disk, and stays when it could not be saved.
    """

    def __init__(
        self, folder: Path, store: BlobStore, now: Callable[[], datetime.datetime] = datetime.datetime.now
    ) -> None:
        self.folder, self.store, self._now = folder, store, now
        self._last = ("", b"")  # a batch may hold the same pixels twice, and its blob is dropped after the first

    def add(
        self, recipe: Recipe, picture: Picture, engine: Ready | None, job: str = "", plan: Plan | None = None
    ) -> Entry:
        """Save a finished picture, `recipe` being the one that makes it alone, and `job` the job and the index in it
        ("ID#INDEX") that made it by `plan`. Raises StudioError (DISK)."""
        now = self._now()
        path = self.folder / f"{now:%Y-%m-%d}" / f"{now:%H%M%S}-{file_name(recipe)}"
        return self.save_numbered(recipe, picture, engine, path, job, plan)

    def save_numbered(
        self,
        recipe: Recipe,
        picture: Picture,
        engine: Ready | None,
        path: Path,
        job: str = "",
        plan: Plan | None = None,
    ) -> Entry:
        """Save a finished picture under this name, with -2, -3 … added when it is taken. Raises as `save_as` does."""
        data = self._file(recipe, picture, Capsule.of(engine, job, plan), path)
        return self._kept(picture, lambda: save_numbered(path, data))

    def save_as(
        self,
        recipe: Recipe,
        picture: Picture,
        engine: Ready | None,
        path: Path,
        job: str = "",
        plan: Plan | None = None,
        *,
        overwrite: bool = False,
    ) -> Entry:
        """Save a finished picture under a name of the user's; the suffix, one of `SUFFIXES`, decides the format.

        Raises StudioError: INPUT when the file exists and may not be overwritten or the format cannot hold the recipe,
        DISK when it cannot be written.
        """
        data = self._file(recipe, picture, Capsule.of(engine, job, plan), path)
        return self._kept(picture, lambda: _save(path, data, overwrite))

    def add_upscaled(self, task: Upscaling, picture: Picture, engine: Ready | None, job: str = "") -> Entry:
        """Save an enlarged picture with what the original said of itself. Raises StudioError (DISK)."""
        now = self._now()
        path = self.folder / f"{now:%Y-%m-%d}" / f"{now:%H%M%S}-{upscaled_name(task)}"
        return self.save_upscaled_numbered(task, picture, engine, path, job)

    def save_upscaled_numbered(
        self, task: Upscaling, picture: Picture, engine: Ready | None, path: Path, job: str = ""
    ) -> Entry:
        """As `save_numbered`, for an enlarged picture."""
        data = self._upscaled_file(task, picture, engine, path, job)
        return self._kept(picture, lambda: save_numbered(path, data))

    def save_upscaled_as(
        self, task: Upscaling, picture: Picture, engine: Ready | None, path: Path, job: str = ""
    ) -> Entry:
        """As `save_as`, for an enlarged picture."""
        data = self._upscaled_file(task, picture, engine, path, job)
        return self._kept(picture, lambda: _save(path, data, overwrite=False))

    def find(self, job: str, since: float, name: str = "") -> Entry | None:
        """The picture that `job` ("ID#INDEX") saved here after `since`, seconds since 1970; None if there is none.

        With `name`, the one without the time that `add` gave it, no file of another name is looked into.
        """
        first = (datetime.datetime.fromtimestamp(since) - _CLOCK_SHIFT).strftime("%Y-%m-%d")
        days = (day for day in _names(self.folder) if _DAY.fullmatch(day) and day >= first)
        entries = (entry for day in sorted(days, reverse=True) for entry in self._entries_of(day))
        return next((entry for entry in entries if _may_be(entry.path, name) and made_by_job(entry.path, job)), None)

    def look(self, path: Path, job: str, *, numbered: bool = False) -> Entry | None:
        """The picture that `job` saved under this name or, with `numbered`, with -2, -3 … added; None if it did not."""
        candidates = numbered_names(path) if numbered else iter((path,))
        there = itertools.takewhile(exists, candidates)
        found = next((candidate for candidate in there if made_by_job(candidate, job)), None)
        return Entry(found, _modified(found)) if found else None

    def drop(self, picture: Picture) -> None:
        """Forget the pixels of a picture that is on disk."""
        self.store.discard(picture.digest)

    def entries(self, limit: int = 100) -> tuple[Entry, ...]:
        """The newest pictures, newest first. Only names are read, and no older days than are needed."""
        found: list[Entry] = []
        for day in sorted((name for name in _names(self.folder) if _DAY.fullmatch(name)), reverse=True):
            found += sorted(self._entries_of(day), key=_order, reverse=True)
            if len(found) >= limit:
                break
        return tuple(found[:limit])

    def _entries_of(self, day: str) -> Iterator[Entry]:
        for name in _names(self.folder / day):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                path = self.folder / day / name
                if (created := _created(day, path)) is not None:
                    yield Entry(path, created)

    def _file(self, recipe: Recipe, picture: Picture, capsule: Capsule, path: Path) -> bytes:
        if self._last[0] != picture.digest:
            self._last = (picture.digest, self.store.get(picture.digest))
        return encoded(self._last[1], recipe, capsule, path.suffix.lower())

    def _upscaled_file(self, task: Upscaling, picture: Picture, engine: Ready | None, path: Path, job: str) -> bytes:
        """Without its metadata when the original is gone meanwhile: the pixels are worth more."""
        try:
            found = carried(task, engine.versions if engine else {})
        except StudioError:
            found = Carried()
        found, data = of_job(found, job), self.store.get(picture.digest)
        if found.recipe is not None:
            return encoded(data, found.recipe, found.capsule, path.suffix.lower())
        return with_carried(data, found, path.suffix.lower())

    def _kept(self, picture: Picture, save: Callable[[], Path]) -> Entry:
        """Save and drop the blob, or say where it stays."""
        try:
            path = save()
        except StudioError as error:
            problem = error.problem
            kept = f"The picture is not lost: it is kept as {self.store.path(picture.digest)} (a PNG file)."
            raise StudioError(problem.kind, problem.message, f"{problem.hint} {kept}", problem.field) from error
        self.store.discard(picture.digest)
        return Entry(path, self._now().replace(microsecond=0))


def upscaled_name(task: Upscaling) -> str:
    """The name of an enlarged picture, without the time that its original had in its name."""
    return f"{_TIME.sub('', task.name, count=1)}.png"


def made_by_job(path: Path, job: str) -> bool:
    """Does the file at `path` say that it was made by `job` ("ID#INDEX")?"""
    try:
        return metadata.read(path).job == job
    except StudioError:
        return False


def encoded(png: bytes, recipe: Recipe, capsule: Capsule, suffix: str) -> bytes:
    """The file for a picture given as PNG, with our metadata, in the format of `suffix`.

    Raises StudioError (INPUT) for another suffix than those in `SUFFIXES`, and for a recipe too long for a JPEG.
    """
    if suffix == ".png":
        return metadata.embed(png, recipe, capsule)
    require_format(suffix, recipe)
    exif, xmp, buffer = metadata.exif_for(recipe, capsule), metadata.xmp_for(recipe, capsule), io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        kind = "WEBP" if suffix == ".webp" else "JPEG"
        image.convert("RGB").save(buffer, kind, quality=_QUALITY, exif=exif, xmp=xmp)
    return buffer.getvalue()


def require_format(suffix: str, recipe: Recipe) -> None:
    """Raise StudioError (INPUT) when `recipe` cannot be saved in a file with this suffix."""
    if suffix.lower() not in SUFFIXES:
        raise StudioError(
            ErrorKind.INPUT,
            f"Pictures are not written as “{suffix}” files." if suffix else "The file name has no suffix.",
            f"Use one of {', '.join(SUFFIXES)}.",
        )
    if suffix.lower() in (".jpg", ".jpeg") and not metadata.fits_jpeg(recipe):
        raise StudioError(
            ErrorKind.INPUT, "The prompt is too long for the metadata of a JPEG.", "Save as .png or .webp instead."
        )


def _save(path: Path, data: bytes, overwrite: bool) -> Path:
    try:
        if overwrite and path.exists():
            save_over(path, data)
        else:
            save_new(path, data)
        return path
    except FileExistsError as error:
        raise StudioError(ErrorKind.INPUT, f"{path} exists and is not overwritten.", "Choose another name.") from error
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK, f"{path} could not be written: {error.strerror}.", "Choose another folder."
        ) from error


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return [entry.name for entry in found]
    except OSError:  # not there yet, or no folder
        return []


def _created(day: str, path: Path) -> datetime.datetime | None:
    """By the name if it is one of ours; by the file's date for one that a user named; None for what is no date."""
    if time := _TIME.match(path.name):
        try:
            return datetime.datetime.fromisoformat(f"{day}T{time[1]}")
        except ValueError:
            pass
    try:
        return _modified(path)
    except OSError:
        return None


def _modified(path: Path) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(path.stat().st_mtime).replace(microsecond=0)


def _may_be(path: Path, name: str) -> bool:
    """Is it a file that was saved under this name, with the time before it and perhaps a number behind?"""
    stem = re.escape(PurePath(name).stem)
    return not name or re.fullmatch(rf"{stem}(-[0-9]+)?", _TIME.sub("", path.stem, count=1)) is not None


def _order(entry: Entry) -> tuple[datetime.datetime, list[tuple[int, str]]]:
    """Newest last; within a second by name, numbers by value, so that a batch keeps its order."""
    parts = re.split(r"(\d+)", entry.path.stem)
    return entry.created, [(int(part), "") if part.isdecimal() and part.isascii() else (-1, part) for part in parts]
