"""The panel: keys, ruler, headers, what it asks for, what a screen reader hears."""

import dataclasses
import threading
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QComboBox, QMenu, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from studio.domain.document.blending import BlendMode
from studio.domain.document.layers import PaintLayer
from studio.domain.timeline.model import Canvas, Clip, Generated, Marker, Sound, Timeline, Track, Video, Zone
from studio.domain.timeline.requests import request_zone
from studio.imaging.metrics import Measures, Series
from studio.imaging.verdict import Light as VerdictLight
from studio.imaging.verdict import Verdict
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline import bench
from studio.ui.timeline.diagnosing import diagnosis_of
from studio.ui.timeline.facts import Diagnosis, Facts, Light
from studio.ui.timeline.hints import hint
from studio.ui.timeline.menus import Menus
from studio.ui.timeline.popups import NamePopup
from studio.ui.timeline.rows import RowKind
from studio.ui.timeline.supplies import Supplies
from studio.ui.timeline.thumbnails import FrameThumbnails
from studio.ui.timeline.waves import FileWaves
from tests.ui.timeline.conftest import Open
from tests.ui.timeline.editing import ALT, CTRL, RATE, SHIFT, Table, line, ring

# what the offscreen platform says of menus and small windows
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", "grabbing the keyboard")


def test_the_playhead_by_keys(table: Table) -> None:
    going = [
        (Qt.Key.Key_Right, None, 1), (Qt.Key.Key_Right, SHIFT, 25), (Qt.Key.Key_Left, None, 24),
        (Qt.Key.Key_Down, None, 40), (Qt.Key.Key_Down, None, 44), (Qt.Key.Key_Up, None, 40), (Qt.Key.Key_End, None, 79),
        (Qt.Key.Key_Left, SHIFT, 55), (Qt.Key.Key_Home, None, 0), (Qt.Key.Key_Left, None, 0),
    ]  # fmt: skip
    for key, held, frame in going:
        table.key(key, held or Qt.KeyboardModifier.NoModifier)
        assert table.desk.playhead == frame


def test_on_a_ring_steps_and_cuts_go_round(round_table: Table) -> None:
    round_table.key(Qt.Key.Key_Left)
    assert round_table.desk.playhead == 23
    round_table.key(Qt.Key.Key_Down)
    assert round_table.desk.playhead == 0
    round_table.key(Qt.Key.Key_Up)
    assert round_table.desk.playhead == 18


def test_what_is_the_players_is_told(table: Table) -> None:
    told: list[str] = []
    table.panel.playback.connect(told.append)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_J, Qt.Key.Key_K, Qt.Key.Key_L):
        table.key(key)
    assert told == ["toggle", "reverse", "stop", "forward"]
    table.key(Qt.Key.Key_Right)
    assert told[-1] == "pause"


def test_keys_belong_to_the_strip_and_not_to_the_headers(table: Table) -> None:
    told: list[str] = []
    table.panel.playback.connect(told.append)
    header = table.panel.headers.header("below")
    assert header is not None
    header.eye.setFocus()
    QTest.keyClick(header.eye, Qt.Key.Key_Space)
    assert table.timeline.tracks[0].hidden  # the button was pressed
    assert not told


def test_in_and_out_and_the_loop_zone(table: Table) -> None:
    table.desk.set_playhead(10)
    table.key(Qt.Key.Key_I)
    table.desk.set_playhead(30)
    table.key(Qt.Key.Key_O)
    assert table.timeline.zone == Zone(10, 31)
    table.key(Qt.Key.Key_I, SHIFT)
    assert table.desk.playhead == 10
    table.key(Qt.Key.Key_O, SHIFT)
    assert table.desk.playhead == 30
    table.desk.select(["b", "c"])
    table.key(Qt.Key.Key_L, CTRL)
    assert table.timeline.zone == Zone(20, 80)
    table.desk.select(())
    table.key(Qt.Key.Key_L, CTRL)
    assert table.timeline.zone is None


