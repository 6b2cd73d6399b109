"""Easing curves go from the first key to the second, as CSS has them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.easing import LINEAR, PRESETS, Ease, ease_problem

SHARES = st.floats(0, 1)
EASES = st.builds(Ease, SHARES, st.floats(-2, 3), SHARES, st.floats(-2, 3), st.booleans())


@given(EASES)
def test_a_curve_begins_at_one_key_and_ends_at_the_other(ease: Ease) -> None:
    assert (ease.at(0), ease.at(1), ease.at(-1), ease.at(2)) == (0, 1, 0, 1)
    assert ease_problem(ease) == ""


@given(st.builds(Ease, SHARES, SHARES, SHARES, SHARES), SHARES, SHARES)
def test_without_overshoot_it_never_goes_back(ease: Ease, first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert -1e-9 <= ease.at(low) <= ease.at(high) + 1e-9 <= 1 + 2e-9


@given(SHARES, SHARES, SHARES, SHARES, st.floats(0, 1))
def test_it_goes_through_the_points_of_its_polynomials(x1: float, y1: float, x2: float, y2: float, t: float) -> None:
    def point(first: float, second: float) -> float:
        return 3 * (1 - t) ** 2 * t * first + 3 * (1 - t) * t**2 * second + t**3

    across, up = point(x1, x2), point(y1, y2)
    steep = Ease(x1, y1, x2, y2)
    low, high = steep.at(max(0.0, across - 1e-9)), steep.at(min(1.0, across + 1e-9))
    assert low - 1e-4 <= up <= high + 1e-4


@given(SHARES)
def test_the_straight_line_and_the_hold(share: float) -> None:
    assert LINEAR.at(share) == share and Ease(0.3, 0.3, 0.8, 0.8).at(share) == share
    assert PRESETS["hold"].at(share) == (0 if share < 1 else 1)


@pytest.mark.parametrize(
    ("name", "half"), [("linear", 0.5), ("ease", 0.8024), ("ease-in", 0.3154), ("ease-out", 0.6846),
                       ("ease-in-out", 0.5), ("hold", 0.0)],
)  # fmt: skip
def test_presets_are_those_of_css(name: str, half: float) -> None:
    assert PRESETS[name].at(0.5) == pytest.approx(half, abs=1e-4)


def test_back_overshoots() -> None:
    assert max(PRESETS["back"].at(step / 100) for step in range(101)) > 1.05


@given(SHARES)
def test_the_eases_of_in_and_out_mirror_each_other(share: float) -> None:
    assert PRESETS["ease-in"].at(share) == pytest.approx(1 - PRESETS["ease-out"].at(1 - share), abs=1e-9)
    both = PRESETS["ease-in-out"]
    assert both.at(share) == pytest.approx(1 - both.at(1 - share), abs=1e-9)


@pytest.mark.parametrize("ease", [Ease(-0.1), Ease(x2=1.1), Ease(y1=math.nan), Ease(y2=math.inf)])
def test_what_is_no_curve_is_told(ease: Ease) -> None:
    assert ease_problem(ease).startswith("A curve ")
