"""The frames of takes in a project file: rows in, rows out. All functions work on a connection to it.

A still is a PNG, named by the SHA-256 of its bytes (32 bytes).
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from studio.session.project.schema import FRAMES_SINCE, checksum, transaction

_BATCH = 100  # rows that one transaction of a sweep deletes
MAX_NUMBER = 10**7  # of frames
_VARIABLES = 500  # of one statement


@dataclass(frozen=True, slots=True)
class Frame:
    """Frame `number` ≥ 0 of a take, the digest of its still, and its `Provenance` as JSON."""

    number: int
    digest: bytes
    about: str = ""


def can_hold(connection: sqlite3.Connection) -> bool:
    """Whether the file has tables for frames: one of an older version has none. Raises sqlite3.Error."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return bool(version >= FRAMES_SINCE)


def of_take(connection: sqlite3.Connection, take: str) -> dict[int, Frame]:
    """The whole rows of a take, by number; damaged ones are left out. Raises sqlite3.Error."""
    query = "SELECT number, CAST(digest AS BLOB), CAST(about AS BLOB), checked FROM frames WHERE take = ?"
    found: dict[int, Frame] = {}
    if not can_hold(connection):
        return found
    try:
        for number, digest, about, checked in connection.execute(query, (take,)):
            if isinstance(number, int) and 0 <= number < MAX_NUMBER and _check(take, number, digest, about) == checked:
                found[number] = Frame(number, bytes(digest), bytes(about).decode("utf-8", "replace"))
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise  # else some pages are damaged, and the frames on them are missing
    return found


def still(connection: sqlite3.Connection, digest: bytes) -> bytes | None:
    """A PNG; None where it is gone or damaged. Raises sqlite3.Error."""
    found = connection.execute("SELECT data FROM stills WHERE digest = ?", (digest,)).fetchone()
    if found is None or not isinstance(found[0], bytes) or hashlib.sha256(found[0]).digest() != digest:
        return None
    return found[0]


def holds(connection: sqlite3.Connection, digest: bytes) -> bool:
    """Whether a still is there, whole or not. Raises sqlite3.Error."""
    return connection.execute("SELECT 1 FROM stills WHERE digest = ?", (digest,)).fetchone() is not None


def insert(connection: sqlite3.Connection, take: str, frames: Iterable[Frame], stills: Mapping[bytes, bytes]) -> int:
    """Put frames in place of those of the same numbers, in one transaction. `stills` has the PNGs that may not be in
    the file yet; one that is there damaged is mended. The bytes of new stills.

    Raises sqlite3.Error; nothing of it is in the file then.
    """
    added = 0
    with transaction(connection):
        for digest, data in stills.items():
            if still(connection, digest) is None:
                connection.execute("DELETE FROM stills WHERE digest = ?", (digest,))
                added += len(data)
                connection.execute(
                    "INSERT INTO stills (digest, size, data) VALUES (?, ?, ?)", (digest, len(data), data)
                )
        connection.executemany(
            "INSERT OR REPLACE INTO frames (take, number, digest, about, checked) VALUES (?, ?, ?, ?, ?)",
            (_row(take, frame) for frame in frames),
        )
    return added


def takes(connection: sqlite3.Connection) -> set[str]:
    """The takes that have frames. Raises sqlite3.Error."""
    if not can_hold(connection):
        return set()
    found = connection.execute("SELECT DISTINCT CAST(take AS BLOB) FROM frames")
    return {bytes(take).decode("utf-8", "replace") for (take,) in found}


def size(connection: sqlite3.Connection, named: Iterable[str] | None = None) -> int:
    """The bytes of the stills of some takes, or of all; equal frames count once. Raises sqlite3.Error."""
    if not can_hold(connection):
        return 0
    if named is None:
        return int(connection.execute("SELECT sum(size) FROM stills").fetchone()[0] or 0)
    names, digests = sorted(named), set[bytes]()
    for start in range(0, len(names), _VARIABLES):
        some = names[start : start + _VARIABLES]
        marks = ",".join("?" * len(some))
        digests.update(
            digest for (digest,) in connection.execute(f"SELECT digest FROM frames WHERE take IN ({marks})", some)
        )
    if not digests:
        return 0
    return sum(length for digest, length in connection.execute("SELECT digest, size FROM stills") if digest in digests)


def sweep(connection: sqlite3.Connection, gone: Iterable[str]) -> Iterator[bool]:
    """Delete the frames of takes, some at a time, and then the stills that no frame names. Raises sqlite3.Error."""
    for take in gone if can_hold(connection) else ():
        with transaction(connection):
            connection.execute("DELETE FROM frames WHERE take = ?", (take,))
        yield True
    query = "SELECT id FROM stills WHERE NOT EXISTS (SELECT 1 FROM frames WHERE frames.digest = stills.digest) LIMIT ?"
    while can_hold(connection):
        with transaction(connection):
            rows = connection.execute(query, (_BATCH,)).fetchall()
            connection.executemany("DELETE FROM stills WHERE id = ?", rows)
        if not rows:
            return
        yield True


def _row(take: str, frame: Frame) -> tuple[str, int, bytes, str, int]:
    about = frame.about.encode("utf-8", "replace")  # SQLite takes no unpaired surrogates
    values = (take, frame.number, frame.digest)
    return (*values, about.decode(), _check(*values, about))


def _check(take: str, number: int, digest: bytes, about: bytes) -> int:
    return zlib.crc32(about or b"", checksum(take, number, digest))
