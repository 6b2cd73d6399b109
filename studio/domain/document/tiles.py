"""Where the pixels of a layer lie: a persistent map from places of square tiles to the digests of their content."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from studio.domain.geometry import Rect

TILE = 256  # pixels on each side of a tile
BLOCK = 8  # tiles on each side of a block: what one edit copies of the map


class Place(NamedTuple):
    """A tile's column and row; tile (0, 0) begins at the document's origin, negative ones lie left of and above it."""

    column: int
    row: int

    @property
    def rect(self) -> Rect:
        """The pixels of the document that it covers."""
        return Rect(self.column * TILE, self.row * TILE, TILE, TILE)

    @property
    def block(self) -> "Place":
        """The block that it belongs to."""
        return Place(self.column // BLOCK, self.row // BLOCK)


Block = Mapping[Place, str]


class TileMap(Mapping[Place, str]):
    """An immutable map from places to digests of tiles (SHA-256, hexadecimal); a place without a tile is empty.

    Two versions share all blocks that are equal: an edit copies the touched blocks (at most 64 entries each) and the
    list of blocks, never the whole map.
    """

    __slots__ = ("_blocks", "_count")

    def __init__(self, blocks: Mapping[Place, Block] | None = None) -> None:
        """A map of these blocks, which must be right (each entry in its own block, none empty) and not change."""
        self._blocks = dict(blocks or {})
        self._count = sum(map(len, self._blocks.values()))

    @property
    def blocks(self) -> Mapping[Place, Block]:
        """The shared parts, by their place."""
        return self._blocks

    def edited(self, changes: Mapping[Place, str | None]) -> "TileMap":
        """The map after these tiles were set, or removed where the digest is None."""
        blocks: dict[Place, dict[Place, str]] = {}
        for place, digest in changes.items():
            block = blocks.get(place.block)
            if block is None:
                block = blocks[place.block] = dict(self._blocks.get(place.block, {}))
            if digest is None:
                block.pop(place, None)
            else:
                block[place] = digest
        kept = {at: block for at, block in {**self._blocks, **blocks}.items() if block}
        return TileMap(kept)

    def changed_since(self, other: "TileMap") -> set[Place]:
        """The places whose tiles differ between the two maps; blocks that are shared cost nothing."""
        found: set[Place] = set()
        for at in {*self._blocks, *other._blocks}:
            mine, theirs = self._blocks.get(at, {}), other._blocks.get(at, {})
            if mine is not theirs:
                found |= {place for place in {*mine, *theirs} if mine.get(place) != theirs.get(place)}
        return found

    @property
    def bounds(self) -> Rect:
        """The smallest rectangle of whole tiles that holds all tiles."""
        if not self._count:
            return Rect(0, 0, 0, 0)
        columns, rows = [place.column for place in self], [place.row for place in self]
        x, y = min(columns) * TILE, min(rows) * TILE
        return Rect(x, y, (max(columns) + 1) * TILE - x, (max(rows) + 1) * TILE - y)

    def __getitem__(self, place: Place) -> str:
        return self._blocks[place.block][place]

    def get(self, place: Place, default: str | None = None) -> str | None:  # type: ignore[override]
        """The digest of a tile, or `default`."""
        block = self._blocks.get(place.block)
        return default if block is None else block.get(place, default)

    def __iter__(self) -> Iterator[Place]:
        for block in self._blocks.values():
            yield from block

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TileMap) and (self is other or self._blocks == other._blocks)

    def __hash__(self) -> int:
        return hash(frozenset((place, self[place]) for place in self))

    def __repr__(self) -> str:
        return f"TileMap({self._count} tiles)"


EMPTY = TileMap()


def places_in(rect: Rect) -> Iterator[Place]:
    """The places of the tiles that a rectangle touches, row by row."""
    if rect.empty:
        return
    for row in range(rect.y // TILE, (rect.bottom - 1) // TILE + 1):
        for column in range(rect.x // TILE, (rect.right - 1) // TILE + 1):
            yield Place(column, row)
