"""Running clips in tests: what they emit, and how often the network is called."""

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import SD3Transformer2DModel, UNet2DConditionModel
from PIL import Image

from studio.domain.catalog import Family
from studio.domain.codec import from_json
from studio.domain.messages import Checkpoint, Log, PictureDone, Run
from studio.domain.sequence import Consistency, Footage, FrameSequence, Provenance
from studio.engine.run import StudioEngine
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, decode
from tests.engine.jobs import Result, recipe

PLAIN = Consistency(steady=False)


@dataclass
class Clip(Result):
    """What the job of a clip emitted."""

    def frames(self) -> dict[int, Pixels]:
        """Finished frames by their numbers."""
        pictures = [event.picture for event in self.of(PictureDone)]
        return {picture.index: decode(self.store.get(picture.digest)) for picture in pictures}

    def film(self) -> list[Pixels]:
        """The frames in order."""
        return [pixels for _, pixels in sorted(self.frames().items())]

    def by_number(self) -> dict[int, str]:
        """Digests of finished frames by their numbers."""
        return {event.picture.index: event.picture.digest for event in self.of(PictureDone)}

    def about(self) -> dict[int, Provenance]:
        """Where the frames come from, by their numbers."""
        pictures = [event.picture for event in self.of(PictureDone)]
        return {picture.index: from_json(Provenance, json.loads(picture.about)) for picture in pictures}

    def checkpoints(self) -> list[Checkpoint]:
        return self.of(Checkpoint)

    def taken_up(self) -> bool:
        """Did the job go on from its checkpoint?"""
        return not any("begins anew" in log.message for log in self.of(Log))


@dataclass
class Clips:
    """Runs clips on models of this engine; `poll` may raise."""

    engine: StudioEngine
    models: dict[Family, Path]
    store: Path

    def __call__(
        self,
        task: FrameSequence,
        family: Family = Family.SD1,
        *,
        poll: Callable[[Clip], None] | None = None,
        previews: bool = False,
        **begun: Any,
    ) -> Clip:
        """`begun` are fields of `Run`."""
        clip = Clip(BlobStore(self.store))
        self.go(clip, task, family, poll=poll, previews=previews, **begun)
        return clip

    def go(
        self,
        clip: Clip,
        task: FrameSequence,
        family: Family = Family.SD1,
        *,
        poll: Callable[[Clip], None] | None = None,
        previews: bool = False,
        **begun: Any,
    ) -> None:
        """The same into a clip of the caller's, who sees what came before the job was stopped."""
        command = Run("job", task, str(self.models[family]), str(self.store), previews, **begun)
        clip.finished = self.engine.run(command, clip.events.append, lambda: poll(clip) if poll else None)


def circle(family: Family = Family.SD1, frames: int = 5, **changes: Any) -> FrameSequence:
    """A small clip that suits the tiny model of `family`: every frame in its place, and no step in common."""
    asked = {key: changes.pop(key) for key in ("sampler", "steps", "guidance", "seed", "size") if key in changes}
    settings: dict[str, Any] = {"motion": 0.5, "common": 0.0, "consistency": PLAIN} | changes
    return FrameSequence(recipe(family, **asked), frames=frames, **settings)


def together(**changes: Any) -> Consistency:
    """What holds frames together, every frame in its place."""
    return dataclasses.replace(PLAIN, **changes)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The sizes of the batches that denoisers were called with while the block runs."""
    calls: list[int] = []

    def counting(forward: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(forward)
        def counted_forward(self: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append(len(args[0] if args else kwargs["hidden_states"]))
            return forward(self, *args, **kwargs)

        return counted_forward

    with monkeypatch.context() as patch:
        for kind in (UNet2DConditionModel, SD3Transformer2DModel):
            patch.setattr(kind, "forward", counting(kind.forward))
        yield calls


def apart(first: Pixels, second: Pixels) -> float:
    """The mean absolute difference in levels."""
    return float(np.abs(first.astype(float) - second).mean())


def worst(first: Sequence[Pixels], second: Sequence[Pixels]) -> int:
    """The largest difference of a channel in levels."""
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(first, second, strict=True))


def steps(frames: Sequence[Pixels]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """By how much each frame differs from the next, and the last from the first."""
    return np.array([apart(frame, frames[(at + 1) % len(frames)]) for at, frame in enumerate(frames)])


def panned(count: int, side: int, step: int, seed: int = 3) -> list[Pixels]:
    """A textured wall that the camera passes by, `step` pixels to the left in each frame; RGB."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (side // 16 + 1, (side + count * step) // 16 + 2, 3), np.uint8)
    wall = Image.fromarray(coarse).resize((coarse.shape[1] * 16, coarse.shape[0] * 16), Image.Resampling.BICUBIC)
    pixels = np.asarray(wall)
    return [np.ascontiguousarray(pixels[:side, at * step : at * step + side]) for at in range(count)]


def saved(folder: Path, frames: Sequence[Pixels]) -> Footage:
    """The frames as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{at:04}.png" for at in range(len(frames))]
    for path, frame in zip(paths, frames, strict=True):
        Image.fromarray(frame).save(path)
    return Footage(tuple(map(str, paths)))
