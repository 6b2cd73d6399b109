"""Playing against a clock that the test sets: nothing drifts, nothing hitches, what is late is left out."""

import random
from dataclasses import replace
from fractions import Fraction

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.domain.timeline.model import Timeline, Zone
from tests.ui.player.conftest import OpenTheatre
from tests.ui.player.theatre import RATE, Scenery, Theatre, line, ring


def shown(theatre: Theatre, beats: int) -> list[int]:
    """The frames that these beats bring."""
    frames = []
    for _ in range(beats):
        theatre.beats()
        frames.append(theatre.desk.playhead)
        theatre.rendered()
    return frames


def test_space_plays_a_ring_round_and_round(play: OpenTheatre) -> None:
    theatre = play(ring(6))
    theatre.rendered()
    QTest.keyClick(theatre.pane.area, Qt.Key.Key_Space)
    assert shown(theatre, 8) == [1, 2, 3, 4, 5, 0, 1, 2]
    QTest.keyClick(theatre.pane.area, Qt.Key.Key_Space)
    assert shown(theatre, 2) == [2, 2]


def test_the_wrap_has_no_hitch_because_the_first_frames_are_there_before(play: OpenTheatre) -> None:
    theatre = play(ring(40))
    theatre.desk.set_playhead(20)
    theatre.pane.act("toggle")
    theatre.bot.waitUntil(lambda: all(map(theatre.pane.reel.has, range(40))))
    theatre.scenery.open.clear()  # from here on nothing can be rendered any more
    frames = []
    for _ in range(60):
        theatre.beats()
        frames.append(theatre.desk.playhead)
    assert frames == [(21 + beat) % 40 for beat in range(60)]
    assert theatre.pane.playback.dropped == 0
    theatre.scenery.open.set()


def test_frames_that_are_late_are_left_out_and_counted(play: OpenTheatre) -> None:
    theatre = play(ring(40))
    theatre.rendered()
    theatre.pane.act("toggle")
    theatre.bot.waitUntil(lambda: all(map(theatre.pane.reel.has, range(40))))
    theatre.watch.go(Fraction(5) / RATE)
    theatre.pane.playback.tick()
    assert theatre.desk.playhead == 5
    assert theatre.pane.playback.dropped == 4
    assert "4 left out" in theatre.pane.transport.counts.text()


def test_what_is_not_rendered_in_time_is_dropped_and_time_goes_on(play: OpenTheatre) -> None:
    theatre = play(line(400))
    theatre.rendered()
    theatre.scenery.open.clear()
    theatre.pane.act("toggle")
    theatre.beats(20)
    assert theatre.desk.playhead == 20
    assert theatre.pane.playback.dropped >= 10
    assert theatre.pane.playback.quality.halvings > 0
    assert "size" in theatre.pane.transport.counts.text()
    theatre.scenery.open.set()


def test_coarse_frames_become_fine_when_it_stops(play: OpenTheatre) -> None:
    theatre = play(line(400))
    theatre.pane.area.zoom_to(1.0)
    theatre.pane.playback.quality.halvings = 2
    theatre.pane.reel.set_halvings(2)
    theatre.desk.set_playhead(200)
    theatre.rendered()
    image = theatre.pane.reel.image(200)
    assert image is not None and image.width() == 16
    theatre.pane.act("toggle")
    theatre.pane.act("toggle")
    theatre.rendered()
    image = theatre.pane.reel.image(200)
    assert image is not None and image.width() == 64


def test_coarse_frames_become_fine_while_a_loop_goes_round_that_has_all_of_them(play: OpenTheatre) -> None:
    theatre = play(ring(8))
    theatre.pane.area.zoom_to(1.0)
    theatre.rendered()
    theatre.desk.set_playhead(0)
    theatre.pane.act("toggle")
    theatre.pane.playback.quality.halvings = 2
    theatre.pane.reel.set_halvings(2)
    for _ in range(16):
        theatre.beats()
        theatre.rendered()
    assert theatre.pane.playback.quality.halvings == 0
    assert theatre.pane.playback.dropped == 0
    images = [theatre.pane.reel.image(frame) for frame in range(8)]
    assert all(image is not None and image.width() == 64 for image in images)