def test_cut_trim_and_delete_by_keys(table: Table) -> None:
    table.desk.set_playhead(70)
    table.key(Qt.Key.Key_K, CTRL)
    assert len(table.timeline.tracks[0].clips) == 4
    assert len(table.timeline.tracks[2].clips) == 2  # without a selection, all that lie there
    table.desk.undo()
    table.desk.select(["c"])
    table.key(Qt.Key.Key_Q)
    assert (table.clip("c").start, table.clip("c").length) == (70, 10)
    table.desk.set_playhead(75)
    table.key(Qt.Key.Key_W)
    assert table.clip("c").length == 5
    table.key(Qt.Key.Key_D, CTRL)
    copy = next(iter(table.desk.selected))
    assert table.clip(copy).start == 75
    table.key(Qt.Key.Key_Delete)
    assert table.timeline.clip(copy) is None
    table.desk.select(["a"])
    table.key(Qt.Key.Key_Delete, SHIFT)
    assert [clip.start for clip in table.timeline.tracks[0].clips] == [0, 50]


def test_groups_and_the_selection_by_keys(table: Table) -> None:
    table.desk.set_playhead(45)
    table.key(Qt.Key.Key_Right, CTRL)
    assert table.desk.selected == {"d"}
    table.key(Qt.Key.Key_Down, CTRL)
    assert table.desk.selected == {"s"}
    table.key(Qt.Key.Key_A, CTRL)
    assert table.desk.selected == {"a", "b", "c", "d", "s"}
    table.key(Qt.Key.Key_G, CTRL)
    assert table.clip("a").group == table.clip("s").group != ""
    table.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert not table.clip("a").group
    table.key(Qt.Key.Key_Right, ALT)
    assert (table.clip("a").start, table.clip("s").start) == (1, 1)
    table.key(Qt.Key.Key_E, SHIFT)
    assert not table.clip("c").enabled
    cancelled: list[bool] = []  # Esc is the window's as well
    QShortcut(QKeySequence("Esc"), table.window).activated.connect(lambda: cancelled.append(True))
    table.key(Qt.Key.Key_Escape)
    assert not table.desk.selected
    assert not cancelled
    table.key(Qt.Key.Key_Escape)
    assert cancelled  # there was nothing to let go of


def test_the_loop_begins_elsewhere(round_table: Table) -> None:
    round_table.desk.set_playhead(18)
    round_table.panel.actions_of["rotate"].trigger()
    assert (round_table.clip("d").start, round_table.clip("a").start, round_table.desk.playhead) == (0, 6, 0)
    round_table.key(Qt.Key.Key_R, SHIFT)
    assert round_table.timeline.ring == 0
    assert not round_table.panel.actions_of["rotate"].isEnabled()


def test_the_ruler_scrubs_and_moves_zone_and_markers(table: Table) -> None:
    ruler, view = table.panel.ruler, table.panel.axis.view
    table.desk.request("Zone", lambda timeline: request_zone(timeline, 20, 40))
    QTest.mousePress(ruler, Qt.MouseButton.LeftButton, pos=QPoint(round(view.x(50.5)), 10))
    assert table.desk.playhead == 50
    QTest.mouseMove(ruler, QPoint(round(view.x(33.5)), 10))
    QTest.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=QPoint(round(view.x(33.5)), 10))
    assert table.desk.playhead == 33
    foot = ruler.height() - 3
    QTest.mousePress(ruler, Qt.MouseButton.LeftButton, pos=QPoint(round(view.x(40)) - 2, foot))
    QTest.mouseMove(ruler, QPoint(round(view.x(52)), foot))
    assert table.desk.shown.zone == Zone(20, 52)
    assert table.timeline.zone == Zone(20, 40)
    QTest.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=QPoint(round(view.x(52)), foot))
    assert table.timeline.zone == Zone(20, 52)
    table.key(Qt.Key.Key_M)
    flag = QPoint(round(view.x(33)) + 3, ruler.height() - 14)
    QTest.mousePress(ruler, Qt.MouseButton.LeftButton, pos=flag)
    QTest.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=flag + QPoint(20, 0))
    assert table.timeline.markers == (Marker(35),)
    QTest.mouseDClick(ruler, Qt.MouseButton.LeftButton, pos=flag + QPoint(20, 0))
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, NamePopup)
    QTest.keyClicks(popup.field, "beat")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert table.timeline.markers == (Marker(35, "beat"),)


