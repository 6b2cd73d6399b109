"""Clips through the whole engine: which job draws them, what they need, and in which number format."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.messages import Planned, Run
from studio.domain.plan import Rung
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence, Method
from studio.engine.libraries import torch
from studio.engine.planning import need_of
from studio.engine.run import StudioEngine
from studio.engine.video_models.planning import draws_whole, need_of_clip
from studio.imaging.blobs import BlobStore
from tests.engine.jobs import PLAN, Result, is_plain
from tests.engine.video_models.conftest import request


def run(engine: StudioEngine, task: FrameSequence | Recipe, path: Path, store: Path, **more: object) -> Result:
    result = Result(BlobStore(store))
    command = Run("job", task, str(path), str(store), False, **more)  # type: ignore[arg-type]
    result.finished = engine.run(command, result.events.append, lambda: None)
    return result


@pytest.mark.parametrize("name", ["sd1", "wan", "ltx"])
def test_clips_are_drawn_in_bfloat16_too(videos: dict[str, Path], tmp_path: Path, name: str) -> None:
    engine = StudioEngine(replace(PLAN, dtype=torch.bfloat16))
    module = str(videos["module"]) if name == "sd1" else ""
    result = run(engine, request(name, 8), videos[name], tmp_path, module_path=module)
    assert len(result.digests()) == 8
    assert not is_plain(result.pixels())
    float32 = run(StudioEngine(PLAN), request(name, 8), videos[name], tmp_path, module_path=module)
    assert np.abs(result.pixels(3).astype(int) - float32.pixels(3).astype(int)).mean() < 12


def test_weights_may_lie_in_files(videos: dict[str, Path], tmp_path: Path) -> None:
    """The rung of the memory ladder on which layers are read when they are needed."""
    module, sequence = str(videos["module"]), request("sd1", 4)
    whole = run(StudioEngine(PLAN), sequence, videos["sd1"], tmp_path, module_path=module)
    mapped = run(StudioEngine(PLAN), sequence, videos["sd1"], tmp_path, module_path=module, rung=Rung.OFFLOADED)
    assert mapped.of(Planned)[0].plan.rung is Rung.OFFLOADED
    assert mapped.digests() == whole.digests()


def test_a_model_for_video_draws_no_single_pictures(videos: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(StudioError) as caught:
        run(StudioEngine(PLAN), request("wan", 8).recipe, videos["wan"], tmp_path)
    assert (caught.value.problem.kind, caught.value.problem.field) == (ErrorKind.INPUT, "model")


def test_who_draws_a_clip(videos: dict[str, Path]) -> None:
    circle = request("sd1", 8, method=Method.CIRCLE)
    assert not draws_whole(circle, videos["sd1"])
    assert not draws_whole(replace(circle, module="module"), videos["sd1"])
    assert draws_whole(replace(circle, module="module", method=Method.VIDEO), videos["sd1"])
    assert draws_whole(request("sd1", 8), videos["sd1"])
    assert draws_whole(replace(circle, method=Method.VIDEO), videos["wan"])


def test_the_module_and_the_frames_seen_at_a_time_count(videos: dict[str, Path]) -> None:
    recipe = request("sd1", 8).recipe
    picture = need_of(recipe, videos["sd1"], 4)
    few, many = (need_of_clip(request("sd1", frames), videos["sd1"], str(videos["module"]), 4) for frames in (8, 200))
    assert few.weights == many.weights > picture.weights
    assert (few.denoise, many.denoise) == (8 * picture.denoise, 16 * picture.denoise)
    assert need_of_clip(request("wan", 8), videos["wan"], "", 4).weights > 0
