from pathlib import Path

import numpy as np
import pytest

from studio.domain.catalog import PICTURE_FAMILIES, Family
from studio.domain.errors import ErrorKind, JobCancelled, StudioError
from studio.domain.geometry import Size
from studio.domain.messages import Finished, Loaded, Phase, PictureDone, Preview, Progress
from studio.engine.run import StudioEngine
from studio.engine.shortage import VARIABLE
from tests.engine.jobs import PLAN, Result, Runner, cancel_when, is_plain, recipe

FAMILIES = list(PICTURE_FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_job_passes_all_phases_and_delivers_its_picture(runner: Runner, family: Family) -> None:
    result = runner(recipe(family), family, previews=True)
    assert result.phases() == [Phase.LOAD, Phase.ENCODE, Phase.DENOISE, Phase.DECODE, Phase.SAVE]
    (done,) = result.of(PictureDone)
    assert result.pixels().shape == (done.picture.height, done.picture.width, 3)
    assert not is_plain(result.pixels())
    assert isinstance(result.finished, Finished)
    assert set(result.finished.cost.seconds) == {"load", "encode", "denoise", "decode", "save"}
    assert all(seconds > 0 for seconds in result.finished.cost.seconds.values())
    assert result.finished.cost.peak_memory > 2**27
    (loaded,) = result.of(Loaded)
    assert len(loaded.model_hash) == 16
    assert [(p.step, p.total) for p in result.of(Progress) if p.phase is Phase.DENOISE] == [(1, 3), (2, 3), (3, 3)]
    assert [p.step for p in result.of(Preview)] == [1, 2, 3]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(runner: Runner, family: Family) -> None:
    assert runner(recipe(family), family).digests() == runner(recipe(family), family).digests()
    assert runner(recipe(family, seed=8), family).digests() != runner(recipe(family), family).digests()


@pytest.mark.parametrize("sampler", ["dpmpp-2m", "euler-a", "dpmpp-sde", "lcm"])
def test_a_picture_does_not_depend_on_its_batch(runner: Runner, sampler: str) -> None:
    batch = runner(recipe(sampler=sampler, seed=5, batch=3)).of(PictureDone)
    assert [(event.picture.index, event.picture.seed) for event in batch] == [(0, 5), (1, 6), (2, 7)]
    alone = [runner(recipe(sampler=sampler, seed=seed)).digests()[0] for seed in (5, 6, 7)]
    assert [event.picture.digest for event in batch] == alone
    assert len(set(alone)) == 3


def test_progress_counts_the_whole_batch(runner: Runner) -> None:
    steps = [p.step for p in runner(recipe(batch=2)).of(Progress) if p.phase is Phase.DENOISE]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_previews_do_not_change_the_picture(runner: Runner) -> None:
    assert runner(recipe(), previews=True).digests() == runner(recipe(), previews=False).digests()
    assert not runner(recipe(), previews=False).of(Preview)


def test_pictures_may_have_any_shape_of_the_models_granularity(runner: Runner) -> None:
    wide = recipe().__class__("a fox", size=Size(72, 40), sampling=recipe().sampling)
    assert runner(wide).pixels().shape == (40, 72, 3)


def test_a_size_off_the_grid_is_refused_with_the_nearest_one(runner: Runner) -> None:
    odd = recipe(Family.STARTER).__class__("a fox", size=Size(50, 50), sampling=recipe().sampling)
    with pytest.raises(StudioError) as caught:
        runner(odd, Family.STARTER)
    assert caught.value.problem.field == "size"
    assert "64x64" in caught.value.problem.hint


def test_a_sampler_without_flow_is_refused_for_the_starter(runner: Runner) -> None:
    with pytest.raises(StudioError) as caught:
        runner(recipe(Family.STARTER, sampler="ddim"), Family.STARTER)
    assert caught.value.problem.kind is ErrorKind.INPUT
    assert caught.value.problem.field == "sampling.sampler"


@pytest.mark.parametrize("guidance", [0.0, 1.0])
def test_without_guidance_the_denoiser_runs_on_one_row(runner: Runner, guidance: float) -> None:
    runner(recipe())
    (model,) = [m for m in runner.engine._models.values() if m.family is Family.SD1]
    rows: list[int] = []
    handle = model.denoiser.register_forward_pre_hook(lambda module, inputs: rows.append(len(inputs[0])))
    runner(recipe(guidance=guidance))
    runner(recipe(guidance=3))
    handle.remove()
    assert rows == [1, 1, 1, 2, 2, 2]


def test_numbers_out_of_range_are_a_problem_not_a_black_picture(runner: Runner, engine: StudioEngine) -> None:
    runner(recipe())
    (model,) = [m for m in engine._models.values() if m.family is Family.SD1]
    weight = model.denoiser.conv_out.bias
    kept = weight.clone()
    weight.fill_(float("nan"))
    with pytest.raises(StudioError) as caught:
        runner(recipe())
    weight.copy_(kept)
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert caught.value.problem.hint


def test_a_loaded_model_is_kept_and_free_drops_it(models: dict[Family, Path], tmp_path: Path) -> None:
    engine = StudioEngine(PLAN)
    runner = Runner(engine, models, tmp_path)
    first, second = runner(recipe()), runner(recipe())
    assert first.finished and second.finished
    assert second.finished.cost.seconds["load"] < first.finished.cost.seconds["load"] / 3
    engine.free()
    assert not engine._models
    assert runner(recipe()).digests() == first.digests()


def test_at_most_two_models_are_kept(models: dict[Family, Path], tmp_path: Path) -> None:
    engine = StudioEngine(PLAN)
    runner = Runner(engine, models, tmp_path)
    for family in (Family.SD1, Family.SDXL, Family.SD1, Family.STARTER):
        runner(recipe(family, steps=1), family)
    assert [model.family for model in engine._models.values()] == [Family.SD1, Family.STARTER]


@pytest.mark.parametrize("phase", [Phase.LOAD, Phase.ENCODE, Phase.DENOISE, Phase.DECODE, Phase.SAVE])
def test_cancel_reaches_each_phase_and_leaves_no_file(runner: Runner, phase: Phase) -> None:
    with pytest.raises(JobCancelled):
        runner(recipe(batch=2), poll=cancel_when(lambda result: phase in result.phases()))
    finished = 1 if phase is Phase.SAVE else 0  # saving is not interrupted: the second picture is
    assert len(runner.stored()) <= finished
    assert not [path for path in runner.stored() if path.name.startswith(".")]


def test_a_cancel_while_loading_is_seen_between_the_parts(models: dict[Family, Path], tmp_path: Path) -> None:
    runner = Runner(StudioEngine(PLAN), models, tmp_path)
    seen: list[int] = []

    def second_part(result: Result) -> bool:
        seen.append(max((p.step for p in result.of(Progress)), default=0))
        return seen[-1] >= 2

    with pytest.raises(JobCancelled):
        runner(recipe(), poll=cancel_when(second_part))
    assert seen[-1] == 2
    assert not runner.engine._models
    assert runner(recipe()).digests()


def test_two_engines_agree(runner: Runner, models: dict[Family, Path], tmp_path: Path) -> None:
    other = Runner(StudioEngine(PLAN), models, tmp_path / "other")
    np.testing.assert_array_equal(other(recipe()).pixels(), runner(recipe()).pixels())


def test_out_of_memory_is_a_problem_with_a_hint(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "denoise:9")
    with pytest.raises(StudioError) as caught:
        runner(recipe())
    monkeypatch.delenv(VARIABLE)
    assert caught.value.problem.kind is ErrorKind.MEMORY
    assert caught.value.problem.hint
    assert runner(recipe()).digests()


def test_what_ran_in_between_does_not_change_a_picture(runner: Runner) -> None:
    """Another sampler, another prompt, another family and a cancelled job leave nothing behind."""
    wanted = recipe(sampler="dpmpp-2m-sde", steps=4)
    first = runner(wanted).digests()
    runner(recipe(sampler="euler-a", prompt="a blue whale"))
    runner(recipe(Family.SDXL), Family.SDXL)
    with pytest.raises(JobCancelled):
        runner(wanted, poll=cancel_when(lambda result: Phase.DENOISE in result.phases()))
    assert runner(wanted).digests() == first
