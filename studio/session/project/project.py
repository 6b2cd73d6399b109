"""A project file, open: reading for everybody, writing for the window that opened it first."""

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

from studio.domain.document.document import Document
from studio.domain.document.document_json import Decoder
from studio.domain.document.history import History, Version
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.user_paths import exists, expanded
from studio.session.project import schema
from studio.session.project.blobs import ProjectBlobs
from studio.session.project.frames import Frame
from studio.session.project.jobs import keep_finished_only, runner_of
from studio.session.project.lock import ProjectLock
from studio.session.project.readers import Readers
from studio.session.project.store import Change, Store, Weight
from studio.session.project.troubles import damaged, told

SUFFIX = ".safelight"
OTHER_WINDOW = "Another window has this project open."
CLOSED = "The project or its folder cannot be written."


class Project:
    """One `*.safelight` file.

    `why` says why it is `read_only`, and is "" for a project that can be written. Reading is safe in several threads;
    `save`, `keep_frames`, `rest`, `weigh`, `compact`, `save_as` and `close` belong to one thread at a time.
    """

    def __init__(self, opened: "_Opened") -> None:
        self._opened = opened
        self.blobs = ProjectBlobs(opened.readers)
        self._decoder = Decoder(self._part)
        self._store: Store | None = None
        self._kept: set[bytes] = set()  # see Store
        self.expected: set[str] = set()  # takes whose frames are about to come

    @classmethod
    def create(cls, path: Path, document: Document, label: str = "New") -> "Project":
        """A new project with this document, whose tiles (if any) must be written to it before it is saved.

        Raises StudioError: INPUT when something is at `path`, DISK when it cannot be written; nothing is left then.
        """
        path = expanded(path).absolute()
        if exists(path):
            raise StudioError(ErrorKind.INPUT, f"{path.name} exists.", "Choose another name, or open it.")
        with told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with _made_beside(path) as new:
            with told(path), contextlib.closing(schema.connect(new, mode="rwc")) as connection:
                schema.migrate(path, connection)
            readers = Readers(new)
            store = Store(new, new.stat(), ProjectBlobs(readers), {}, set())
            try:
                history = History.of(document, label)
                store.save(Change(1, 1, history.versions, {1: document}))
            finally:
                store.close()
                readers.close()
            with told(path):
                _put_in_place(new, path)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> "Project":
        """A project: to be written by the first window that opens it, to be read by the others.

        Raises StudioError when it is gone, damaged, made by a newer version or no project; it is then as it was.
        """
        opened = _Opened(expanded(path).absolute())
        try:
            with opened.readers.lent() as connection:
                schema.require_current(opened.path, connection)
        except StudioError:
            opened.close()
            raise
        return cls(opened)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._opened.path

    @property
    def why(self) -> str:
        """Why it can only be read; "" where it can be written."""
        return self._opened.why

    @property
    def read_only(self) -> bool:
        """Whether it can only be read."""
        return bool(self.why)

    def history(self) -> History:
        """The history as it was saved last; documents of its versions are read when they are asked for.

        Raises StudioError (DISK) when it is damaged; the current document has been read then.
        """
        versions, documents, current, tip = self._rows()

        def load(version_id: int) -> Document:
            try:
                return self._decoder.decode(documents[version_id].hex())
            except ValueError as error:
                raise damaged(self.path, f"a version of the picture cannot be read ({error})") from error

        try:
            history = History(versions, current, tip, load)
        except ValueError as error:
            raise damaged(self.path, str(error)) from error
        history.document_of(current)
        return history

    def save(self, change: Change) -> frozenset[str]:
        """Make a change permanent in one transaction; the digests of tiles that it names and that are nowhere.

        Raises StudioError (DISK); nothing of it is in the file then, and it may be tried again.
        """
        return self._writing().save(change)

    def spill(self, size: int) -> None:
        """Write about this many bytes of the tiles that no saved version names yet. Raises StudioError (DISK)."""
        self._writing().spill(size)

    def lent(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """A connection that only reads, for a block. Raises StudioError (DISK), for errors inside the block too."""
        return self._opened.readers.lent()

    def names(self, take: str) -> bool:
        """Whether a version in the file names a take; looks at all of its parts. Raises StudioError (DISK)."""
        with self.lent() as connection:
            query = "SELECT 1 FROM parts WHERE instr(data, CAST(? AS BLOB)) LIMIT 1"
            return bool(take) and connection.execute(query, (take,)).fetchone() is not None

    def keep_frames(self, take: str, frames: Iterable[Frame], stills: Mapping[bytes, bytes]) -> None:
        """Make frames of a take permanent in one transaction; `stills` has the PNGs that may not be in the file yet.

        Raises StudioError (DISK); nothing of it is in the file then.
        """
        self._writing().keep_frames(take, frames, stills)

    def rest(self) -> bool:
        """Do a little of the work that can wait; whether there is more. Raises StudioError (DISK)."""
        return not self.read_only and self._writing().rest()

    @property
    def counted(self) -> bool:
        """Whether `undo_bytes` are known."""
        return self._store is not None and self._store.counted

    def undo_bytes(self) -> int:
        """The bytes in the file of tiles that the current version does not name; 0 until they were counted."""
        return self._store.undo_bytes() if self._store else 0

    def exceeds(self, limit: int) -> bool:
        """Whether the history takes more than `limit` bytes beside the current version."""
        return self._store is not None and self._store.exceeds(limit)

    def weigh(self, removed: Container[int] = ()) -> Weight:
        """What it takes, and would take if it were compacted without some of its versions.

        Raises StudioError: INPUT for a project that can only be read, DISK when it is damaged.
        """
        return self._writing().weigh(removed)

    def disk_bytes(self) -> int:
        """What it takes on the disk, with its log. Raises StudioError (DISK)."""
        with told(self.path):
            return schema.disk_bytes(self.path)

    def compact(self) -> None:
        """Delete what no version names, and give the space back to the disk. Raises StudioError (DISK)."""
        self._writing().compact()

    def save_as(self, path: Path) -> None:
        """Copy what was saved to `path`, at once and whole, and go on there; a project at `path` is replaced. Jobs that
        are not over stay where they are, and only there.

        Raises StudioError: INPUT when another window has `path` open or runs its queue, DISK when it cannot be written.
        What was at `path` is then as it was, and this goes on where it is.
        """
        path = expanded(path).absolute()
        if path == self.path and not self.read_only:
            return
        with told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = ProjectLock.take(path)
        if lock is None:
            raise _in_use(path, "is open in another window.")
        try:
            with _made_beside(path) as new:
                with self._opened.readers.lent() as source, told(path):
                    with contextlib.closing(sqlite3.connect(new)) as target:
                        source.backup(target)
                    with contextlib.closing(schema.connect(new, mode="rw")) as copy:
                        schema.migrate(path, copy)
                        keep_finished_only(copy)
                with told(path):
                    _require_no_runner(path)
                    _settle_log(path)
                    _put_in_place(new, path)
            opened = _Opened(path, lock)
        except StudioError:
            lock.release()
            raise
        self.close()
        self._opened, self.blobs.readers = opened, opened.readers

    def close(self) -> None:
        """Let another window write. Nothing can be read or written afterwards."""
        self._opened.readers.close()
        if self._store is not None:
            self._store.close()  # last, because the one that can write puts the log away
            self._store = None
        elif not self.read_only:
            with contextlib.suppress(StudioError), told(self.path):
                schema.connect(self.path, mode="rw").close()
        self._opened.close()

    def _writing(self) -> Store:
        if self.read_only:
            raise StudioError(
                ErrorKind.INPUT, f"{self.path.name} can only be read. {self.why}", "Choose File > Save As."
            )
        if self._store is None:
            _, documents, current, _ = self._rows()
            self._store = Store(
                self.path, self._opened.place, self.blobs, documents, self._kept, current, self.expected
            )
        return self._store

    def _part(self, digest: str) -> bytes:
        with self._opened.readers.lent() as connection:
            found = connection.execute("SELECT data FROM parts WHERE digest = ?", (bytes.fromhex(digest),)).fetchone()
        if found is None:
            raise damaged(self.path, "a part of the history is missing")
        return bytes(found[0])

    def _rows(self) -> tuple[list[Version], dict[int, bytes], int, int]:
        """All versions, the parts of their documents, the current version and the tip. Raises StudioError (DISK)."""
        with self._opened.readers.lent() as connection:
            connection.execute("BEGIN")  # both tables as of one moment
            try:
                rows = connection.execute("SELECT * FROM versions ORDER BY id").fetchall()
                place = connection.execute("SELECT current, tip, checked FROM place").fetchone()
            finally:
                connection.execute("COMMIT")
        if place is None or schema.checksum(*place[:-1]) != place[-1]:
            raise damaged(self.path, "it does not say where its history ends")
        if any(schema.checksum(*values) != check for *values, check in rows):
            raise damaged(self.path, "its history cannot be read")
        versions = [Version(*values[:5]) for values in rows]
        return versions, {values[0]: values[5] for values in rows}, place[0], place[1]


class _Opened:
    """The file, whoever's it is to write."""

    def __init__(self, path: Path, lock: ProjectLock | None = None) -> None:
        """Raises StudioError when there is no project at `path`."""
        self.path, self.why = path, ""
        with told(path):
            path.stat()
        self._lock = lock
        self._take_lock()
        try:
            if self.why != OTHER_WINDOW:
                schema.require_project(path)
            if not self.why:
                schema.bring_up_to_date(path)
            self.readers = Readers.closed(path) if self.why == CLOSED else Readers(path)
            with told(path):
                self.place = path.stat()
        except StudioError:
            self.close()
            raise

    def close(self) -> None:
        """Release the file."""
        if hasattr(self, "readers"):
            self.readers.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        try:
            self._lock = ProjectLock.take(self.path)
        except OSError:
            self.why = CLOSED
            return
        if self._lock is None:
            self.why = OTHER_WINDOW
        elif not os.access(self.path, os.W_OK):
            self.why = CLOSED


def _in_use(path: Path, how: str) -> StudioError:
    return StudioError(ErrorKind.INPUT, f"{path.name} {how}", "Close it there, or choose another name.")


def _require_no_runner(path: Path) -> None:
    """Raise StudioError (INPUT) when somebody runs the queue of a project; OSError where its folder is closed."""
    if (lock := ProjectLock.take(runner_of(path))) is None:
        raise _in_use(path, "has a queue that is running.")
    lock.release()


@contextlib.contextmanager
def _made_beside(path: Path) -> Iterator[Path]:
    """A name in the folder of `path` for a project in the making; nothing of it is left afterwards."""
    new = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        yield new
    finally:
        for each in (new, *_company(new)):
            with contextlib.suppress(OSError):
                each.unlink(missing_ok=True)


def _put_in_place(new: Path, path: Path) -> None:
    """Make a finished file `path`, so that a power failure leaves the old one or the new one."""
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _settle_log(path: Path) -> None:
    """Bring what a killed program left in the log into the file that is about to be replaced: a log that outlives its
    file would be taken for the new one's.
    """
    if schema.has_log(path):
        with contextlib.suppress(StudioError), told(path):
            schema.connect(path, mode="rw").close()
    for each in _company(path):
        each.unlink(missing_ok=True)


def _company(path: Path) -> tuple[Path, Path, Path]:
    return schema.log_of(path), path.with_name(f"{path.name}-shm"), path.with_name(f"{path.name}-journal")
