"""Requests for frames out of clips: lanes, words, ranges, footage."""

import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from studio.domain.easing import PRESETS
from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.domain.sequence import Footage, FrameSequence, Held
from studio.domain.timeline.model import Canvas, Clip, Generated, Key, Lane, Take, Timeline, Track, Video, Words
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify
from studio.session.clips import changes, generating
from studio.session.clips.sources import take_path, taken
from tests.session.clips.desk import CLIP, FRAMES, RATE, SIZE, TASK


def media_with(**values: Any) -> Generated:
    assert isinstance(CLIP.media, Generated)
    return dataclasses.replace(CLIP.media, **values)


MEDIA = media_with(takes=(Take("old", FRAMES, TASK), Take("seen", FRAMES, TASK)), active="seen")
SEEN = dataclasses.replace(CLIP, media=MEDIA)
FILM = Clip("film", Video("/film.mp4", Fraction(24), 240, Size(1280, 720)), 0, 40, offset=Fraction(48))


def test_lanes_and_words_say_what_is_drawn() -> None:
    lanes = tuple(Lane(name, (Key(Fraction(0), value), Key(Fraction(5), 1.0))) for name, value in
                  (("motion", 0.2), ("strength", 0.7), ("guidance", 6.5), ("opacity", 0.3)))  # fmt: skip
    words = (Words(Fraction(0), "sea", "sand", PRESETS["ease"]), Words(Fraction(10), "sky"))
    task = generating.generation(dataclasses.replace(CLIP, lanes=lanes, words=words), RATE).task
    assert isinstance(task, FrameSequence)
    assert (task.motion, task.strength, task.recipe.sampling.guidance) == (0.2, 0.7, 6.5)
    assert [(key.at, key.prompt) for key in task.prompts] == [(0.0, "sea"), (0.25, "sky")], "round the ring"
    assert task.prompts[0].ease == PRESETS["ease"] and task.prompts[0].negative == "sand"
    plain = generating.generation(CLIP, RATE)
    assert plain.task == TASK and plain.frames == FRAMES


def test_a_part_is_made_anew_between_the_frames_around_it() -> None:
    made = generating.reroll(SEEN, 3, 4, 9, range(FRAMES))
    assert isinstance(made.task, FrameSequence)
    assert made.task.only == (3, 4) and made.task.recipe.seed == 9 and made.origin == "seen"
    assert made.task.held == tuple(Held(number, take_path("seen", number)) for number in (1, 2, 5, 6))
    assert dict(made.copied) == {number: number for number in (0, 1, 2, 5, 6, 7)}
    assert made.name == "Re-rolled frames 4 to 5"


def test_a_part_across_the_seam_of_a_line_is_none() -> None:
    line = dataclasses.replace(SEEN, media=media_with(takes=MEDIA.takes, active="seen", closed=False))
    with pytest.raises(StudioError, match="the frames 1 to 8"):
        generating.reroll(line, 6, 1, 9, range(FRAMES))
    edge = generating.reroll(line, 6, 7, 9, range(FRAMES))
    assert isinstance(edge.task, FrameSequence) and [held.index for held in edge.task.held] == [4, 5]
    with pytest.raises(StudioError, match="the frames 1 to 8"):
        generating.reroll(SEEN, 0, FRAMES, 9, range(FRAMES))


def test_all_of_a_loop_made_anew_holds_nothing() -> None:
    made = generating.reroll(SEEN, 5, 4, 9, range(FRAMES))
    assert isinstance(made.task, FrameSequence)
    assert made.task.only == tuple(range(FRAMES)) and made.task.held == () and not made.copied


def test_frames_that_are_missing_are_not_held() -> None:
    made = generating.reroll(SEEN, 3, 3, 9, {0, 2, 3, 4})
    assert isinstance(made.task, FrameSequence)
    assert [held.index for held in made.task.held] == [2, 4] and set(made.copied) == {0, 2, 4}


