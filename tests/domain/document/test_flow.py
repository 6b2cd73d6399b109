"""Arrows on a canvas, what stands still, and a frame that is repaired there, as values."""

import hashlib
import json

import pytest

from studio.domain.document.document import Document
from studio.domain.document.document_json import Decoder, Encoder
from studio.domain.document.edits import cropped
from studio.domain.document.flow import STEP, along, faster, freeze_of, missed, with_flow, with_freeze
from studio.domain.document.layers import GroupLayer, Mask, PaintLayer
from studio.domain.document.repair import layers_of, place_for, with_repair, without_repair
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.treatment import MAX_ARROWS, Arrow

SIZE = Size(300, 400)  # a diagonal of 500
LENGTH = STEP * 500


def test_arrows_along_a_way_are_a_step_long_and_go_on_from_each_other() -> None:
    flow = along([(10, 10), (10, 60), (10, 10 + 3.5 * LENGTH)], SIZE)
    assert [round(arrow.dy * SIZE.height / LENGTH, 2) for arrow in flow] == [1, 1, 1, 0.5]
    assert all(arrow.dx == 0 for arrow in flow)
    assert flow[1].y == pytest.approx(flow[0].y + flow[0].dy, abs=1e-4)


def test_what_is_left_at_the_end_of_a_way_and_hardly_long_is_no_arrow() -> None:
    assert len(along([(10, 10), (10, 10 + 2.1 * LENGTH)], SIZE)) == 2


def test_a_straight_arrow_is_as_strong_as_it_is_long() -> None:
    (arrow,) = along([(30, 40), (200, 10), (180, 240)], SIZE, straight=True)
    assert (arrow.x, arrow.y, arrow.dx, arrow.dy) == pytest.approx((0.1, 0.1, 0.5, 0.5), abs=1e-4)


@pytest.mark.parametrize("path", [[], [(5, 5)], [(5, 5), (5, 5)]])
def test_no_way_is_no_arrow(path: list[tuple[float, float]]) -> None:
    assert along(path, SIZE) == ()


def test_an_eraser_takes_what_it_touches_anywhere_along_the_arrow() -> None:
    arrow = Arrow(0.1, 0.5, 0.5, 0.0)  # from (30, 200) to (180, 200)
    assert missed([arrow], (100, 209), 10, SIZE) == ()
    assert missed([arrow], (100, 211), 10, SIZE) == (arrow,)
    assert missed([arrow], (195, 200), 10, SIZE) == (arrow,)


def test_faster_arrows_lie_where_they_were() -> None:
    assert faster([Arrow(0.1, 0.2, 0.3, 0.4)], 2) == (Arrow(0.1, 0.2, 0.6, 0.8),)


def test_more_arrows_than_can_be_reckoned_with_are_refused() -> None:
    many = (Arrow(0, 0, 0.1, 0),) * (MAX_ARROWS + 1)
    with pytest.raises(StudioError, match="too many"):
        with_flow(Document(), many)
    document = with_flow(Document(), many[1:])
    assert with_flow(document, many[1:]) is document


def test_the_freeze_layer_is_made_once_and_shown_again() -> None:
    document = with_freeze(Document(SIZE), Mask(outside=9))
    layer = freeze_of(document)
    assert layer is not None
    again = with_freeze(
        document.replaced(layer.id, lambda old: type(layer)(id=old.id, name=old.name, visible=False)), Mask()
    )
    assert len(again.layers) == 1
    after = freeze_of(again)
    assert after is not None
    assert after.visible
    assert after.content == Mask()


def test_arrows_stay_where_they_are_seen_when_the_canvas_is_cropped() -> None:
    document = with_flow(Document(SIZE), [Arrow(0.5, 0.5, 0.2, 0.1)])
    after = cropped(document, Rect(50, 100, 200, 200), lambda tiles, dx, dy, outside: tiles)
    (arrow,) = after.flow
    assert (arrow.x * 200 + 50, arrow.y * 200 + 100) == pytest.approx((150, 200))
    assert (arrow.dx * 200, arrow.dy * 200) == pytest.approx((60, 40))


