"""What an evaluation compares with: features of held-out real pictures, and pictures that the model was trained on.

Both files name the scorer whose features they hold and the prompts they were made for, and are refused beside others.
Real pictures are those of the renderer and compositor that also drew the training pictures, drawn anew for the
prompts' own facts.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.engine.judge.measures import Integers
from studio.engine.judge.scorer import Floats, Pixels

THUMBNAIL = 32
_ACROSS = 64
_QUALITY = 88
_HINT = "Reinstall Safelight: the evaluation's files belong together."


@dataclass(frozen=True, slots=True)
class Known:
    """Pictures as an evaluation knows them: `features` (n, 192), `thumbnails` (n, 32, 32, 3) and `groups` (n,), the
    number of each picture's prompt."""

    features: Floats
    thumbnails: Pixels
    groups: Integers


@dataclass(frozen=True, slots=True)
class Reference:
    """Real pictures of the held-out prompts: `features` (n, 192) to compare sets with, and `ceiling`, others that
    stand where a perfect model's pictures would."""

    features: Floats
    ceiling: Known


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Training pictures: `features` (n, 192), `thumbnails` (n, 32, 32, 3), and the number of all training pictures
    `out_of` which these were taken."""

    features: Floats
    thumbnails: Pixels
    out_of: int


def digest(weights: Path, prompts: Path) -> str:
    """What tells one scorer with its prompts from another. Raises StudioError (INPUT) for a file that is missing."""
    try:
        return hashlib.sha256(weights.read_bytes() + prompts.read_bytes()).hexdigest()[:16]
    except OSError as error:
        message = f"A file of the evaluation cannot be read: {error.filename} ({error.strerror})."
        raise StudioError(ErrorKind.INPUT, message, _HINT) from error


def thumbnails(pictures: Pixels) -> Pixels:
    """Pictures (n, height, width, 3) averaged down to (n, 32, 32, 3)."""
    size = (THUMBNAIL, THUMBNAIL)
    small = [np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX)) for picture in pictures]
    return np.stack(small)


def write_reference(path: Path, found: Reference, owner: str) -> None:
    """Keep a reference in half precision; `owner` is the `digest` of the files that it belongs to."""
    np.savez_compressed(
        path,
        features=found.features.astype(np.float16),
        ceiling=found.ceiling.features.astype(np.float16),
        ceiling_thumbnails=found.ceiling.thumbnails,
        ceiling_groups=found.ceiling.groups.astype(np.int16),
        owner=np.array(owner),
    )


def read_reference(path: Path, owner: str) -> Reference:
    """Read what `write_reference` kept. Raises StudioError (INPUT) for other files and for those of another owner."""
    with _Opened(path, owner) as arrays:
        ceiling = Known(
            arrays["ceiling"].astype(np.float32),
            arrays["ceiling_thumbnails"],
            arrays["ceiling_groups"].astype(np.int64),
        )
        return Reference(arrays["features"].astype(np.float32), ceiling)


def write_neighbours(path: Path, found: Neighbours, owner: str) -> None:
    """Keep training pictures: the thumbnails as one JPEG (which moves them by about 0.02 in root mean square), the
    features in half precision."""
    np.savez_compressed(
        path,
        features=found.features.astype(np.float16),
        sheet=np.frombuffer(_tiled(found.thumbnails), np.uint8),
        out_of=np.array(found.out_of),
        owner=np.array(owner),
    )


def read_neighbours(path: Path, owner: str) -> Neighbours:
    """Read what `write_neighbours` kept. Raises StudioError (INPUT) as `read_reference` does."""
    with _Opened(path, owner) as arrays:
        features = arrays["features"].astype(np.float32)
        return Neighbours(features, _cut(arrays["sheet"].tobytes(), len(features)), int(arrays["out_of"]))


def _tiled(pictures: Pixels) -> bytes:
    rows = -(-len(pictures) // _ACROSS)
    sheet = np.zeros((rows * _ACROSS, THUMBNAIL, THUMBNAIL, 3), np.uint8)
    sheet[: len(pictures)] = pictures
    pixels = sheet.reshape(rows, _ACROSS, THUMBNAIL, THUMBNAIL, 3).swapaxes(1, 2)
    image = Image.fromarray(np.ascontiguousarray(pixels).reshape(rows * THUMBNAIL, _ACROSS * THUMBNAIL, 3))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
    return buffer.getvalue()


def _cut(data: bytes, count: int) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB"))
    rows = len(pixels) // THUMBNAIL
    tiles = pixels.reshape(rows, THUMBNAIL, _ACROSS, THUMBNAIL, 3).swapaxes(1, 2)
    return np.ascontiguousarray(tiles.reshape(-1, THUMBNAIL, THUMBNAIL, 3)[:count])


class _Opened:
    """The arrays of a file of ours; whatever is wrong with them becomes a StudioError."""

    def __init__(self, path: Path, owner: str) -> None:
        self._path, self._owner = path, owner

    def __enter__(self) -> dict[str, NDArray[Any]]:
        try:
            with np.load(self._path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except FileNotFoundError as error:
            raise self._refusal(f"The evaluation's pictures are missing: {self._path}.") from error
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise self._refusal(f"“{self._path.name}” cannot be read: {error}") from error
        if str(arrays.get("owner", "")) != self._owner:
            raise self._refusal(f"“{self._path.name}” belongs to another scorer or to other prompts.")
        return arrays

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (KeyError, ValueError, OSError)):
            raise self._refusal(f"“{self._path.name}” lacks a part of what it should hold: {error}") from error

    @staticmethod
    def _refusal(message: str) -> StudioError:
        return StudioError(ErrorKind.INPUT, message, _HINT)
