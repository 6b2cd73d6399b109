"""`safelight demo`: one picture and one seamless loop, made by the built-in model."""

import dataclasses
import time
from pathlib import Path

from studio.cli.failures import Interrupted
from studio.cli.generation import open_headless
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, announce, note, print_json
from studio.cli.progress import progress_of
from studio.domain.catalog import ModelInfo
from studio.domain.jobs import Picture
from studio.domain.messages import Ready
from studio.domain.recipe import STARTER, Recipe, RingNoise
from studio.domain.user_paths import expanded
from studio.imaging import metadata
from studio.imaging.files import require_writable, save_numbered
from studio.imaging.loops import encode_webp_loop
from studio.imaging.metadata import Capsule
from studio.imaging.pixels import Pixels, decode
from studio.session.gallery import Entry
from studio.session.headless import Cancelled, Headless

PROMPT = "sunset over the sea"
SEED = 2
FRAMES = 16
SECONDS = 1.6  # of the loop
MOTION = 0.2


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
            files = [_picture(headless, recipe, folder, as_json), _loop(headless, recipe, folder, as_json)]
    except Cancelled:
        raise Interrupted from None
    seconds = time.monotonic() - began
    if as_json:
        print_json({"files": [str(file.absolute()) for file in files], "frames": FRAMES, "seconds": {"total": seconds}})
    else:
        note(f"A picture and a loop of {FRAMES} frames in {seconds:.1f} s")
    return 0


def recipe_for(model: ModelInfo) -> Recipe:
    """What the demo makes: the first thing the model says it is good at."""
    prompt = model.examples[0] if model.examples else PROMPT
    return Recipe(prompt=prompt, model=STARTER, size=model.default_size, sampling=model.default_sampling, seed=SEED)


def ring(recipe: Recipe) -> tuple[Recipe, ...]:
    """The recipes of a loop's frames, evenly round the circle; the end, which is the beginning, is left out."""
    return tuple(dataclasses.replace(recipe, ring=RingNoise(i / FRAMES, MOTION)) for i in range(FRAMES))


def _picture(headless: Headless, recipe: Recipe, folder: Path, as_json: bool) -> Path:
    def keep(recipe: Recipe, picture: Picture, engine: Ready | None) -> Entry:
        return headless.studio.gallery.save_numbered(recipe, picture, engine, folder / "picture.png")

    with progress_of(headless.studio, quiet=as_json, title="Picture"):
        path = headless.run(recipe, keep).entries[0].path
    return _announced(path, as_json)


def _loop(headless: Headless, recipe: Recipe, folder: Path, as_json: bool) -> Path:
    frames: list[Pixels] = []
    store = headless.studio.gallery.store

    def collect(_: Recipe, picture: Picture, __: Ready | None) -> None:
        frames.append(decode(store.get(picture.digest)))

    for number, frame in enumerate(ring(recipe), 1):
        with progress_of(headless.studio, quiet=as_json, title=f"Loop, frame {number} of {FRAMES}"):
            job = headless.run(frame, collect).job
    capsule = Capsule.of(headless.studio.engine)
    data = encode_webp_loop(frames, SECONDS, metadata.exif_for(job.recipe, capsule), metadata.xmp_for(job.recipe))
    return _announced(save_numbered(folder / "loop.webp", data), as_json)


def _announced(path: Path, as_json: bool) -> Path:
    if not as_json:
        announce(path)
    return path
