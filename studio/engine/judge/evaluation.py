"""Judging a model: its pictures of the held-out prompts against the prompts, real pictures and training pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.domain.catalog import ModelInfo
from studio.domain.jobs import Picture
from studio.domain.messages import Event, PictureDone, Run
from studio.domain.recipe import Recipe
from studio.engine.judge import measures, reference
from studio.engine.judge.measures import Figure, Integers, Numbers
from studio.engine.judge.prompts import FEWEST, HeldOut, read_prompts
from studio.engine.judge.reference import Known, Neighbours, Reference
from studio.engine.judge.scorer import Floats, Pixels, Scorer, load_scorer
from studio.engine.run import StudioEngine
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import decode

FIRST_SEED = 1
WRONG = FEWEST - 1  # distractors beside the right prompt: 4-way retrieval
_TOP = 5
_SEED = 20  # of the distractors and of all resampling: one choice for every model and every run
_CLOSE = 5  # the percentile of real new pictures' distances that counts as close to a training picture
_PER_MILLE = 1000


@dataclass(frozen=True, slots=True)
class Bench:
    """All that models are judged with, read once. `sentences` (prompts, 128) and `wrong` (prompts, 3) belong to
    `prompts`."""

    prompts: tuple[HeldOut, ...]
    scorer: Scorer
    reference: Reference
    neighbours: Neighbours
    sentences: Floats
    wrong: Integers


@dataclass(frozen=True, slots=True)
class Drawn:
    """A model's pictures, `seeds` of each prompt, one prompt after the other."""

    pictures: tuple[Pixels, ...]
    seeds: int


@dataclass(frozen=True, slots=True)
class Match:
    """The nearest training pictures of one picture: their numbers and distances, by features and by pixels."""

    by_features: int
    feature_distance: float
    by_pixels: int
    pixel_distance: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found of one set of pictures: the figures by their names (see `page.MEANINGS`), whether each picture
    was matched to its prompt among four, and its nearest training pictures."""

    figures: dict[str, Figure]
    matched: tuple[bool, ...]
    matches: tuple[Match, ...]


def open_bench(folder: Path, encoder: Path) -> Bench:
    """Read the evaluation's files in `folder`; `encoder` is the model folder with the scorer's sentence encoder.

    Raises StudioError (INPUT) that names the file when one is missing or does not fit the others.
    """
    prompts = read_prompts(folder / "prompts.json")
    weights = folder / "scorer.safetensors"
    owner = reference.digest(weights, folder / "prompts.json")
    return assemble(
        prompts,
        load_scorer(weights, encoder),
        reference.read_reference(folder / "reference.npz", owner),
        reference.read_neighbours(folder / "neighbours.npz", owner),
    )


def assemble(prompts: tuple[HeldOut, ...], scorer: Scorer, real: Reference, neighbours: Neighbours) -> Bench:
    """A bench of its parts: reads the prompts and draws the distractors, the same ones each time."""
    sentences = scorer.place_text([held_out.prompt for held_out in prompts])
    wrong = measures.distractors([held_out.facts for held_out in prompts], WRONG, _SEED)
    return Bench(prompts, scorer, real, neighbours, sentences, wrong)


def draw(
    model: ModelInfo,
    prompts: Sequence[HeldOut],
    seeds: int,
    engine: StudioEngine,
    store: Path,
    report: Callable[[int], None] = lambda done: None,
) -> Drawn:
    """Pictures of each prompt with the seeds 1 … `seeds` at the model's default settings, by the engine itself.

    `store` is a folder for the finished pictures; `report` hears how many there are. Raises StudioError as the engine
    does.
    """
    pictures: list[Pixels] = []
    blobs = BlobStore(store)
    for held_out in prompts:
        recipe = Recipe(
            prompt=held_out.prompt,
            model=model.name,
            size=model.default_size,
            sampling=model.default_sampling,
            seed=FIRST_SEED,
            batch=seeds,
        )
        command = Run("judge", recipe, model.path, str(store), previews=False)
        pictures += [decode(blobs.get(picture.digest)) for picture in _finished(engine, command)]
        report(len(pictures))
    return Drawn(tuple(pictures), seeds)


def _finished(engine: StudioEngine, command: Run) -> list[Picture]:
    found: list[Picture] = []

    def emit(event: Event) -> None:
        if isinstance(event, PictureDone):
            found.append(event.picture)

    engine.run(command, emit, lambda: None)
    return sorted(found, key=lambda picture: picture.index)


def known(drawn: Drawn, scorer: Scorer) -> Known:
    """A model's pictures as they are judged."""
    pixels = np.stack(drawn.pictures)
    groups = np.arange(len(pixels)) // drawn.seeds
    return Known(scorer.features(pixels), reference.thumbnails(pixels), groups)


