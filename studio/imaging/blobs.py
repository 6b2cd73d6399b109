"""A content-addressed store: a folder of files named by the SHA-256 of what they hold."""

import hashlib
import re
from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError
from studio.imaging.files import save_over

_DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """Blobs in `folder/ab/cdef…`. Writing is atomic, so a blob that exists is whole; equal content is stored once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the blob lies, whether or not it is there. Raises ValueError for what is no SHA-256 in hexadecimal."""
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest[:80]!r} is no digest")
        return self.folder / digest[:2] / digest[2:]

    def digest_of(self, path: Path) -> str:
        """The digest of the blob that lies at `path`; "" for a path that is none of this store's."""
        digest = path.parent.name + path.name
        return digest if _DIGEST.fullmatch(digest) and path == self.path(digest) else ""

    def put(self, data: bytes) -> str:
        """Store `data`, return its digest. Raises StudioError (DISK)."""
        digest = hashlib.sha256(data).hexdigest()
        target = self.path(digest)
        try:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                save_over(target, data)
        except OSError as error:
            raise StudioError(
                ErrorKind.DISK,
                f"A finished picture could not be stored: {error.strerror}.",
                f"Free some space, or make {self.folder} writable, and run the job again.",
            ) from error
        return digest

    def get(self, digest: str) -> bytes:
        """The stored bytes. Raises StudioError (DISK) when they are gone or damaged."""
        try:
            data = self.path(digest).read_bytes()
        except OSError as error:
            raise StudioError(
                ErrorKind.DISK, f"A stored picture is gone: {error.strerror}.", "Generate it again."
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise StudioError(ErrorKind.DISK, "A stored picture is damaged.", "Check the disk and generate it again.")
        return data

    def discard(self, digest: str) -> None:
        """Forget a blob; nothing happens when it is not there or cannot be deleted."""
        try:
            self.path(digest).unlink(missing_ok=True)
            self.path(digest).parent.rmdir()  # refused while other blobs lie there
        except OSError:
            return
