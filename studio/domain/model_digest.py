"""Content hashes of model weights."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.model_files import weight_files

LENGTH = 16  # hexadecimal digits
_CHUNK = 8 * 2**20
_known: dict[tuple[str, int, int], str] = {}


def model_digest(path: Path, poll: Callable[[], None] = lambda: None) -> str:
    """The first 16 hex digits of the SHA-256 of a model's weights; `poll` is called now and then.

    For a single file it is the file's own SHA-256, as model sites list it; for a folder that of the list of its weight
    files with theirs. Files are read again only when they changed. Raises StudioError (MODEL).
    """
    try:
        digests = [(file, _file_digest(file, poll)) for file in weight_files(path)]
    except OSError as error:
        raise StudioError(
            ErrorKind.MODEL,
            f"The weights of {path.name} cannot be read: {error.strerror}.",
            "Check the disk and the file's permissions.",
            "model",
        ) from error
    if path.is_file():
        return digests[0][1][:LENGTH]
    listing = "".join(f"{file.relative_to(path).as_posix()} {digest}\n" for file, digest in digests)
    return hashlib.sha256(listing.encode()).hexdigest()[:LENGTH]


def _file_digest(file: Path, poll: Callable[[], None]) -> str:
    stat = file.stat()
    key = (str(file.resolve()), stat.st_mtime_ns, stat.st_size)
    if key not in _known:
        found = hashlib.sha256()
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
                poll()
        _known[key] = found.hexdigest()
    return _known[key]
