"""How often each part and tile of a project file is named, so that what nothing names can go.

All digests here are 32 bytes. A document names tile maps, these name blocks, and blocks name tiles. It also names a
timeline, which names tracks; these name runs of clips, and those takes, by their ids.
"""

from collections.abc import Callable, Iterable
from enum import Enum, auto

from studio.domain.document.document_json import blocks_of, maps_of, takes_in, tiles_of, timeline_of
from studio.domain.timeline.timeline_json import runs_of, tracks_of


class _Rank(Enum):
    DOCUMENT = auto()
    MAP = auto()
    BLOCK = auto()
    TIMELINE = auto()
    TRACK = auto()
    RUN = auto()


_Part = tuple[_Rank, bytes]


class Ledger:
    """Counts for the versions it was told of."""

    def __init__(self, read: Callable[[bytes], bytes], sizes: dict[bytes, int]) -> None:
        """`read` gives a part that a version names; `sizes` has the stored bytes of tiles and learns of new ones."""
        self._read, self.sizes = read, sizes
        self.versions: dict[int, bytes] = {}
        self._parts: dict[_Part, int] = {}
        self._tiles: dict[bytes, int] = {}
        self._takes: dict[str, int] = {}
        self.bytes = 0  # of all tiles that are named

    def holds_tile(self, digest: bytes) -> bool:
        """Whether a version names this tile."""
        return digest in self._tiles

    def holds_take(self, take_id: str) -> bool:
        """Whether a version names this take."""
        return take_id in self._takes

    def holds_part(self, digest: bytes) -> bool:
        """Whether a version names this part."""
        return any((rank, digest) in self._parts for rank in _Rank)

    def set(self, version_id: int, document: bytes | None) -> "Pieces":
        """Count a version's document, and no longer the one it had; None where the version is gone.

        What nothing names any more.
        """
        released = Pieces()
        before = self.versions.pop(version_id, None)
        if document is not None:
            self.versions[version_id] = document
            self._take(_Rank.DOCUMENT, document)
        if before is not None:
            self._leave(_Rank.DOCUMENT, before, released)
        return released

    def bytes_of(self, version_id: int) -> int:
        """The stored bytes of the tiles of one version."""
        tiles = self.named_by([self.versions[version_id]]).tiles
        return sum(self.sizes.get(tile, 0) for tile in tiles)

    def named_by(self, documents: Iterable[bytes]) -> "Pieces":
        """What documents name, whether it is counted or not."""
        found = Pieces()
        seen: set[_Part] = set()
        open_parts = [(_Rank.DOCUMENT, root) for root in documents]
        while open_parts:
            if (part := open_parts.pop()) in seen:
                continue
            seen.add(part)
            found.parts.add(part[1])
            below, tiles, takes = self._named(*part)
            open_parts += below
            found.tiles.update(tiles)
            found.takes.update(takes)
        return found

    def _take(self, rank: _Rank, digest: bytes) -> None:
        count = self._parts.get((rank, digest), 0)
        self._parts[rank, digest] = count + 1
        if count:
            return
        below, tiles, takes = self._named(rank, digest)
        for part in below:
            self._take(*part)
        for tile in tiles:
            if not (named := self._tiles.get(tile, 0)):
                self.bytes += self.sizes.get(tile, 0)
            self._tiles[tile] = named + 1
        for take in takes:
            self._takes[take] = self._takes.get(take, 0) + 1

    def _leave(self, rank: _Rank, digest: bytes, released: "Pieces") -> None:
        count = self._parts[rank, digest] - 1
        if count:
            self._parts[rank, digest] = count
            return
        del self._parts[rank, digest]
        below, tiles, takes = self._named(rank, digest)
        for part in below:
            self._leave(*part, released)
        for tile in tiles:
            self._tiles[tile] -= 1
            if not self._tiles[tile]:
                del self._tiles[tile]
                self.bytes -= self.sizes.get(tile, 0)
                released.tiles.add(tile)
        for take in takes:
            self._takes[take] -= 1
            if not self._takes[take]:
                del self._takes[take]
                released.takes.add(take)
        released.parts.add(digest)

    def _named(self, rank: _Rank, digest: bytes) -> "tuple[list[_Part], Iterable[bytes], Iterable[str]]":
        """The parts, the tiles and the takes that a part names."""
        data = self._read(digest)
        match rank:
            case _Rank.DOCUMENT:
                below = _parts(_Rank.MAP, maps_of(data))
                timeline = timeline_of(data)
                return (below if timeline is None else [*below, *_parts(_Rank.TIMELINE, [timeline])]), (), ()
            case _Rank.MAP:
                return [(_Rank.BLOCK, block) for block in blocks_of(data)], (), ()
            case _Rank.BLOCK:
                return [], tiles_of(data), ()
            case _Rank.TIMELINE:
                return _parts(_Rank.TRACK, tracks_of(data)), (), ()
            case _Rank.TRACK:
                return _parts(_Rank.RUN, runs_of(data)), (), ()
            case _Rank.RUN:
                return [], (), takes_in(data)


def _parts(rank: _Rank, digests: Iterable[str]) -> list[_Part]:
    return [(rank, bytes.fromhex(digest)) for digest in digests]


class Pieces:
    """Parts and tiles by their digests, takes by their ids."""

    def __init__(self) -> None:
        self.parts: set[bytes] = set()
        self.tiles: set[bytes] = set()
        self.takes: set[str] = set()

    def update(self, other: "Pieces") -> None:
        """Add another's."""
        self.parts |= other.parts
        self.tiles |= other.tiles
        self.takes |= other.takes
