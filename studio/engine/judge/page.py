"""The evaluation page: Markdown with every figure, its meaning, interval and ceiling, beside contact sheets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.domain.catalog import ModelInfo
from studio.domain.errors import ErrorKind, StudioError
from studio.engine.judge.evaluation import Bench, Drawn, Judgement
from studio.engine.judge.measures import Figure
from studio.engine.judge.sheets import held_out_sheet, neighbour_sheet, save_sheet
from studio.imaging.files import save_over

PAGE, SHEET, NEIGHBOURS = "evaluation.md", "held-out.jpg", "neighbours.jpg"
_UNNAMED = re.compile(r"[^A-Za-z0-9.]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a figure is called, which way is good, and what it is; `digits` after the point are printed."""

    title: str
    good: str
    text: str
    digits: int = 3


MEANINGS = {
    "retrieval": Meaning(
        "4-way retrieval",
        "high",
        "share of pictures to which the scorer finds their own prompt nearer than three other prompts, which are drawn "
        "once, the same for every model. Chance is 0.25",
    ),
    "retrieval, scene": Meaning("… of scenes", "high", "the same, of landscapes only"),
    "retrieval, object": Meaning("… of objects", "high", "the same, of objects on a plain background only"),
    "retrieval, composite": Meaning("… of objects in scenes", "high", "the same, of objects in landscapes only"),
    "top1": Meaning(
        "64-way top-1", "high", "share of pictures to which no other of all prompts is as near as their own"
    ),
    "top5": Meaning("64-way top-5", "high", "share of pictures whose own prompt is among the five nearest of all"),
    "cosine": Meaning("cosine", "high", "mean cosine of the scorer's vectors of a picture and of its own prompt"),
    "kid x1000": Meaning(
        "KID × 1000",
        "low",
        "distance of the set of pictures from held-out real pictures of the same prompts: the unbiased squared maximum "
        "mean discrepancy with a cubic kernel (Bińkowski et al. 2018, arXiv:1801.01401) in the scorer's features. It "
        "is near 0, of either sign, for real pictures; its values compare with no KID in other features",
        2,
    ),
    "diversity": Meaning(
        "diversity",
        "as real",
        "mean distance, in the scorer's features, of two pictures of one prompt that differ in their seed only",
    ),
    "neighbour, features": Meaning(
        "nearest training picture, features",
        "as real",
        "median root mean square difference, in the scorer's features, from the nearest of the training pictures kept "
        "for this check",
    ),
    "close, features": Meaning(
        "close to one, features",
        "≤ 0.05",
        "share of pictures nearer to a training picture than 95 % of the real pictures that no model was trained on: "
        "0.05 is no sign of memorisation, much more would be",
    ),
    "neighbour, pixels": Meaning(
        "nearest training picture, pixels",
        "as real",
        "the same distance in the colours (0 to 1) of 32 × 32 pixels",
    ),
    "close, pixels": Meaning("close to one, pixels", "≤ 0.05", "the same share by that distance"),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A model with its pictures and what was found."""

    model: ModelInfo
    drawn: Drawn
    judgement: Judgement


def write_page(folder: Path, judged: Mapping[str, Judged], ceiling: Judgement, bench: Bench, font: Path) -> None:
    """Write `evaluation.md` and two contact sheets for each of the named models into `folder`; the first model's are
    `held-out.jpg` and `neighbours.jpg`, the others' carry their names. Raises StudioError (DISK)."""
    try:
        files = [
            _sheets(folder, name, found, bench, font, number) for number, (name, found) in enumerate(judged.items())
        ]
        text = _text(judged, ceiling, bench, files)
        save_over(folder / PAGE, text.encode())
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The evaluation page could not be written into {folder}: {error.strerror}.",
            "Free some space or choose another folder with --page.",
        ) from error


