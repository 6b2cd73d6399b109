import numpy as np
import pytest

from studio.engine.judge import measures
from studio.engine.judge.measures import Figure
from studio.engine.judge.scorer import Floats


def drawn(rows: int, columns: int = 12, seed: int = 0, shift: float = 0.0) -> Floats:
    return (np.random.default_rng(seed).standard_normal((rows, columns)) + shift).astype(np.float32)


def slow_kid(x: Floats, y: Floats) -> float:
    """The estimator as Bińkowski et al. write it, sum by sum."""

    def k(a: Floats, b: Floats) -> float:
        return (float(a.astype(np.float64) @ b.astype(np.float64)) / len(a) + 1) ** 3

    m, n = len(x), len(y)
    first = sum(k(x[i], x[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    second = sum(k(y[i], y[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    mixed = sum(k(x[i], y[j]) for i in range(m) for j in range(n)) / (m * n)
    return first + second - 2 * mixed


def test_kid_is_the_paper_s_estimator() -> None:
    x, y = drawn(7), drawn(9, seed=1, shift=0.3)
    assert measures.kid(x, y) == pytest.approx(slow_kid(x, y), rel=1e-9)


def test_kid_of_one_distribution_is_zero_on_average() -> None:
    found = [measures.kid(drawn(20, seed=2 * i), drawn(30, seed=2 * i + 1)) for i in range(400)]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 4 * error
    assert min(found) < 0 < max(found)  # the biased estimator would never be negative
    assert measures.kid(drawn(20), drawn(30, seed=1, shift=0.5)) > np.max(found)


def test_kid_of_a_set_and_itself_is_not_above_zero() -> None:
    x = drawn(200)
    assert -0.2 < measures.kid(x, x) <= 0


def test_kid_needs_two_pictures() -> None:
    with pytest.raises(ValueError, match="two"):
        measures.kid(drawn(1), drawn(5))


def test_the_interval_of_kid_has_the_width_of_repeated_draws() -> None:
    reference, groups = drawn(400, seed=1000, shift=0.4), np.arange(128) // 2
    repeated = [measures.kid(drawn(128, seed=i), reference) for i in range(100)]
    figures = [measures.kid_figure(drawn(128, seed=i), groups, reference, 3) for i in range(20)]
    widths = [figure.high - figure.low for figure in figures if figure.low is not None and figure.high is not None]
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(repeated), rel=0.3)
    assert figures[0].value == pytest.approx(measures.kid(drawn(128, seed=0), reference))


def test_one_prompt_has_figures_without_intervals() -> None:
    one = np.zeros(4, np.int64)
    assert measures.kid_figure(drawn(4), one, drawn(5, seed=1), 0).low is None
    assert measures.bootstrap(np.array([0.0, 1.0, 1.0, 1.0]), one, 0) == Figure(0.75, None, None)
    assert measures.median_figure(np.array([1.0, 2.0, 3.0, 9.0]), one, 0) == Figure(2.5, None, None)


def test_the_bootstrap_draws_whole_prompts() -> None:
    rng = np.random.default_rng(1)
    groups = np.arange(400) // 4
    alike = np.repeat(rng.random(100), 4)  # four equal pictures say no more than one
    single = measures.bootstrap(alike[::4], groups[::4], 0)
    grouped = measures.bootstrap(alike, groups, 0)
    assert grouped.low is not None
    assert grouped.high is not None
    assert [grouped.low, grouped.high] == pytest.approx([single.low, single.high])
    assert grouped.high - grouped.low == pytest.approx(2 * 1.96 * np.std(alike) / np.sqrt(100), rel=0.15)


def test_distractors_are_other_prompts_with_other_facts_and_always_the_same() -> None:
    facts = ["a", "b", "a", "c", "d", "e"]
    wrong = measures.distractors(facts, 3, 7)
    assert wrong.shape == (6, 3)
    for own, others in enumerate(wrong):
        assert len(set(others)) == 3
        assert all(facts[other] != facts[own] for other in others)
    assert (measures.distractors(facts, 3, 7) == wrong).all()
    assert (measures.distractors(facts, 3, 8) != wrong).any()
    with pytest.raises(ValueError, match="distractors"):
        measures.distractors(["a", "b", "a", "a"], 3, 7)


def test_retrieval_of_planted_vectors() -> None:
    sentences = np.eye(6, dtype=np.float32)
    pictures = np.array([[1, 0, 0, 0, 0, 0], [0, 1, 0.9, 0, 0, 0], [0, 0.9, 0.5, 0.6, 0, 0.7]], np.float32)
    groups = np.array([0, 1, 2])
    wrong = np.array([[1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 1, 2], [0, 1, 2], [0, 1, 2]])
    assert measures.picks(pictures, sentences, groups, wrong).tolist() == [1, 1, 0]
    assert measures.ranks(pictures, sentences, groups).tolist() == [0, 0, 3]
    assert measures.cosines(pictures, sentences, groups).tolist() == pytest.approx([1, 1, 0.5])


def test_a_scorer_that_sees_nothing_picks_nothing() -> None:
    same = np.full((6, 4), 0.5, np.float32)
    wrong = measures.distractors(range(6), 3, 0)
    assert measures.picks(same, same, np.arange(6), wrong).sum() == 0
    assert (measures.ranks(same, same, np.arange(6)) == 5).all()


def test_spread_is_over_pairs_of_one_prompt() -> None:
    features = np.array([[0, 0], [3, 4], [0, 0], [1, 0], [0, 0], [0, 2]], np.float32)
    values, of = measures.spread(features, np.array([0, 0, 1, 1, 2, 2]))
    assert (values.tolist(), of.tolist()) == ([5, 1, 2], [0, 1, 2])
    assert len(measures.spread(features, np.arange(6))[0]) == 0


def test_nearest_is_found_with_its_distance() -> None:
    known = drawn(50)
    queries = known[[7, 31]] + np.float32(0.01)
    rows, apart = measures.nearest(queries, known)
    assert rows.tolist() == [7, 31]
    assert apart == pytest.approx(0.01, rel=1e-3)
