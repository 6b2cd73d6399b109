"""Going on from a checkpoint: what was stopped anywhere ends with the bits of what was never stopped."""

import dataclasses
import gc
import hashlib
import json
import random
import shutil
import time
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import UNet2DConditionModel
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import JobCancelled, JobPaused
from studio.domain.geometry import Size
from studio.domain.inpainting import Infill, Inpaint
from studio.domain.messages import Checkpoint, Loaded, Log, Phase, PictureDone, Preview, Progress
from studio.domain.recipe import Lora, Recipe, RingNoise, Sampling, SourceImage
from studio.domain.samplers import SAMPLERS
from studio.engine.checkpoints import Identity, UnusableError, capture, pack, unpack
from studio.engine.inpainting import Hole, open_hole
from studio.engine.libraries import quiet, torch
from studio.engine.run import StudioEngine
from studio.engine.sampling import build_scheduler
from tests.engine import tiny
from tests.engine.jobs import PLAN, Result, Runner, cancel_when, recipe
from tests.engine.loras import matrices, save
from tests.engine.test_inpainting import save_mask, save_picture
from tests.engine.test_sampling import STABLE_DIFFUSION

FITTING = [
    (family, sampler.id)
    for family in (Family.SD1, Family.STARTER)
    for sampler in SAMPLERS.values()
    if sampler.flow_options is not None or not FAMILIES[family].flow
]
SPACINGS = ("-karras", "-exponential", "-lu")  # of a sampler's steps; what it remembers is the same


def by_day(cases: Iterable[tuple[Family, str]]) -> list[Any]:
    """The cases; a sampler with other spacings of its steps is for the night."""
    return [
        pytest.param(family, sampler, marks=pytest.mark.slow if is_a_spacing(sampler) else ())
        for family, sampler in cases
    ]


def is_a_spacing(sampler: str) -> bool:
    """Is it another by day, but for where its steps lie?"""
    return any(sampler.removesuffix(ending) in SAMPLERS for ending in SPACINGS if sampler.endswith(ending))


SOME = {
    Family.SD1: ("dpmpp-2m-sde", "heun", "pndm", "dpmpp-sde"),
    Family.SDXL: ("unipc", "euler-a", "lms"),
    Family.SD3: ("dpmpp-3m", "euler-a"),
    Family.STARTER: ("dpmpp-2m", "unipc", "euler-a"),
}
TINY = (1, 4, 4, 4)  # the shape of the smallest picture's latents
FAMILY_AND_SAMPLER = [(family, sampler) for family, samplers in SOME.items() for sampler in samplers]
INPAINTED = [  # by day, every family and sampler at one strength, and every family at both
    pytest.param(family, sampler, strength, marks=() if number % 2 == (strength < 1) else pytest.mark.slow)
    for family, samplers in SOME.items()
    for number, sampler in enumerate(samplers)
    for strength in (1.0, 0.7)
]


@pytest.fixture(scope="module")
def later() -> StudioEngine:
    """The engine of a worker that was started later: it has nothing of the first one's."""
    return StudioEngine(PLAN)


def checkpoints(result: Result) -> list[Checkpoint]:
    return result.of(Checkpoint)


def taken_up(result: Result) -> bool:
    """Did the job go on from its checkpoint?"""
    return not any("begins anew" in log.message for log in result.of(Log))


def stops_anywhere(
    runner: Runner, later: StudioEngine, wanted: Recipe, family: Family, loras: tuple[Path, ...] = ()
) -> None:
    """Every way to stop the job's picture and go on gives its bits: those of the picture and of each state after it."""
    plain = runner(wanted, family, loras=loras)
    kept = runner(wanted, family, loras=loras, checkpoint_seconds=0)
    assert kept.digests() == plain.digests(), "keeping changed the picture"
    states = checkpoints(kept)
    assert [state.step for state in states] == list(range(1, len(states) + 1))
    other = dataclasses.replace(runner, engine=later)
    for state in states:
        resumed = other(wanted, family, loras=loras, checkpoint=state.data, checkpoint_seconds=0)
        assert taken_up(resumed)
        assert [found.data for found in checkpoints(resumed)] == [found.data for found in states[state.step :]]
        assert resumed.digests() == plain.digests()


# ------------------------------------------------------------------------------------------------ equal bits


