"""Flicker is taken out of loops and clips, and nothing else is."""

from collections.abc import Iterator

import numpy as np
import pytest

from studio.imaging.looping.deflicker import Look, changes_of, deflickered, looks
from studio.imaging.metrics import measure
from studio.imaging.pixels import Pixels
from tests.imaging.looping import clips

SIDE = 96


def flickering(frames: list[Pixels], seed: int, amount: float = 0.12) -> list[Pixels]:
    """Each frame lighter or darker, and a little more or less red, green and blue."""
    rng = np.random.default_rng(seed)
    together, apart = rng.uniform(-amount, amount, (len(frames), 1)), rng.uniform(-amount, amount, (len(frames), 3))
    gains = 1 + together + apart / 3
    return [np.clip(frame * gain, 0, 255).astype(np.uint8) for frame, gain in zip(frames, gains, strict=True)]


def treated(frames: list[Pixels], strength: float = 1.0, closed: bool = True) -> list[Pixels]:
    return [made.pixels for made in deflickered(lambda a, b: iter(frames[a:b]), len(frames), strength, closed)]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_flicker_goes_and_sharpness_motion_and_the_seam_stay(seed: int) -> None:
    clean = clips.correct(24, SIDE)
    clip = flickering(clean, seed)
    truth, before, after = (measure(frames, True) for frames in (clean, clip, treated(clip)))
    assert before.flicker > 50 * truth.flicker
    assert after.flicker < 0.1 * before.flicker
    assert 0.8 < after.seam_ratio < 1.2
    assert after.sharpness == pytest.approx(truth.sharpness, rel=0.03)
    assert after.sharpness_dip > 0.9
    assert after.dynamic_degree == pytest.approx(truth.dynamic_degree, rel=0.1)


@pytest.mark.parametrize("seed", [2, 4, 5])
def test_without_the_frames_of_the_ring_around_it_the_seam_would_open(seed: int) -> None:
    clip = flickering(clips.correct(24, SIDE), seed)
    bare, padded = (measure(treated(clip, closed=closed), True).seam_ratio for closed in (False, True))
    assert bare > 2 and 0.8 < padded < 1.2


def test_half_the_strength_takes_half_of_it() -> None:
    clip = flickering(clips.correct(16, SIDE), 0)
    before, half = (measure(frames, True).flicker for frames in (clip, treated(clip, 0.5)))
    assert half == pytest.approx(before / 2, rel=0.1)


def test_slow_changes_stay_in_a_loop_and_in_a_clip() -> None:
    turn = [1 + 0.2 * np.sin(2 * np.pi * i / 24) for i in range(24)]
    slow = {True: turn, False: [0.6 + 0.4 * i / 23 for i in range(24)]}
    for closed, gains in slow.items():
        still = [np.clip(clips.correct(1, 48)[0] * gain, 0, 255).astype(np.uint8) for gain in gains]
        for before, after in zip(still, treated(still, closed=closed), strict=True):
            assert abs(after.mean() - before.mean()) < 0.02 * 128


def test_a_flash_goes_and_the_frames_around_it_stay() -> None:
    clip = clips.correct(24, 48)
    flash = [np.clip(frame * (1.3 if index == 9 else 1), 0, 255).astype(np.uint8) for index, frame in enumerate(clip)]
    for index, after in enumerate(treated(flash)):
        assert abs(after.mean() - clip[index].mean()) < (2 if index == 9 else 1)


def test_nothing_is_carried_over_a_change_of_scene() -> None:
    dark = [(frame * 0.4).astype(np.uint8) for frame in clips.correct(8, 48)]
    clip = [*dark, *[clips.board(48)] * 8]
    found = looks(clip)
    assert [index for index, look in enumerate(found) if look.begins] == [0, 8], "on the ring the first begins one, too"
    for closed in (True, False):
        for before, after in zip(clip, treated(clip, closed=closed), strict=True):
            assert abs(after.mean() - before.mean()) < 1


def test_alpha_stays_and_hides_what_it_hides() -> None:
    alpha = np.zeros((48, 48), np.uint8)
    alpha[:24] = 255
    clean = clips.correct(12, 48)
    shown = flickering([frame[:24] for frame in clean], 4)
    hidden = flickering([frame[24:] for frame in clean], 5, 0.5)
    clip = [np.dstack([np.vstack(pair), alpha]) for pair in zip(shown, hidden, strict=True)]
    after = treated(clip)
    assert all(np.array_equal(frame[..., 3], alpha) for frame in after)
    before = measure(shown, True).flicker
    assert measure([frame[:24, :, :3] for frame in after], True).flicker < 0.1 * before


def test_what_is_made_already_is_left_out_and_all_else_is_the_same() -> None:
    clip = flickering(clips.correct(6, 48), 0)
    read = list[tuple[int, int]]()

    def frames(start: int, stop: int) -> Iterator[Pixels]:
        read.append((start, stop))
        return iter(clip[start:stop])

    heard = list[int]()
    rest = [*deflickered(frames, 6, 1.0, True, lambda: heard.append(1), {0, 1, 3})]
    whole = treated(clip)
    assert [made.index for made in rest] == [2, 4, 5] and len(heard) == 6 + 3
    assert all(np.array_equal(made.pixels, whole[made.index]) for made in rest)
    assert read == [(0, 6), (2, 3), (4, 5), (5, 6)], "once to look, and then one by one"
    assert "levels" in rest[0].note


def test_short_and_flat_clips() -> None:
    for count in (0, 1, 2, 3):
        for closed in (True, False):
            clip = clips.correct(count, 48) if count else []
            assert len(treated(clip, closed=closed)) == count
    black = [np.zeros((8, 8, 3), np.uint8)] * 4
    assert all(not frame.any() for frame in treated(black))
    grey = Look((128.0,) * 3, (10.0,) * 3)
    (change, *_) = changes_of([grey] * 5, 1.0, True)
    assert change.gain == pytest.approx((1,) * 3) and change.offset == pytest.approx((0,) * 3, abs=1e-6)
