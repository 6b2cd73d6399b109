"""The pack of object pictures that ships with the program: `resources/training/objects.zip`, and its index."""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import PIL.Image

from studio.domain.errors import ErrorKind, StudioError
from studio.resources import resources

HOMES = frozenset({"land", "water", "sea", "air", "sky", ""})  # empty: never set in a landscape
MAX_PICTURE_BYTES = 64 * 1024
MAX_INDEX_BYTES = 1024 * 1024
MAX_SIDE = 512
_ID = re.compile(r"[0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class PackedObject:
    """One picture: what it shows, where such a thing belongs, and whose work under which licence it is.

    `plural` is empty for nouns that are plural already; `colour` is given where it is part of the thing.
    """

    id: str
    noun: str
    plural: str
    style: str
    colour: str
    home: str
    source: str
    licence: str
    author: str


class ObjectPack:
    """The pictures of an archive, held in memory as they are stored and decoded when asked for."""

    def __init__(self, path: Path) -> None:
        """Read the archive; a StudioError says what is wrong with it."""
        self._name = path.name
        try:
            with zipfile.ZipFile(path) as archive:
                index = json.loads(_member(archive, "index.json", MAX_INDEX_BYTES))
                self.objects = tuple(PackedObject(**{k: str(v) for k, v in entry.items()}) for entry in index)
                if any(not _ID.fullmatch(item.id) or item.home not in HOMES for item in self.objects):
                    raise ValueError("an entry has an odd id or home")
                self._stored = {
                    item.id: _member(archive, f"{item.id}.webp", MAX_PICTURE_BYTES) for item in self.objects
                }
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
            raise self._unreadable(error) from error

    def picture(self, item: PackedObject) -> PIL.Image.Image:
        """The picture as RGBA, with its margin."""
        try:
            with PIL.Image.open(io.BytesIO(self._stored[item.id]), formats=["WEBP"]) as image:
                if max(image.size) > MAX_SIDE:
                    raise ValueError(f"picture {item.id} is larger than {MAX_SIDE} pixels")
                return image.convert("RGBA")
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> StudioError:
        return StudioError(
            ErrorKind.DISK,
            f"The object pictures in {self._name} cannot be read ({error}).",
            "Install the program again, or restore the file resources/training/objects.zip.",
        )


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """The content of a file in the archive; nothing is unpacked to disk, and no more than the limit to memory."""
    if archive.getinfo(name).file_size > limit:
        raise ValueError(f"{name} is larger than {limit} bytes")
    with archive.open(name) as stream:
        return stream.read(limit)


@cache
def shipped_pack() -> ObjectPack:
    """The pack that ships with the program, read once in a process."""
    return ObjectPack(resources() / "training" / "objects.zip")