def _sheets(folder: Path, name: str, found: Judged, bench: Bench, font: Path, number: int) -> tuple[str, str]:
    """The file names of a model's two sheets, which are written."""
    mark = f"-{_UNNAMED.sub('-', name).strip('-')}" if number else ""
    names = tuple(f"{Path(file).stem}{mark}.jpg" for file in (SHEET, NEIGHBOURS))
    prompts = [held_out.prompt for held_out in bench.prompts]
    pictures, seeds = found.drawn.pictures, found.drawn.seeds
    first = held_out_sheet(pictures[::seeds], prompts, found.judgement.matched[::seeds], font)
    save_sheet(first, folder / names[0])
    each = [prompt for prompt in prompts for _ in range(seeds)]
    save_sheet(neighbour_sheet(pictures, each, found.judgement, bench.neighbours, font), folder / names[1])
    return names[0], names[1]


def _text(judged: Mapping[str, Judged], ceiling: Judgement, bench: Bench, files: Sequence[tuple[str, str]]) -> str:
    seeds = next(iter(judged.values())).drawn.seeds
    parts = [
        "# Evaluation of the starter model",
        f"{len(bench.prompts)} prompts that no training caption equals in meaning (place, time and feature or style; "
        f"object and background; object and place were kept together out of the training), {seeds} "
        f"{'picture' if seeds == 1 else 'pictures'} each (seeds 1 to {seeds}), default settings, no picture left out. "
        "In brackets: 95 % intervals by resampling the prompts. *Real pictures* are new ones of the same prompts by "
        "the renderer that drew the training pictures: what a perfect model would reach under this scorer.",
        _table(judged, ceiling),
        "## What the figures are",
        "\n".join(f"- **{MEANINGS[name].title}**: {MEANINGS[name].text}." for name in ceiling.figures),
        "## How they were made",
        _methods(bench),
        *(_pictures(name, found, names) for (name, found), names in zip(judged.items(), files, strict=True)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(judged: Mapping[str, Judged], ceiling: Judgement) -> str:
    rows = [
        f"| figure | good | {' | '.join(judged)} | real pictures |",
        f"|---|---|{'---|' * (len(judged) + 1)}",
    ]
    for name in ceiling.figures:
        meaning = MEANINGS[name]
        cells = [
            _cell(of.figures.get(name), meaning.digits) for of in (*(j.judgement for j in judged.values()), ceiling)
        ]
        rows.append(f"| {meaning.title} | {meaning.good} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(figure: Figure | None, digits: int) -> str:
    if figure is None:
        return "–"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.{digits}f}"
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def _methods(bench: Bench) -> str:
    real, kept = bench.reference, bench.neighbours
    return (
        "The scorer is our own image-text encoder of 1.2 million parameters (`studio/engine/judge/scorer.py`), trained "
        "from nothing on rendered pictures with exact captions: other pictures than the denoiser's, the prompts' own "
        "facts left out, never a model's output. It sees 64 × 64 pixels, so it judges content, colours and layout, not "
        f"sharpness. KID compares with {len(real.features)} held-out real pictures. The real pictures in the last "
        f"column are {len(real.ceiling.features)} others. Objects are the same artwork in training and in real "
        "pictures; what is new are their backgrounds, places and arrangement.\n\n"
        f"Nearest neighbours are searched among {len(kept.features)} of {kept.out_of} training pictures: those that "
        "share an object, or place and time, with a prompt come first, since a copy would be found there. A model "
        "that was trained on fewer of them has fewer to copy."
    )


def _pictures(name: str, found: Judged, files: tuple[str, str]) -> str:
    sampling, size = found.model.default_sampling, found.model.default_size
    return (
        f"## Pictures of {name}\n\n"
        f"Seed 1, {sampling.sampler}, {sampling.steps} steps, guidance {sampling.guidance:g}, "
        f"{size.width} × {size.height}. A red dot: not matched among four.\n\n"
        f"![The held-out prompts, seed 1]({files[0]})\n\n"
        "The pictures nearest to a training picture by features, each beside its nearest training picture by features "
        "and, right, by pixels.\n\n"
        f"![Nearest training pictures]({files[1]})"
    )
