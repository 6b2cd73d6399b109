"""Running jobs in tests: what they emit, and when they are cancelled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import JobCancelled
from studio.domain.geometry import Size
from studio.domain.messages import Event, Finished, Phase, PictureDone, Progress, Run
from studio.domain.recipe import Recipe, Sampling, SourceImage
from studio.engine.device import DevicePlan
from studio.engine.libraries import torch
from studio.engine.run import StudioEngine
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, decode

PLAN = DevicePlan("cpu", "test", torch.float32, torch.float32, 1, True, 2**34)
E = TypeVar("E")


@dataclass
class Result:
    """What a job emitted."""

    store: BlobStore
    events: list[Event] = field(default_factory=list)
    finished: Finished | None = None

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def digests(self) -> list[str]:
        return [event.picture.digest for event in self.of(PictureDone)]

    def pixels(self, index: int = 0) -> Pixels:
        return decode(self.store.get(self.digests()[index]))

    def phases(self) -> list[Phase]:
        return list(dict.fromkeys(event.phase for event in self.of(Progress)))


@dataclass
class Runner:
    """Runs recipes; `poll` may raise JobCancelled."""

    engine: StudioEngine
    models: dict[Family, Path]
    store: Path

    def __call__(
        self,
        recipe: Recipe,
        family: Family = Family.SD1,
        *,
        poll: Callable[[Result], None] | None = None,
        previews: bool = False,
        loras: Sequence[Path] = (),
        **begun: Any,
    ) -> Result:
        """`begun` are the fields of `Run` about what is there already."""
        result = Result(BlobStore(self.store))
        paths = tuple(map(str, loras))
        command = Run("job", recipe, str(self.models[family]), str(self.store), previews, paths, **begun)
        result.finished = self.engine.run(command, result.events.append, lambda: poll(result) if poll else None)
        return result

    def stored(self) -> list[Path]:
        return [path for path in self.store.rglob("*") if path.is_file()]


def recipe(
    family: Family = Family.SD1,
    *,
    sampler: str = "dpmpp-2m",
    steps: int = 3,
    guidance: float = 4.0,
    prompt: str = "a red fox",
    negative: str = "",
    seed: int = 7,
    batch: int = 1,
    source: SourceImage | None = None,
    size: int = 32,
) -> Recipe:
    """A small request that suits the tiny model of `family`."""
    side = max(size, 2 * FAMILIES[family].size_multiple)
    return Recipe(
        prompt, negative, family.value, Size(side, side), Sampling(sampler, steps, guidance), seed, batch, source
    )


def cancel_when(condition: Callable[[Result], bool]) -> Callable[[Result], None]:
    """A poll that cancels as soon as `condition` holds."""

    def poll(result: Result) -> None:
        if condition(result):
            raise JobCancelled

    return poll


def is_plain(pixels: Pixels) -> bool:
    """One colour only: a picture that proves nothing."""
    return bool(np.all(pixels == pixels[0, 0]))
