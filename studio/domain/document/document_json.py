"""Documents to parts that are named by their content, and back.

A document is one JSON part; each tile map in it is named by a digest: a part that lists the map's blocks, which are
parts of at most 64 tiles. So is its timeline (`studio.domain.timeline.timeline_json`). Versions share the parts that
are equal, so that a stroke on the largest canvas writes one block, one list of blocks and one JSON text: a few
kilobytes.
"""

import dataclasses
import functools
import hashlib
import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, get_type_hints

from studio.domain.codec import from_json, to_json
from studio.domain.document import adjustments
from studio.domain.document.document import MAX_SIDE, Document
from studio.domain.document.layers import (
    AdjustmentLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    MaskLayer,
    PaintLayer,
    TextLayer,
)
from studio.domain.document.layers import Mask as MaskValue
from studio.domain.document.text import Text
from studio.domain.document.tiles import BLOCK, Block, Place, TileMap
from studio.domain.errors import StudioError
from studio.domain.timeline import timeline_json
from studio.domain.timeline.model import EMPTY, Timeline

KINDS: dict[str, type[Layer]] = {
    "paint": PaintLayer,
    "image": ImageLayer,
    "text": TextLayer,
    "mask": MaskLayer,
    "adjustment": AdjustmentLayer,
    "group": GroupLayer,
}
ADJUSTMENTS: dict[str, type[adjustments.Adjustment]] = {
    "levels": adjustments.Levels,
    "curves": adjustments.Curves,
    "hue-saturation": adjustments.HueSaturation,
    "color-balance": adjustments.ColorBalance,
    "blur": adjustments.Blur,
    "sharpen": adjustments.Sharpen,
}
MAX_DEPTH = 64  # groups inside groups
_NAME = 32  # bytes of a digest
_APART = ("timeline", "flow")  # fields of a document that are encoded once for all versions that share them
_TILE = struct.Struct(f"<B{_NAME}s")  # place inside the block, row by row; digest
_BLOCK = struct.Struct(f"<ii{_NAME}s")  # the block's column and row; digest
_kind_of: dict[type, str] = {kind: name for name, kind in {**KINDS, **ADJUSTMENTS}.items()}
_hints = functools.cache(get_type_hints)
takes_in = timeline_json.takes_in


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document's digest, and what the encoder has not given out for the document before: parts by their digest, and
    the digests of the tiles in blocks among them.
    """

    digest: str
    parts: Mapping[str, bytes]
    tiles: frozenset[str]


class Encoder:
    """Encodes versions of one document one after another; what two of them share is encoded once."""

    def __init__(self) -> None:
        # By identity, which is what versions share; the objects are kept so that no other takes their place.
        self._known: dict[int, tuple[object, str]] = {}
        self._flow: tuple[object, Any] = (), []  # the arrows that were encoded last, and their JSON value
        self._timelines = timeline_json.TimelineEncoder()

    def encode(self, document: Document) -> Encoded:
        """The document's parts."""
        parts: dict[str, bytes] = {}
        named: set[str] = set()
        seen: dict[int, tuple[object, str]] = {}

        def once(value: object, form: Callable[[], bytes]) -> str:
            known = seen.get(id(value)) or self._known.get(id(value))
            if known is None:
                data = form()
                known = (value, digest := _digest(data))
                parts[digest] = data
            seen[id(value)] = known
            return known[1]

        def block_bytes(block: Block) -> bytes:
            named.update(block.values())
            return _block_bytes(block)

        def tiles(value: TileMap) -> str:
            blocks = ((at, once(block, functools.partial(block_bytes, block))) for at, block in value.blocks.items())
            names = sorted(blocks)  # all blocks, so that those of a known map stay known
            return once(value, lambda: b"".join(_BLOCK.pack(*at, bytes.fromhex(name)) for at, name in names))

        value = _value(document, tiles)
        if document.repair is None:
            del value["repair"]  # as in versions that know nothing of it
        if document.flow:
            if self._flow[0] is not document.flow:
                self._flow = document.flow, to_json(document.flow)
            value["flow"] = self._flow[1]
        if document.timeline == EMPTY:
            self._timelines = timeline_json.TimelineEncoder()
        else:
            value["timeline"] = self._timelines.encode(document.timeline, parts)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        data = text.encode("utf-8", "surrogatepass")
        parts[digest := _digest(data)] = data
        self._known = seen
        return Encoded(digest, parts, frozenset(named))


