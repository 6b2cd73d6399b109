"""What the real engine makes when nothing interrupts it."""

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.domain.jobs import Picture
from studio.domain.messages import Event, Ready, WorkerOptions
from studio.domain.recipe import Recipe
from studio.session.gallery import Entry
from studio.session.headless import Headless
from studio.session.paths import Paths
from studio.session.studio import Worker, WorkerFactory


class Reference:
    """Makes each picture once, in a studio of its own; with `spare_core`, by as many threads as a window's."""

    def __init__(self, make_worker: WorkerFactory, *, spare_core: bool = False) -> None:
        def make(post: Callable[[Event], None], options: WorkerOptions) -> Worker:
            return make_worker(post, dataclasses.replace(options, spare_core=spare_core))

        self._folder = tempfile.TemporaryDirectory()
        home = Path(self._folder.name)
        self._studio = Headless(Paths(home / "d", home / "c", home / "p"), make, "cpu")
        self._studio.__enter__()
        self._made: dict[Recipe, NDArray[np.uint8]] = {}

    def __call__(self, recipe: Recipe) -> NDArray[np.uint8]:
        if recipe not in self._made:
            entry = self._studio.run(recipe, self._keep).entries[0]
            with Image.open(entry.path) as image:
                self._made[recipe] = np.asarray(image.convert("RGB")).copy()
        return self._made[recipe]

    def close(self) -> None:
        self._studio.__exit__()
        self._folder.cleanup()

    def _keep(self, recipe: Recipe, picture: Picture, engine: Ready | None) -> Entry:
        return self._studio.studio.gallery.add(recipe, picture, engine)
