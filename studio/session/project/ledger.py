"""How often each part and tile of a project file is named, so that what nothing names can go.

All digests here are 32 bytes. A document names tile maps, these name blocks, and blocks name tiles.
"""

from collections.abc import Callable, Iterable
from enum import Enum, auto

from studio.domain.document.document_json import blocks_of, maps_of, tiles_of


class _Rank(Enum):
    DOCUMENT = auto()
    MAP = auto()
    BLOCK = auto()


_BELOW = {_Rank.DOCUMENT: _Rank.MAP, _Rank.MAP: _Rank.BLOCK}


class Ledger:
    """Counts for the versions it was told of."""

    def __init__(self, read: Callable[[bytes], bytes], sizes: dict[bytes, int]) -> None:
        """`read` gives a part that a version names; `sizes` has the stored bytes of tiles and learns of new ones."""
        self._read, self.sizes = read, sizes
        self.versions: dict[int, bytes] = {}
        self._parts: dict[tuple[_Rank, bytes], int] = {}
        self._tiles: dict[bytes, int] = {}
        self.bytes = 0  # of all tiles that are named

    def holds_tile(self, digest: bytes) -> bool:
        """Whether a version names this tile."""
        return digest in self._tiles

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
        roots = {*documents}
        maps = {part for root in roots for part in self._named(_Rank.DOCUMENT, root)}
        blocks = {block for part in maps for block in self._named(_Rank.MAP, part)}
        return Pieces(roots | maps | blocks, (tile for block in blocks for tile in tiles_of(self._read(block))))

    def _take(self, rank: _Rank, digest: bytes) -> None:
        count = self._parts.get((rank, digest), 0)
        self._parts[rank, digest] = count + 1
        if count:
            return
        if rank is not _Rank.BLOCK:
            for below in self._named(rank, digest):
                self._take(_BELOW[rank], below)
            return
        for tile in tiles_of(self._read(digest)):
            if not (named := self._tiles.get(tile, 0)):
                self.bytes += self.sizes.get(tile, 0)
            self._tiles[tile] = named + 1

    def _leave(self, rank: _Rank, digest: bytes, released: "Pieces") -> None:
        count = self._parts[rank, digest] - 1
        if count:
            self._parts[rank, digest] = count
            return
        del self._parts[rank, digest]
        if rank is not _Rank.BLOCK:
            for below in self._named(rank, digest):
                self._leave(_BELOW[rank], below, released)
        else:
            for tile in tiles_of(self._read(digest)):
                self._tiles[tile] -= 1
                if not self._tiles[tile]:
                    del self._tiles[tile]
                    self.bytes -= self.sizes.get(tile, 0)
                    released.tiles.add(tile)
        released.parts.add(digest)

    def _named(self, rank: _Rank, digest: bytes) -> Iterable[bytes]:
        data = self._read(digest)
        return map(bytes.fromhex, maps_of(data)) if rank is _Rank.DOCUMENT else blocks_of(data)


class Pieces:
    """Parts and tiles by their digests."""

    def __init__(self, parts: Iterable[bytes] = (), tiles: Iterable[bytes] = ()) -> None:
        self.parts, self.tiles = {*parts}, {*tiles}

    def update(self, other: "Pieces") -> None:
        """Add another's."""
        self.parts |= other.parts
        self.tiles |= other.tiles