def test_a_frame_goes_around_the_middle_of_the_generation_frame_but_not_off_the_canvas() -> None:
    document = Document(SIZE, frame=Rect(100, 300, 100, 100))
    assert place_for(document, Size(50, 40)) == Rect(125, 330, 50, 40)
    assert place_for(document, Size(200, 200)) == Rect(50, 200, 200, 200)
    assert place_for(document, Size(600, 400)) == Rect(0, 100, 300, 200)


def test_a_repair_goes_with_all_that_came_onto_it_and_nothing_else() -> None:
    ground, patch, above = PaintLayer(name="ground"), PaintLayer(name="patch"), PaintLayer(name="above")
    document = Document(SIZE, (ground, above), active=ground.id)
    frame = PaintLayer(name="frame")
    open_one = with_repair(document, frame, "clip", "take", 7, Rect(1, 2, 3, 4))
    assert open_one.frame == Rect(1, 2, 3, 4)
    busy = Document(
        SIZE,
        (ground, *open_one.layers[2:], patch, above),
        active=patch.id,
        repair=open_one.repair,
        frame=open_one.frame,
    )
    assert layers_of(busy) == (frame, patch)
    after = without_repair(busy)
    assert after.layers == (ground, above)
    assert (after.frame, after.repair, after.active) == (document.frame, None, above.id)


def test_a_frame_that_was_merged_into_an_old_layer_is_all_that_is_seen() -> None:
    ground = PaintLayer(name="ground")
    document = with_repair(Document(SIZE, (ground,)), PaintLayer(), "clip", "take", 0, Rect(0, 0, 9, 9))
    for layer in (ground, PaintLayer(name="flattened")):
        merged = Document(SIZE, (layer,), repair=document.repair)
        assert layers_of(merged) == (layer,)
        assert without_repair(merged).layers == (layer,)


def test_a_frame_that_was_merged_with_new_layers_only_goes_with_them() -> None:
    ground, merged = PaintLayer(name="ground"), PaintLayer(name="merged")
    document = with_repair(Document(SIZE, (ground,)), PaintLayer(), "clip", "take", 0, Rect(0, 0, 9, 9))
    busy = Document(SIZE, (ground, merged), repair=document.repair)
    assert layers_of(busy) == (merged,)
    assert without_repair(busy).layers == (ground,)


def test_a_frame_in_a_group_of_its_own_is_found() -> None:
    ground, frame = PaintLayer(name="ground"), PaintLayer(name="frame")
    document = with_repair(Document(SIZE, (ground,)), frame, "clip", "take", 0, Rect(0, 0, 9, 9))
    group = GroupLayer(children=(frame,))
    grouped = Document(SIZE, (ground, group), repair=document.repair)
    assert layers_of(grouped) == (group,)
    assert without_repair(grouped).layers == (ground,)


def test_without_a_frame_on_the_canvas_there_is_none_to_be_brought_back() -> None:
    with pytest.raises(StudioError, match="No frame"):
        layers_of(Document())
    assert without_repair(Document()) == Document()


@pytest.mark.parametrize("number", ["Infinity", "NaN"])
def test_an_arrow_that_lies_nowhere_is_no_document(number: str) -> None:
    encoded = Encoder().encode(with_flow(Document(SIZE), [Arrow(0.25, 0.5, 0.125, 0.5)]))
    data = encoded.parts[encoded.digest].replace(b"0.125", number.encode())
    with pytest.raises(ValueError, match="nowhere"):
        Decoder(lambda digest: data).decode(hashlib.sha256(data).hexdigest())


def test_a_document_without_arrows_and_repairs_is_written_as_it_was_before_there_were_any() -> None:
    encoded = Encoder().encode(Document(SIZE))
    assert not {"flow", "repair"} & json.loads(encoded.parts[encoded.digest]).keys()
