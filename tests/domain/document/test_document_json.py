"""Documents as parts that are named by their content."""

import hashlib
import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document import edits, layers
from studio.domain.document.adjustments import Adjustment
from studio.domain.document.document import Document
from studio.domain.document.document_json import (
    ADJUSTMENTS,
    KINDS,
    MAX_DEPTH,
    Decoder,
    Encoder,
    blocks_of,
    maps_of,
    tiles_of,
)
from studio.domain.document.layers import Layer, Mask, PaintLayer
from studio.domain.document.tiles import EMPTY, Place
from studio.domain.geometry import Size
from tests.domain.document.documents import documents, tile_maps
from tests.examples import few

FULL = EMPTY.edited({Place(column, row): f"{column:02x}{row:02x}" * 16 for column in range(64) for row in range(64)})


@settings(max_examples=few(30))
@given(documents)
def test_a_document_comes_back(document: Document) -> None:
    encoded = Encoder().encode(document)
    assert all(hashlib.sha256(data).hexdigest() == digest for digest, data in encoded.parts.items())
    assert Decoder(dict(encoded.parts).__getitem__).decode(encoded.digest) == document


@settings(max_examples=few(12))
@given(st.lists(documents, min_size=1, max_size=3))
def test_an_encoder_gives_out_all_that_is_new(versions: list[Document]) -> None:
    encoder, parts = Encoder(), dict[str, bytes]()
    for document in [*versions, *versions]:
        encoded = encoder.encode(document)
        parts |= encoded.parts
        assert Decoder(parts.__getitem__).decode(encoded.digest) == document


@settings(max_examples=few(25))
@given(documents)
def test_what_a_document_names_is_found_without_reading_it(document: Document) -> None:
    encoded = Encoder().encode(document)
    maps = {bytes.fromhex(each) for each in maps_of(encoded.parts[encoded.digest])}
    blocks = {block for each in maps for block in blocks_of(encoded.parts[each.hex()])}
    tiles = {tile.hex() for each in blocks for tile in tiles_of(encoded.parts[each.hex()])}
    assert {each.hex() for each in maps | blocks} | {encoded.digest} == set(encoded.parts)
    assert tiles == encoded.tiles
    every = list(document.walk())
    named = [
        document.selection,
        *(layer.mask for layer in every),
        *(getattr(layer, "content", None) for layer in every),
    ]
    found = {digest for mask in named if isinstance(mask, Mask) for digest in mask.tiles.values()}
    assert tiles == found | {digest for layer in every for digest in getattr(layer, "tiles", EMPTY).values()}


def test_a_stroke_on_the_largest_canvas_is_a_few_kilobytes() -> None:
    document = Document(Size(16384, 16384), tuple(PaintLayer(id=str(n), tiles=FULL) for n in range(8)))
    encoder = Encoder()
    assert len(encoder.encode(document).tiles) == 64 * 64
    stroke = FULL.edited({Place(3, 3): "f" * 64})
    encoded = encoder.encode(edits.with_tiles(document, "5", stroke))
    assert sum(map(len, encoded.parts.values())) < 12 * 1024
    assert len(encoded.tiles) == 64, "those of one block"
    again = encoder.encode(edits.changed(edits.with_tiles(document, "5", stroke), "2", name="x"))
    assert len(again.parts) == 1


def test_versions_share_their_blocks_when_they_are_read() -> None:
    encoder, parts, digests = Encoder(), dict[str, bytes](), []
    for value in ("a" * 64, "b" * 64):
        document = Document(layers=(PaintLayer(id="p", tiles=FULL.edited({Place(0, 0): value})),))
        encoded = encoder.encode(document)
        parts |= encoded.parts
        digests.append(encoded.digest)
    decoder = Decoder(parts.__getitem__)
    one, two = (decoder.decode(digest).layers[0] for digest in digests)
    assert isinstance(one, PaintLayer)
    assert isinstance(two, PaintLayer)
    assert sum(one.tiles.blocks[at] is not two.tiles.blocks[at] for at in one.tiles.blocks) == 1


def test_equal_blocks_at_two_places_stay_apart() -> None:
    tiles = EMPTY.edited({Place(0, 0): "a" * 64, Place(8, 8): "a" * 64, Place(-8, 0): "a" * 64})
    encoded = Encoder().encode(Document(selection=Mask(tiles)))
    decoded = Decoder(dict(encoded.parts).__getitem__).decode(encoded.digest)
    assert decoded.selection == Mask(tiles)


