"""The player on a real montage of a project: the canvas, a take whose frames arrive, overlays."""

import io
import wave
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.domain.document.document import Document
from studio.domain.document.edits import with_tiles
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Rect
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.timeline.model import Canvas, Clip, Generated, Sound, Take, Timeline, Track, TrackKind
from studio.session.canvas import CanvasSession
from studio.session.montage import montage_of
from studio.ui.paint.desk import PaintDesk
from studio.ui.player.audio import RATE, Feed
from studio.ui.player.course import course_of
from studio.ui.player.pane import PlayerPane
from studio.ui.timeline.desk import TimelineDesk
from tests.ui.paint.sitting import solid
from tests.ui.player.theatre import SIZE, Scenery, Theatre, Watch

FRAMES = 6


def png(red: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (SIZE.width, SIZE.height), (red, 0, 0)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def theatre(qtbot: QtBot, tmp_path: Path) -> Iterator[Theatre]:
    layer = PaintLayer(name="Layer 1")
    session = CanvasSession.create(tmp_path / "work.safelight", Document(SIZE, (layer,), active=layer.id))
    paint = PaintDesk(session)
    desk = TimelineDesk(paint)
    montage, window = montage_of(session), QWidget()
    pane = PlayerPane(
        desk, montage.frame, montage.key, lambda: paint.document.size, montage.sound, now=Watch(), parent=window
    )
    window.resize(720, 520)
    pane.resize(720, 520)
    window.show()
    made = Theatre(qtbot, session, paint, desk, Scenery(), Watch(), pane, window)
    yield made
    made.close()


def take_of(theatre: Theatre) -> Timeline:
    task = FrameSequence(Recipe(), FRAMES)
    media = Generated(task, Fraction(12), FRAMES, SIZE, takes=(Take("take", FRAMES, task),), active="take")
    track = Track("video", clips=(Clip("clip", media, 0, FRAMES),))
    theatre.put(Timeline(Fraction(12), (track,), ring=FRAMES))
    return theatre.desk.timeline


def paint_over(theatre: Theatre, colour: tuple[int, int, int]) -> None:
    """Fill the canvas."""
    layer, rect = theatre.paint.active, Rect.of(SIZE)
    assert isinstance(layer, PaintLayer)
    tiles = theatre.paint.store.painted(layer.tiles, rect, solid(rect, colour))
    assert theatre.paint.edit("Fill", lambda document: with_tiles(document, layer.id, tiles))
    theatre.rendered()


def test_frames_of_a_take_play_as_they_arrive(theatre: Theatre) -> None:
    take_of(theatre)
    for number in (0, 1, 3):
        theatre.session.takes.keep("take", number, png(100 + number)).result(10)
        theatre.desk.takes_changed.emit("take")
    reds = []
    for frame in (0, 1, 3):
        theatre.desk.set_playhead(frame)
        theatre.rendered()
        reds.append(theatre.seen()[0])
    assert reds == [100, 101, 103]
    theatre.desk.set_playhead(2)
    theatre.rendered()
    assert theatre.seen()[0] in (101, 103)  # the nearest one until it comes
    theatre.session.takes.keep("take", 2, png(102)).result(10)
    theatre.desk.takes_changed.emit("take")
    theatre.rendered()
    assert theatre.seen()[0] == 102


def test_a_frame_that_arrives_leaves_the_others_in_the_cache(theatre: Theatre) -> None:
    take_of(theatre)
    for number in range(FRAMES - 1):
        theatre.session.takes.keep("take", number, png(100 + number)).result(10)
    theatre.desk.takes_changed.emit("take")
    theatre.rendered()
    before = [theatre.pane.reel.image(frame) for frame in range(FRAMES - 1)]
    theatre.session.takes.keep("take", FRAMES - 1, png(200)).result(10)
    theatre.desk.takes_changed.emit("take")
    theatre.rendered()
    after = [theatre.pane.reel.image(frame) for frame in range(FRAMES - 1)]
    assert None not in before
    assert all(one is other for one, other in zip(before, after, strict=True))


def test_the_canvas_lies_over_a_take_and_follows_the_brush(theatre: Theatre) -> None:
    timeline = take_of(theatre)
    theatre.session.takes.keep("take", 0, png(100)).result(10)
    overlay = Track("over", TrackKind.OVERLAY, clips=(Clip("canvas", Canvas(), 0, FRAMES),))
    theatre.put(replace(timeline, tracks=(*timeline.tracks, overlay)))
    theatre.rendered()
    assert theatre.seen() == (100, 0, 0)
    paint_over(theatre, (0, 0, 90))
    assert theatre.seen() == (0, 0, 90)
    theatre.desk.undo()
    theatre.rendered()
    assert theatre.seen() == (100, 0, 0)


def test_the_sound_of_a_file_is_fed_seamlessly_across_the_seam_of_a_ring(theatre: Theatre, tmp_path: Path) -> None:
    rate, file = Fraction(30000, 1001), tmp_path / "tone.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((2, 2, RATE, 0, "NONE", ""))
        out.writeframes((np.ones((RATE, 2)) * 8192).astype("<i2").tobytes())
    track = Track("audio", TrackKind.AUDIO, clips=(Clip("tone", Sound(str(file), Fraction(1)), 0, 20),))
    timeline = Timeline(rate, (track,), ring=20)
    feed = Feed(montage_of(theatre.session).sound, timeline, course_of(timeline, looped=True), 15)
    blocks = [feed.block() for _ in range(20)]
    samples = np.concatenate([block for block in blocks if block is not None])
    assert len(samples) == int((feed._step - 15) * RATE / rate)
    assert np.allclose(samples, 0.25, atol=0.01)
