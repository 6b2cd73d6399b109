"""Keys: their places, curves and turns."""

import dataclasses
from fractions import Fraction

import pytest

from studio.domain.easing import PRESETS, Ease
from studio.domain.errors import StudioError
from studio.domain.sequence import words_at
from studio.domain.timeline import requests as ask
from studio.domain.timeline.model import Clip, Key, Timeline
from studio.domain.timeline.parameters import PARAMETERS, WORDS
from studio.domain.timeline.seen import curve_at, prompt_keys, shots_at, value_at, words_at_frame
from tests.domain.timeline.timelines import clip, line, loop, video

RING = line(clip("a", 6, 24, loop()), ring=24)


def keyed(timeline: Timeline, parameter: str, *values: tuple[int, float]) -> Timeline:
    for at, value in values:
        timeline = ask.request_set_key(timeline, "a", parameter, Fraction(at), value)
    return timeline


def only(timeline: Timeline) -> Clip:
    return timeline.tracks[0].clips[0]


def test_on_a_line_the_ends_hold() -> None:
    made = only(keyed(line(clip("a", 0, 24, video())), "opacity", (6, 0.0), (12, 1.0)))
    assert [value_at(made, "opacity", at) for at in (0, 6, 9, 12, 23)] == [0, 0, 0.5, 1, 1]


def test_on_a_ring_the_last_key_leads_to_the_first() -> None:
    made = keyed(RING, "opacity", (6, 0.0), (18, 1.0))
    assert [value_at(only(made), "opacity", at, ring=24) for at in (6, 12, 18, 21, 0, 3)] == [
        0,
        0.5,
        1,
        0.75,
        0.5,
        0.25,
    ]
    assert [shots_at(made, frame)[0].opacity for frame in (12, 6 + 21, 3)] == [0, 0.75, 0.75]


def test_a_key_is_dragged_across_the_seam() -> None:
    made = keyed(RING, "x", (4, 1.0), (20, 0.5))
    after = ask.request_move_keys(made, "a", "x", [Fraction(4)], Fraction(-6))
    assert ask.lane_keys(only(after), "x") == (Key(Fraction(20), 0.5), Key(Fraction(22), 1.0))
    with pytest.raises(StudioError, match="one place"):
        ask.request_move_keys(made, "a", "x", [Fraction(4)], Fraction(-8))
    # On a line there is nothing beyond the ends.
    with pytest.raises(StudioError, match="outside of its clip"):
        ask.request_move_keys(dataclasses.replace(made, ring=0), "a", "x", [Fraction(4)], Fraction(-6))


def test_several_keys_are_moved_together_also_onto_each_others_places() -> None:
    made = keyed(RING, "x", (4, 1.0), (8, 2.0), (12, 3.0))
    after = ask.request_move_keys(made, "a", "x", [Fraction(4), Fraction(8)], Fraction(-4))
    assert ask.lane_keys(only(after), "x") == tuple(Key(Fraction(at), value) for at, value in ((0, 1), (4, 2), (12, 3)))


def test_values_are_held_within_their_range() -> None:
    made = only(keyed(RING, "opacity", (0, 7.0), (12, -3.0)))
    assert [key.value for key in ask.lane_keys(made, "opacity")] == [1, 0]
    back = ask.request_ease_keys(keyed(RING, "opacity", (0, 0.0), (12, 1.0)), "a", "opacity", [Fraction(0)],
                                 PRESETS["back"])  # fmt: skip
    values = [value_at(only(back), "opacity", at / 4, ring=24) for at in range(96)]
    assert max(values) == 1 and values.count(1) > 4  # the curve overshoots, the opacity does not


def test_a_key_that_is_set_again_keeps_its_curve() -> None:
    made = ask.request_set_key(RING, "a", "scale", Fraction(3), 2, PRESETS["hold"])
    again = ask.request_set_key(made, "a", "scale", Fraction(3 + 24), 3)
    assert ask.lane_keys(only(again), "scale") == (Key(Fraction(3), 3, PRESETS["hold"]),)
    assert only(ask.request_delete_keys(again, "a", "scale", [Fraction(3)])).lanes == ()
    assert ask.request_clear_lane(again, "a", "scale") == RING


@pytest.mark.parametrize("parameter", [*PARAMETERS])
def test_any_number_can_have_keys(parameter: str) -> None:
    known = PARAMETERS[parameter]
    made = keyed(RING, parameter, (0, known.minimum), (12, known.maximum))
    assert value_at(only(made), parameter, 12, 24, Fraction(12)) == known.maximum
    assert known.minimum <= known.default <= known.maximum
    assert value_at(only(RING), parameter, 5) == {"motion": 0.35, "strength": 0.5, "guidance": 4.0}.get(
        parameter, known.default
    )


@pytest.mark.parametrize(("parameter", "value"), [("tempo", 1.0), ("opacity", float("nan")), ("x", float("inf"))])
def test_what_is_no_value_is_refused(parameter: str, value: float) -> None:
    with pytest.raises(StudioError):
        ask.request_set_key(RING, "a", parameter, Fraction(0), value)


def test_a_curve_cannot_go_back_in_time() -> None:
    with pytest.raises(StudioError, match="back in time"):
        ask.request_set_key(RING, "a", "x", Fraction(0), 1, Ease(1.5, 0, 0, 1))


def test_prompts_go_round_a_loop_and_can_cross_its_seam() -> None:
    made = ask.request_set_words(RING, "a", Fraction(2), "dawn", ease=PRESETS["ease-in"])
    made = ask.request_set_words(made, "a", Fraction(14), "dusk")
    moved = ask.request_move_keys(made, "a", WORDS, [Fraction(2)], Fraction(-4))
    assert [f"{words.at} {words.prompt}" for words in only(moved).words] == ["14 dusk", "22 dawn"]
    found = words_at_frame(only(moved), 1.0, moved.rate)
    assert found and (found[0].prompt, found[1].prompt) == ("dawn", "dusk") and found[0].at == 22
    assert found[2] == PRESETS["ease-in"].at(3 / 16)
    keys = prompt_keys(only(moved), moved.rate)
    assert words_at(keys, 1 / 24, closed=True)[2] == pytest.approx(found[2])
    replaced = ask.request_set_words(moved, "a", Fraction(22), "night", "fog")
    assert [(words.prompt, words.negative) for words in only(replaced).words] == [("dusk", ""), ("night", "fog")]


def test_a_loop_on_a_line_fades_in_but_its_prompts_go_round() -> None:
    made = keyed(line(clip("a", 0, 72, loop())), "opacity", (0, 0.0), (12, 1.0))
    assert value_at(only(made), "opacity", 60) == 1
    made = ask.request_set_words(made, "a", Fraction(30), "later")
    assert only(made).words[0].at == 6  # in the first of three turns


def test_curves_of_one_key_and_of_keys_beyond_the_turn() -> None:
    assert curve_at((Key(Fraction(3), 5),), 99, Fraction(10)) == 5
    keys = (Key(Fraction(-2), 1.0), Key(Fraction(3), 0.0))
    assert curve_at(keys, 8, Fraction(10)) == 1 and curve_at(keys, 5.5, Fraction(10)) == 0.5
