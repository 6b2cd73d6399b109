"""Edits of a document."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.document import edits
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import MAX_SIDE, Document, Guide
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Layer, Mask, MaskLayer, PaintLayer
from studio.domain.document.tiles import EMPTY, TILE, Place, TileMap
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size

TILES = EMPTY.edited({Place(0, 0): "aa"})


def paint(name: str, **fields: bool) -> PaintLayer:
    return PaintLayer(id=name, name=name, **fields)  # type: ignore[arg-type]


#   c
#   g ( g2 ( e ) d )
#   b
#   a
TREE = Document(
    Size(100, 100),
    (
        paint("a"),
        paint("b"),
        GroupLayer(id="g", name="g", children=(paint("d"), GroupLayer(id="g2", name="g2", children=(paint("e"),)))),
        paint("c"),
    ),
    active="b",
)


def shape(layers: tuple[Layer, ...]) -> list[object]:
    return [(each.id, shape(each.children)) if isinstance(each, GroupLayer) else each.id for each in layers]


def refused(match: str) -> pytest.RaisesExc[StudioError]:
    return pytest.raises(StudioError, match=match, check=lambda error: error.problem.kind is ErrorKind.INPUT)


def test_a_new_layer_lies_right_above_another_and_is_active() -> None:
    assert shape(edits.insert(TREE, paint("n")).layers)[-1] == "n"
    inside = edits.insert(TREE, paint("n"), "d")
    assert shape(inside.layers)[2] == ("g", ["d", "n", ("g2", ["e"])])
    assert inside.active == "n"
    with refused("in the document already"):
        edits.insert(TREE, GroupLayer(children=(paint("e"),)))
    with refused("no longer there"):
        edits.insert(TREE, paint("n"), "gone")


def test_a_removed_layer_leaves_its_neighbour_active() -> None:
    assert edits.remove(TREE, "b").active == "a"
    assert edits.remove(edits.with_active(TREE, "a"), "a").active == "b"
    assert edits.remove(edits.with_active(TREE, "e"), "g").active == "b", "what was active was in the group"
    assert edits.remove(edits.with_active(TREE, "e"), "e").active == "g2"
    assert edits.remove(TREE, "g").active == "b"
    assert edits.remove(Document(layers=(paint("a"),), active="a"), "a") == Document(layers=(), active="")


def test_locked_layers_keep_their_pixels() -> None:
    locked = edits.changed(TREE, "e", locked=True)
    refusals: list[Callable[[], Document]] = [
        lambda: edits.with_tiles(locked, "e", TILES),
        lambda: edits.with_mask(locked, "e", Mask()),
        lambda: edits.remove(locked, "g"),
    ]
    for edit in refusals:
        with refused("“e” is locked"):
            edit()
    assert edits.changed(locked, "e", opacity=0.5, name="f", visible=False).find("e") != locked.find("e")
    unlocked = edits.changed(locked, "e", locked=False)
    assert edits.with_tiles(unlocked, "e", TILES).find("e") == PaintLayer(id="e", name="e", tiles=TILES)


def test_layers_move_into_groups_and_out() -> None:
    assert shape(edits.moved(TREE, "a", "g2", 0).layers) == ["b", ("g", ["d", ("g2", ["a", "e"])]), "c"]
    assert shape(edits.moved(TREE, "e", "", 0).layers) == ["e", "a", "b", ("g", ["d", ("g2", [])]), "c"]
    assert shape(edits.moved(TREE, "a", "", 99).layers) == ["b", ("g", ["d", ("g2", ["e"])]), "c", "a"]
    assert edits.moved(TREE, "b", "", 1) is TREE
    with refused("into itself"):
        edits.moved(TREE, "g", "g2", 0)
    with refused("only be put into groups"):
        edits.moved(TREE, "a", "b", 0)


@given(st.randoms(use_true_random=False))
def test_moving_loses_and_doubles_nothing(chance: random.Random) -> None:
    document = TREE
    for _ in range(12):
        layer_id, parent = chance.choice("abcdeg"), chance.choice(["", "g", "g2"])
        try:
            index = chance.randrange(4)
            document = edits.moved(document, layer_id, parent, index)
        except StudioError:
            assert layer_id == "g"
            assert parent
            continue
        siblings = document.layers if not parent else document.find(parent).children  # type: ignore[union-attr]
        assert edits.place(document, layer_id) == (parent, min(index, len(siblings) - 1))
    assert sorted(each.id for each in document.walk()) == ["a", "b", "c", "d", "e", "g", "g2"]


def test_copies_have_names_of_their_own() -> None:
    twice = edits.duplicated(edits.duplicated(TREE, "g"), "g")
    ids = [each.id for each in twice.walk()]
    assert len(set(ids)) == len(ids) == 7 + 8
    assert [each.name for each in twice.layers] == ["a", "b", "g", "g copy", "g copy", "c"]
    copy = twice.layers[3]
    assert isinstance(copy, GroupLayer)
    assert twice.active == copy.id
    assert [each.name for each in copy.children] == ["d", "g2"]


def test_a_group_takes_layers_in_their_order_and_gives_them_back() -> None:
    group = edits.grouped(TREE, ["c", "a"], "new")
    assert [each.name for each in group.layers] == ["b", "g", "new"]
    assert shape(group.layers)[2] == (group.active, ["a", "c"])
    assert shape(edits.ungrouped(group, group.active).layers) == ["b", shape(TREE.layers)[2], "a", "c"]
    nested = edits.grouped(TREE, ["e", "g", "d"])
    assert shape(nested.layers)[2] == (nested.active, [shape(TREE.layers)[2]]), "what is in a group stays there"
    deep = edits.grouped(TREE, ["a", "d"])
    assert shape(deep.layers) == ["b", ("g", [(deep.active, ["a", "d"]), ("g2", ["e"])]), "c"]
    with refused("nothing to group"):
        edits.grouped(TREE, [])
    with refused("is no group"):
        edits.ungrouped(TREE, "a")
    with refused("locked"):
        edits.ungrouped(edits.changed(TREE, "g", locked=True), "g")


def test_the_layers_of_a_hidden_group_stay_hidden() -> None:
    hidden = edits.ungrouped(edits.changed(TREE, "g2", visible=False), "g2")
    layer = hidden.find("e")
    assert layer is not None
    assert not layer.visible


def test_groups_nest_only_so_deep() -> None:
    document = Document(layers=(paint("a"),))
    for _ in range(edits.MAX_DEPTH):
        document = edits.grouped(document, [document.layers[0].id])
    with refused("nested"):
        edits.grouped(document, [document.layers[0].id])


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan"), float("inf")])
def test_opacity_has_limits(opacity: float) -> None:
    with refused("Opacity"):
        edits.changed(TREE, "a", opacity=opacity)


def test_fields_are_checked() -> None:
    with refused("Only groups"):
        edits.changed(TREE, "a", mode=BlendMode.PASS_THROUGH)
    assert edits.changed(TREE, "g", mode=BlendMode.PASS_THROUGH).find("g") != TREE.find("g")
    with pytest.raises(TypeError):
        edits.changed(TREE, "a", id="b")
    with pytest.raises(TypeError):
        edits.changed(TREE, "a", tint=(0, 0, 0))
    named = edits.changed(TREE, "a", name="  x" * 400).find("a")
    assert named is not None
    assert len(named.name) == edits.MAX_NAME
    with refused("no longer there"):
        edits.changed(TREE, "gone", name="x")


def test_what_changes_nothing_is_the_same_document() -> None:
    assert edits.changed(TREE, "e", opacity=1.0) is TREE
    assert edits.with_tiles(TREE, "e", EMPTY) is TREE
    assert edits.with_selection(TREE, None) is TREE
    assert edits.with_active(TREE, "b") is TREE
    assert edits.with_frame(TREE, TREE.frame) is TREE
    assert edits.with_guides(TREE, ()) is TREE


def test_pixels_go_to_layers_that_have_some() -> None:
    document = Document(layers=(MaskLayer(id="m"), ImageLayer(id="i"), AdjustmentLayer(id="l", name="levels")))
    assert edits.with_tiles(document, "m", TILES).find("m") == MaskLayer(id="m", content=Mask(TILES))
    assert edits.with_tiles(document, "i", TILES).find("i") == ImageLayer(id="i", tiles=TILES)
    with refused("no pixels of its own"):
        edits.with_tiles(document, "l", TILES)
    with refused("empty"):
        edits.with_frame(document, Rect(0, 0, 0, 5))


def moved_tiles(tiles: TileMap, dx: int, dy: int, outside: int | None) -> TileMap:
    """Stands for a shift of pixels, by whole tiles."""
    assert dx % TILE == dy % TILE == 0
    assert outside in (None, 0, 255)
    return EMPTY.edited({Place(x + dx // TILE, y + dy // TILE): name for (x, y), name in tiles.items()})


def test_a_crop_moves_everything() -> None:
    far = EMPTY.edited({Place(1, 2): "bb"})
    document = Document(
        Size(1000, 1000),
        (
            GroupLayer(id="g", children=(PaintLayer(id="p", tiles=far),), mask=Mask(far, 255)),
            ImageLayer(id="i", matrix=(2.0, 0.0, 5.0, 0.0, 2.0, 6.0, 0.001, 0.0, 1.0)),
            MaskLayer(id="m", content=Mask(far)),
        ),
        selection=Mask(far),
        frame=Rect(300, 300, 64, 64),
        guides=(Guide(300, vertical=True), Guide(600, vertical=False)),
    )
    after = edits.cropped(document, Rect(256, 512, 100, 80), moved_tiles)
    near = EMPTY.edited({Place(0, 0): "bb"})
    assert after.size == Size(100, 80)
    assert after.find("p") == PaintLayer(id="p", tiles=near)
    assert after.layers[0].mask == Mask(near, 255)
    assert after.find("m") == MaskLayer(id="m", content=Mask(near))
    assert after.selection == Mask(near)
    assert after.frame == Rect(44, -212, 64, 64)
    assert after.guides == (Guide(44, vertical=True), Guide(88, vertical=False))
    image = after.find("i")
    assert isinstance(image, ImageLayer)
    for x, y in ((0, 0), (10, 20)):
        w = 0.001 * x + 1
        before = ((2 * x + 5) / w, (2 * y + 6) / w)
        a, b, c, d, e, f, g, h, i = image.matrix
        w = g * x + h * y + i
        found = ((a * x + b * y + c) / w, (d * x + e * y + f) / w)
        assert found == pytest.approx((before[0] - 256, before[1] - 512))
    assert edits.cropped(after, Rect(-256, -512, 1000, 1000), moved_tiles) == document


def test_a_canvas_grows_about_its_anchor_within_limits() -> None:
    document = Document(Size(512, 512), guides=(Guide(0, vertical=True),))
    middle = edits.resized(document, Size(1024, 1024), 0.5, 0.5, moved_tiles)
    assert middle.size == Size(1024, 1024)
    assert middle.guides == (Guide(256, vertical=True),)
    assert edits.resized(document, Size(512, 512), 0.5, 0.5, moved_tiles) is document
    for rect in (Rect(0, 0, 0, 4), Rect(0, 0, MAX_SIDE + 1, 4)):
        with refused("pixels on each side"):
            edits.cropped(document, rect, moved_tiles)
