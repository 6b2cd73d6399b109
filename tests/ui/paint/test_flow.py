"""The flow brush by hand: arrows, what stands still, the preview on the canvas, and the loop that is made."""

import functools
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from studio.domain.document.edits import insert, with_selection
from studio.domain.document.flow import freeze_of, with_flow, with_freeze
from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.geometry import Rect, Size
from studio.domain.timeline.model import Generated
from studio.domain.treatment import Arrow, FlowLoop
from studio.imaging.blobs import BlobStore
from studio.imaging.pictures import load_picture
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.session.clips.sources import taken, with_files
from studio.ui.paint.frames.arrow_paint import ArrowPaint
from studio.ui.paint.frames.still import still_of
from studio.ui.paint.tools.flow_brush import FlowTool
from tests.ui.paint.conftest import SitDown
from tests.ui.paint.sitting import Sitting, solid

SIZE = 256


def grain() -> Pixels:
    """Opaque noise, which cannot flow unseen."""
    values = np.random.default_rng(3).integers(0, 255, (SIZE, SIZE, 4), np.uint8)
    values[..., 3] = 255
    return values


@pytest.fixture
def flowing(sitting: Sitting) -> Sitting:
    """The flow brush over a canvas with a picture on it."""
    desk = sitting.editor.desk
    tiles = desk.store.painted(EMPTY, Rect(0, 0, SIZE, SIZE), grain())
    desk.edit(
        "Picture", lambda document: document.replaced(document.active, lambda old: PaintLayer(id=old.id, tiles=tiles))
    )
    sitting.editor.take_up("flow")
    return sitting


def tool(sitting: Sitting) -> FlowTool:
    found = sitting.editor.tools["flow"]
    assert isinstance(found, FlowTool)
    return found


def test_a_long_drag_leaves_arrows_along_its_way_as_one_step(flowing: Sitting) -> None:
    before = flowing.editor.session.history.current
    flowing.drag((40, 60), (100, 60), (160, 60), (200, 60))
    flow = flowing.document.flow
    assert len(flow) > 3
    assert all(arrow.dx > 0 and abs(arrow.dy) < 1e-3 for arrow in flow)
    assert flow[0].x == pytest.approx(40 / SIZE, abs=0.01)
    ends = [arrow.x + arrow.dx for arrow in flow]
    assert ends[:-1] == pytest.approx([arrow.x for arrow in flow[1:]], abs=1e-4)
    assert flowing.editor.session.history.current.parent == before.id
    flowing.editor.desk.undo()
    assert not flowing.document.flow


def test_a_short_drag_is_a_weak_arrow_and_shift_makes_a_single_strong_one(flowing: Sitting) -> None:
    flowing.drag((40, 40), (45, 45), (49, 49))
    flowing.drag((40, 200), (100, 150), (200, 100), held=Qt.KeyboardModifier.ShiftModifier)
    weak, strong = flowing.document.flow
    assert (weak.dx, weak.dy) == pytest.approx((9 / SIZE, 9 / SIZE), abs=0.01)
    assert (strong.dx, strong.dy) == pytest.approx((160 / SIZE, -100 / SIZE), abs=0.01)


def test_a_click_draws_nothing_and_says_what_to_do(flowing: Sitting) -> None:
    said: list[str] = []
    flowing.editor.desk.noted.connect(said.append)
    flowing.click(100, 100)
    assert not flowing.document.flow
    assert "Drag" in said[0]


@pytest.mark.parametrize("how", ["alt", "right", "pen"])
def test_arrows_are_erased(flowing: Sitting, how: str) -> None:
    flow = (Arrow(0.1, 0.2, 0.1, 0.0), Arrow(0.1, 0.8, 0.1, 0.0))
    flowing.editor.desk.edit("Arrows", lambda document: with_flow(document, flow))
    surface, places = flowing.editor.surface, [flowing.at(30, y) for y in (20, 51, 80)]
    if how == "pen":
        for kind, y in ((QEvent.Type.TabletPress, 20), (QEvent.Type.TabletMove, 51), (QEvent.Type.TabletRelease, 80)):
            flowing.pen(kind, 30, y, eraser=True)
    else:
        button = Qt.MouseButton.RightButton if how == "right" else Qt.MouseButton.LeftButton
        held = Qt.KeyboardModifier.AltModifier if how == "alt" else Qt.KeyboardModifier.NoModifier
        QTest.mousePress(surface, button, held, places[0])
        QTest.mouseMove(surface, places[1])
        assert flowing.document.flow == flow  # until the pen is up
        QTest.mouseRelease(surface, button, held, places[2])
    assert flowing.document.flow == flow[1:]