class Decoder:
    """Reads documents; versions that share parts share the blocks and maps in memory."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        """`read` gives a part's bytes and raises StudioError; what it gives is verified by its caller's digest."""
        self._read = read
        self._blocks: dict[str, Block] = {}
        self._maps: dict[str, TileMap] = {}
        self._timelines = timeline_json.TimelineDecoder(functools.partial(_verified, read))

    def decode(self, digest: str) -> Document:
        """A document. Raises ValueError when its parts are not what an encoder made, and what `read` raises."""
        try:
            data = json.loads(_verified(self._read, digest).decode("utf-8", "surrogatepass"))
            return _document(data, self._tiles, self._timelines.decode)
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"it holds no document: {error}") from error

    def _tiles(self, digest: str) -> TileMap:
        if (found := self._maps.get(digest)) is None:
            entries = _unpacked(_BLOCK, _verified(self._read, digest))  # nothing where the map is empty
            blocks = {Place(column, row): name.hex() for column, row, name in entries}
            found = self._maps[digest] = TileMap({at: self._block(at, name) for at, name in blocks.items()})
        return found

    def _block(self, at: Place, digest: str) -> Block:
        # Equal content at two places is two blocks: the places are in their keys.
        key = f"{digest}{at}"
        if (found := self._blocks.get(key)) is None:
            x, y = at.column * BLOCK, at.row * BLOCK
            found = self._blocks[key] = {
                Place(x + index % BLOCK, y + index // BLOCK): name.hex()
                for index, name in _unpacked(_TILE, _verified(self._read, digest))
                if index < BLOCK * BLOCK
            }
            if not found:
                raise ValueError("a block of tiles is empty")
        return found


def maps_of(document: bytes) -> list[str]:
    """The digests of the tile maps that an encoded document names, each once.

    Raises ValueError when it is none.
    """
    found: dict[str, None] = {}
    value = _parsed(document)

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict):
            if isinstance(value.get("tiles"), str):
                found[value["tiles"]] = None
            for item in value.values():
                walk(item)

    try:
        walk(value)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    return list(found)


def timeline_of(document: bytes) -> str | None:
    """The digest of the timeline that an encoded document names. Raises ValueError when it is none."""
    value = _parsed(document)
    found = value.get("timeline") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def blocks_of(tile_map: bytes) -> Iterator[bytes]:
    """The digests, 32 bytes each, of the blocks that an encoded tile map names. Raises ValueError when it is none."""
    return (name for _, _, name in _unpacked(_BLOCK, tile_map))


def tiles_of(block: bytes) -> Iterator[bytes]:
    """The digests, 32 bytes each, of the tiles that an encoded block names. Raises ValueError when it is none."""
    return (name for _, name in _unpacked(_TILE, block))


def _unpacked(form: struct.Struct, data: bytes) -> Iterator[Any]:
    if len(data) % form.size:
        raise ValueError(f"{len(data)} bytes are no list of tiles or blocks")
    return form.iter_unpack(data)


def _parsed(document: bytes) -> Any:
    try:
        return json.loads(document.decode("utf-8", "surrogatepass"))
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _verified(read: Callable[[str], bytes], digest: str) -> bytes:
    data = read(digest)
    if _digest(data) != digest:
        raise ValueError("a part of it is damaged")
    return data


def _block_bytes(block: Block) -> bytes:
    entries = sorted((place.row % BLOCK * BLOCK + place.column % BLOCK, name) for place, name in block.items())
    return b"".join(_TILE.pack(index, bytes.fromhex(name)) for index, name in entries)


def _value(value: Any, tiles: Callable[[TileMap], str]) -> Any:
    """The JSON value of a document or a part of one."""
    if isinstance(value, TileMap):
        return tiles(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value) if field.name not in _APART)
        fields = {name: _value(getattr(value, name), tiles) for name in names}
        return {"kind": _kind_of[type(value)], **fields} if type(value) in _kind_of else fields
    if isinstance(value, tuple):
        return [_value(item, tiles) for item in value]
    if isinstance(value, Enum):
        return value.value
    return to_json(value)


def _document(data: dict[str, Any], tiles: Callable[[str], TileMap], timeline: Callable[[str], Timeline]) -> Document:
    hints = _hints(Document)
    fields: dict[str, Any] = {}
    for name, value in data.items():
        if name == "layers":
            fields[name] = tuple(_layer(layer, tiles, 0) for layer in value)
        elif name == "selection":
            fields[name] = _mask(value, tiles)
        elif name == "timeline":
            fields[name] = timeline(value)
        else:
            fields[name] = from_json(hints[name], value, name)
    document = Document(**fields)
    if not (1 <= document.size.width <= MAX_SIDE and 1 <= document.size.height <= MAX_SIDE):
        raise ValueError(f"a canvas of {document.size} pixels")
    if any(not math.isfinite(each) for arrow in document.flow for each in (arrow.x, arrow.y, arrow.dx, arrow.dy)):
        raise ValueError("an arrow lies nowhere")
    names = [layer.id for layer in document.walk()]
    if len(set(names)) != len(names):
        raise ValueError("two layers have one id")
    return document


def _layer(data: dict[str, Any], tiles: Callable[[str], TileMap], depth: int) -> Layer:
    if depth > MAX_DEPTH:
        raise ValueError("groups are nested too deep")
    kind: Any = KINDS[data["kind"]]
    hints = _hints(kind)
    fields: dict[str, Any] = {}
    for name, value in data.items():
        if name == "kind":
            continue
        if name == "tiles":
            fields[name] = tiles(value)
        elif name in ("mask", "content"):
            fields[name] = _mask(value, tiles)
        elif name == "children":
            fields[name] = tuple(_layer(child, tiles, depth + 1) for child in value)
        elif name == "adjustment":
            values = {key: item for key, item in value.items() if key != "kind"}
            fields[name] = from_json(ADJUSTMENTS[value["kind"]], values)
        elif name == "text":
            fields[name] = _text(value)
        else:
            fields[name] = from_json(hints[name], value, name)
    return _checked(kind(**fields))


def _text(value: Any) -> Text:
    try:
        return from_json(Text, value)
    except StudioError as error:  # values out of range
        raise ValueError(str(error)) from error


def _checked(layer: Layer) -> Layer:
    if not 0 <= layer.opacity <= 1:
        raise ValueError(f"an opacity of {layer.opacity}")
    if isinstance(layer, ImageLayer) and not (len(layer.matrix) == 9 and all(map(math.isfinite, layer.matrix))):
        raise ValueError("an image has no proper transformation")
    if isinstance(layer, MaskLayer) and len(layer.tint) != 3:
        raise ValueError("a tint has three channels")
    return layer


def _mask(data: dict[str, Any] | None, tiles: Callable[[str], TileMap]) -> MaskValue | None:
    if data is None:
        return None
    if not 0 <= from_json(int, data["outside"]) <= 255:
        raise ValueError("a mask's outside is a byte")
    return MaskValue(tiles(data["tiles"]), data["outside"])
