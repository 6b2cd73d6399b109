"""The writing side of a project: one change is one transaction. All of it belongs to one thread at a time."""

import hashlib
import os
import sqlite3
from collections.abc import Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from studio.domain.document.document import Document
from studio.domain.document.document_json import Encoded, Encoder
from studio.domain.document.history import Version
from studio.domain.errors import StudioError
from studio.session.project import frames
from studio.session.project.blobs import ProjectBlobs
from studio.session.project.jobs import job_bytes
from studio.session.project.ledger import Ledger, Pieces
from studio.session.project.packing import packed
from studio.session.project.schema import checksum, connect, disk_bytes, require_in_place, transaction
from studio.session.project.troubles import damaged, told

_BATCH = 100  # rows that one transaction of a sweep deletes
_WORTH = 32 * 2**20  # bytes of pixels that nothing names before they are deleted while the user works


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit, an undo or a new name changes: versions as they are now, the documents of those that have a new
    one, versions that are gone, and where the user stands.
    """

    current: int
    tip: int
    versions: tuple[Version, ...] = ()
    documents: Mapping[int, Document] = field(default_factory=dict)
    removed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Weight:
    """What a project takes, in bytes: `disk`, its file with the log beside it; `undo`, the tiles and frames that the
    current version does not name; `compacted`, about what the file would take after compacting.
    """

    disk: int
    undo: int
    compacted: int

    @property
    def freed(self) -> int:
        """About what compacting gives back to the disk."""
        return max(0, self.disk - self.compacted)


class Store:
    """Writes changes, and deletes in the background what no version names."""

    def __init__(
        self,
        path: Path,
        place: os.stat_result,
        blobs: ProjectBlobs,
        documents: Mapping[int, bytes],
        kept: set[bytes],
        current: int = 0,
        expected: Set[str] = frozenset(),
    ) -> None:
        """`place` is the file that `path` meant when it was opened, and `documents` names the part of each version in
        it, of which one is `current`. `kept` are tiles that this window wrote before any version named them, and grows;
        frames of the takes that are `expected` stay, too. Raises StudioError (DISK).
        """
        self.path, self._place, self._blobs = path, place, blobs
        self._documents = dict(documents)
        self._encoder = Encoder()
        self._doomed = Pieces()
        self._kept = kept
        self._counted = False  # whether the ledger knows every version
        self._sound = True  # whether it could be kept: without it nothing is deleted
        self._current = current
        self._expected, self._unnamed = expected, set[str]()  # of takes: these were kept before any version named them
        with told(path):
            self._require_in_place()
            self.connection = connect(path, mode="rw")
            rows = self.connection.execute("SELECT digest, size FROM tiles").fetchall()
            self._still_bytes = frames.size(self.connection)
        self._ledger = Ledger(self._part, dict(rows))
        self._work: Iterator[bool] | None = self._background()

    def save(self, change: Change) -> frozenset[str]:
        """Make a change permanent; the digests of tiles that it names and that are nowhere.

        Raises StudioError (DISK); nothing of it is in the file then, and it may be tried again.
        """
        try:
            with told(self.path):
                self._require_in_place()
                return self._save(change)
        except StudioError:
            self._encoder = Encoder()  # what it gave out is not in the file
            raise

    def spill(self, size: int) -> None:
        """Write about this many bytes of the tiles that wait in memory, so that they need none. Raises StudioError."""
        names = self._blobs.oldest(size)
        with told(self.path):
            self._require_in_place()
            tiles = self._packed(names)
            with transaction(self.connection):
                self._insert_tiles(tiles)
        self._kept.update(map(bytes.fromhex, names))
        self._blobs.stored(names)

    def keep_frames(self, take: str, made: Iterable[frames.Frame], stills: Mapping[bytes, bytes]) -> None:
        """Make frames of a take permanent; `stills` has the PNGs that may not be in the file yet.

        Raises StudioError (DISK); nothing of it is in the file then.
        """
        with told(self.path):
            self._require_in_place()
            self._still_bytes += frames.insert(self.connection, take, made, stills)
        if not self._ledger.holds_take(take):
            self._unnamed.add(take)

    def rest(self) -> bool:
        """Do a little of what can wait: counting what is named, and deleting what is not. Whether there is more.

        Raises StudioError (DISK); there is no more then, and what is damaged is kept.
        """
        with told(self.path):
            self._require_in_place()  # it may be put back, and then all goes on
        try:
            with told(self.path):
                if self._work is not None and next(self._work, None):
                    return True
                self._work = None
                if self._sound and self._weight(self._doomed) >= _WORTH:
                    self._work = self._sweep()
                return self._work is not None
        except (ValueError, StudioError) as error:
            self._sound, self._counted, self._work = False, False, None
            raise damaged(self.path, str(error)) if isinstance(error, ValueError) else error from error

    @property
    def counted(self) -> bool:
        """Whether it is known what each version names; that takes a while after opening."""
        return self._counted

    def undo_bytes(self) -> int:
        """The stored bytes of the tiles and frames that the current version does not name, but others do; 0 while that
        is unknown.
        """
        if not self._counted or self._current not in self._ledger.versions:
            return 0
        try:
            named = self._ledger.named_by([self._ledger.versions[self._current]])
            tiles = self._ledger.bytes - sum(self._ledger.sizes.get(tile, 0) for tile in named.tiles)
            others = named.takes | self._doomed.takes | self._unnamed | self._expected
            return tiles + self._still_bytes - frames.size(self.connection, others)
        except (sqlite3.Error, ValueError):  # `rest` meets the damage again and tells it
            return 0

    def exceeds(self, limit: int) -> bool:
        """Whether the history takes more than `limit` bytes beside the current version."""
        return self._ledger.bytes + self._still_bytes > limit and self.undo_bytes() > limit

    def weigh(self, removed: Container[int] = ()) -> Weight:
        """What the project takes, and would take if it were compacted without some of its versions.

        Raises StudioError (DISK).
        """
        with told(self.path):
            self._require_in_place()
            try:
                return self._weigh(removed)
            except ValueError as error:
                raise damaged(self.path, str(error)) from error

    def compact(self) -> None:
        """Delete all that no version names and give the space back to the disk. A kill leaves the file as before or
        after. Raises StudioError (DISK).
        """
        while self.rest():
            pass
        with told(self.path):
            if self._sound:
                for _ in self._sweep():
                    pass
            self.connection.execute("VACUUM")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; when nobody else reads it, the log beside it goes."""
        self.connection.close()

    def _save(self, change: Change) -> frozenset[str]:
        encoded = {version_id: self._encoder.encode(document) for version_id, document in change.documents.items()}
        names = set[str]().union(*(each.tiles for each in encoded.values()))
        missing = frozenset(
            name for name in names if self._blobs.fresh(name) is None and not self._holds(bytes.fromhex(name))
        )
        tiles = self._packed(names)
        digests = {version_id: bytes.fromhex(each.digest) for version_id, each in encoded.items()}
        with transaction(self.connection):
            self._insert_tiles(tiles)
            for each in encoded.values():
                self._insert_parts(each)
            for version in change.versions:
                document = digests.get(version.id) or self._documents[version.id]
                self.connection.execute(
                    "INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?)", row(version, document)
                )
            self.connection.executemany("DELETE FROM versions WHERE id = ?", ((gone,) for gone in change.removed))
            values = (change.current, change.tip)
            self.connection.execute("INSERT OR REPLACE INTO place VALUES (1, ?, ?, ?)", (*values, checksum(*values)))
        self._blobs.stored(names)
        self._current = change.current
        self._documents.update(digests)
        for version_id in change.removed:
            del self._documents[version_id]
        self._count({**digests, **dict.fromkeys(change.removed)})
        return missing

    def _count(self, changes: Mapping[int, bytes | None]) -> None:
        try:
            for version_id, digest in changes.items() if self._sound else ():
                self._doomed.update(self._ledger.set(version_id, digest))
            self._unnamed = {take for take in self._unnamed if not self._ledger.holds_take(take)}
        except (sqlite3.Error, ValueError):  # the change itself is saved; `rest` meets the damage again and tells it
            self._sound = self._counted = False

    def _packed(self, names: set[str] | list[str]) -> dict[bytes, bytes]:
        """The tiles among these that are only in memory, compressed."""
        found = {}
        for name in names:
            data, digest = self._blobs.fresh(name), bytes.fromhex(name)
            if data is not None and not self._holds(digest):
                found[digest] = packed(data)
        return found

    def _holds(self, digest: bytes) -> bool:
        if self._ledger.holds_tile(digest):
            return True
        return self.connection.execute("SELECT 1 FROM tiles WHERE digest = ?", (digest,)).fetchone() is not None

    def _insert_tiles(self, tiles: Mapping[bytes, bytes]) -> None:
        for digest, data in tiles.items():
            self.connection.execute(
                "INSERT INTO tiles (digest, size, data) VALUES (?, ?, ?)", (digest, len(data), data)
            )
            self._ledger.sizes[digest] = len(data)

    def _insert_parts(self, encoded: Encoded) -> None:
        self.connection.executemany(
            "INSERT OR IGNORE INTO parts (digest, data) VALUES (?, ?)",
            ((bytes.fromhex(digest), data) for digest, data in encoded.parts.items()),
        )

    def _part(self, digest: bytes) -> bytes:
        found = self.connection.execute("SELECT data FROM parts WHERE digest = ?", (digest,)).fetchone()
        if found is None:
            raise ValueError("a part of the history is missing")
        data: bytes = found[0]
        if hashlib.sha256(data).digest() != digest:
            raise ValueError("a part of the history cannot be read")
        return data

    def _background(self) -> Iterator[bool]:
        """Count what every version names, a version at a time, and delete what a kill or a crash left unnamed."""
        for version_id in list(self._documents):
            if version_id in self._documents and version_id not in self._ledger.versions:
                self._doomed.update(self._ledger.set(version_id, self._documents[version_id]))
                yield True
        self._doomed.tiles.update(tile for tile in self._ledger.sizes if not self._ledger.holds_tile(tile))
        rows = self.connection.execute("SELECT digest FROM parts").fetchall()
        self._doomed.parts.update(digest for (digest,) in rows if not self._ledger.holds_part(digest))
        self._doomed.takes.update(take for take in frames.takes(self.connection) if not self._stays(take))
        self._counted = True
        yield from self._sweep()

    def _stays(self, take: str) -> bool:
        return self._ledger.holds_take(take) or take in self._unnamed or take in self._expected

    def _sweep(self) -> Iterator[bool]:
        """Delete what nothing names, some rows at a time."""
        doomed, self._doomed = self._doomed, Pieces()
        self._encoder = Encoder()  # it may take for granted what is deleted now
        tiles = [tile for tile in doomed.tiles if tile not in self._kept]
        for start in range(0, len(tiles), _BATCH):
            unnamed = [tile for tile in tiles[start : start + _BATCH] if not self._ledger.holds_tile(tile)]
            with transaction(self.connection):
                self.connection.executemany("DELETE FROM tiles WHERE digest = ?", ((tile,) for tile in unnamed))
            for tile in unnamed:
                self._ledger.sizes.pop(tile, None)
            yield True
        parts = list(doomed.parts)
        for start in range(0, len(parts), _BATCH):
            unnamed = [part for part in parts[start : start + _BATCH] if not self._ledger.holds_part(part)]
            with transaction(self.connection):
                self.connection.executemany("DELETE FROM parts WHERE digest = ?", ((part,) for part in unnamed))
            self._encoder = Encoder()
            yield True
        for _ in frames.sweep(self.connection, (take for take in doomed.takes if not self._stays(take))):
            self._still_bytes = frames.size(self.connection)
            yield True

    def _weigh(self, removed: Container[int]) -> Weight:
        sizes, documents = self._ledger.sizes, self._documents
        current = self._ledger.named_by(documents[each] for each in (self._current,) if each in documents)
        named = self._ledger.named_by(document for each, document in documents.items() if each not in removed)
        rows = self.connection.execute("SELECT digest, length(data) FROM parts").fetchall()
        jobs, stills = job_bytes(self.connection), frames.size(self.connection)
        held = jobs + stills + sum(sizes.values()) + sum(size for _, size in rows)
        left = jobs + frames.size(self.connection, self._left(named.takes))
        left += sum(size for tile, size in sizes.items() if tile in named.tiles or tile in self._kept)
        left += sum(size for digest, size in rows if digest in named.parts)
        pages, free, page = (
            self.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        # What rows take beside their values is shared out evenly.
        compacted = (pages - free) * page * left // max(1, held)
        undo = sum(size for tile, size in sizes.items() if tile not in current.tiles)
        undo += stills - frames.size(self.connection, current.takes)
        return Weight(disk_bytes(self.path), undo, compacted)

    def _left(self, named: set[str]) -> set[str]:
        """The takes of which frames stay when only these are named."""
        return {
            each for each in frames.takes(self.connection) if each in named or each in self._unnamed | self._expected
        }

    def _weight(self, pieces: Pieces) -> int:
        tiles = sum(self._ledger.sizes.get(tile, 0) for tile in pieces.tiles if tile not in self._kept)
        return tiles + frames.size(self.connection, (take for take in pieces.takes if not self._stays(take)))

    def _require_in_place(self) -> None:
        require_in_place(self.path, self._place)


def row(version: Version, document: bytes) -> tuple[int, int | None, str, float, str, bytes, int]:
    """A version's row."""
    label = version.label.encode("utf-8", "replace").decode()  # SQLite takes no unpaired surrogates
    name = version.name.encode("utf-8", "replace").decode()
    values = (version.id, version.parent, label, version.made, name, document)
    return (*values, checksum(*values))
