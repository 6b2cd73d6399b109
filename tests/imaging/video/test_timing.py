from fractions import Fraction

import numpy as np
import pytest

from studio.imaging.video.timing import Timing, timing_of

MILLISECOND, HUNDREDTH = Fraction(1, 1000), Fraction(1, 100)


def timing(times: list[int], end: int, tick: Fraction, hint: Fraction | None = None) -> Timing:
    return timing_of(np.asarray(times, dtype=np.int64), end, tick, hint)


@pytest.mark.parametrize(
    "rate", [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60)]
)
def test_a_rate_is_found_through_a_clock_of_milliseconds(rate: Fraction) -> None:
    times = [round(1000 * e / rate) for e in range(300)]
    found = timing(times, round(300_000 / rate), MILLISECOND, rate)
    assert (found.rate, found.frames, found.variable) == (rate, 300, False)


def test_a_rate_is_found_without_any_word_of_the_file() -> None:
    found = timing([round(1000 * e / 24) for e in range(48)], 2000, MILLISECOND)
    assert (found.rate, found.frames) == (Fraction(24), 48)


def test_frames_that_were_left_out_are_held() -> None:
    kept = [0, 1, 2, 5, 6, 12, 23]
    found = timing([round(1000 * e / 24) for e in kept], 1000, MILLISECOND)
    assert (found.rate, found.frames, found.variable) == (Fraction(24), 24, True)
    assert [found.of(e) for e in range(24)] == [max(i for i, at in enumerate(kept) if at <= e) for e in range(24)]


def test_delays_of_a_gif_that_are_multiples_of_one_are_kept_exactly() -> None:
    found = timing([0, 10, 20, 120], 130, HUNDREDTH)
    assert (found.rate, found.frames) == (Fraction(10), 13)
    assert [found.of(e) for e in range(13)] == [0, 1, *[2] * 10, 3]


def test_a_phone_s_wavering_rate_becomes_the_usual_one() -> None:
    times = np.cumsum(np.random.default_rng(0).integers(2600, 3500, 200))  # 90,000 ticks a second: about 30 frames
    found = timing_of(times, int(times[-1]) + 3000, Fraction(1, 90_000))
    assert found.variable
    assert float(found.rate) == pytest.approx(30, abs=0.1)
    for e in range(found.frames):  # never more than a frame away from what is seen at that time
        shown = float(times[found.of(e)] - times[0]) / 90_000
        assert -1 / 30 <= float(e / found.rate) - shown <= 2 / 30


def test_how_long_the_last_frame_is_shown_counts() -> None:
    found = timing([0, 333], 416, MILLISECOND)  # five frames at 12 a second, of which the first four were equal
    assert (found.rate, [found.of(e) for e in range(found.frames)]) == (Fraction(12), [0, 0, 0, 0, 1])
    found = timing([0, 1000, 2000], 2000, MILLISECOND)  # unknown: as long as the others
    assert found.seconds == 3


def test_absurd_times_stay_within_bounds() -> None:
    found = timing([0, 10**15], 10**15 + 1, MILLISECOND)
    assert found.frames <= 2_000_000
    assert timing([5], 5, MILLISECOND).frames == 1
    assert timing([0, 1, 2], 3, Fraction(1, 10**9)).rate <= 240