def test_esc_while_drawing_leaves_the_arrows_as_they_were(flowing: Sitting) -> None:
    QTest.mousePress(flowing.editor.surface, Qt.MouseButton.LeftButton, pos=flowing.at(50, 50))
    QTest.mouseMove(flowing.editor.surface, flowing.at(120, 50))
    flowing.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(flowing.editor.surface, Qt.MouseButton.LeftButton, pos=flowing.at(120, 50))
    assert not flowing.document.flow


def test_the_arrows_are_seen_while_the_tool_is_in_hand(flowing: Sitting) -> None:
    desk = flowing.editor.desk
    desk.edit("Arrow", lambda document: with_flow(document, (Arrow(0.2, 0.5, 0.5, 0.0),)))
    with_tool = flowing.shown(120, 128)
    flowing.editor.take_up("brush")
    assert flowing.shown(120, 128) != with_tool


def test_the_freeze_layer_is_painted_with_the_brush(flowing: Sitting) -> None:
    editor = flowing.editor
    editor.desk.freeze_wanted.emit("paint")
    assert editor.tool == "brush"
    flowing.drag((60, 60), (90, 60))
    layer = freeze_of(flowing.document)
    assert layer is not None
    assert editor.desk.store.mask(layer.content, Rect(75, 60, 1, 1))[0, 0] > 200
    blue = flowing.shown(75, 60)
    assert int(blue[5:7], 16) > int(blue[1:3], 16)  # the film
    editor.take_up("eraser")
    flowing.drag((60, 60), (90, 60))
    layer = freeze_of(flowing.document)
    assert layer is not None
    assert not editor.desk.store.mask(layer.content, Rect(75, 60, 1, 1)).any()


def test_what_is_selected_stands_still_too(flowing: Sitting) -> None:
    desk = flowing.editor.desk
    store, active = desk.store, flowing.document.active
    for x in (0, 100):
        area = store.masked(Mask(), Rect(x, 0, 50, 50), np.full((50, 50), 255, np.uint8))
        desk.edit("Area", functools.partial(with_selection, selection=area))
        desk.freeze_wanted.emit("selection")
        flowing.settle()
    layer = freeze_of(flowing.document)
    assert layer is not None
    marked = store.mask(layer.content, Rect(0, 0, SIZE, SIZE)) > 0
    assert marked.sum() == 2 * 50 * 50
    assert flowing.document.active == active
    desk.freeze_wanted.emit("none")
    assert freeze_of(flowing.document) is None


def test_the_canvas_flows_in_its_place_until_esc(flowing: Sitting) -> None:
    desk, preview = flowing.editor.desk, tool(flowing).preview
    flowing.drag((40, 60), (200, 60))
    desk.set_options(flow_preview=True, flow_frames=6, flow_rate=30)
    flowing.bot.waitUntil(lambda: preview.playing, timeout=20_000)
    seen: set[bytes] = set()

    def several() -> bool:
        seen.add(looked(flowing))
        return len(seen) > 2

    flowing.bot.waitUntil(several, timeout=20_000)
    flowing.key(Qt.Key.Key_Escape)
    assert not desk.options.flow_preview
    assert not preview.playing
    assert not tool(flowing).active


def looked(sitting: Sitting) -> bytes:
    image = sitting.editor.surface.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return bytes(image.constBits())


def test_the_preview_follows_the_arrows(flowing: Sitting) -> None:
    desk, preview = flowing.editor.desk, tool(flowing).preview
    desk.edit("Arrow", lambda document: with_flow(document, (Arrow(0.5, 0.5, 0.2, 0.0),)))
    desk.set_options(flow_preview=True, flow_frames=4)
    flowing.bot.waitUntil(lambda: preview.playing, timeout=20_000)
    first = preview._frames
    flowing.drag((40, 200), (40, 100))
    flowing.bot.waitUntil(lambda: preview.playing and preview._frames is not first, timeout=20_000)
    desk.undo()
    desk.undo()  # no arrow is left
    assert not preview.playing


