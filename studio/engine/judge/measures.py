"""The figures of an evaluation, each with a bootstrap interval.

All of them take plain arrays, so that a model's pictures and real pictures go through the same lines: what real
pictures reach is the ceiling beside each figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from studio.engine.judge.scorer import Floats

RESAMPLES = 2000
_FEWEST = 2  # of pictures or prompts: one says nothing of the spread
_LEVEL = 0.95

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its 95 % interval, which is None where one prompt alone cannot give one."""

    value: float
    low: float | None
    high: float | None


def bootstrap(values: Numbers, groups: Integers, seed: int, resamples: int = RESAMPLES) -> Figure:
    """The mean of `values` (n,) with the percentile interval of the cluster bootstrap (Davison and Hinkley 1997,
    ch. 3.8): whole `groups` (n,) are drawn again, since pictures of one prompt are no independent witnesses."""
    names, places = np.unique(groups, return_inverse=True)
    if len(names) < _FEWEST:
        return Figure(float(values.mean()), None, None)
    sums, counts = np.bincount(places, values), np.bincount(places)
    drawn = np.random.default_rng(seed).integers(len(names), size=(resamples, len(names)))
    return _figure(float(values.mean()), sums[drawn].sum(1) / counts[drawn].sum(1))


def _figure(value: float, resampled: Numbers) -> Figure:
    tail = 50 * (1 - _LEVEL)
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return Figure(value, float(low), float(high))


# -------------------------------------------------------------------------------------------------------- retrieval


def distractors(facts: Sequence[object], count: int, seed: int) -> Integers:
    """For each prompt the numbers of `count` other prompts that say something else (n, count), drawn without
    repetition. Raises ValueError when there are not that many."""
    rng = np.random.default_rng(seed)
    rows = []
    for own in facts:
        others = [number for number, other in enumerate(facts) if other != own]
        if len(others) < count:
            raise ValueError(f"{count} distractors need more than {len(facts)} prompts with facts of their own.")
        rows.append(rng.choice(others, count, replace=False))
    return np.array(rows, np.int64).reshape(len(facts), count)


def picks(pictures: Floats, sentences: Floats, groups: Integers, wrong: Integers) -> Numbers:
    """1 where a picture's own sentence is nearer to it than all its distractors, else 0 (n,).

    `pictures` (n, d) and `sentences` (prompts, d) are unit vectors, `groups` (n,) the number of each picture's
    sentence, `wrong` (prompts, k) those of its distractors. A tie counts as an error.
    """
    similarity = pictures @ sentences.T
    own = np.take_along_axis(similarity, groups[:, None], 1)
    others = np.take_along_axis(similarity, wrong[groups], 1)
    return np.asarray((own > others).all(1), np.float64)


def ranks(pictures: Floats, sentences: Floats, groups: Integers) -> Integers:
    """How many sentences of other prompts are at least as near to each picture as its own (n,): 0 is best."""
    similarity = pictures @ sentences.T
    own = np.take_along_axis(similarity, groups[:, None], 1)
    return np.asarray((similarity >= own).sum(1) - 1, np.int64)


def cosines(pictures: Floats, sentences: Floats, groups: Integers) -> Numbers:
    """The cosine of each picture and its own sentence (n,)."""
    return np.asarray((pictures * sentences[groups]).sum(1), np.float64)


# -------------------------------------------------------------------------------------------------------------- KID


def kid(first: Floats, second: Floats) -> float:
    """Squared maximum mean discrepancy of two sets of features (m, d), (n, d), with the kernel (x·y / d + 1)³ and
    the unbiased estimator: the kernel inception distance of Bińkowski et al. 2018 (arXiv:1801.01401), eq. 4, here in
    the scorer's features. It is near 0, of either sign, for two draws from one distribution. Needs m, n ≥ 2."""
    return _discrepancy(_kernel(first, first), _kernel(second, second), _kernel(first, second))


def kid_figure(first: Floats, groups: Integers, second: Floats, seed: int, resamples: int = 200) -> Figure:
    """KID with an interval over the prompts of the first set; the second, the reference, is kept as it is.

    Drawing a prompt twice would put equal pictures beside each other and raise the estimate, so half of the prompts
    are drawn without repetition, again and again: the delete-half jackknife (Shao and Wu 1989), whose spread is that
    of the whole set's figure.
    """
    inner, outer, mixed = _kernel(first, first), _kernel(second, second), _kernel(first, second)
    value = _discrepancy(inner, outer, mixed)
    names = np.unique(groups)
    half = len(names) // 2
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        rows = np.flatnonzero(np.isin(groups, rng.choice(names, half, replace=False)))
        if len(rows) < _FEWEST:
            return Figure(value, None, None)
        found.append(_discrepancy(inner[np.ix_(rows, rows)], outer, mixed[rows]))
    apart = np.array(found) - np.mean(found)
    return _figure(value, value + apart * np.sqrt(half / (len(names) - half)))


def _kernel(x: Floats, y: Floats) -> Numbers:
    return np.asarray((x.astype(np.float64) @ y.astype(np.float64).T / x.shape[1] + 1) ** 3)


def _discrepancy(inner: Numbers, outer: Numbers, mixed: Numbers) -> float:
    m, n = len(inner), len(outer)
    if min(m, n) < _FEWEST:
        raise ValueError("KID needs two pictures or more on either side.")
    within_first = (inner.sum() - np.trace(inner)) / (m * (m - 1))
    within_second = (outer.sum() - np.trace(outer)) / (n * (n - 1))
    return float(within_first + within_second - 2 * mixed.mean())


# ------------------------------------------------------------------------------------------ diversity, memorisation


def spread(features: Floats, groups: Integers) -> tuple[Numbers, Integers]:
    """Distances of all pairs of pictures of one prompt, and the prompt of each pair. Empty with one seed."""
    found, names = [], []
    for name in np.unique(groups):
        own = features[groups == name].astype(np.float64)
        for one, other in combinations(range(len(own)), 2):
            found.append(float(np.linalg.norm(own[one] - own[other])))
            names.append(name)
    return np.array(found, np.float64), np.array(names, np.int64)


def nearest(queries: NDArray[np.floating], known: NDArray[np.floating]) -> tuple[Integers, Numbers]:
    """The nearest row of `known` (m, d) to each of `queries` (n, d): its number and the root mean square difference."""
    a, b = queries.astype(np.float64), known.astype(np.float64)
    squared = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * a @ b.T
    rows = squared.argmin(1)
    return np.asarray(rows, np.int64), np.sqrt(np.maximum(squared[np.arange(len(a)), rows], 0) / a.shape[1])


def median_figure(values: Numbers, groups: Integers, seed: int, resamples: int = RESAMPLES) -> Figure:
    """The median of `values` (n,) with the interval of the cluster bootstrap over `groups` (n,)."""
    names = np.unique(groups)
    if len(names) < _FEWEST:
        return Figure(float(np.median(values)), None, None)
    members = [np.flatnonzero(groups == name) for name in names]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        drawn = rng.integers(len(names), size=len(names))
        found.append(np.median(values[np.concatenate([members[i] for i in drawn])]))
    return _figure(float(np.median(values)), np.array(found))
