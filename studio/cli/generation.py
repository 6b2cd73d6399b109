"""`safelight generate`: from options to a recipe, from a recipe to files."""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.cli.failures import Interrupted
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, announce, note, print_json
from studio.cli.progress import progress_of
from studio.cli.targets import Named, Numbered, targets_for
from studio.domain.catalog import Library, LoraInfo, ModelInfo
from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.messages import Preview
from studio.domain.recipe import Lora, Recipe, Sampling, SourceImage
from studio.domain.user_paths import exists, expanded
from studio.imaging.files import require_writable, save_numbered
from studio.imaging.pictures import load_picture
from studio.imaging.pixels import encode_png
from studio.session.headless import Cancelled, Headless, Outcome
from studio.session.paths import Paths
from studio.session.studio import Studio
from studio.session.workers import ENGINE, worker_factory

RANDOM_SEEDS = 2**32  # short enough to type


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command as they were given; None means not given."""

    prompt: str
    output: Path | None
    negative: str
    model: str
    size: str | None
    steps: int | None
    guidance: float | None
    sampler: str | None
    seed: int | None
    batch: int
    image: Path | None
    strength: float | None
    loras: tuple[str, ...]
    fast: bool
    upscale: int
    preview_dir: Path | None
    device: str
    as_json: bool


def generate(program: Program, request: Request) -> int:
    """Carry out the command. Everything that can be checked is checked before the engine is started."""
    began = time.monotonic()
    headless = open_headless(program, request.device)
    studio = headless.studio
    recipe = recipe_for(request, studio.model(request.model), studio.library)
    studio.check(recipe)
    if recipe.source:
        load_picture(Path(recipe.source.path))  # the engine would find damage too, but only when a model is loaded
    targets = targets_for(request.output, recipe)
    _prepare_previews(studio, request.preview_dir)
    headless.require_store()
    outcome = _run(headless, recipe, targets, request.as_json)
    seconds = time.monotonic() - began
    if request.as_json:
        print_json(report(outcome, headless, seconds))
    else:
        note(f"{recipe.result_size}, seed {recipe.seed}, {seconds:.1f} s")
    return 0


def open_headless(program: Program, device: str) -> Headless:
    """A studio without a window whose worker is a process of its own; nothing is started yet."""
    return Headless(Paths.of_user(), worker_factory(engine=program.engine or ENGINE), device)


def recipe_for(request: Request, model: ModelInfo, library: Library) -> Recipe:
    """The recipe: what was given, and what the model likes for the rest. Raises StudioError (INPUT)."""
    fast = _fast_lora(model, library) if request.fast else None
    liked = fast.sampling if fast and fast.sampling else model.default_sampling
    sampling = Sampling(
        liked.sampler if request.sampler is None else request.sampler,
        liked.steps if request.steps is None else request.steps,
        liked.guidance if request.guidance is None else request.guidance,
    )
    return Recipe(
        prompt=request.prompt,
        negative=request.negative,
        model=request.model if request.model == model.name else model.path,
        size=_size(request.size) or model.default_size,
        sampling=sampling,
        seed=secrets.randbelow(RANDOM_SEEDS) if request.seed is None else request.seed,
        batch=request.batch,
        source=_source(request),
        loras=_loras(request.loras, fast, library),
        upscale=request.upscale,
    )


def report(outcome: Outcome, headless: Headless, seconds: float) -> dict[str, object]:
    """What `--json` prints. `seconds` holds each phase as the engine measured it, and "total" as the user felt it."""
    recipe, engine = outcome.job.recipe, headless.studio.engine
    cost = outcome.job.cost
    return {
        "files": [str(entry.path.absolute()) for entry in outcome.entries],
        "seed": recipe.seed,
        "seconds": {
            **{str(k): round(v, 4) for k, v in (cost.seconds if cost else {}).items()},
            "total": round(seconds, 4),
        },
        "peak_memory": cost.peak_memory if cost else 0,
        "model": recipe.model,
        "model_hash": recipe.model_hash,
        "loras": to_json(recipe.loras),
        "size": str(recipe.size),
        "upscale": recipe.upscale,
        "result_size": str(recipe.result_size),
        "sampler": recipe.sampling.sampler,
        "steps": recipe.sampling.steps,
        "guidance": recipe.sampling.guidance,
        "device": engine.device if engine else "",
        "device_name": engine.device_name if engine else "",
        "dtype": engine.dtype if engine else "",
        "threads": engine.threads if engine else 0,
        "versions": dict(engine.versions) if engine else {},
    }


def _run(headless: Headless, recipe: Recipe, targets: Named | Numbered, as_json: bool) -> Outcome:
    studio = headless.studio
    if not as_json:
        studio.saved.connect(lambda _, entry: announce(entry.path))
    try:
        with cancelling(headless.cancel), headless, progress_of(studio, quiet=as_json):
            return headless.run(recipe, lambda one, picture, engine: targets.save(studio.gallery, one, picture, engine))
    except Cancelled:
        raise Interrupted from None


def _size(text: str | None) -> Size | None:
    if text is None:
        return None
    try:
        return Size.parse(text)
    except ValueError as error:
        raise StudioError(ErrorKind.INPUT, str(error), field="size") from error


def _fast_lora(model: ModelInfo, library: Library) -> LoraInfo:
    found = library.fast_lora(model.family)
    if found is None:
        raise StudioError(
            ErrorKind.MODEL,
            f"There is no few-steps LoRA for {model.name}, so that it cannot be fast.",
            "Leave out --fast, or train one by `safelight train lora --preset fast`."
            if model.traits.flow
            else "Leave out --fast, or add one such as LCM, Hyper-SD or Lightning; `safelight models` tells where.",
            "loras",
        )
    return found


def _loras(given: tuple[str, ...], fast: LoraInfo | None, library: Library) -> tuple[Lora, ...]:
    found = tuple(_lora(text, library) for text in given)
    if fast is None or any(lora.name in (fast.name, fast.path) for lora in found):
        return found
    return (*found, Lora(fast.name))


def _lora(text: str, library: Library) -> Lora:
    """NAME or PATH, either with :WEIGHT. What follows a colon and is no number is of the name."""
    names = {lora.name for lora in library.loras}
    name, colon, ending = text.rpartition(":")
    weight = None if text in names or not colon else _number(ending)
    if weight is None:
        name, weight = text, 1.0
    path = expanded(Path(name))
    is_path = bool(name.strip()) and name not in names and (path.is_absolute() or len(path.parts) > 1 or exists(path))
    return Lora(str(path.absolute()) if is_path else name, weight)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _source(request: Request) -> SourceImage | None:
    if request.image is not None:
        path = str(expanded(request.image).absolute())
        return SourceImage(path) if request.strength is None else SourceImage(path, request.strength)
    if request.strength is not None:
        raise StudioError(
            ErrorKind.INPUT, "--strength says how far to go from a picture, and none is given.", "Add --image FILE."
        )
    return None


def _prepare_previews(studio: Studio, folder: Path | None) -> None:
    studio.queue.previews = folder is not None
    if folder is None:
        return
    folder = expanded(folder)
    require_writable(folder)

    def save(preview: Preview) -> None:
        shape = (preview.height, preview.width, 3)
        pixels = np.frombuffer(preview.rgb, np.uint8).reshape(shape)
        try:
            save_numbered(folder / f"preview-{preview.index + 1}-{preview.step:03}.png", encode_png(pixels))
        except StudioError as error:
            note(f"warning: {error}")

    studio.queue.preview.connect(save)