def test_headers_change_their_tracks(table: Table) -> None:
    header = table.panel.headers.header("above")
    assert header is not None
    header.lock.click()
    assert table.timeline.tracks[1].locked
    header.lock.click()
    before = table.timeline
    header.amount.sliderPressed.emit()
    for value in (90, 70, 50):
        header.amount.setValue(value)
    assert table.timeline.tracks[1].opacity == 0.5
    assert table.undone().tracks == before.tracks  # a drag of the slider is one step
    header.mode.setCurrentIndex(header.mode.findData(BlendMode.SCREEN))
    header.mode.activated.emit(header.mode.currentIndex())
    assert table.timeline.tracks[1].mode is BlendMode.SCREEN
    header.rename()
    QTest.keyClicks(header.field, "Rain")
    QTest.keyClick(header.field, Qt.Key.Key_Return)
    assert table.timeline.tracks[1].name == "Rain"
    assert header.name.text() == "Rain"


def test_lanes_open_below_their_track_and_close(round_table: Table) -> None:
    menus: Menus = round_table.panel.menus
    menus.open_lanes("below", QPoint(0, 0))
    assert menus.shown is not None
    next(action for action in menus.shown.actions() if action.text() == "Opacity").trigger()
    menus.shown.close()
    high = round_table.panel.strip.rows.height
    assert [row.kind for row in round_table.panel.strip.rows.rows][-1] is RowKind.KEYS
    round_table.panel.lanes.grow("below", "opacity")
    assert round_table.panel.strip.rows.height > high
    round_table.panel.lanes.toggle("below", "opacity")
    assert all(row.kind is RowKind.CLIPS for row in round_table.panel.strip.rows.rows)


def test_it_asks_for_what_others_do(opened: Open) -> None:
    told: list[tuple[object, ...]] = []
    lost = Facts(missing=lambda media: "It is gone." if isinstance(media, Video) else "")
    table = opened(ring(), lost)
    panel = table.panel
    for name in ("generate_wanted", "reroll_wanted", "repair_wanted", "relink_wanted", "open_clip", "export_wanted"):
        getattr(panel, name).connect(lambda *what, name=name: told.append((name, *what)))
    table.desk.select(["a"])
    table.desk.set_playhead(7)
    for name in ("open", "generate", "reroll", "repair", "export"):
        panel.actions_of[name].trigger()
    table.desk.request("Zone", lambda timeline: request_zone(timeline, 4, 12))
    panel.actions_of["reroll"].trigger()
    assert told == [
        ("open_clip", "a"), ("generate_wanted", "a"), ("reroll_wanted", "a", 7, 7), ("repair_wanted", "a", 7),
        ("export_wanted",), ("reroll_wanted", "a", 4, 11),
    ]  # fmt: skip
    spot = panel.strip.spot(panel.axis.view.x(20), 30)
    panel.menus.open_at_spot(spot, QPoint(0, 0))
    assert panel.menus.shown is not None
    next(action for action in panel.menus.shown.actions() if "missing" in action.text()).trigger()
    panel.menus.shown.close()
    assert told[-1] == ("relink_wanted", "d.mp4")
    assert not panel.actions_of["generate"].isEnabled()  # nobody makes frames of a file


def test_a_click_on_the_measures_asks_for_the_repair_of_that_frame(opened: Open) -> None:
    found = Diagnosis(Light.FAIR, "Frame 9 jumps.", [0.1] * 9 + [2.0] + [0.1] * 14)
    table = opened(ring(), Facts(diagnosis=lambda clip: found if clip.id == "a" else None))
    asked: list[tuple[str, int]] = []
    table.panel.repair_wanted.connect(lambda clip, frame: asked.append((clip, frame)))
    table.panel.lanes.show("below", "measures")
    table.click(table.place(9.5, "below", RowKind.MEASURES))
    assert asked == [("a", 9)]
    assert table.desk.playhead == 9
    place = table.place(12, "below")
    words = hint(table.timeline, table.panel.strip.spot(place.x(), place.y()), table.panel.strip.facts)
    assert "Fair: Frame 9 jumps." in words
    assert "Take 2 of 2" in words