def test_a_frame_that_arrives_within_its_time_is_shown_and_not_dropped(play: OpenTheatre) -> None:
    theatre = play(line(400))
    theatre.rendered()
    theatre.pane.act("toggle")
    theatre.desk.set_playhead(300)
    theatre.rendered()
    theatre.beats()
    assert theatre.pane.playback.dropped == 0


def test_j_k_l_shuttle(play: OpenTheatre) -> None:
    theatre = play(ring(100))
    area, playback = theatre.pane.area, theatre.pane.playback
    speeds = []
    for key in (Qt.Key.Key_L, Qt.Key.Key_L, Qt.Key.Key_L, Qt.Key.Key_J, Qt.Key.Key_J, Qt.Key.Key_K):
        QTest.keyClick(area, key)
        speeds.append(playback.shuttle.speed)
    assert speeds == [1, 2, 4, -1, -2, 0]


def test_backwards_and_at_double_speed(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.pane.act("reverse")
    assert shown(theatre, 3) == [9, 8, 7]
    theatre.pane.act("reverse")
    assert shown(theatre, 3) == [5, 3, 1]


def test_j_and_l_step_while_k_is_held_down(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    area = theatre.pane.area
    QTest.keyPress(area, Qt.Key.Key_K)
    QTest.keyClick(area, Qt.Key.Key_L)
    QTest.keyClick(area, Qt.Key.Key_L)
    assert (theatre.desk.playhead, theatre.pane.playback.playing) == (2, False)
    QTest.keyClick(area, Qt.Key.Key_J)
    assert theatre.desk.playhead == 1
    QTest.keyRelease(area, Qt.Key.Key_K)
    QTest.keyClick(area, Qt.Key.Key_L)
    assert theatre.pane.playback.playing


def test_stop_from_elsewhere_holds_no_key(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.pane.act("forward")
    theatre.pane.act("stop")
    assert not theatre.pane.playback.playing
    theatre.pane.act("forward")
    assert theatre.pane.playback.playing


def test_only_the_zone_is_played_and_its_frames_are_there_before_the_wrap(play: OpenTheatre) -> None:
    theatre = play(replace(line(100), zone=Zone(90, 94)))
    theatre.rendered()
    theatre.pane.act("toggle")
    assert theatre.desk.playhead == 90
    assert shown(theatre, 6) == [91, 92, 93, 90, 91, 92]


def test_played_once_it_stops_at_the_last_frame_and_begins_again(play: OpenTheatre) -> None:
    theatre = play(line(4))
    theatre.pane.act("loop")
    theatre.pane.act("toggle")
    assert shown(theatre, 6) == [1, 2, 3, 3, 3, 3]
    assert not theatre.pane.playback.playing
    theatre.pane.act("toggle")
    assert theatre.desk.playhead == 0


def test_played_once_it_ends_at_the_last_frame_also_where_that_is_late(play: OpenTheatre) -> None:
    theatre = play(line(40))
    theatre.pane.act("loop")
    theatre.pane.act("toggle")
    theatre.watch.go(3600)
    theatre.pane.playback.tick()
    assert (theatre.desk.playhead, theatre.pane.playback.playing) == (39, False)
    theatre.pane.act("reverse")
    theatre.watch.go(3600)
    theatre.pane.playback.tick()
    assert (theatre.desk.playhead, theatre.pane.playback.playing) == (0, False)


def test_steps_are_exact_to_the_frame_and_stop_playing(play: OpenTheatre) -> None:
    theatre = play(line(100))
    area, desk = theatre.pane.area, theatre.desk
    theatre.pane.act("toggle")
    theatre.beats(3)
    shift = Qt.KeyboardModifier.ShiftModifier
    found = []
    for key, held in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Right, shift),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Left, shift),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier),
    ):
        QTest.keyClick(area, key, held)
        found.append(desk.playhead)
    assert found == [4, 16, 15, 3, 99, 99, 0]
    assert not theatre.pane.playback.playing


