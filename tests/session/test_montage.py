"""What a timeline shows and sounds like, through the real frames of a project."""

import dataclasses
import itertools
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.geometry import Size
from studio.domain.timeline.model import (
    Canvas,
    Clip,
    Generated,
    Key,
    Lane,
    Media,
    Sound,
    Still,
    Timeline,
    Track,
    TrackKind,
    Words,
)
from studio.imaging.blend import blend
from studio.imaging.pixels import Pixels, encode_png
from studio.session.canvas import CanvasSession
from studio.session.mixing import limited, sounds
from studio.session.montage import Montage, montage_of
from tests.session.rendered import FRAMES, LOOP, RATE, SIZE, filled, plain, project, sine, tone, turning


def lane(parameter: str, *keys: tuple[int, float]) -> Lane:
    return Lane(parameter, tuple(Key(Fraction(at), value) for at, value in keys))


CLIP = Clip("c", LOOP, 0, FRAMES)
PAIR = Timeline(
    RATE,
    (
        Track("t1", clips=(CLIP,)),
        Track("t2", TrackKind.OVERLAY, clips=(Clip("o", Canvas(), 2, 4),), mode=BlendMode.MULTIPLY, opacity=0.5),
    ),
    ring=FRAMES,
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[CanvasSession]:
    frames = [turning(index) for index in range(FRAMES)]
    found = project(tmp_path / "p.safelight", PAIR, {"a": frames, "b": [plain((0, 0, 90)), None, None, None]})
    yield found
    found.close()


@pytest.fixture
def montage(session: CanvasSession) -> Montage:
    return montage_of(session)


def opaque(pixels: Pixels) -> Pixels:
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def test_frames_are_those_of_the_take_and_go_round(montage: Montage) -> None:
    for t in (0, 1, FRAMES, -1):
        assert (montage.frame(PAIR, t, SIZE)[..., :3] == turning(t % FRAMES)).all()


def test_an_overlay_is_blended_as_a_layer_would_be(montage: Montage) -> None:
    found = montage.frame(PAIR, 3, SIZE)
    half = (plain((200, 0, 0, 255)).astype(int) + 1) // 2  # premultiplied by an opacity of one half
    half[..., 3] = 128
    expected = blend(BlendMode.MULTIPLY, opaque(turning(3)), half.astype(np.uint8))
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_nothing_is_transparent(montage: Montage) -> None:
    found = montage.frame(Timeline(RATE, (Track("t", clips=(Clip("c", LOOP, 5, 2),)),)), 0, SIZE)
    assert found.shape == (48, 64, 4) and not found.any()


def test_a_lone_frame_is_not_copied(session: CanvasSession) -> None:
    montage = montage_of(session)
    assert montage.frame(PAIR, 0, SIZE) is montage.frame(PAIR, FRAMES, SIZE)


def test_a_frame_that_is_missing_is_stood_in_for(montage: Montage) -> None:
    other = with_media(PAIR, dataclasses.replace(LOOP, active="b"))
    assert (montage.frame(other, 1, SIZE) == (0, 0, 90, 255)).all()


def with_clip(timeline: Timeline, clip: Clip) -> Timeline:
    return dataclasses.replace(
        timeline, tracks=(dataclasses.replace(timeline.tracks[0], clips=(clip,)), *timeline.tracks[1:])
    )


def with_media(timeline: Timeline, media: Media) -> Timeline:
    return with_clip(timeline, dataclasses.replace(timeline.tracks[0].clips[0], media=media))


def with_overlay(timeline: Timeline, **changes: Any) -> Timeline:
    return dataclasses.replace(
        timeline, tracks=(timeline.tracks[0], dataclasses.replace(timeline.tracks[1], **changes))
    )


SEEN: dict[str, Callable[[Timeline], Timeline]] = {
    "the take": lambda timeline: with_media(timeline, dataclasses.replace(LOOP, active="b")),
    "the offset": lambda timeline: with_clip(timeline, dataclasses.replace(CLIP, offset=Fraction(1))),
    "the speed": lambda timeline: with_clip(timeline, dataclasses.replace(CLIP, speed=Fraction(2))),
    "x": lambda timeline: with_clip(timeline, dataclasses.replace(CLIP, lanes=(lane("x", (0, 0.1)),))),
    "the scale": lambda timeline: with_clip(
        timeline, dataclasses.replace(CLIP, lanes=(lane("scale", (0, 1), (5, 2)),))
    ),
    "the rotation": lambda timeline: with_clip(
        timeline, dataclasses.replace(CLIP, lanes=(lane("rotation", (0, 1e-6)),))
    ),
    "the opacity": lambda timeline: with_clip(timeline, dataclasses.replace(CLIP, lanes=(lane("opacity", (0, 0.9)),))),
    "whether it is on": lambda timeline: with_clip(timeline, dataclasses.replace(CLIP, enabled=False)),
    "the overlay's mode": lambda timeline: with_overlay(timeline, mode=BlendMode.SCREEN),
    "the overlay's opacity": lambda timeline: with_overlay(timeline, opacity=0.6),
    "the overlay": lambda timeline: with_overlay(timeline, hidden=True),
}
UNSEEN: dict[str, Callable[[Timeline], Timeline]] = {
    "names": lambda timeline: with_clip(timeline, dataclasses.replace(CLIP, id="other", name="x", group="g")),
    "prompts": lambda timeline: with_clip(timeline, dataclasses.replace(CLIP, words=(Words(Fraction(0), "x"),))),
    "what is drawn later": lambda timeline: with_clip(
        timeline, dataclasses.replace(CLIP, lanes=(lane("motion", (0, 1)),))
    ),
    "a key elsewhere": lambda timeline: with_clip(
        timeline, dataclasses.replace(CLIP, length=6, lanes=(lane("x", (3, 0), (4, 1)),))
    ),
    "where it comes from": lambda timeline: with_clip(
        timeline, dataclasses.replace(CLIP, start=1, length=4, offset=Fraction(1))
    ),
    "a lock": lambda timeline: with_overlay(timeline, locked=True, name="x"),
    "what is invisible": lambda timeline: dataclasses.replace(
        timeline, tracks=(*timeline.tracks, Track("n", TrackKind.OVERLAY, clips=(Clip("n", LOOP, 0, 8),), opacity=0))
    ),
    "a take that is not seen": lambda timeline: with_media(timeline, dataclasses.replace(LOOP, takes=LOOP.takes[:1])),
}


@pytest.mark.parametrize("what", list(SEEN))
def test_the_key_tells_what_is_seen(what: str, montage: Montage) -> None:
    other = SEEN[what](PAIR)
    assert montage.key(PAIR, 3, SIZE) != montage.key(other, 3, SIZE)
    if what != "the rotation":
        assert (montage.frame(PAIR, 3, SIZE) != montage.frame(other, 3, SIZE)).any()


@pytest.mark.parametrize("what", list(UNSEEN))
def test_the_key_tells_nothing_else(what: str, montage: Montage) -> None:
    other = UNSEEN[what](PAIR)
    assert montage.key(PAIR, 3, SIZE) == montage.key(other, 3, SIZE)
    assert (montage.frame(PAIR, 3, SIZE) == montage.frame(other, 3, SIZE)).all()


def test_the_key_goes_round_and_has_a_size(montage: Montage) -> None:
    assert montage.key(PAIR, 1, SIZE) == montage.key(PAIR, 1 + FRAMES, SIZE) != montage.key(PAIR, 1, Size(64, 64))


def test_the_key_follows_the_canvas_and_nothing_else_of_the_document(session: CanvasSession, montage: Montage) -> None:
    before, without = montage.key(PAIR, 3, SIZE), montage.key(PAIR, 0, SIZE)
    session.commit("Zone", dataclasses.replace(session.document, timeline=Timeline(RATE)))
    assert montage.key(PAIR, 3, SIZE) == before
    session.commit("Fill", dataclasses.replace(session.document, layers=(filled(session, (0, 9, 0, 255)),)))
    assert montage.key(PAIR, 3, SIZE) != before and montage.key(PAIR, 0, SIZE) == without


def test_the_key_follows_the_frames_as_they_come(session: CanvasSession, montage: Montage) -> None:
    streamed = with_media(PAIR, dataclasses.replace(LOOP, active="b"))
    keys = [montage.key(streamed, t, SIZE) for t in (0, 1, 2, 7)]
    assert keys[0] == keys[1] == keys[3]  # frame 0 stands in for all
    session.takes.keep("b", 2, encode_png(plain((9, 9, 9)))).result(10)
    after = [montage.key(streamed, t, SIZE) for t in (0, 1, 2, 7)]
    assert after[0] == keys[0] and after[3] == keys[3] and after[2] != keys[2]
    assert (montage.frame(streamed, 2, SIZE)[..., :3] != 0).any()


def test_the_key_follows_a_file(tmp_path: Path, montage: Montage) -> None:
    path = tmp_path / "s.png"
    timeline = Timeline(RATE, (Track("t", clips=(Clip("s", Still(str(path), SIZE), 0, 5),)),))
    missing = montage.key(timeline, 0, SIZE)
    assert montage.frame(timeline, 0, SIZE).any()  # a placeholder
    Image.fromarray(plain((1, 2, 3))).save(path)
    there = montage.key(timeline, 0, SIZE)
    assert there != missing and there == montage.key(timeline, 4, SIZE)
    Image.fromarray(plain((3, 2, 1))).save(path)
    os.utime(path, (1, 1))
    assert montage.key(timeline, 0, SIZE) != there
    assert (montage.frame(timeline, 0, SIZE) == (3, 2, 1, 255)).all()


def test_a_placeholder_has_a_key_of_its_own(montage: Montage) -> None:
    unmade = Generated(LOOP.task, RATE, FRAMES, Size(10, 10))
    other = dataclasses.replace(unmade, size=Size(20, 10))
    keys = {montage.key(with_media(PAIR, media), 0, SIZE) for media in (unmade, other, LOOP)}
    assert len(keys) == 3


# ------------------------------------------------------------------------------------------------ sound

SOUND_RATE = 48_000


def audio(path: Path, length: int = 40, ring: int = 0, opacity: float = 1.0, **fields: Any) -> Timeline:
    clip = dataclasses.replace(Clip("s", Sound(str(path), Fraction(4)), 5, length), **fields)
    return Timeline(RATE, (Track("a", TrackKind.AUDIO, clips=(clip,), opacity=opacity),), ring=ring)


def seconds(first: float, last: float) -> NDArray[np.float64]:
    return np.arange(round(first * SOUND_RATE), round(last * SOUND_RATE)) / SOUND_RATE


def test_sound_is_where_its_clip_is(tmp_path: Path, montage: Montage) -> None:
    timeline = audio(tone(tmp_path / "t.wav", 440, 4), offset=Fraction(10))
    found = montage.sound(timeline, 0, 50)
    assert found.shape == (5 * SOUND_RATE, 2) and found.dtype == np.float32
    assert not found[: SOUND_RATE // 2].any() and not found[:, 1].any()
    heard = found[SOUND_RATE // 2 : round(3.5 * SOUND_RATE), 0]  # the file ends after four seconds, the clip later
    assert np.abs(heard - sine(440, seconds(1, 4))).max() < 1e-3
    assert not found[round(3.51 * SOUND_RATE) :].any()


def test_pieces_fit_together(tmp_path: Path, montage: Montage) -> None:
    timeline = audio(tone(tmp_path / "t.wav", 440, 4), ring=24, length=24, speed=Fraction(2, 3))
    timeline = dataclasses.replace(timeline, rate=Fraction(24000, 1001))
    whole = montage.sound(timeline, 0, 60)
    ends = [Fraction(0), Fraction(1, 3), Fraction(7), Fraction(22), Fraction(49, 2), Fraction(60)]
    pieces = [montage.sound(timeline, a, b) for a, b in itertools.pairwise(ends)]
    assert sum(map(len, pieces)) == len(whole)
    assert np.abs(np.concatenate(pieces) - whole).max() < 1e-4


def test_a_ring_sounds_the_same_each_turn(tmp_path: Path, montage: Montage) -> None:
    timeline = audio(tone(tmp_path / "t.wav", 440, 4), ring=20, length=20)
    found = montage.sound(timeline, 0, 40)
    assert np.abs(found[: 2 * SOUND_RATE] - found[2 * SOUND_RATE :]).max() < 1e-6
    # Frame 0 is 15 frames after the clip's start.
    assert np.abs(found[: SOUND_RATE // 4, 0] - sine(440, seconds(1.5, 1.75))).max() < 1e-3


@pytest.mark.parametrize("speed", [Fraction(2), Fraction(1, 2), Fraction(-1), Fraction(-3, 2)])
def test_speed_is_pitch(speed: Fraction, tmp_path: Path, montage: Montage) -> None:
    timeline = audio(tone(tmp_path / "t.wav", 400, 4), offset=Fraction(20), speed=speed, length=8, start=0)
    found = montage.sound(timeline, 0, 8)[:, 0]
    places = 2 + seconds(0, 0.8) * float(speed)
    inner = slice(500, -500)
    assert np.abs(found[inner] - sine(400, places)[inner]).max() < 0.02


def test_loudness_is_track_times_volume(tmp_path: Path, montage: Montage) -> None:
    lanes = (lane("volume", (0, 0.0), (10, 1.0)),)
    timeline = audio(tone(tmp_path / "t.wav", 1000, 4), opacity=0.5, lanes=lanes, start=0)
    found = np.abs(montage.sound(timeline, 0, 20)[:, 0])
    for second, level in ((0.25, 0.25), (0.5, 0.5), (0.75, 0.75), (1.5, 1.0)):
        around = found[round((second - 0.005) * SOUND_RATE) : round((second + 0.005) * SOUND_RATE)]
        assert around.max() == pytest.approx(0.25 * level, rel=0.03)


def test_what_is_hidden_off_or_missing_is_silent(tmp_path: Path, montage: Montage) -> None:
    timeline = audio(tone(tmp_path / "t.wav", 440, 4))
    hidden = dataclasses.replace(timeline, tracks=(dataclasses.replace(timeline.tracks[0], hidden=True),))
    off = audio(tmp_path / "t.wav", enabled=False)
    (tmp_path / "bad.wav").write_bytes(b"RIFF nonsense")
    for silent in (hidden, off, audio(tmp_path / "no.wav"), audio(tmp_path / "bad.wav"), PAIR):
        assert not montage.sound(silent, 0, 20).any()
    assert sounds(timeline) and not sounds(hidden) and not sounds(off) and not sounds(PAIR)


def test_loud_sounds_do_not_clip(tmp_path: Path, montage: Montage) -> None:
    path = tone(tmp_path / "t.wav", 100, 2, level=0.9)
    clip = Clip("s", Sound(str(path), Fraction(2)), 0, 20)
    tracks = tuple(Track(f"a{n}", TrackKind.AUDIO, clips=(dataclasses.replace(clip, id=f"{n}"),)) for n in range(3))
    found = montage.sound(Timeline(RATE, tracks), 0, 10)
    assert 0.9 < np.abs(found).max() <= 1
    quiet = np.linspace(-0.9, 0.9, 100, dtype=np.float32).reshape(-1, 2)
    assert (limited(quiet) == quiet).all()
    rising = limited(np.linspace(0, 3, 1000, dtype=np.float32).reshape(-1, 1))
    assert (np.diff(rising[:, 0]) >= 0).all()


def test_the_canvas_of_a_document_without_a_timeline_is_fine(tmp_path: Path) -> None:
    with_nothing = CanvasSession.create(tmp_path / "n.safelight", Document(SIZE))
    timeline = Timeline(RATE, (Track("t", clips=(Clip("c", Canvas(), 0, 5),)),))
    assert not montage_of(with_nothing).frame(timeline, 0, SIZE).any()
    with_nothing.close()