def test_takes_and_speed_from_the_menu(round_table: Table) -> None:
    panel = round_table.panel
    place = round_table.place(12, "below")
    panel.menus.open_at_spot(panel.strip.spot(place.x(), place.y()), QPoint(0, 0))
    menu = panel.menus.shown
    assert menu is not None
    inner = {menu.title(): menu for menu in menu.findChildren(QMenu)}
    inner["Takes"].actions()[0].trigger()
    menu.close()
    assert [media.active for media in (round_table.clip("a").media,) if isinstance(media, Generated)] == ["first"]
    inner["Speed"].actions()[4].trigger()
    assert round_table.clip("a").speed == 2


def test_files_are_dropped_on_a_place(table: Table, tmp_path: Path) -> None:
    got: list[tuple[list[str], int, str]] = []
    table.panel.dropped.connect(lambda *what: got.append(what))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.mp4"))])
    place = table.place(50, "below")
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    strip = table.panel.strip
    strip.dragEnterEvent(QDragEnterEvent(place, copy, mime, left, none))
    strip.dragMoveEvent(QDragEnterEvent(place, copy, mime, left, none))
    assert strip.landing is not None
    strip.dropEvent(QDropEvent(QPointF(place), copy, mime, left, none))
    assert got == [([str(tmp_path / "a.mp4")], 50, "below")]
    assert strip.landing is None


def test_an_empty_timeline_says_how_to_begin(opened: Open) -> None:
    table = opened(Timeline())
    assert table.panel.invitation.isVisible()
    buttons = {button.text(): button for button in table.panel.invitation.findChildren(QAbstractButton)}
    asked: list[str] = []
    table.panel.generate_wanted.connect(asked.append)
    buttons["Generate a loop"].click()
    assert asked == [""]
    buttons["Use the canvas"].click()
    assert len(table.timeline.tracks[0].clips) == 1
    assert not table.panel.invitation.isVisible()


def test_everything_has_a_name_and_the_selection_is_told(table: Table) -> None:
    table.panel.lanes.show("below", "opacity")
    kinds = (QAbstractButton, QAbstractSlider, QComboBox)
    for control in table.panel.findChildren(QWidget):
        if isinstance(control, kinds) and not isinstance(control, QScrollBar):
            text = control.text() if isinstance(control, QAbstractButton) else ""
            assert control.accessibleName() or text, f"{control} has no name"
            assert text or control.toolTip(), f"{control.accessibleName()} has no tooltip"
    strip = table.panel.strip
    assert "3 tracks, 5 clips" in strip.accessibleDescription()
    table.desk.select(["b"])
    assert strip.accessibleDescription() == "Video “b.mp4” on track V1, from 00:00:20 to 00:01:16"
    table.desk.select(["b", "c"], "c")
    assert "and 1 more" in strip.accessibleDescription()
    assert "(Ctrl+K)" in table.panel.actions_of["split"].toolTip()


def test_what_is_seen_follows_the_facts(opened: Open) -> None:
    there: set[int] = set(range(12))
    table = opened(ring(), Facts(present=lambda take: frozenset(there), arriving=lambda take: True))
    strip = table.panel.strip
    foot = table.place(0, "below").y()

    def seen(frame: float) -> list[str]:
        picture, x = strip.grab().toImage(), round(table.panel.axis.view.x(frame))
        return [picture.pixelColor(x, y).name() for y in range(foot, foot + 18)]

    assert COLOURS.lamp in seen(5)
    assert COLOURS.lamp not in seen(17)
    there.update(range(24))
    table.desk.takes_changed.emit("second")
    assert COLOURS.lamp not in seen(5)  # nothing more to tell


def test_only_the_playhead_is_painted_anew_when_it_moves(table: Table) -> None:
    strip = table.panel.strip
    QApplication.processEvents()
    shades = []
    for frame in (50, 51):
        table.desk.set_playhead(frame)
        QApplication.processEvents()
        picture = strip.grab().toImage()
        shades.append([x for x in range(480, 540) if picture.pixelColor(x, 190) == QColor(COLOURS.lamp)])
    assert [len(found) for found in shades] == [1, 1]
    assert shades[1][0] - shades[0][0] == 10


