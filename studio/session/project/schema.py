"""The tables of a project file, how older ones become like it, and how files that are none are told apart.

`parts`, `tiles` and `stills` are content-addressed: `digest` is the SHA-256 of what is stored, uncompressed. What a
version's `document` names is a part (`studio/domain/document/document_json.py`). `checked` is the CRC-32 of a row's
other values. `jobs` and the tables of the same migration belong to `studio/session/journal/`, `frames` and `stills` to
`studio/session/project/frames.py`.
"""

import contextlib
import os
import sqlite3
import threading
import weakref
import zlib
from collections.abc import Callable
from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError
from studio.session.project.troubles import DAMAGED_HINT, damaged, told

APPLICATION_ID = 0x53464C54  # "SFLT" at byte 68 of the file
_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes
_BUSY = 5.0  # seconds to wait for another program's lock

Migration = Callable[[sqlite3.Connection], None]


def _version_1(connection: sqlite3.Connection) -> None:
    for table in (
        # The size is in the index, so that all can be counted without reading a pixel.
        "tiles(id INTEGER PRIMARY KEY, digest BLOB NOT NULL, size INTEGER NOT NULL, data BLOB NOT NULL,"
        " UNIQUE (digest, size))",
        "parts(id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, data BLOB NOT NULL)",
        "versions(id INTEGER PRIMARY KEY, parent INTEGER, label TEXT NOT NULL, made REAL NOT NULL, name TEXT NOT NULL,"
        " document BLOB NOT NULL, checked INTEGER NOT NULL)",
        "place(id INTEGER PRIMARY KEY CHECK (id = 1), current INTEGER NOT NULL, tip INTEGER NOT NULL,"
        " checked INTEGER NOT NULL)",
    ):
        connection.execute(f"CREATE TABLE {table}")


def _version_2(connection: sqlite3.Connection) -> None:
    for table in (
        # `value` is a job as JSON; `changed` is the count of the transaction that wrote the row last, by `writer`.
        "jobs(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, ended REAL NOT NULL,"
        " value BLOB NOT NULL, changed INTEGER NOT NULL, writer TEXT NOT NULL, checked INTEGER NOT NULL)",
        "checkpoints(job TEXT NOT NULL, picture INTEGER NOT NULL, step INTEGER NOT NULL, data BLOB NOT NULL,"
        " checked INTEGER NOT NULL, PRIMARY KEY (job, picture, step))",
        "previews(job TEXT NOT NULL, picture INTEGER NOT NULL, step INTEGER NOT NULL, width INTEGER NOT NULL,"
        " height INTEGER NOT NULL, data BLOB NOT NULL, checked INTEGER NOT NULL, PRIMARY KEY (job, picture, step))",
        "wishes(id INTEGER PRIMARY KEY AUTOINCREMENT, act TEXT NOT NULL, job TEXT NOT NULL)",
        "queue(name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
    ):
        connection.execute(f"CREATE TABLE {table}")
    connection.execute("CREATE INDEX jobs_changed ON jobs(changed)")


def _version_3(connection: sqlite3.Connection) -> None:
    for table in (
        # A frame of a take names a still, so that equal frames are stored once; `about` is how it came to be, as JSON.
        "frames(take TEXT NOT NULL, number INTEGER NOT NULL, digest BLOB NOT NULL, about TEXT NOT NULL,"
        " checked INTEGER NOT NULL, PRIMARY KEY (take, number)) WITHOUT ROWID",
        "stills(id INTEGER PRIMARY KEY, digest BLOB NOT NULL, size INTEGER NOT NULL, data BLOB NOT NULL,"
        " UNIQUE (digest, size))",
    ):
        connection.execute(f"CREATE TABLE {table}")
    connection.execute("CREATE INDEX frames_of_stills ON frames(digest)")


FRAMES_SINCE = 3  # the version of the file that brought them
MIGRATIONS: tuple[Migration, ...] = (
    _version_1,
    _version_2,
    _version_3,
)  # the n-th takes a file from version n − 1 to n


def checksum(*values: object) -> int:
    """What a row's `checked` has to be."""
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))


class _Connection(sqlite3.Connection):
    """One that is known to be open for as long as it is."""

    place: os.stat_result

    def close(self) -> None:
        super().close()
        with _OPENING:
            _OPEN.discard(self)


_OPEN: weakref.WeakSet[_Connection] = weakref.WeakSet()
_OPENING = threading.RLock()


def open_here(path: Path) -> bool:
    """Whether this process has a database open. Raises OSError."""
    place = path.stat()
    with _OPENING:
        return any(os.path.samestat(connection.place, place) for connection in _OPEN)


