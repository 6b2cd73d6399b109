"""`safelight train`: LoRAs from a folder of pictures, and the built-in model from nothing."""

import dataclasses
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio.cli.failures import Interrupted
from studio.cli.generation import open_headless
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, announce, note, print_json
from studio.cli.progress import progress_of
from studio.domain.codec import from_json, to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.messages import CheckpointKept, TrainingEvent, TrainingStep, Validated
from studio.domain.training import LORA_KINDS, PRESETS, Training, run_folder
from studio.session.headless import Cancelled, Headless

STAGES = ("autoencoder", "denoiser", "few-steps")  # of the starter model, in this order
SMOOTHING = 0.05  # of the loss that is reported


@dataclass(frozen=True, slots=True)
class LoraRequest:
    """What `safelight train lora` was asked for; None takes the preset's value."""

    folder: Path
    output: Path
    base: str
    preset: str
    trigger: str = ""
    steps: int | None = None
    rank: int | None = None
    learning_rate: float | None = None
    batch: int | None = None
    side: int | None = None
    seed: int = 0
    samples: tuple[str, ...] = ()
    resume: bool = False
    device: str = ""
    as_json: bool = False


@dataclass(slots=True)
class _Figures:
    """What a run said on its way."""

    steps: int = 0
    loss: float | None = None
    validation: float | None = None
    bits: float | None = None
    checkpoint: int = 0

    def hear(self, _job: object, event: TrainingEvent) -> None:
        match event:
            case TrainingStep(step=step, loss=loss):
                self.steps = step
                self.loss = loss if self.loss is None else self.loss + SMOOTHING * (loss - self.loss)
            case Validated(loss=loss, bits=bits):
                self.validation, self.bits = loss, bits
            case CheckpointKept(step=step):
                self.checkpoint = step


def train_lora(program: Program, request: LoraRequest) -> int:
    """Carry out a `LoraRequest`; the exit code."""
    headless = open_headless(program, request.device)
    result = _one(headless, _lora(request, headless), request.resume, request.as_json)
    if request.as_json:
        print_json(result)
    return 0


def train_starter(program: Program, config: Path, resume: bool, device: str, as_json: bool) -> int:
    """Carry out the stages in a TOML file, each on the result of the one before; the exit code."""
    stages, results = read_stages(config), {}
    for name, training in stages.items():
        if resume and Path(training.output).exists():
            note(f"{name}: is there already.")
            continue
        note(f"{name}: {training.steps:,} steps.")
        results[name] = _one(open_headless(program, device), training, resume, as_json)
    if as_json:
        print_json({"stages": results, "files": [stage.output for stage in stages.values()]})
    return 0


