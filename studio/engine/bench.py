"""Measure the engine: `python -m studio.engine.bench [starter|overhead|defaults|cancel|checkpoint|train] [--json]`.

Every figure is a ratio of two things timed in turn in one run, as medians, so that other load on the machine falls on
both. Weights are random where no model is at hand: they cost what real ones cost.
"""

import argparse
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio.domain.errors import JobCancelled
from studio.domain.geometry import Size
from studio.domain.messages import Event, Phase, Progress, Run, WorkerOptions
from studio.domain.recipe import STARTER, Recipe, Sampling
from studio.domain.samplers import SAMPLERS
from studio.engine.benchmodels import random_sd15, random_starter
from studio.engine.checkpoints import Identity, capture, pack
from studio.engine.device import DevicePlan, plan_for
from studio.engine.hook import blocks_of
from studio.engine.libraries import quiet, torch
from studio.engine.loading import identify, open_model
from studio.engine.models import LoadedModel
from studio.engine.run import StudioEngine
from studio.engine.sampling import build_scheduler, noise_schedule
from studio.resources import resources

Figures = dict[str, float]
PROMPT = "a red fox over the sea"


@dataclass(frozen=True, slots=True)
class Workload:
    """A model on disk and the recipe to time on it."""

    path: Path
    recipe: Recipe


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen measurements and print them."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, quiet():
        bench = Bench(Path(folder), options)
        names = [options.what] if options.what else list(bench.measurements())
        figures = {name: bench.measurements()[name]() for name in names}
    _write(figures, options.json)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m studio.engine.bench", description="Measure the engine.")
    parser.add_argument("what", nargs="?", choices=["starter", "overhead", "defaults", "cancel", "checkpoint", "train"])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=7, help="pairs timed for each ratio")
    parser.add_argument("--model", type=Path, help="a starter model folder instead of the shipped one")
    parser.add_argument("--skip-large", action="store_true", help="leave out the Stable Diffusion 1.5 size (4 GB)")
    parser.add_argument("--threads", type=int, default=0, help="torch threads; all but one core otherwise")
    return parser


def _write(figures: dict[str, Figures], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(figures, indent=1) + "\n")
        return
    for name, rows in figures.items():
        sys.stdout.write(f"{name}\n")
        sys.stdout.writelines(f"  {label:52s} {value:10.3f}\n" for label, value in rows.items())