def test_only_what_a_model_drew_is_made_anew_in_part() -> None:
    task = FlowLoop("/still.png")
    clip = dataclasses.replace(CLIP, media=media_with(task=task, takes=(Take("a", 8, task),), active="a"))
    for wrong in (clip, CLIP):
        with pytest.raises(StudioError, match="Only frames that a model has drawn"):
            generating.reroll(wrong, 0, 1, 9, range(8))


def test_a_take_is_completed_by_the_task_that_made_it() -> None:
    made = generating.completion(SEEN, (1, 5))
    assert isinstance(made.task, FrameSequence) and made.task.only == (1, 5) and made.into == "seen"
    with pytest.raises(StudioError, match="no take"):
        generating.completion(CLIP, (1,))


def test_what_is_seen_of_a_clip_is_footage() -> None:
    slow = dataclasses.replace(SEEN, offset=Fraction(6), length=8, speed=Fraction(1, 2))
    assert [taken(path) for path in generating.footage(slow, RATE).paths] == [("seen", n) for n in (6, 7, 0, 1)]
    whole = dataclasses.replace(SEEN, offset=Fraction(2), length=3)
    assert generating.footage(whole, RATE) == Footage((take_path("seen"),), 2, 3)
    back = dataclasses.replace(SEEN, offset=Fraction(1), length=3, speed=Fraction(-1))
    assert [taken(path) for path in generating.footage(back, RATE).paths] == [("seen", n) for n in (1, 0, 7)]
    assert generating.footage(FILM, Fraction(12)) == Footage(("/film.mp4",), 48, 80)
    fast = dataclasses.replace(FILM, speed=Fraction(2), length=20)
    assert generating.footage(fast, Fraction(12)) == Footage(("/film.mp4",), 48, 80), "the same frames"
    for none in (CLIP, dataclasses.replace(FILM, speed=Fraction(-1)), Clip("c", Canvas(), 0, 5)):
        with pytest.raises(StudioError):
            generating.footage(none, RATE)


def test_frames_between_frames_last_as_long() -> None:
    made = generating.interpolated(SEEN, 3)
    assert made.task == Interpolation(Footage((take_path("seen"),), 0, FRAMES), 3 * RATE, 3, closed=True)
    assert made.frames == 24
    timeline = Timeline(RATE, (Track("track", clips=(SEEN,)),), ring=FRAMES)
    after = changes.with_take(timeline, made, Take("new", made.frames, made.task)).clip("clip")
    assert after is not None and isinstance(after.media, Generated)
    assert (after.length, after.media.rate, after.media.frames) == (FRAMES, 3 * RATE, 24)


def test_a_take_without_its_flicker_is_as_long() -> None:
    made = generating.deflickered(SEEN)
    assert made.task == Deflicker(Footage((take_path("seen"),), 0, FRAMES), RATE, 1.0, closed=True)
    assert (made.frames, made.origin) == (FRAMES, "seen")
    timeline = Timeline(RATE, (Track("track", clips=(SEEN,)),), ring=FRAMES)
    after = changes.with_take(timeline, made, Take("new", made.frames, made.task)).clip("clip")
    assert after is not None and isinstance(after.media, Generated)
    assert (after.media.active, after.media.rate, after.media.frames, after.media.closed) == ("new", RATE, FRAMES, True)
    with pytest.raises(StudioError, match="no frames yet"):
        generating.deflickered(CLIP)


def test_a_loop_of_a_film_takes_its_place() -> None:
    made = generating.looped(FILM, Fraction(12), most=30)
    assert made.task == Loopify(Footage(("/film.mp4",), 48, 80), Fraction(24), 12, 30) and made.frames == 30
    timeline = Timeline(Fraction(12), (Track("track", clips=(FILM,)),))
    after = changes.with_take(timeline, made, Take("new", made.frames, made.task)).clip("film")
    assert after is not None and isinstance(after.media, Generated) and after.offset == 0
    assert after.media.active == "new" and after.media.closed and after.media.size == Size(1280, 720)


def test_takes_are_told_from_files() -> None:
    assert taken(take_path("a")) == ("a", None) and taken(take_path("a", 3)) == ("a", 3)
    assert taken(str(Path("/tmp/take.png"))) is None and SIZE.width