def read_stages(config: Path) -> dict[str, Training]:
    """The trainings in a TOML file: a table for each of `STAGES` with entries of `Training`, and `output`, a folder.

    A stage may be several tables, [[denoiser]], carried out in turn: each goes on where the one before it ended. A
    stage's base is the model that the stage before it makes, the first one's the built-in starter. Raises StudioError
    (INPUT).
    """
    try:
        document = tomllib.loads(config.read_text("utf-8"))
    except OSError as error:
        raise StudioError(ErrorKind.INPUT, f"{config} cannot be read: {error.strerror}.", "Choose a file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudioError(ErrorKind.INPUT, f"{config} is no TOML file: {error}.", "Mend that line.") from error
    unknown = sorted(set(document) - {"output", *STAGES})
    output = document.pop("output", None)
    if unknown or not isinstance(output, str) or not document:
        fault = f"has an unknown entry “{unknown[0]}”" if unknown else "names no output folder or no stage"
        raise StudioError(ErrorKind.INPUT, f"{config} {fault}.", f"It may hold output and {', '.join(STAGES)}.")
    folder = (config.parent / output).absolute()
    found, base = {}, ""
    for kind, number, table in _tables(document):
        name = kind if number == 1 else f"{kind}-{number}"
        training = _stage(config, kind, number, table)
        suffix = ".safetensors" if kind == "few-steps" else ""
        training = replace(training, base=base or training.base, output=str(folder / f"{folder.name}-{name}{suffix}"))
        found[name] = training
        base = training.output
    return found


def _tables(document: dict[str, Any]) -> Iterator[tuple[str, int, object]]:
    """The stages in their order, the tables of each counted from 1."""
    for kind in (stage for stage in STAGES if stage in document):
        tables = document[kind] if isinstance(document[kind], list) and kind != "few-steps" else [document[kind]]
        yield from ((kind, number, table) for number, table in enumerate(tables, 1))


def _stage(config: Path, name: str, number: int, table: object) -> Training:
    usual = _usual(name) if number == 1 else {**_usual(name), "scratch": False}
    try:
        return from_json(Training, {**usual, **table} if isinstance(table, dict) else table, name)
    except ValueError as error:
        raise StudioError(
            ErrorKind.INPUT, f"In {config}: {error}.", "See the entries of a training in the README."
        ) from error


def _usual(name: str) -> dict[str, Any]:
    """The entries a stage has before the file's own."""
    if name == "few-steps":
        return {"kind": name}
    preset: dict[str, Any] = to_json(PRESETS["scratch"])
    return {**preset, "kind": name}


def _lora(request: LoraRequest, headless: Headless) -> Training:
    preset = PRESETS.get(request.preset)
    if preset is None or preset.kind not in LORA_KINDS:
        lora_presets = ", ".join(name for name, training in PRESETS.items() if training.kind in LORA_KINDS)
        raise StudioError(
            ErrorKind.INPUT, f"There is no preset “{request.preset}”.", f"Use one of: {lora_presets}.", "preset"
        )
    model = headless.studio.model(request.base)
    side = model.default_size.width if request.side is None else request.side
    given = {name: value for name in ("steps", "rank", "learning_rate", "batch") if (value := getattr(request, name))}
    if request.rank:
        given["alpha"] = request.rank
    return replace(
        preset,
        folder=str(request.folder.absolute()),
        base=request.base if request.base == model.name else model.path,
        output=str(request.output.absolute()),
        trigger=request.trigger,
        side=side,
        seed=request.seed,
        sample_prompts=request.samples,
        **given,
    )


def _one(headless: Headless, training: Training, resume: bool, as_json: bool) -> dict[str, Any]:
    """One training from beginning or checkpoint to end; what `--json` says of it."""
    began, figures = time.monotonic(), _Figures()
    headless.studio.check_training(training)
    _require_fresh(training, resume)
    headless.require_store()
    headless.studio.queue.training.connect(figures.hear)
    try:
        with ExitStack() as stack:
            stack.enter_context(cancelling(headless.cancel))
            stack.enter_context(headless)
            stack.enter_context(progress_of(headless.studio, quiet=as_json))
            headless.train(training)
    except Cancelled:
        if figures.checkpoint:
            note(f"Stopped after step {figures.checkpoint:,}. Go on with --resume.")
        raise Interrupted from None
    seconds = time.monotonic() - began
    if not as_json:
        announce(Path(training.output))
        note(f"{figures.steps:,} steps, loss {figures.loss or 0:.4f}, {seconds:.0f} s")
    return {
        "file": training.output,
        **{name: value for name, value in dataclasses.asdict(figures).items() if name != "checkpoint"},
        "seconds": round(seconds, 2),
        "training": to_json(training),
    }


def _require_fresh(training: Training, resume: bool) -> None:
    output, kept = Path(training.output), run_folder(training.output)
    if output.exists():
        raise StudioError(
            ErrorKind.INPUT, f"{output} exists and is not overwritten.", "Choose another name with -o.", "output"
        )
    if kept.exists() and not resume:
        raise StudioError(
            ErrorKind.INPUT,
            f"A training of this name was begun: {kept.name} is there.",
            "Go on with it by --resume, choose another name with -o, or delete that folder.",
            "output",
        )