class Bench:
    """The measurements, on models made in `folder`."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.folder, self.options = folder, options
        self.plan = plan_for(WorkerOptions("auto", threads=options.threads))

    def measurements(self) -> dict[str, Callable[[], Figures]]:
        """Each by its name."""
        return {
            "starter": self.starter,
            "overhead": self.overhead,
            "defaults": self.defaults,
            "cancel": self.cancel,
            "checkpoint": self.checkpoint,
            "train": self.train,
        }

    def starter(self) -> Figures:
        """A warm picture at default settings, seconds."""
        work, engine = self._starter(), StudioEngine(self.plan)
        times = [_timed(lambda: _run(engine, work, self.folder)) for _ in range(self.options.rounds + 1)]
        return {
            "first picture with loading, s": times[0],
            "warm picture, s": statistics.median(times[1:]),
            "threads": self.plan.threads,
        }

    def overhead(self) -> Figures:
        """Engine with a preview at each step over a bare diffusers call."""
        found = {f"starter, engine / diffusers: {k}": v for k, v in self._overhead(self._starter(), 3).items()}
        if not self.options.skip_large:
            large = self._overhead(self._large(4), 1)
            found |= {f"SD 1.5 size, engine / diffusers: {k}": v for k, v in large.items()}
        return found

    def defaults(self) -> Figures:
        """Our defaults over diffusers' own (float32, contiguous), by the time of a picture of few steps."""
        work = self._starter() if self.options.skip_large else self._large(2)
        ours, plain = _loaded(work, self.plan), _loaded(work, _plain(self.plan))
        ratios = _ratios(
            lambda: _bare(ours, work.recipe), lambda: _bare(plain, work.recipe), max(1, self.options.rounds // 3)
        )
        return {f"our defaults / diffusers' defaults, {name}": value for name, value in ratios.items()}

    def cancel(self) -> Figures:
        """How long a cancel takes: in each phase in milliseconds, inside a step in longest blocks."""
        work, engine = self._starter(), StudioEngine(self.plan)
        work = replace(work, recipe=replace(work.recipe, size=Size(512, 512)))
        _run(engine, work, self.folder)
        longest = _longest_block(engine, work, self.folder)
        found: Figures = {"longest block, ms": 1000 * longest}
        for phase in (Phase.ENCODE, Phase.DENOISE, Phase.DECODE):
            delays = [_cancel_delay(engine, work, self.folder, phase, 0.011 * i) for i in range(self.options.rounds)]
            found[f"cancel in {phase.value}, ms"] = 1000 * statistics.median(delays)
            found[f"cancel in {phase.value}, longest blocks"] = max(delays) / longest
        return found

    def checkpoint(self) -> Figures:
        """How long a checkpoint holds up the denoising, milliseconds, where a solver remembers three steps."""
        found: Figures = {}
        for name, shape in (("SD 1.5, 512²", (1, 4, 64, 64)), ("SDXL, 1024²", (1, 4, 128, 128))):
            wall, used = _checkpoint_times(shape, 30 * self.options.rounds)
            found[f"{name}: median, ms"] = 1000 * statistics.median(wall)
            found[f"{name}: 99 of 100, own computing, ms"] = 1000 * statistics.quantiles(used, n=100)[-1]
        return found | {"limit, ms": 20.0}

    def train(self) -> Figures:
        """A step of the trainer against the same step in a bare loop, on the starter's denoiser."""
        from studio.engine.train.bench import steps_of

        folder = self.folder / "pictures"
        folder.mkdir()
        ours, theirs = steps_of(self._starter().path, folder, self.plan)
        ours()
        theirs()
        return {f"trainer / bare loop: {k}": v for k, v in _ratios(ours, theirs, self.options.rounds).items()}

    def _overhead(self, work: Workload, pictures: int) -> Figures:
        engine, model = StudioEngine(self.plan), _loaded(work, self.plan)
        _run(engine, work, self.folder)
        _bare(model, work.recipe)

        def ours() -> None:
            for _ in range(pictures):
                _run(engine, work, self.folder)

        def theirs() -> None:
            for _ in range(pictures):
                _bare(model, work.recipe)

        return _ratios(ours, theirs, self.options.rounds)

    def _starter(self) -> Workload:
        shipped = resources() / "models" / STARTER
        found = shipped if shipped.is_dir() else None
        return Workload(self.options.model or found or random_starter(self.folder / STARTER), Recipe(PROMPT, seed=1))

    def _large(self, steps: int) -> Workload:
        sampling = Sampling("dpmpp-2m", steps, 7.0)
        return Workload(random_sd15(self.folder / "sd15"), Recipe(PROMPT, size=Size(512, 512), sampling=sampling))


def _plain(plan: DevicePlan) -> DevicePlan:
    return replace(plan, dtype=torch.float32, upcast_vae=torch.float32, channels_last=False)


def _loaded(work: Workload, plan: DevicePlan) -> LoadedModel:
    return open_model(work.path, *identify(work.path, _nothing), plan, _nothing, lambda done, total: None)


def _nothing() -> None:
    pass


def _run(
    engine: StudioEngine,
    work: Workload,
    folder: Path,
    emit: Callable[[Event], None] = lambda event: None,
    poll: Callable[[], None] = _nothing,
) -> None:
    engine.run(Run("bench", work.recipe, str(work.path), str(folder / "store")), emit, poll)


def _bare(model: LoadedModel, recipe: Recipe) -> None:
    """The same picture by a plain diffusers call, from the prompt to pixels in memory."""
    pipe, sampling = model.text_to_image, recipe.sampling
    pipe.scheduler = build_scheduler(SAMPLERS[sampling.sampler], model.schedule, sampling.steps, recipe.seed)
    pipe(
        prompt=recipe.prompt,
        negative_prompt=recipe.negative,
        width=recipe.size.width,
        height=recipe.size.height,
        num_inference_steps=sampling.steps,
        guidance_scale=sampling.guidance,
        generator=torch.Generator().manual_seed(recipe.seed),
    )


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _ratios(first: Callable[[], None], second: Callable[[], None], rounds: int) -> Figures:
    """first / second, taken in turn, the order reversed every other round.

    Of the wall clock the median, and of the processor's time (which other load disturbs less) median and best.
    """
    wall: tuple[list[float], list[float]] = ([], [])
    used: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for i in (0, 1) if number % 2 == 0 else (1, 0):
            start = time.process_time()
            wall[i].append(_timed((first, second)[i]))
            used[i].append(time.process_time() - start)
    return {
        "median of wall time": statistics.median(wall[0]) / statistics.median(wall[1]),
        "median of CPU time": statistics.median(used[0]) / statistics.median(used[1]),
        "best of CPU time": min(used[0]) / min(used[1]),
    }


def _longest_block(engine: StudioEngine, work: Workload, folder: Path) -> float:
    """The largest gap between two chances to stop in a whole picture, seconds, as the median of three pictures."""
    (model,) = engine._models.values()
    gaps = []
    for _ in range(3):
        moments: list[float] = []

        def visit(*details: Any, moments: list[float] = moments) -> None:
            moments.append(time.perf_counter())

        handles = [block.register_forward_pre_hook(visit) for part in model.networks() for block in blocks_of(part)]
        _run(engine, work, folder)
        for handle in handles:
            handle.remove()
        gaps.append(max(b - a for a, b in itertools.pairwise(moments)))
    return statistics.median(gaps)


def _checkpoint_times(shape: tuple[int, ...], count: int) -> tuple[list[float], list[float]]:
    """Seconds that taking the state of a denoising and packing it take in the midst of one: of the clock, and of the
    thread's own computing, which other programs do not lengthen.
    """
    schedule = noise_schedule({"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"})
    scheduler = build_scheduler(SAMPLERS["dpmpp-3m-sde-karras"], schedule, 20, 1)
    scheduler.set_timesteps(20)
    generator, before = torch.Generator().manual_seed(1), dict(vars(scheduler))
    latents = torch.randn(shape, generator=generator)
    for timestep in scheduler.timesteps[:5]:
        latents = scheduler.step(latents, timestep, latents, generator=generator)[0]
    identity = Identity(Recipe(PROMPT), ("weights",), "here")
    wall, used = [], []
    for _ in range(count):
        start = time.thread_time()
        wall.append(_timed(lambda: pack(capture(scheduler, before, 5, latents, generator), identity)))
        used.append(time.thread_time() - start)
    return wall, used


def _cancel_delay(engine: StudioEngine, work: Workload, folder: Path, phase: Phase, wait: float) -> float:
    """Seconds from the wish to cancel, `wait` after `phase` began, to the engine's return."""
    due: list[float] = []

    def emit(event: Event) -> None:
        if isinstance(event, Progress) and event.phase is phase and not due:
            due.append(time.perf_counter() + (0.0 if phase is not Phase.DENOISE else wait))

    def poll() -> None:
        if due and time.perf_counter() >= due[0]:
            raise JobCancelled

    recipe = replace(work.recipe, prompt=f"{PROMPT} {phase.value} {wait}")
    try:
        _run(engine, replace(work, recipe=recipe), folder, emit, poll)
    except JobCancelled:
        return time.perf_counter() - due[0]
    return float("inf")


if __name__ == "__main__":
    sys.exit(main())
