"""The persistent map of tiles."""

from hypothesis import given
from hypothesis import strategies as st

from studio.domain.document.tiles import BLOCK, TILE, Place, TileMap, places_in
from studio.domain.geometry import Rect

places = st.builds(Place, st.integers(-20, 20), st.integers(-20, 20))
edits = st.dictionaries(places, st.none() | st.sampled_from("abc"), max_size=12)


@given(st.lists(edits, max_size=6))
def test_it_is_a_dictionary_after_any_edits(changes: list[dict[Place, str | None]]) -> None:
    tiles, expected = TileMap(), dict[Place, str]()
    for change in changes:
        before, was = tiles, dict(expected)
        expected = {place: digest for place, digest in {**expected, **change}.items() if digest is not None}
        tiles = tiles.edited(change)
        assert dict(tiles) == expected
        assert len(tiles) == len(expected)
        assert dict(before) == was, "an older version stays what it was"
        assert tiles.changed_since(before) == {p for p in change if was.get(p) != expected.get(p)}
    assert tiles == TileMap().edited({**expected})
    assert hash(tiles) == hash(TileMap().edited({**expected}))


def test_versions_share_what_was_not_touched() -> None:
    tiles = TileMap().edited({Place(column, row): "a" for column in range(64) for row in range(64)})
    after = tiles.edited({Place(0, 0): "b"})
    shared = [at for at, block in after.blocks.items() if block is tiles.blocks[at]]
    assert len(shared) == (64 // BLOCK) ** 2 - 1


@given(st.integers(-600, 600), st.integers(-600, 600), st.integers(0, 600), st.integers(0, 600))
def test_the_places_of_a_rectangle_are_those_that_meet_it(x: int, y: int, width: int, height: int) -> None:
    rect = Rect(x, y, width, height)
    found = set(places_in(rect))
    for column in range(-4, 6):
        for row in range(-4, 6):
            place = Place(column, row)
            assert (place in found) == (not place.rect.intersected(rect).empty)


def test_bounds_are_whole_tiles() -> None:
    assert TileMap().bounds.empty
    assert TileMap().edited({Place(-1, 2): "a", Place(1, 2): "a"}).bounds == Rect(-TILE, 2 * TILE, 3 * TILE, TILE)