@pytest.mark.parametrize(("family", "sampler"), by_day(FITTING))
def test_every_sampler_goes_on_from_every_step(
    runner: Runner, later: StudioEngine, family: Family, sampler: str
) -> None:
    stops_anywhere(runner, later, recipe(family, sampler=sampler, steps=5 - SAMPLERS[sampler].evaluations), family)


@pytest.mark.parametrize(("family", "sampler"), FAMILY_AND_SAMPLER)
def test_image_to_image_goes_on_from_every_step(
    runner: Runner, later: StudioEngine, tmp_path: Path, family: Family, sampler: str
) -> None:
    path = save_picture(tmp_path / "image.png", 48)
    wanted = recipe(family, sampler=sampler, steps=5, source=SourceImage(str(path), 0.7))
    stops_anywhere(runner, later, wanted, family)


@pytest.mark.parametrize(("family", "sampler", "strength"), INPAINTED)
def test_inpainting_goes_on_from_every_step(
    runner: Runner, later: StudioEngine, tmp_path: Path, family: Family, sampler: str, strength: float
) -> None:
    wanted = recipe(family, sampler=sampler, steps=5)
    stops_anywhere(runner, later, inpainted(tmp_path, wanted, strength), family)


@pytest.mark.parametrize("family", [Family.SD1, Family.SDXL])
def test_nine_channel_models_go_on_from_every_step(
    engine: StudioEngine, later: StudioEngine, tmp_path: Path, family: Family
) -> None:
    folder = tmp_path / "nine"
    path = tiny.build_sd1(folder, in_channels=9) if family is Family.SD1 else tiny.build_sdxl(folder, in_channels=9)
    runner = Runner(engine, {family: path}, tmp_path / "store")
    for strength in (1.0, 0.7):
        stops_anywhere(runner, later, inpainted(tmp_path, recipe(family, steps=4), strength), family)


def test_a_loras_picture_a_loops_frame_and_one_without_guidance_go_on_from_every_step(
    runner: Runner, later: StudioEngine, models: dict[Family, Path], tmp_path: Path
) -> None:
    pairs = matrices(models[Family.SD1] / "unet", UNet2DConditionModel)
    path = save(tmp_path / "lora.safetensors", {"unet": pairs}, Family.SD1)
    worn = dataclasses.replace(recipe(steps=4), loras=(Lora("lora", 0.8),))
    stops_anywhere(runner, later, worn, Family.SD1, (path,))
    stops_anywhere(runner, later, dataclasses.replace(recipe(steps=4), ring=RingNoise(0.3)), Family.SD1)
    stops_anywhere(runner, later, recipe(steps=4, guidance=1.0, sampler="lcm"), Family.SD1)
    stops_anywhere(runner, later, dataclasses.replace(recipe(steps=3), upscale=2), Family.SD1)


def test_a_stop_may_follow_a_stop(runner: Runner, later: StudioEngine) -> None:
    wanted = recipe(sampler="dpmpp-3m-sde-karras", steps=6)
    plain = runner(wanted).digests()
    data, steps = b"", list[int]()
    for _ in range(6):
        kept = stopped_after_a_step(dataclasses.replace(runner, engine=later), wanted, data)
        data, steps = kept.data, [*steps, kept.step]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert runner(wanted, checkpoint=data).digests() == plain