def test_make_loop_puts_a_clip_of_the_canvas_onto_the_timeline(flowing: Sitting) -> None:
    editor = flowing.editor
    desk = editor.desk
    made: list[str] = []
    editor.flow.made.connect(made.append)
    flowing.drag((40, 60), (200, 60))
    area = desk.store.masked(Mask(), Rect(0, 128, SIZE, 128), np.full((128, SIZE), 255, np.uint8))
    desk.edit("Area", lambda document: with_selection(document, area))
    desk.freeze_wanted.emit("selection")
    desk.set_options(flow_speed=2.0, flow_frames=12, flow_rate=8)
    desk.loop_wanted.emit()
    flowing.settle()
    clip = flowing.document.timeline.clip(made[0])
    assert clip is not None
    assert isinstance(clip.media, Generated)
    task = clip.media.task
    assert isinstance(task, FlowLoop)
    assert (task.frames, task.rate, clip.media.size) == (12, Fraction(8), Size(SIZE, SIZE))
    assert clip.media.closed
    assert task.arrows[0].dx == pytest.approx(2 * flowing.document.flow[0].dx)
    assert flowing.document.timeline.ring == 12
    desk.undo()
    assert not flowing.document.timeline.tracks


def test_the_loops_still_is_in_the_project(flowing: Sitting, tmp_path: Path) -> None:
    editor = flowing.editor
    flowing.drag((40, 60), (200, 60))
    editor.desk.loop_wanted.emit()
    flowing.settle()
    (track,) = flowing.document.timeline.tracks
    assert isinstance(track.clips[0].media, Generated)
    files = with_files(track.clips[0].media.task, editor.session.takes, BlobStore(tmp_path / "blobs"))
    assert isinstance(files, FlowLoop)
    assert (load_picture(Path(files.path)) == grain()[..., :3]).all()


def test_only_the_active_layer_flows_with_its_transparency(flowing: Sitting) -> None:
    desk = flowing.editor.desk
    store, disc = desk.store, Rect(100, 100, 50, 50)
    layer = PaintLayer(name="Disc", tiles=store.painted(EMPTY, disc, solid(disc, (200, 10, 10))))
    desk.edit("Disc", lambda document: insert(document, layer))
    still = still_of(desk.compositor, store, flowing.document, SIZE, alone=True)
    assert still.pixels.shape == (SIZE, SIZE, 4)
    assert (still.pixels[110:140, 110:140] == (200, 10, 10, 255)).all()
    assert not still.pixels[:90, :, 3].any()
    assert still_of(desk.compositor, store, flowing.document, 64, alone=False).pixels.shape == (64, 64, 3)


def test_a_layer_without_a_picture_cannot_flow(flowing: Sitting) -> None:
    desk, preview = flowing.editor.desk, tool(flowing).preview
    said: list[str] = []
    desk.noted.connect(said.append)
    flowing.drag((40, 60), (200, 60))
    desk.edit("Freeze", lambda document: with_freeze(document, Mask()))
    desk.set_options(flow_layer=True, flow_preview=True)
    flowing.bot.waitUntil(lambda: bool(said), timeout=20_000)
    assert "“Freeze” has no picture" in said[0]
    assert not preview.on
    desk.loop_wanted.emit()
    flowing.settle()
    assert len(said) == 2
    assert not flowing.document.timeline.tracks


def test_without_arrows_there_is_no_loop(flowing: Sitting) -> None:
    said: list[str] = []
    flowing.editor.desk.noted.connect(said.append)
    flowing.editor.desk.loop_wanted.emit()
    flowing.settle()
    assert "arrow" in said[0]
    assert not flowing.document.timeline.tracks


def test_two_hundred_arrows_are_drawn_in_time(sit: SitDown) -> None:
    sitting = sit(Size(SIZE, SIZE))
    sitting.look(SIZE / 2, SIZE / 2, zoom=2.5)
    view = sitting.editor.surface.view
    places = np.random.default_rng(1).random((200, 2))
    arrows = tuple(Arrow(float(x), float(y), 0.05, 0.05) for x, y in places)
    image = QImage(900, 700, QImage.Format.Format_ARGB32_Premultiplied)
    paint, painter, times = ArrowPaint(), QPainter(image), []
    for _ in range(9):
        start = time.process_time()
        paint.draw(painter, view, Size(SIZE, SIZE), arrows)
        times.append(time.process_time() - start)
    painter.end()
    assert sorted(times)[4] < 0.004  # 0.6 ms on a quiet machine


def test_the_loops_still_outlives_the_windows_and_compacting(flowing: Sitting, sit: SitDown) -> None:
    flowing.drag((40, 60), (200, 60))
    flowing.editor.desk.loop_wanted.emit()
    flowing.settle()
    path = flowing.editor.session.path
    flowing.close()
    session = CanvasSession.open(path)
    session.compact().result(20)
    session.close()
    session = CanvasSession.open(path)
    media = session.document.timeline.tracks[0].clips[0].media
    assert isinstance(media, Generated)
    assert isinstance(media.task, FlowLoop)
    found = taken(media.task.path)
    assert found is not None
    assert session.takes.png(found[0], 0) is not None
    session.close()
