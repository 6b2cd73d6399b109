"""`safelight demo`: one picture and one seamless loop, made by the built-in model."""

import time
from fractions import Fraction
from pathlib import Path

from studio.cli.clip_files import Kept, Report, saved
from studio.cli.failures import Interrupted
from studio.cli.generation import open_headless
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, announce, note, print_json
from studio.cli.progress import progress_of
from studio.domain.catalog import ModelInfo
from studio.domain.jobs import Picture
from studio.domain.messages import Ready
from studio.domain.recipe import STARTER, Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.user_paths import expanded
from studio.imaging.files import numbered_names, require_writable
from studio.session.gallery import Entry
from studio.session.headless import Cancelled, Headless

PROMPT = "sunset over the sea"
SEED = 2
FRAMES = 24
RATE = Fraction(12)


def demo(program: Program, output: Path | None, device: str, as_json: bool) -> int:
    """Carry out the command; `output` is a folder."""
    began = time.monotonic()
    headless = open_headless(program, device)
    headless.studio.queue.previews = False
    folder = expanded(output or headless.studio.paths.pictures / "demo")
    recipe = recipe_for(headless.studio.model(STARTER))
    headless.studio.check(recipe)
    require_writable(folder)
    headless.require_store()
    try:
        with cancelling(headless.cancel), headless:
            picture = _picture(headless, recipe, folder, as_json)
            loop = _loop(headless, recipe, folder, as_json)
    except Cancelled:
        raise Interrupted from None
    seconds = time.monotonic() - began
    if as_json:
        files = [str(file.absolute()) for file in (picture, loop.path)]
        print_json({"files": files, "frames": FRAMES, "seconds": {"total": seconds}, "loop": loop.as_json()})
    else:
        note(f"A picture and a loop in {seconds:.1f} s. {loop.sentence()}")
    return 0


def recipe_for(model: ModelInfo) -> Recipe:
    """What the demo makes: the first thing the model says it is good at."""
    prompt = model.examples[0] if model.examples else PROMPT
    return Recipe(prompt=prompt, model=STARTER, size=model.default_size, sampling=model.default_sampling, seed=SEED)


def _picture(headless: Headless, recipe: Recipe, folder: Path, as_json: bool) -> Path:
    def keep(recipe: Recipe, picture: Picture, engine: Ready | None) -> Entry:
        return headless.studio.gallery.save_numbered(recipe, picture, engine, folder / "picture.png")

    with progress_of(headless.studio, quiet=as_json, title="Picture"):
        path = headless.run(recipe, keep).entries[0].path
    return _announced(path, as_json)


def _loop(headless: Headless, recipe: Recipe, folder: Path, as_json: bool) -> Report:
    frames: dict[int, Kept] = {}

    def take(frame: Picture, png: bytes) -> None:
        frames[frame.index] = Kept(png, frame.about)

    with progress_of(headless.studio, quiet=as_json, title="Loop"):
        job = headless.frames(FrameSequence(recipe, FRAMES, RATE), take)
    free = next(path for path in numbered_names(folder / "loop.webp") if not path.exists())
    report = saved(free, frames, RATE, job.task, closed=True)
    _announced(report.path, as_json)
    return report


def _announced(path: Path, as_json: bool) -> Path:
    if not as_json:
        announce(path)
    return path