def inpainted(tmp_path: Path, wanted: Recipe, strength: float) -> Recipe:
    side = wanted.size.width
    image = save_picture(tmp_path / "image.png", side)
    mask = save_mask(tmp_path / "mask.png", side, np.s_[: side // 2])
    hole = Inpaint(str(image), str(mask), strength=strength, infill=Infill.NONE, feather=0, grow=0)
    return dataclasses.replace(wanted, inpaint=hole)


# ------------------------------------------------------------------------------------------------ stopping


def pause_when(condition: Callable[[Result], bool]) -> Callable[[Result], None]:
    def poll(result: Result) -> None:
        if condition(result):
            raise JobPaused

    return poll


def paused(runner: Runner, wanted: Recipe, poll: Callable[[Result], None], **begun: Any) -> Result:
    """What a job emitted until it was paused."""
    seen: list[Result] = []

    def watching(result: Result) -> None:
        seen[:] = [result]
        poll(result)

    with pytest.raises(JobPaused):
        runner(wanted, poll=watching, **begun)
    return seen[0]


def stopped_after_a_step(runner: Runner, wanted: Recipe, data: bytes) -> Checkpoint:
    def one_step(result: Result) -> bool:
        return any(event.phase is Phase.DENOISE for event in result.of(Progress))

    return paused(runner, wanted, pause_when(one_step), checkpoint=data).of(Checkpoint)[-1]


def test_a_pause_inside_a_step_keeps_the_last_whole_one(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.engine.polling.POLL_SECONDS", 0.0)
    wanted = recipe(sampler="dpmpp-2m-sde", steps=4)
    plain = runner(wanted).digests()
    polls = 0

    def in_the_third(result: Result) -> bool:
        nonlocal polls
        polls += sum(event.phase is Phase.DENOISE for event in result.of(Progress)) == 2
        return polls == 5

    (kept,) = paused(runner, wanted, pause_when(in_the_third)).of(Checkpoint)
    assert (kept.job_id, kept.index, kept.step) == ("job", 0, 2)
    assert runner(wanted, checkpoint=kept.data).digests() == plain


@pytest.mark.parametrize("phase", [Phase.DECODE, Phase.UPSCALE])
def test_a_pause_after_the_last_step_keeps_it(runner: Runner, phase: Phase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.engine.polling.POLL_SECONDS", 0.0)
    wanted = dataclasses.replace(recipe(), upscale=2)
    plain = runner(wanted).digests()
    (kept,) = paused(runner, wanted, pause_when(lambda result: phase in result.phases())).of(Checkpoint)
    assert kept.step == 3
    calls = network_calls(runner, wanted, checkpoint=kept.data)
    assert calls == 0
    assert runner(wanted, checkpoint=kept.data).digests() == plain


@pytest.mark.parametrize("phase", [Phase.LOAD, Phase.ENCODE])
def test_a_pause_before_the_first_step_has_nothing_to_keep(runner: Runner, phase: Phase) -> None:
    assert paused(runner, recipe(), pause_when(lambda result: phase in result.phases())).of(Checkpoint) == []


def test_a_pause_while_steps_pass_keeps_what_was_given(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.engine.polling.POLL_SECONDS", 0.0)
    path = save_picture(tmp_path / "image.png", 32)
    wanted = recipe(sampler="unipc", steps=4, source=SourceImage(str(path), 1.0))
    given = checkpoints(runner(wanted, checkpoint_seconds=0))[1].data
    polls = 0

    def in_the_encoding_of_the_source(result: Result) -> bool:
        nonlocal polls
        polls += bool(result.of(Loaded)) and Phase.ENCODE in result.phases()
        return polls == 3

    (kept,) = paused(runner, wanted, pause_when(in_the_encoding_of_the_source), checkpoint=given).of(Checkpoint)
    assert (kept.step, kept.data) == (2, given)


def test_a_cancel_keeps_nothing(runner: Runner) -> None:
    emitted: list[Result] = []

    def second_step(result: Result) -> bool:
        emitted[:] = [result]
        return sum(event.phase is Phase.DENOISE for event in result.of(Progress)) == 2

    with pytest.raises(JobCancelled):
        runner(recipe(), poll=cancel_when(second_step))
    assert emitted[0].of(Checkpoint) == []


def test_checkpoints_are_sent_as_often_as_it_was_asked_for(runner: Runner) -> None:
    wanted = recipe(batch=2)
    assert [(c.index, c.step) for c in checkpoints(runner(wanted, checkpoint_seconds=0))] == [
        (index, step) for index in (0, 1) for step in (1, 2, 3)
    ]
    assert checkpoints(runner(wanted)) == []
    assert checkpoints(runner(wanted, checkpoint_seconds=3600)) == []


# ------------------------------------------------------------------------------------------------ going on


def network_calls(runner: Runner, wanted: Recipe, **begun: Any) -> int:
    """How often the denoiser's last layers ran."""
    runner(recipe(steps=1))
    (model,) = [m for m in runner.engine._models.values() if m.family is Family.SD1]
    calls: list[int] = []
    handle = model.denoiser.conv_out.register_forward_pre_hook(lambda module, inputs: calls.append(1))
    runner(wanted, **begun)
    handle.remove()
    return len(calls)


def test_steps_that_are_done_cost_no_network_and_are_not_told_again(runner: Runner) -> None:
    wanted = recipe(sampler="heun", steps=4)
    kept = checkpoints(runner(wanted, checkpoint_seconds=0))[4]
    assert network_calls(runner, wanted, checkpoint=kept.data) == 7 - 5
    resumed = runner(wanted, checkpoint=kept.data, previews=True)
    assert [(p.step, p.total) for p in resumed.of(Progress) if p.phase is Phase.DENOISE] == [(6, 7), (7, 7)]
    assert [p.step for p in resumed.of(Preview)] == [6, 7]


def test_pictures_that_are_there_are_not_made_again(runner: Runner) -> None:
    wanted = recipe(sampler="euler-a", batch=3)
    whole = runner(wanted, checkpoint_seconds=0)
    kept = next(c for c in checkpoints(whole) if (c.index, c.step) == (1, 2))
    resumed = runner(wanted, done=1, checkpoint=kept.data)
    assert [event.picture.index for event in resumed.of(PictureDone)] == [1, 2]
    assert resumed.digests() == whole.digests()[1:]
    assert taken_up(resumed)
    assert runner(wanted, done=3).digests() == []


def test_a_checkpoint_serves_the_same_picture_under_other_names(runner: Runner, tmp_path: Path) -> None:
    """What decides no bit before it does not count: names of files and models, the batch, the size after upscaling."""
    path = save_picture(tmp_path / "image.png", 48)
    batch = recipe(source=SourceImage(str(path), 1.0), batch=2)
    whole = runner(batch, checkpoint_seconds=0)
    kept = next(c for c in checkpoints(whole) if (c.index, c.step) == (1, 2))
    moved = path.rename(tmp_path / "moved.png")
    alone = dataclasses.replace(batch.for_picture(1), source=SourceImage(str(moved), 1.0), model="another name")
    resumed = runner(alone, checkpoint=kept.data)
    assert taken_up(resumed)
    assert resumed.digests() == whole.digests()[1:]
    assert taken_up(runner(dataclasses.replace(alone, upscale=2), checkpoint=kept.data))


# ------------------------------------------------------------------------------------------------ what does not fit


def begins_anew(runner: Runner, wanted: Recipe, data: bytes, reason: str, **more: Any) -> None:
    """The job says why and makes its picture from the start."""
    result = runner(wanted, checkpoint=data, **more)
    (log,) = result.of(Log)
    assert log.message.startswith("Picture 1 begins anew: what was kept of it ")
    assert reason in log.message
    assert result.digests() == runner(wanted, **more).digests()
    assert len([p for p in result.of(Progress) if p.phase is Phase.DENOISE]) == wanted.sampling.steps


@pytest.fixture
def kept(runner: Runner) -> bytes:
    return checkpoints(runner(recipe(), checkpoint_seconds=0))[1].data


def test_damage_anywhere_is_noticed(runner: Runner, kept: bytes) -> None:
    identity, chance = Identity(recipe(), (), ""), random.Random(1)
    places = [0, 7, 8, 40, len(kept) - 33, len(kept) - 1, *(chance.randrange(len(kept)) for _ in range(200))]
    damaged = []
    for place in places:
        damaged.append(bytearray(kept))
        damaged[-1][place] ^= 1 << chance.randrange(8)
    parts = [b"", b"x", kept[:20], kept[:-1], kept + b"\0", bytes(len(kept)), b'{"a": 1}' * 30]
    for data in [*map(bytes, damaged), *parts]:
        with pytest.raises(UnusableError, match="damaged"):
            unpack(data, identity, TINY, "cpu")
    with pytest.raises(UnusableError, match="another recipe"):
        unpack(kept, identity, TINY, "cpu")
    for data in (bytes(damaged[0]), kept[:-1]):
        begins_anew(runner, recipe(), data, "damaged")


def test_whole_bytes_of_something_else_are_damage() -> None:
    for about in ("[]", "{}", "1", '{"step": 1}', "nothing"):
        body = save_tensors({"latents": torch.zeros(1)}, {"safelight.checkpoint": about})
        for data in (body, save_tensors({}, {}), b"\xff" * 40):
            with pytest.raises(UnusableError, match="damaged"):
                unpack(data + hashlib.sha256(data).digest(), Identity(recipe(), (), ""), TINY, "cpu")


def rewritten(kept: bytes, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> bytes:
    """A checkpoint that a stranger has changed and signed."""
    body = kept[:-32]
    header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])["__metadata__"]
    about, tensors = json.loads(header["safelight.checkpoint"]), load_tensors(body)
    change(about, tensors)
    changed = save_tensors(tensors, {"safelight.checkpoint": json.dumps(about)})
    return changed + hashlib.sha256(changed).digest()


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    "change",
    [
        lambda about, tensors: tensors.update(latents=torch.zeros(1, 4, 512, 512, dtype=torch.bool)),
        lambda about, tensors: tensors.update(latents=torch.zeros(1, 16, 4, 4)),
        lambda about, tensors: tensors.update(generator=tensors["generator"][:100].clone()),
        lambda about, tensors: tensors.update(generator=torch.zeros_like(tensors["generator"])),
        lambda about, tensors: tensors.update(generator=torch.zeros(5056)),
        lambda about, tensors: about.update(step=0),
        lambda about, tensors: about.update(step="2"),
        lambda about, tensors: about.update(step=1.5),
        lambda about, tensors: about["memory"].update(sample={"tensor": 1}),
        lambda about, tensors: about["memory"].update(sample=nested(900)),
        lambda about, tensors: tensors.update({f"{i}": torch.zeros(0) for i in range(2000)}),
    ],
)  # fmt: skip
def test_what_a_stranger_has_changed_is_damage(
    runner: Runner, kept: bytes, change: Callable[[dict[str, Any], dict[str, Any]], None]
) -> None:
    """A project may come from somebody else, with checkpoints that are whole and yet no state of the picture."""
    assert taken_up(runner(recipe(), checkpoint=rewritten(kept, lambda about, tensors: None)))
    begins_anew(runner, recipe(), rewritten(kept, change), "damaged")


def test_a_body_that_is_nested_without_end_is_damage(kept: bytes) -> None:
    body = save_tensors({"latents": torch.zeros(1)}, {"safelight.checkpoint": "[" * 30_000})
    with pytest.raises(UnusableError, match="damaged"):
        unpack(body + hashlib.sha256(body).digest(), Identity(recipe(), (), ""), TINY, "cpu")


def test_nothing_of_a_picture_is_held_after_its_job(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def opened(*args: Any) -> Hole:
        hole = open_hole(*args)
        held.extend(weakref.ref(tensor) for tensor in (hole.picture, hole.mask, hole.latents))
        return hole

    monkeypatch.setattr("studio.engine.run.open_hole", opened)
    wanted = inpainted(tmp_path, recipe(), 0.7)
    runner(wanted)
    with pytest.raises(JobCancelled):
        runner(wanted, poll=cancel_when(lambda result: Phase.DENOISE in result.phases()))
    gc.collect()
    assert [reference() for reference in held] == [None] * 6


@pytest.mark.parametrize(
    "other",
    [
        recipe(prompt="a green boat"),
        recipe(negative="night"),
        recipe(seed=8),
        recipe(guidance=5.0),
        recipe(sampler="unipc"),
        recipe(steps=4),
        dataclasses.replace(recipe(), size=Size(40, 32)),
        dataclasses.replace(recipe(), ring=RingNoise(0.5)),
    ],
)
def test_another_recipes_checkpoint_is_left_out_of_account(runner: Runner, kept: bytes, other: Recipe) -> None:
    begins_anew(runner, other, kept, "another recipe or another model")


def test_other_pictures_to_start_from_and_other_models_make_another_picture(
    runner: Runner, kept: bytes, tmp_path: Path
) -> None:
    path = save_picture(tmp_path / "image.png", 32)
    source = recipe(source=SourceImage(str(path), 1.0))
    state = checkpoints(runner(source, checkpoint_seconds=0))[0].data
    save_mask(path, 32, np.s_[:16], 90)
    begins_anew(runner, source, state, "another recipe or another model")

    hole = inpainted(tmp_path, recipe(), 1.0)
    state = checkpoints(runner(hole, checkpoint_seconds=0))[0].data
    save_mask(tmp_path / "mask.png", 32, np.s_[:8])
    begins_anew(runner, hole, state, "another recipe or another model")

    other = {Family.SD1: tiny.build_sd1(tmp_path / "nine", in_channels=9)}
    begins_anew(dataclasses.replace(runner, models=other), recipe(), kept, "another recipe or another model")


def test_another_noise_schedule_makes_another_picture(runner: Runner, kept: bytes, tmp_path: Path) -> None:
    """It is in the model's configs, which are no part of the hash of its weights."""
    other = Path(shutil.copytree(runner.models[Family.SD1], tmp_path / "other"))
    config = other / "scheduler" / "scheduler_config.json"
    changed = dataclasses.replace(runner, models={Family.SD1: other})
    before = changed(recipe(), checkpoint=kept)
    assert taken_up(before)
    config.write_text(json.dumps({**json.loads(config.read_text()), "beta_end": 0.02}))
    begins_anew(changed, recipe(), kept, "another recipe or another model")
    assert changed(recipe()).digests() != before.digests(), "the loaded model has the former schedule"


def test_the_weights_of_loras_count(runner: Runner, models: dict[Family, Path], tmp_path: Path) -> None:
    pairs = matrices(models[Family.SD1] / "unet", UNet2DConditionModel)
    path = save(tmp_path / "lora.safetensors", {"unet": pairs}, Family.SD1)
    worn = [dataclasses.replace(recipe(), loras=(Lora("lora", weight),)) for weight in (0.8, 0.7)]
    state = checkpoints(runner(worn[0], loras=(path,), checkpoint_seconds=0))[0].data
    begins_anew(runner, worn[1], state, "another recipe or another model", loras=(path,))


def test_another_device_begins_anew(runner: Runner, kept: bytes) -> None:
    for plan in (
        dataclasses.replace(PLAN, name="another"),
        dataclasses.replace(PLAN, threads=2),
        dataclasses.replace(PLAN, channels_last=False),
    ):
        other = dataclasses.replace(runner, engine=StudioEngine(plan))
        begins_anew(other, recipe(), kept, "another device")


def test_other_versions_begin_anew(runner: Runner, kept: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("studio.engine.checkpoints.versions", lambda: {"torch": "9.9"})
        begins_anew(runner, recipe(), kept, "other versions of the program")
    monkeypatch.setattr("studio.__version__", "99.0")
    begins_anew(runner, recipe(), kept, "other versions of the program")


def test_a_checkpoint_holds_no_more_than_it_must(runner: Runner, kept: bytes) -> None:
    """No tables of the noise schedule: a thousand numbers each."""
    latents = 4 * 4 * 4 * 4
    assert len(kept) < 5056 + 3 * latents + 3000
    assert b"a red fox" not in kept


def test_keeping_a_large_picture_takes_less_than_20_milliseconds() -> None:
    """At the size of SDXL's largest usual picture, with the longest memory that a sampler has."""
    scheduler = build_scheduler(SAMPLERS["dpmpp-3m"], STABLE_DIFFUSION, 6, 0)
    with quiet():
        scheduler.set_timesteps(6)
    generator = torch.Generator().manual_seed(0)
    before, latents, seconds = dict(vars(scheduler)), torch.randn(1, 4, 128, 128, generator=generator), list[float]()
    for number, timestep in enumerate(scheduler.timesteps):
        prediction = torch.randn(latents.shape, generator=generator)
        latents = scheduler.step(prediction, timestep, latents, return_dict=False)[0]
        start = time.perf_counter()
        pack(capture(scheduler, before, number, latents, generator), Identity(recipe(), (), ""))
        seconds.append(time.perf_counter() - start)
    assert min(seconds[3:]) < 0.020


def test_the_state_of_a_finished_picture_is_not_taken_for_the_next(runner: Runner) -> None:
    wanted = dataclasses.replace(recipe(batch=2), sampling=Sampling("ddim", 3, 4.0))
    whole = runner(wanted, checkpoint_seconds=0)
    last_of_first = next(c for c in checkpoints(whole) if (c.index, c.step) == (0, 3))
    resumed = runner(wanted, done=1, checkpoint=last_of_first.data)
    assert "another recipe" in resumed.of(Log)[0].message
    assert resumed.digests() == whole.digests()[1:]
