"""Tiny video models, made once, and a runner of clips."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from studio.domain.geometry import Size
from studio.domain.messages import Run
from studio.domain.recipe import Recipe, Sampling
from studio.domain.sequence import FrameSequence, Method
from studio.engine.clock import PhaseClock
from studio.engine.libraries import quiet
from studio.engine.loading import Report, identify, open_model
from studio.engine.models import LoadedModel
from studio.engine.video_models.job import ClipJob
from studio.imaging.blobs import BlobStore
from tests.engine import tiny
from tests.engine.jobs import PLAN, Result
from tests.engine.video_models import tiny_video


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Model folders by name; "module" is a motion module for "sd1"."""
    folder = tmp_path_factory.mktemp("videos")
    return {
        "sd1": tiny.build_sd1(folder / "sd1"),
        "module": tiny_video.build_module(folder / "module"),
        "wan": tiny_video.build_wan(folder / "wan"),
        "wan-pictures": tiny_video.build_wan(folder / "wan-pictures", pictures=True, second=True),
        "ltx": tiny_video.build_ltx(folder / "ltx"),
    }


@dataclass
class Clips:
    """Runs clips; `poll` may raise."""

    videos: dict[str, Path]
    store: Path
    loaded: dict[Path, LoadedModel]

    def model(
        self, path: Path, poll: Callable[[], None] = lambda: None, report: Report = lambda done, total: None
    ) -> LoadedModel:
        """The model at `path`, loaded once."""
        if path not in self.loaded:
            self.loaded[path] = open_model(path, *identify(path, poll), PLAN, poll, report)
        return self.loaded[path]

    def __call__(
        self,
        name: str,
        sequence: FrameSequence,
        *,
        poll: Callable[[Result], None] | None = None,
        previews: bool = False,
        module: Path | None = None,
        loras: Sequence[Path] = (),
        **begun: object,
    ) -> Result:
        """The clip drawn by the model `name`."""
        return self.job(name, sequence, poll=poll, previews=previews, module=module, loras=loras, **begun)[1]

    def job(
        self,
        name: str,
        sequence: FrameSequence,
        *,
        poll: Callable[[Result], None] | None = None,
        previews: bool = False,
        module: Path | None = None,
        loras: Sequence[Path] = (),
        **begun: object,
    ) -> tuple[ClipJob, Result]:
        """The job itself too."""
        result = Result(BlobStore(self.store))
        paths = tuple(map(str, loras))
        path = str(module or self.videos["module"]) if name == "sd1" else ""
        model, store = str(self.videos[name]), str(self.store)
        command = Run("job", sequence, model, store, previews, paths, module_path=path, **begun)  # type: ignore[arg-type]

        def ask() -> None:
            if poll is not None:
                poll(result)

        job = ClipJob(
            command, sequence, result.events.append, ask, self.model, lambda model: nullcontext(), PLAN, PhaseClock()
        )
        with quiet():
            result.finished = job.run()
        return job, result


@pytest.fixture(scope="session")
def loaded() -> dict[Path, LoadedModel]:
    """Models stay loaded between the tests."""
    return {}


@pytest.fixture
def clips(videos: dict[str, Path], loaded: dict[Path, LoadedModel], tmp_path: Path) -> Clips:
    """Draws clips with the tiny models."""
    return Clips(videos, tmp_path / "store", loaded)


def slow(*values: object) -> Any:
    """A case for the night: others like it run by day."""
    return pytest.param(*values, marks=pytest.mark.slow)


def request(name: str, frames: int, **changes: object) -> FrameSequence:
    """A small clip that suits the model `name`."""
    sampler = {"sd1": "ddim", "wan": "unipc", "wan-pictures": "unipc", "ltx": "euler"}[name]
    size = Size(64, 64) if name == "ltx" else Size(32, 32)
    steps = changes.pop("steps", 2)
    sampling = Sampling(str(changes.pop("sampler", sampler)), int(str(steps)), float(str(changes.pop("guidance", 3.0))))
    recipe = Recipe("a red fox", "night", name, size, sampling, seed=7)
    return FrameSequence(recipe, frames=frames, method=changes.pop("method", Method.MOTION), **changes)  # type: ignore[arg-type]
