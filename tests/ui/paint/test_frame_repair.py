"""A frame of a clip on the canvas: put there, painted on, brought back as a new take, or put away."""

import dataclasses
import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from studio.domain.document.document import Document
from studio.domain.document.edits import insert, with_frame
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.geometry import Rect, Size
from studio.domain.timeline.model import Clip, Generated, Take, TrackKind
from studio.domain.timeline.requests import new_clip, request_add_clip, request_add_track, request_delete_clips
from studio.domain.treatment import Arrow, FlowLoop
from studio.imaging.pixels import encode_png
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.session.clips.takes import Made
from studio.ui.paint.frames.frame_desk import around
from tests.ui.paint.conftest import SitDown
from tests.ui.paint.sitting import Sitting, sit_down_at, solid

COUNT, SIDE = 5, 64
TASK = FlowLoop("still.png", (Arrow(0.5, 0.5, 0.1, 0.0),), frames=COUNT, rate=Fraction(12))


def frame(number: int, side: int = SIDE) -> Pixels:
    """A grey of its own with a dark column that goes to the right."""
    pixels = np.full((side, side, 3), 60 + 20 * number, np.uint8)
    pixels[:, number * side // COUNT :][:, : side // 8] = 10
    return pixels


def put_clip(sitting: Sitting, side: int = SIDE) -> Clip:
    """A clip “sunset” of five frames on the timeline, and its frames in the project."""
    desk, session = sitting.editor.desk, sitting.editor.session
    take = Take("first", COUNT, TASK)
    media = Generated(TASK, Fraction(12), COUNT, Size(side, side), takes=(take,), active=take.id)

    def change(document: Document) -> Document:
        timeline = request_add_track(document.timeline, TrackKind.VIDEO)
        clip = new_clip(media, timeline, "sunset")
        return dataclasses.replace(document, timeline=request_add_clip(timeline, timeline.tracks[0].id, clip))

    session.takes.keep_all("first", [Made(n, encode_png(frame(n, side))) for n in range(COUNT)]).result()
    desk.edit("Clip", change)
    return sitting.document.timeline.tracks[0].clips[0]


def seen(sitting: Sitting, number: int) -> Pixels:
    """A frame of the take that is seen of the clip."""
    media = sitting.document.timeline.tracks[0].clips[0].media
    assert isinstance(media, Generated)
    png = sitting.editor.session.takes.png(media.active, number)
    assert png is not None
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def open_frame(sitting: Sitting, number: int = 2) -> Rect:
    clip = sitting.document.timeline.tracks[0].clips[0]
    sitting.editor.frames.open_frame(clip.id, "first", number)
    sitting.settle()
    repair = sitting.document.repair
    assert repair is not None
    return repair.rect


def paint(sitting: Sitting, rect: Rect, colour: tuple[int, int, int]) -> None:
    """A patch as a layer on top of all, as what was generated comes."""
    store = sitting.editor.desk.store

    def change(document: Document) -> Document:
        return insert(document, PaintLayer(name="Patch", tiles=store.painted(EMPTY, rect, solid(rect, colour))))

    sitting.editor.desk.edit("Patch", change)


def test_a_frame_comes_onto_the_canvas_as_a_layer(sitting: Sitting) -> None:
    put_clip(sitting)
    sitting.editor.desk.edit("Frame", lambda document: with_frame(document, Rect(150, 100, 64, 64)))
    rect = open_frame(sitting)
    assert rect == Rect(150, 100, SIDE, SIDE) == sitting.document.frame
    assert sitting.layer.name == "Frame 3 of “sunset”"
    assert (sitting.pixels(rect)[..., :3] == frame(2)).all()
    bar = sitting.editor.frame_bar
    assert bar.isVisibleTo(sitting.editor)
    assert "Frame 3 of “sunset”" in bar.words.toolTip() + bar.words.text()


def test_what_is_painted_comes_back_as_a_new_take(sitting: Sitting) -> None:
    clip, before = put_clip(sitting), sitting.document
    returned: list[str] = []
    sitting.editor.frames.returned.connect(returned.append)
    rect = open_frame(sitting)
    paint(sitting, Rect(rect.x + 10, rect.y + 20, 8, 8), (250, 0, 0))
    steps = sitting.editor.session.history.current.id
    sitting.editor.frame_bar.back_button.click()
    sitting.settle()
    wanted = frame(2).copy()
    wanted[20:28, 10:18] = (250, 0, 0)
    assert (seen(sitting, 2) == wanted).all()
    assert all((seen(sitting, number) == frame(number)).all() for number in (0, 1, 3, 4))
    media = sitting.document.timeline.tracks[0].clips[0].media
    assert isinstance(media, Generated)
    assert [take.id for take in media.takes] == ["first", media.active]
    note = sitting.editor.session.takes.provenance(media.active, 2)
    assert note is not None
    assert "repaired" in note.note
    assert sitting.document.layers == before.layers
    assert sitting.document.frame == before.frame
    assert not sitting.editor.frame_bar.isVisibleTo(sitting.editor)
    assert returned == [clip.id]
    sitting.editor.desk.undo()  # all of it was one step
    assert sitting.editor.session.history.current.id == steps
    assert sitting.document.repair is not None
    assert returned == [clip.id]


def test_a_discarded_frame_leaves_the_canvas_as_it_was(sitting: Sitting) -> None:
    put_clip(sitting)
    before = sitting.document
    rect = open_frame(sitting)
    paint(sitting, rect, (250, 0, 0))
    sitting.editor.frame_bar.discard_button.click()
    sitting.settle()
    assert (sitting.document.layers, sitting.document.timeline) == (before.layers, before.timeline)
    assert sitting.document.repair is None
    assert sitting.document.active == before.active


def test_a_frame_that_is_larger_than_the_canvas_keeps_what_was_not_touched(sit: SitDown) -> None:
    sitting = sit(Size(40, 60))
    put_clip(sitting)
    rect = open_frame(sitting)
    assert rect == Rect(0, 10, 40, 40)
    paint(sitting, Rect(0, 10, 10, 10), (250, 0, 0))
    sitting.editor.frames.bring_back()
    sitting.settle()
    found = seen(sitting, 2)
    assert found.shape == (SIDE, SIDE, 3)
    assert (found[30:] == frame(2)[30:]).all()
    assert (abs(found[:12, :12].astype(int) - (250, 0, 0)) < 8).all()


def test_the_frame_is_still_there_after_the_project_was_closed(qtbot: QtBot, tmp_path: Path, sit: SitDown) -> None:
    sitting = sit()
    put_clip(sitting)
    rect = open_frame(sitting)
    paint(sitting, Rect(rect.x, rect.y, 8, 8), (250, 0, 0))
    path = sitting.editor.session.path
    sitting.close()
    again = sit_down_at(qtbot, CanvasSession.open(path))
    try:
        assert again.editor.frames.title == "Frame 3 of “sunset”"
        assert again.editor.frame_bar.isVisibleTo(again.editor)
        again.editor.frames.bring_back()
        again.settle()
        assert (seen(again, 2)[:8, :8] == (250, 0, 0)).all()
    finally:
        again.close()


def test_a_frame_whose_clip_has_gone_can_only_be_put_away(sitting: Sitting) -> None:
    clip = put_clip(sitting)
    open_frame(sitting)

    def without(document: Document) -> Document:
        return dataclasses.replace(document, timeline=request_delete_clips(document.timeline, [clip.id]))

    sitting.editor.desk.edit("Delete", without)
    assert not sitting.editor.frame_bar.back_button.isEnabled()
    assert sitting.editor.frame_bar.discard_button.isEnabled()
    said: list[str] = []
    sitting.editor.desk.noted.connect(said.append)
    sitting.editor.frames.bring_back()
    sitting.settle()
    assert "not on the timeline" in said[0]
    assert sitting.document.repair is not None


def test_a_frame_that_is_not_there_is_told(sitting: Sitting) -> None:
    clip = put_clip(sitting)
    said: list[str] = []
    sitting.editor.desk.noted.connect(said.append)
    sitting.editor.frames.open_frame(clip.id, "first", 77)
    sitting.settle()
    assert said == ["Frame 78 of the clip is not there. Wait until it is made, or choose another one."]
    assert sitting.document.repair is None


def test_another_frame_takes_the_place_of_the_first(sitting: Sitting) -> None:
    put_clip(sitting)
    before = sitting.document
    open_frame(sitting, 1)
    open_frame(sitting, 3)
    assert len(sitting.document.layers) == len(before.layers) + 1
    sitting.editor.frames.discard()
    sitting.settle()
    assert (sitting.document.layers, sitting.document.frame) == (before.layers, before.frame)


def test_the_frames_around_shine_through_where_they_differ(sitting: Sitting) -> None:
    put_clip(sitting)
    rect = open_frame(sitting)
    editor = sitting.editor
    # The dark column of frame 1 lies where frame 2 has none; the ground of both differs, too.
    spot = (rect.x + 1 * SIDE // COUNT + 3, rect.y + 30)
    plain = sitting.shown(*spot)
    editor.frame_bar.onion_button.click()
    sitting.bot.waitUntil(lambda: editor.frame_overlay._image is not None, timeout=20_000)
    ghosted = sitting.shown(*spot)
    assert ghosted != plain
    editor.frame_bar.onion_button.click()
    assert sitting.shown(*spot) == plain


@pytest.mark.parametrize(
    ("number", "closed", "wanted"),
    [
        (0, True, ((4, 3), (1, 2))),
        (4, True, ((3, 2), (0, 1))),
        (0, False, ((), (1, 2))),
        (3, False, ((2, 1), (4,))),
    ],
)
def test_neighbours_go_across_the_seam_of_a_loop(number: int, closed: bool, wanted: object) -> None:
    assert around(number, COUNT, 2, 2, closed=closed) == wanted


def test_no_neighbour_is_seen_twice_on_a_small_ring() -> None:
    assert around(0, 3, 2, 2, closed=True) == ((2,), (1,))
    assert around(0, 1, 2, 2, closed=True) == ((), ())
