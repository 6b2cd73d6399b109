"""What the player shows."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from studio.domain.document.edits import with_active
from studio.domain.geometry import Size
from studio.domain.messages import ClipPreview
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.timeline.model import Canvas, Clip, Generated, Take, Timeline, Track, Zone
from studio.ui.player.comparing import GAIN, STEP, Mode, divider_x
from studio.ui.player.drawing import Guide
from studio.ui.player.menus import compare_menu
from studio.ui.player.onion import OnionSkin, neighbours, onion
from studio.ui.player.picture import PictureArea
from studio.ui.player.previews import PreviewLoop, shows
from tests.ui.player.conftest import OpenTheatre
from tests.ui.player.theatre import SIZE, Scenery, Theatre, line, ring, sounding


def plain(red: int, green: int = 0, blue: int = 0, alpha: int = 255) -> QImage:
    image = QImage(64, 48, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    for y in range(48):
        for x in range(64):
            image.setPixel(x, y, (alpha << 24) | (red << 16) | (green << 8) | blue)
    return image


def generated(frames: int = 10) -> Timeline:
    """A ring with one clip of a take that is being made."""
    take = Take("take", frames)
    media = Generated(FrameSequence(Recipe()), Fraction(12), frames, SIZE, takes=(take,), active="take")
    return Timeline(Fraction(12), (Track("track", clips=(Clip("clip", media, 0, frames),)),), ring=frames)


def preview(*indices: int, red: int = 250, step: int = 3) -> ClipPreview:
    return ClipPreview("job", step, indices, 4, 3, bytes((red, 0, 0)) * 12 * len(indices))


# ------------------------------------------------------------------------------------------------ frames


def test_the_frame_at_the_playhead_is_shown(play: OpenTheatre) -> None:
    theatre = play(line(300))
    for frame in (0, 7, 250):
        theatre.desk.set_playhead(frame)
        theatre.rendered()
        assert theatre.seen() == (frame % 200, frame // 200, 0)


def test_the_frames_around_are_rendered_before_they_are_asked_for(play: OpenTheatre) -> None:
    theatre = play(ring(100))
    theatre.rendered()
    assert {99, 98, 1, 2} <= {frame for frame, _ in theatre.scenery.made}
    assert theatre.pane.reel.cache.ranges() == [(0, 9), (92, 100)]


def test_an_edit_shows_at_once_and_undo_renders_nothing(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.rendered()
    before = theatre.desk.timeline
    theatre.scenery.blue = 99
    theatre.put(replace(before, rate=Fraction(24)))
    theatre.rendered()
    assert theatre.seen() == (0, 0, 99)
    theatre.scenery.blue = 0
    made = len(theatre.scenery.made)
    theatre.desk.undo()
    theatre.rendered()
    assert theatre.seen() == (0, 0, 0)
    assert len(theatre.scenery.made) == made


def test_what_is_dragged_is_shown_before_it_is_an_edit(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.rendered()
    theatre.desk.preview(lambda timeline: replace(timeline, ring=0, tracks=()))
    assert theatre.pane.reel.timeline.length == 0
    theatre.desk.preview(None)
    assert theatre.pane.reel.timeline.length == 10


def test_frames_that_arrive_in_a_take_are_shown(play: OpenTheatre) -> None:
    theatre = play(generated())
    theatre.rendered()
    theatre.scenery.blue = 50
    theatre.desk.takes_changed.emit("take")
    theatre.rendered()
    assert theatre.seen() == (0, 0, 50)


def test_an_edit_of_the_canvas_disturbs_the_player_only_where_the_canvas_is_a_clip(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.rendered()
    version = theatre.pane.reel.cache.version
    theatre.paint.commit("Choose", with_active(theatre.paint.document, ""))
    assert theatre.pane.reel.cache.version == version
    canvas = Track("canvas", clips=(Clip("c", Canvas(), 0, 10),))
    theatre.put(replace(theatre.desk.timeline, tracks=(canvas,)))
    version = theatre.pane.reel.cache.version
    theatre.paint.commit("Choose", with_active(theatre.paint.document, theatre.paint.document.layers[0].id))
    assert theatre.pane.reel.cache.version == version + 1


def test_a_hidden_player_renders_nothing_and_catches_up(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.rendered()
    theatre.pane.hide()
    theatre.scenery.blue = 70
    made = len(theatre.scenery.made)
    theatre.put(replace(theatre.desk.timeline, rate=Fraction(24)))
    theatre.rendered()
    assert len(theatre.scenery.made) == made
    theatre.pane.show()
    theatre.rendered()
    assert theatre.seen() == (0, 0, 70)


def test_a_frame_that_cannot_be_made_says_why(play: OpenTheatre) -> None:
    theatre = play(ring(10), scenery=Scenery(broken=frozenset({0})))
    theatre.rendered()
    assert "Frame 0 is damaged. Render it again." in theatre.pane.area.accessibleDescription()
    theatre.pane.act("on")
    assert theatre.pane.area.accessibleDescription() == ""


def test_an_empty_timeline_says_what_to_do(play: OpenTheatre) -> None:
    theatre = play(Timeline())
    assert "Generate a loop" in theatre.pane.area.accessibleDescription()
    theatre.put(ring(5))
    theatre.rendered()
    assert theatre.pane.area.accessibleDescription() == ""
    assert theatre.seen() == (0, 0, 0)


def test_the_bar_shows_what_is_cached_and_scrubs(play: OpenTheatre) -> None:
    theatre = play(ring(100))
    theatre.rendered()
    theatre.bot.waitUntil(lambda: theatre.pane.bar._ranges == [(0, 9), (92, 100)])
    bar = theatre.pane.bar
    middle = QPoint(bar.width() // 2, bar.height() // 2)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=middle)
    assert theatre.desk.playhead == 50
    QTest.mouseMove(bar, QPoint(bar.width(), 5))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width(), 5))
    assert bar.frame_at(bar.width()) == 99
    assert bar.frame_at(0) == 0


def test_a_zone_across_the_seam_is_drawn_in_two_parts(play: OpenTheatre) -> None:
    theatre = play(replace(ring(100), zone=Zone(90, 110)))
    image = theatre.pane.bar.grab().toImage()
    row = [image.pixelColor(x, 4).lightness() > 150 for x in range(image.width())]
    assert row[round(theatre.pane.bar._x(95))] and row[round(theatre.pane.bar._x(5))]
    assert not row[round(theatre.pane.bar._x(50))]


def test_time_is_told_as_timecode_frames_and_seconds(play: OpenTheatre) -> None:
    theatre = play(line(30))
    theatre.desk.set_playhead(13)
    texts = []
    for _ in range(3):
        texts.append(theatre.pane.transport.time.text())
        theatre.pane.transport.time.click()
    assert texts == ["00:01:01 / 00:02:06", "Frame 13 / 30", "1.083 / 2.500 s"]


# ------------------------------------------------------------------------------------------------ view


def test_the_wheel_zooms_to_the_pointer_and_fit_brings_all_back(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    area = theatre.pane.area
    place = QPointF(200, 150)
    before = area.viewport_.to_picture(place)
    wheel = QWheelEvent(
        place, area.mapToGlobal(place), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    zoom = area.zoom
    QApplication.sendEvent(area, wheel)
    assert area.zoom > zoom
    after = area.viewport_.to_picture(place)
    assert abs(after.x() - before.x()) < 1 and abs(after.y() - before.y()) < 1
    theatre.pane.act("fit")
    assert area.zoom == zoom
    theatre.pane.act("actual")
    assert area.zoom == 1.0


def test_transparent_frames_lie_on_chequers_and_opaque_ones_do_not(play: OpenTheatre) -> None:
    theatre = play(ring(10), scenery=Scenery(opaque=0))
    theatre.rendered()
    image = theatre.pane.area.grab().toImage()
    colours = {image.pixelColor(x, image.height() // 2).name() for x in range(300, 400)}
    assert len(colours) == 2
    solid = play(ring(10))
    solid.rendered()
    image = solid.pane.area.grab().toImage()
    assert len({image.pixelColor(x, image.height() // 2).name() for x in range(300, 400)}) == 1


def test_guides_are_drawn_over_the_picture(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.rendered()
    before = theatre.pane.area.grab().toImage()
    for name, guide in (("guide-safe", Guide.SAFE_AREAS), ("guide-thirds", Guide.THIRDS)):
        theatre.pane.act(name)
        assert guide in theatre.pane.area.guides
        assert theatre.pane.actions_[name].isChecked()
        assert theatre.pane.area.grab().toImage() != before
    theatre.pane.act("guide-safe")
    theatre.pane.act("guide-thirds")
    assert theatre.pane.area.grab().toImage() == before


def test_in_a_narrow_player_the_less_important_buttons_give_way(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    transport = theatre.pane.transport
    for width, there in ((720, {"start", "guides"}), (500, {"start"}), (320, set[str]())):
        theatre.pane.resize(width, 400)
        assert {name for name in ("start", "guides") if getattr(transport, name).isVisible()} == there
        assert transport.play.isVisible()
        edges = [button.geometry() for button in (transport.back, transport.play, transport.on, transport.loop)]
        assert all(left.right() < right.left() for left, right in pairwise(edges))


# ------------------------------------------------------------------------------------------------ onion skin


def test_neighbours_wrap_on_a_ring_and_end_on_a_line() -> None:
    skin = OnionSkin(2, 2)
    assert neighbours(ring(10), 0, skin) == ((9, 8), (1, 2))
    assert neighbours(line(10), 0, skin) == ((), (1, 2))
    assert neighbours(line(10), 9, skin) == ((8, 7), ())
    assert neighbours(ring(3), 0, OnionSkin(5, 5)) == ((2,), (1,))
    assert neighbours(ring(1), 0, skin) == ((), ())


def test_an_onion_skin_tints_what_differs_and_fades_with_distance() -> None:
    ground, near, far = plain(0), plain(0, 200), plain(0, 200)
    skin = onion((near,), (), Size(64, 48), 0.8, ground)
    red = skin.pixelColor(10, 10)
    assert red.red() > red.blue()
    blue = onion((), (near,), Size(64, 48), 0.8, ground).pixelColor(10, 10)
    assert blue.blue() > blue.red()
    alone = onion((None, far), (), Size(64, 48), 0.8, ground).pixelColor(10, 10)
    assert 0 < alone.alpha() < red.alpha()
    assert onion((plain(0),), (), Size(64, 48), 0.8, ground).pixelColor(10, 10).alpha() == 0
    assert onion((plain(0),), (), Size(64, 48), 0.8).pixelColor(10, 10).alpha() > 0


def test_the_onion_skin_lies_over_the_picture_while_it_stands_still(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.rendered()
    theatre.desk.set_playhead(5)
    theatre.pane.act("onion")
    theatre.rendered()
    assert theatre.pane.transport.onion.isChecked()
    skin = theatre.pane.onion(5)
    assert skin is not None and (skin.width(), skin.height()) == (64, 48)
    assert theatre.pane.area.skin is not None
    theatre.pane.act("toggle")
    assert theatre.pane.area.skin is None
    theatre.pane.act("toggle")
    theatre.bot.waitUntil(lambda: theatre.pane.area.skin is not None)
    theatre.pane.act("onion")
    assert theatre.pane.area.skin is None
    assert play(ring(1)).pane.onion(0) is None


# ------------------------------------------------------------------------------------------------ comparing


def compared(play: OpenTheatre, mode: Mode) -> Theatre:
    theatre = play(ring(10))
    theatre.pane.set_compare(Scenery(blue=40).film, Scenery(blue=240).film, mode, ("Take 1", "Take 2"))
    theatre.desk.set_playhead(3)
    theatre.rendered()
    return theatre


def colours(theatre: Theatre) -> tuple[int, int]:
    """The blue at the left and at the right of the picture."""
    image = theatre.pane.area.grab().toImage()
    rect = theatre.pane.area.viewport_.rect()
    y = image.height() // 2 + 40
    return (
        image.pixelColor(round(rect.left() + 5), y).blue(),
        image.pixelColor(round(image.width() - rect.left() - 5), y).blue(),
    )


def test_a_wipe_shows_one_take_on_each_side_of_the_divider(play: OpenTheatre) -> None:
    theatre = compared(play, Mode.WIPE)
    assert colours(theatre) == (40, 240)
    area = theatre.pane.area
    rect = area.viewport_.rect()
    assert area.comparison is not None
    at = QPoint(round(divider_x(rect, area.comparison)), area.height() // 2)
    QTest.mousePress(area, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(area, QPoint(round(rect.right()), at.y()))
    QTest.mouseRelease(area, Qt.MouseButton.LeftButton, pos=QPoint(round(rect.right()), at.y()))
    assert colours(theatre) == (40, 40)
    QTest.keyClick(area, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert area.comparison.divider == pytest.approx(1 - STEP)


def test_side_by_side_shows_both(play: OpenTheatre) -> None:
    theatre = compared(play, Mode.SIDE_BY_SIDE)
    assert colours(theatre) == (40, 240)


def test_the_difference_is_shown_stronger(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.pane.set_compare(Scenery(blue=40).film, Scenery(blue=60).film, Mode.DIFFERENCE)
    theatre.rendered()
    assert colours(theatre) == (20 * GAIN, 20 * GAIN)


def test_the_flicker_shows_one_after_the_other(play: OpenTheatre) -> None:
    theatre = compared(play, Mode.FLICKER)
    area = theatre.pane.area
    area._flicker.stop()
    first = colours(theatre)
    QTest.keyClick(area, Qt.Key.Key_X)
    assert {first, colours(theatre)} == {(40, 40), (240, 240)}


def test_comparing_ends(play: OpenTheatre) -> None:
    theatre = compared(play, Mode.FLICKER)
    assert theatre.pane.transport.compare.isVisible()
    theatre.pane.set_compare_mode(Mode.SIDE_BY_SIDE)
    assert not theatre.pane.area._flicker.isActive()
    theatre.pane.set_compare(None)
    theatre.rendered()
    assert theatre.seen() == (3, 0, 0)
    assert not theatre.pane.transport.compare.isVisible()


def test_the_ways_to_compare_are_in_a_menu(play: OpenTheatre) -> None:
    theatre = compared(play, Mode.WIPE)
    menu = compare_menu(theatre.pane)
    titles = [action.text() for action in menu.actions() if action.text()]
    assert titles == ["Wipe", "Side by side", "Difference", "Flicker", "Compare no more"]
    menu.actions()[2].trigger()
    assert theatre.pane.area.comparison is not None
    assert theatre.pane.area.comparison.mode is Mode.DIFFERENCE


# ------------------------------------------------------------------------------------------------ previews


def test_previews_move_in_place_until_the_frames_arrive(play: OpenTheatre) -> None:
    theatre = play(generated())
    theatre.rendered()
    theatre.pane.show_preview("take", preview(0, 1, 2))
    assert theatre.seen() == (250, 0, 0)
    assert theatre.pane.area._previewing.isActive()
    theatre.desk.takes_changed.emit("take")
    theatre.rendered()
    assert theatre.seen() == (0, 0, 0)
    assert not theatre.pane.area._previewing.isActive()


def test_after_the_first_frames_only_those_to_come_are_covered(play: OpenTheatre) -> None:
    theatre = play(generated())
    theatre.desk.takes_changed.emit("take")
    theatre.pane.show_preview("take", preview(4, 5))
    theatre.rendered()
    assert theatre.seen() == (0, 0, 0)
    theatre.desk.set_playhead(4)
    theatre.rendered()
    assert theatre.seen() == (250, 0, 0)
    theatre.pane.drop_preview("take")
    assert theatre.seen() == (4, 0, 0)


def test_a_preview_of_another_clip_is_not_shown(play: OpenTheatre) -> None:
    theatre = play(generated())
    theatre.rendered()
    theatre.pane.show_preview("another", preview(0))
    assert theatre.seen() == (0, 0, 0)
    assert not shows(generated(), "another", 0, None)


def test_the_loop_of_a_preview_goes_at_the_rate_of_its_clip() -> None:
    loop = PreviewLoop("take", Fraction(10), preview(2, 0, 1))
    start = loop._clock.began
    seen = [loop.image(start + tick * 100_000_000) for tick in range(4)]
    assert seen[0] is seen[3] is loop.still
    assert len({id(image) for image in seen}) == 3
    loop.renew(preview(7, step=9))
    assert (loop.frames, loop.step) == (frozenset({0, 1, 2, 7}), 9)  # batch after batch
    short = ClipPreview("job", 1, (0, 1), 4, 3, bytes(36))
    assert PreviewLoop("take", Fraction(10), short).frames == {0}


def test_nothing_moves_by_itself_where_reduced_motion_is_asked_for(
    play: OpenTheatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PictureArea, "may_move", False)
    theatre = play(generated())
    theatre.rendered()
    theatre.pane.show_preview("take", preview(0, 1))
    assert theatre.seen() == (250, 0, 0)
    theatre.pane.set_compare(Scenery(blue=40).film, Scenery(blue=240).film, Mode.FLICKER)
    assert not theatre.pane.area._previewing.isActive()
    assert not theatre.pane.area._flicker.isActive()


# ------------------------------------------------------------------------------------------------ access


def test_every_button_has_a_name_and_a_tooltip(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    for button in theatre.pane.findChildren(QAbstractButton):
        assert button.accessibleName(), button
        assert button.toolTip(), button


def test_space_on_a_button_that_was_reached_by_tab_presses_it(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.bot.waitUntil(theatre.pane.isActiveWindow)
    theatre.pane.transport.on.setFocus()
    theatre.bot.waitUntil(theatre.pane.transport.on.hasFocus)
    QTest.keyClick(theatre.pane.transport.on, Qt.Key.Key_Space)
    assert (theatre.desk.playhead, theatre.pane.playback.playing) == (1, False)
    QTest.keyClick(theatre.pane.transport.on, Qt.Key.Key_L)
    assert theatre.pane.playback.playing


def test_the_volume_has_its_own_keys_when_it_has_the_focus(play: OpenTheatre) -> None:
    theatre = play(sounding(ring(10)))
    volume = theatre.pane.transport.volume
    theatre.bot.waitUntil(volume.isVisible)
    volume.setFocus()
    theatre.bot.waitUntil(volume.hasFocus)
    QTest.keyClick(volume, Qt.Key.Key_Left)
    assert (volume.value(), theatre.desk.playhead) == (99, 0)


def test_the_buttons_do_what_they_say(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    transport = theatre.pane.transport
    transport.on.click()
    transport.on.click()
    transport.back.click()
    assert theatre.desk.playhead == 1
    transport.end.click()
    assert theatre.desk.playhead == 9
    transport.play.click()
    assert theatre.pane.playback.playing
    assert transport.play.accessibleName() == "Pause"
    transport.loop.click()
    assert not theatre.pane.playback.looped