def judge(pictures: Known, bench: Bench) -> Judgement:
    """All figures of a set of pictures of the bench's prompts. A perfect model's are those of `bench.reference`'s
    ceiling, judged by this same function."""
    groups = pictures.groups
    placed = bench.scorer.place(pictures.features)
    picked = measures.picks(placed, bench.sentences, groups, bench.wrong)
    rank = measures.ranks(placed, bench.sentences, groups)
    matches = _matches(pictures, bench.neighbours)

    def mean(values: Numbers | NDArray[np.bool_]) -> Figure:
        return measures.bootstrap(values.astype(np.float64), groups, _SEED)

    figures = {
        "retrieval": mean(picked),
        **_by_kind(picked, groups, bench.prompts),
        "top1": mean(rank == 0),
        "top5": mean(rank < _TOP),
        "cosine": mean(measures.cosines(placed, bench.sentences, groups)),
        "kid x1000": _scaled(
            measures.kid_figure(pictures.features, groups, bench.reference.features, _SEED), _PER_MILLE
        ),
    }
    pairs, of = measures.spread(pictures.features, groups)
    if len(pairs):
        figures["diversity"] = measures.bootstrap(pairs, of, _SEED)
    figures |= _closeness(matches, groups, bench)
    return Judgement(figures, tuple(bool(hit) for hit in picked), matches)


def _by_kind(picked: Numbers, groups: Integers, prompts: Sequence[HeldOut]) -> dict[str, Figure]:
    kinds = np.array([held_out.kind for held_out in prompts])[groups]
    return {
        f"retrieval, {kind}": measures.bootstrap(picked[kinds == kind], groups[kinds == kind], _SEED)
        for kind in dict.fromkeys(held_out.kind for held_out in prompts)
        if (kinds == kind).any()
    }


def _scaled(figure: Figure, factor: float) -> Figure:
    low, high = (None if bound is None else bound * factor for bound in (figure.low, figure.high))
    return Figure(figure.value * factor, low, high)


def _matches(pictures: Known, neighbours: Neighbours) -> tuple[Match, ...]:
    rows, apart = measures.nearest(pictures.features, neighbours.features)
    flat = [array.reshape(len(array), -1) / 255 for array in (pictures.thumbnails, neighbours.thumbnails)]
    pixel_rows, pixel_apart = measures.nearest(*flat)
    return tuple(
        Match(int(a), float(b), int(c), float(d))
        for a, b, c, d in zip(rows, apart, pixel_rows, pixel_apart, strict=True)
    )


def _closeness(matches: Sequence[Match], groups: Integers, bench: Bench) -> dict[str, Figure]:
    """Distances to the nearest training pictures, and how many pictures are closer than new real ones are."""
    yardstick = _distances(_matches(bench.reference.ceiling, bench.neighbours))
    figures = {}
    for name, values in _distances(matches).items():
        close = values < np.percentile(yardstick[name], _CLOSE)
        figures[f"neighbour, {name}"] = measures.median_figure(values, groups, _SEED)
        figures[f"close, {name}"] = measures.bootstrap(close.astype(np.float64), groups, _SEED)
    return figures


def _distances(matches: Sequence[Match]) -> dict[str, Numbers]:
    return {
        "features": np.array([match.feature_distance for match in matches]),
        "pixels": np.array([match.pixel_distance for match in matches]),
    }