def require_project(path: Path) -> None:
    """Look at a file's first bytes, before SQLite may touch it; one that this process has open was looked at.

    Raises StudioError: DISK for one that is gone, closed or cut short, INPUT for one that is no project or a newer
    version's.
    """
    with told(path), _OPENING:
        if open_here(path):  # to close a file that SQLite has open in the same process drops its locks
            return
        with path.open("rb") as file:
            header = file.read(_HEADER)
            size = file.seek(0, os.SEEK_END)
    if not header.strip(b"\0") or (len(header) < _HEADER and _MAGIC.startswith(header[: len(_MAGIC)])):
        raise damaged(path, "its beginning is missing")
    if not header.startswith(_MAGIC) or int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise _foreign(path)
    # A process that was killed while it moved the log into the file leaves the rest in the log.
    pages, page = int.from_bytes(header[28:32], "big"), int.from_bytes(header[16:18], "big")
    if not has_log(path) and size < pages * (65536 if page == 1 else page):
        raise damaged(path, "its end is missing")
    _require_known(path, int.from_bytes(header[60:64], "big"), len(MIGRATIONS))


def require_in_place(path: Path, place: os.stat_result) -> None:
    """Raise StudioError (DISK) when `path` no longer means the file that it meant: SQLite would go on writing into one
    that has no name any more. Raises OSError.
    """
    try:
        same = os.path.samestat(path.stat(), place)
    except FileNotFoundError:
        same = False
    if not same:
        raise StudioError(
            ErrorKind.DISK,
            f"{path.name} was moved, deleted or replaced while it was open.",
            "Put it back, or choose File > Save As. Nothing is lost while this window stays open.",
        )


def log_of(path: Path) -> Path:
    """SQLite's write-ahead log of a database."""
    return path.with_name(f"{path.name}-wal")


def has_log(path: Path) -> bool:
    """Whether part of the database is in its log, because it is open or its program was killed. Raises OSError."""
    try:
        return log_of(path).stat().st_size > 0
    except FileNotFoundError:
        return False


def disk_bytes(path: Path) -> int:
    """What a database takes on the disk, with its log. Raises OSError."""
    log = log_of(path)
    return path.stat().st_size + (log.stat().st_size if has_log(path) else 0)


def connect(path: Path, *, mode: str, immutable: bool = False) -> sqlite3.Connection:
    """A connection for one thread at a time; `mode` is SQLite's: "ro", "rw" or "rwc". Raises sqlite3.Error, OSError."""
    uri = f"{path.absolute().as_uri()}?mode={mode}{'&immutable=1' if immutable else ''}"
    with _OPENING:
        connection = sqlite3.connect(
            uri, timeout=_BUSY, isolation_level=None, check_same_thread=False, uri=True, factory=_Connection
        )
        try:
            connection.place = path.stat()
        except OSError:
            sqlite3.Connection.close(connection)
            raise
        _OPEN.add(connection)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        if mode == "ro":
            return connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a power failure costs nothing that was reported as saved
        connection.execute("PRAGMA journal_size_limit = 67108864")
        # A file that cannot be written is opened all the same, to be read for as long as the connection lives.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("PRAGMA user_version = 0")
        connection.execute("ROLLBACK")
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def require_current(path: Path, connection: sqlite3.Connection) -> None:
    """Raise StudioError (INPUT) when an open file is no project or a newer version's; the log beside it counts here."""
    (kind,) = connection.execute("PRAGMA application_id").fetchone()
    if kind != APPLICATION_ID:
        raise _foreign(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    _require_known(path, version, len(MIGRATIONS))


def migrate(path: Path, connection: sqlite3.Connection) -> None:
    """Bring a file to the latest version, each step in its own transaction.

    Raises StudioError (INPUT) for a newer file, and sqlite3.Error; the file is then at a version that was whole.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    _require_known(path, version, len(MIGRATIONS), lowest=0)
    for number, migration in enumerate(MIGRATIONS[version:], version + 1):
        with transaction(connection):
            if connection.execute("PRAGMA user_version").fetchone()[0] >= number:  # another process was quicker
                continue
            migration(connection)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")


def bring_up_to_date(path: Path) -> None:
    """Migrate a project that may be written. Raises StudioError; see `require_current` and `migrate`."""
    with told(path), contextlib.closing(connect(path, mode="ro")) as connection:
        require_current(path, connection)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < len(MIGRATIONS):
        with told(path), contextlib.closing(connect(path, mode="rw")) as connection:
            migrate(path, connection)


class transaction:  # noqa: N801 — reads as a block
    """A block that is carried out whole or not at all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _require_known(path: Path, version: int, known: int, lowest: int = 1) -> None:
    if version > known:
        raise StudioError(
            ErrorKind.INPUT,
            f"{path.name} was made by a newer version of Safelight (file version {version}, this one reads {known}).",
            "Update Safelight to open it. The file was left as it is.",
        )
    if version < lowest:
        raise StudioError(ErrorKind.DISK, f"{path.name} was never finished being made.", DAMAGED_HINT)


def _foreign(path: Path) -> StudioError:
    return StudioError(
        ErrorKind.INPUT,
        f"{path.name} is not a Safelight project.",
        "Open pictures, OpenRaster and PSD files with File > Open; projects end in .safelight.",
    )