def test_a_step_goes_across_the_seam_of_a_ring(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.pane.act("back")
    assert theatre.desk.playhead == 9
    theatre.pane.act("on-second")
    assert theatre.desk.playhead == (9 + RATE) % 10


def test_play_goes_on_from_where_the_playhead_is_put(play: OpenTheatre) -> None:
    theatre = play(ring(100))
    theatre.pane.act("toggle")
    theatre.beats(3)
    theatre.desk.set_playhead(50)
    assert shown(theatre, 2) == [51, 52]


def test_an_edit_that_changes_no_time_does_not_disturb_playing(play: OpenTheatre) -> None:
    theatre = play(ring(100))
    theatre.pane.act("toggle")
    theatre.beats(3)
    theatre.watch.go(Fraction(1, 2) / RATE)
    track = theatre.desk.timeline.tracks[0]
    theatre.put(replace(theatre.desk.timeline, tracks=(replace(track, opacity=0.5),)))
    theatre.watch.go(Fraction(1, 2) / RATE)
    theatre.pane.playback.tick()
    assert theatre.desk.playhead == 4


def test_an_edit_of_the_rate_changes_the_pace(play: OpenTheatre) -> None:
    theatre = play(ring(100))
    theatre.pane.act("toggle")
    theatre.beats(3)
    theatre.put(replace(theatre.desk.timeline, rate=Fraction(24)))
    theatre.watch.go(Fraction(1, 12))
    theatre.pane.playback.tick()
    assert theatre.desk.playhead == 5


def test_nothing_is_played_where_there_is_nothing(play: OpenTheatre) -> None:
    theatre = play(Timeline())
    theatre.pane.act("toggle")
    assert not theatre.pane.playback.playing
    assert not theatre.pane.transport.play.isEnabled()
    theatre.put(ring(5))
    assert theatre.pane.transport.play.isEnabled()
    theatre.pane.act("toggle")
    theatre.put(Timeline())
    assert not theatre.pane.playback.playing


def test_the_frames_that_are_really_shown_a_second_are_told(play: OpenTheatre) -> None:
    theatre = play(ring(24))
    theatre.pane.act("toggle")
    theatre.bot.waitUntil(lambda: all(map(theatre.pane.reel.has, range(24))))
    theatre.beats(24)
    assert round(theatre.pane.playback.fps, 3) == 12
    assert "12.0 of 12 fps" in theatre.pane.transport.counts.text()


def test_an_hour_later_the_frame_is_still_the_right_one(play: OpenTheatre) -> None:
    rate = Fraction(24000, 1001)
    theatre = play(replace(ring(50), rate=rate), scenery=Scenery())
    theatre.pane.act("toggle")
    theatre.watch.go(3600)
    theatre.pane.playback.tick()
    assert theatre.desk.playhead == 3600 * rate // 1 % 50


def test_leaving_the_player_stops_it(play: OpenTheatre) -> None:
    theatre = play(ring(10))
    theatre.pane.act("toggle")
    theatre.pane.hide()
    assert not theatre.pane.playback.playing


def test_whatever_is_pressed_the_playhead_stays_on_the_timeline(play: OpenTheatre) -> None:
    theatre, chance = play(ring(30)), random.Random(5)
    acts = ("toggle", "reverse", "forward", "stop", "back", "on", "back-second", "on-second", "start", "end", "loop")
    timelines = (ring(30), line(7), replace(ring(12), zone=Zone(9, 15)), Timeline(), replace(line(40), zone=Zone(3, 9)))
    for _ in range(250):
        theatre.pane.act(chance.choice(acts))
        theatre.watch.go(Fraction(chance.randint(0, 40), 100))
        theatre.pane.playback.tick()
        if chance.random() < 0.1:
            made = chance.choice(timelines)
            theatre.desk.request("Change", lambda _, made=made: made)  # type: ignore[misc]
        length = theatre.desk.timeline.length
        assert 0 <= theatre.desk.playhead < max(1, length)
        assert length or not theatre.pane.playback.playing