@settings(max_examples=few(30))
@given(documents, st.data())
def test_damaged_parts_are_no_document(document: Document, data: st.DataObject) -> None:
    encoded = Encoder().encode(document)
    digest = data.draw(st.sampled_from(sorted(encoded.parts)))
    part = bytearray(encoded.parts[digest]) or bytearray(b"?")
    part[data.draw(st.integers(0, len(part) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    parts = {**encoded.parts, digest: bytes(part)}
    if hashlib.sha256(part).hexdigest() != digest:
        with pytest.raises(ValueError, match="damaged"):
            Decoder(parts.__getitem__).decode(encoded.digest)


@pytest.mark.parametrize(
    "change",
    [
        {"size": {"width": 0, "height": 5}},
        {"size": {"width": 99999, "height": 5}},
        {"size": None},
        {"layers": [{"kind": "hologram"}]},
        {"layers": [{"kind": "paint", "id": "a", "tiles": 5}]},
        {"layers": [{"kind": "paint", "id": "a", "surprise": 5}]},
        {"layers": [{"kind": "paint", "id": "a", "opacity": 7}]},
        {"layers": [{"kind": "paint", "id": "a"}, {"kind": "paint", "id": "a"}]},
        {"layers": [{"kind": "image", "id": "a", "matrix": [1, 2]}]},
        {"layers": [{"kind": "mask", "id": "a", "tint": [1, 2]}]},
        {"layers": [{"kind": "adjustment", "id": "a", "adjustment": {"kind": "wish"}}]},
        {"layers": 5},
        {"selection": {"tiles": "", "outside": 256}},
        {"active": 5},
        {"guides": [{"at": "x", "vertical": True}]},
    ],
)
def test_what_an_encoder_never_wrote_is_refused(change: dict[str, object]) -> None:
    encoded = Encoder().encode(Document())
    value = {**json.loads(encoded.parts[encoded.digest]), **change}
    data = json.dumps(value).encode()
    digest = hashlib.sha256(data).hexdigest()
    with pytest.raises(ValueError, match=r".+"):
        Decoder({digest: data}.__getitem__).decode(digest)


def test_endless_nesting_is_refused() -> None:
    layer: dict[str, object] = {"kind": "group", "id": "g", "children": []}
    for _ in range(MAX_DEPTH + 1):
        layer = {"kind": "group", "id": "g", "children": [layer]}
    encoded = Encoder().encode(Document())
    data = json.dumps({**json.loads(encoded.parts[encoded.digest]), "layers": [layer]}).encode()
    digest = hashlib.sha256(data).hexdigest()
    with pytest.raises(ValueError, match="nested too deep"):
        Decoder({digest: data}.__getitem__).decode(digest)
    deep = b"[" * 100_000
    with pytest.raises(ValueError, match=r"nested|document"):
        Decoder({hashlib.sha256(deep).hexdigest(): deep}.__getitem__).decode(hashlib.sha256(deep).hexdigest())
    with pytest.raises(ValueError, match="nested"):
        maps_of(deep)


@given(tile_maps)
def test_lists_of_tiles_are_whole(tiles: object) -> None:
    encoded = Encoder().encode(Document(selection=Mask(tiles)))  # type: ignore[arg-type]
    for digest in maps_of(encoded.parts[encoded.digest]):
        with pytest.raises(ValueError, match="no list"):
            list(blocks_of(encoded.parts[digest] + b"x"))
        with pytest.raises(ValueError, match="no list"):
            list(tiles_of(encoded.parts[digest] + b"x" * (33 - len(encoded.parts[digest]) % 33 + 1)))


def test_every_kind_of_layer_and_adjustment_has_a_name() -> None:
    def kinds(kind: type[Layer]) -> set[type[Layer]]:
        # A dataclass with slots is made twice; the class without them is in nobody's module.
        below = {each for each in kind.__subclasses__() if getattr(layers, each.__name__) is each}
        return below.union(*map(kinds, below))

    assert set(KINDS.values()) == kinds(Layer)
    assert set(ADJUSTMENTS.values()) == set(get_args(Adjustment))