def test_thumbnails_are_made_elsewhere_and_forgotten_by_take(qtbot: QtBot) -> None:
    made: list[tuple[int, int]] = []

    def pixels(media: object, source: int) -> np.ndarray:
        made.append((source, threading.get_ident()))
        return np.full((48, 64, 4), (source, 0, 0, 255), np.uint8)

    thumbnails = FrameThumbnails(pixels)
    media = ring().tracks[0].clips[0].media
    with qtbot.waitSignal(thumbnails.made):
        assert thumbnails.picture(media, 200, 24) is None
    image = thumbnails.picture(media, 200, 24)
    assert image is not None
    assert (image.width(), image.height(), image.pixelColor(5, 5).red()) == (32, 24, 200)
    assert made[0][1] != threading.get_ident()
    thumbnails.forget_take("second")
    with qtbot.waitSignal(thumbnails.made):
        assert thumbnails.picture(media, 200, 24) is not None  # the old one, until there is a new one
    assert len(made) == 2
    thumbnails.close()
    assert thumbnails.picture(media, 1, 24) is None
    assert len(made) == 2


def test_the_bench_measures_what_it_says(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_ROUNDS", 4)
    tried = bench.Bench(qapp, tmp_path, 40)
    before = tried.desk.timeline
    figures = tried.figures()
    assert tried.desk.timeline != before  # the drags have moved and trimmed
    tried.close()
    assert all(len(times) >= 4 and min(times).clock > 0 for times in figures.values())
    assert [len(track.clips) for track in bench.timeline_of(2000).tracks] == [500] * 4


def test_the_line_is_as_it_was(table: Table) -> None:
    assert table.timeline == line()  # opening a panel edits nothing
    assert table.session.history.current.parent is None


def test_waves_are_read_elsewhere(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "beep.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        loud = (np.sin(np.arange(8000) * 0.3) * 16000).astype("<i2")
        file.writeframes(np.concatenate([np.zeros(8000, "<i2"), loud]).tobytes())
    waves = FileWaves()
    sound = Sound(str(path), Fraction(2))
    with qtbot.waitSignal(waves.made):
        assert waves.peaks(sound) is None
    peaks = waves.peaks(sound)
    assert peaks is not None
    assert len(peaks) == pytest.approx(200, abs=3)
    assert peaks[:95].max() < 0.01
    assert peaks[105:195].min() > 0.3
    assert waves.peaks(Sound(str(tmp_path / "gone.wav"), Fraction(2))) is None
    waves.close()


def test_measures_become_a_light_with_its_reason() -> None:
    measures = Measures(
        3, True, series=Series(warp_error=(0.1, 0.2, 0.3), flicker=(1.0, 2.0, 3.0), drift=(0.0, 1.0, 2.0))
    )
    found = diagnosis_of(measures, Verdict(VerdictLight.AMBER, ("its colours drift", "it flickers")))
    assert (found.light, found.reason) == (Light.FAIR, "Its colours drift; it flickers.")
    assert (found.warp, found.flicker, found.drift) == ((0.1, 0.2, 0.3), (1.0, 2.0, 3.0), (0.0, 1.0, 2.0))


def test_a_panel_is_supplied_with_the_pictures_of_its_project(opened: Open, qtbot: QtBot) -> None:
    table = opened(Timeline(RATE, (Track("below", clips=(Clip("canvas", Canvas(), 0, 24),)),)))
    shade = [40]

    def pixels(media: object, source: int) -> np.ndarray:
        return np.full((64, 64, 4), (shade[0], 250, 0, 255), np.uint8)

    supplies = Supplies(table.panel, pixels)
    place = table.place(2, "below")

    def seen() -> QColor:
        return table.panel.strip.grab().toImage().pixelColor(place)

    qtbot.waitUntil(lambda: seen() == QColor(40, 250, 0))
    shade[0] = 90
    layer = PaintLayer(name="Sky")
    table.desk.desk.edit("Paint", lambda document: dataclasses.replace(document, layers=(layer,), active=layer.id))
    qtbot.waitUntil(lambda: seen() == QColor(90, 250, 0))
    supplies.close()
