"""What a job will take, and which rung of the ladder that makes it start on."""

import dataclasses
import json
import shutil
from collections import namedtuple
from pathlib import Path

import psutil
import pytest
from safetensors.torch import load_file, save_file

from studio.domain.catalog import PICTURE_FAMILIES, Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.messages import Event, Finished, Planned, Run
from studio.domain.plan import Plan, Rung
from studio.domain.recipe import Recipe, Sampling
from studio.engine.device import DevicePlan
from studio.engine.libraries import torch
from studio.engine.loading import identify, open_model
from studio.engine.memory import Peak, free_memory
from studio.engine.planning import (
    Need,
    Planner,
    Room,
    also_tried,
    gigabytes,
    need_of,
    rungs_for,
    upscaling_need,
)
from studio.engine.run import StudioEngine
from studio.resources import resources
from tests.engine.jobs import PLAN, recipe

GB = 2**30
CUDA = dataclasses.replace(PLAN, device="cuda:0", dtype=torch.float16)
NEED = Need(weights=4 * GB, network=3 * GB, tensor=GB // 8, denoise=GB, decode=9 * GB, tiled=GB // 2, tile=512)
PROCESSOR = 64 * GB


def chosen(need: Need, room: Room, plan: DevicePlan = CUDA, wanted: Rung = Rung.FULL) -> Plan:
    rungs = rungs_for(need, room, plan, Path())
    return Planner(need, room, Size(2048, 2048), plan, PLAN if plan is CUDA else plan, rungs).first(wanted)


@pytest.mark.parametrize(
    ("free", "others", "rung", "words"),
    [
        (20, 0, Rung.FULL, "Fits: about 13.0 GB of 20.0 GB free."),
        (10, 6, Rung.ALONE, "Fits without what earlier jobs left in memory: about 13.0 GB of 16.0 GB."),
        (
            8,
            1,
            Rung.TILED,
            "decoding 2048x2048 in one piece would take 9.0 GB, all together 13.0 GB, and 9.0 GB are free.",
        ),
        (3, 0, Rung.OFFLOADED, "with everything on the device it takes 13.0 GB, and 3.0 GB are free."),
        (1, 0, Rung.CPU, "The processor computes now"),
    ],
)
def test_the_first_rung_that_fits_is_taken_and_said_why(free: int, others: int, rung: Rung, words: str) -> None:
    plan = chosen(NEED, Room(free * GB, PROCESSOR, others * GB))
    assert plan.rung is rung
    assert words in plan.reason
    assert plan.device == ("cpu" if rung is Rung.CPU else "cuda:0")
    assert plan.dtype == ("float32" if rung is Rung.CPU else "float16")


def test_a_processor_keeps_some_memory_free() -> None:
    need = Need(weights=GB)
    accelerated, computed = (chosen(need, Room(GB, PROCESSOR), plan) for plan in (CUDA, PLAN))
    assert accelerated.rung is Rung.FULL
    assert accelerated.reason.startswith("Fits")
    assert computed.rung is not Rung.FULL or computed.reason.startswith("This may not fit")


def test_tiles_are_told_to_change_the_picture() -> None:
    assert "borders may differ" in chosen(NEED, Room(8 * GB, PROCESSOR)).reason


def test_what_fits_nowhere_is_tried_all_the_same() -> None:
    plan = chosen(NEED, Room(GB // 4, GB // 4))
    assert plan.rung is Rung.CPU
    assert plan.reason.startswith("This may not fit: it takes about ")


def test_a_model_that_is_there_takes_no_more_memory() -> None:
    need = dataclasses.replace(NEED, decode=GB)
    assert chosen(need, Room(2 * GB, PROCESSOR)).rung is Rung.OFFLOADED
    there = chosen(need, Room(2 * GB, PROCESSOR, own=4 * GB))
    assert (there.rung, there.memory) == (Rung.FULL, GB)


def test_a_wanted_rung_is_where_the_choice_begins() -> None:
    rich = Room(60 * GB, PROCESSOR, others=GB)
    plans = [chosen(NEED, rich, wanted=rung) for rung in Rung]
    assert [plan.rung for plan in plans] == list(Rung)
    assert all(plan.reason.startswith("It goes on as it began: ") for plan in plans[1:])
    alone = Room(60 * GB, PROCESSOR)
    assert chosen(NEED, alone, wanted=Rung.ALONE).rung is Rung.FULL, "it would tile without need"


def test_a_processor_has_no_other_to_go_to(tmp_path: Path) -> None:
    assert rungs_for(NEED, Room(GB, GB, GB), PLAN, tmp_path) == (Rung.FULL, Rung.ALONE, Rung.TILED, Rung.OFFLOADED)
    mps = dataclasses.replace(CUDA, device="mps")
    assert rungs_for(NEED, Room(GB), mps, tmp_path) == (Rung.FULL, Rung.TILED, Rung.CPU)
    assert rungs_for(upscaling_need(10), Room(GB), CUDA, tmp_path) == (Rung.FULL, Rung.CPU)


def test_weights_are_laid_on_a_disk_that_has_room_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 3 * GB))
    assert Rung.OFFLOADED not in rungs_for(NEED, Room(GB), PLAN, tmp_path / "not yet" / "made")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 6 * GB))
    assert Rung.OFFLOADED in rungs_for(NEED, Room(GB), PLAN, tmp_path / "not yet" / "made")


def test_after_the_last_rung_there_is_none() -> None:
    planner = Planner(NEED, Room(60 * GB, PROCESSOR), Size(8, 8), CUDA, PLAN, (Rung.FULL, Rung.TILED, Rung.CPU))
    second = planner.after(Rung.FULL, "the picture was decoded")
    assert second is not None
    assert second.rung is Rung.TILED
    assert second.reason.startswith("The memory ran out while the picture was decoded: the autoencoder works on tiles")
    assert planner.after(Rung.CPU, "it was denoised") is None
    assert also_tried([Rung.FULL, Rung.TILED]) == " It was also tried with the autoencoder on tiles."
    assert also_tried([Rung.FULL]) == ""


# ------------------------------------------------------------------------------------------------ what a job takes


@pytest.mark.parametrize("family", list(PICTURE_FAMILIES))
def test_weights_are_those_of_the_networks(models: dict[Family, Path], family: Family) -> None:
    need = need_of(recipe(family), models[family], 4)
    digest = identify(models[family], lambda: None)[1]
    model = open_model(models[family], family, digest, PLAN, lambda: None, lambda *_: None)
    sizes = [sum(weight.numel() * 4 for weight in network.parameters()) for network in model.networks()]
    assert need.weights == pytest.approx(sum(sizes), rel=0.02)  # tables that a file has and a network computes
    assert need.network == pytest.approx(max(sizes), rel=0.01)
    assert need_of(recipe(family), models[family], 2).weights == need.weights / 2


def test_files_in_two_formats_are_counted_once(models: dict[Family, Path], tmp_path: Path) -> None:
    folder = tmp_path / "both"
    shutil.copytree(models[Family.SD1], folder)
    alone = need_of(recipe(), folder, 4).weights
    for file in list(folder.rglob("*.safetensors")):
        shutil.copy(file, file.with_name(f"{file.stem}.fp16.safetensors"))
    assert need_of(recipe(), folder, 4).weights == alone


def test_shards_are_one_network_and_other_variants_are_left_out(models: dict[Family, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models[Family.SD1], tmp_path / "parts"))
    whole, file = need_of(recipe(), folder, 4), folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = sorted(load_file(file).items())
    save_file(dict(tensors), file.with_name("diffusion_pytorch_model.non_ema.safetensors"))
    assert need_of(recipe(), folder, 4) == whole
    for number, part in enumerate((tensors[::2], tensors[1::2]), 1):
        save_file(dict(part), file.with_name(f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"))
    file.unlink()
    assert need_of(recipe(), folder, 4) == whole


def test_the_work_grows_with_the_picture_and_with_guidance_not_with_the_batch(models: dict[Family, Path]) -> None:
    path = models[Family.SD1]

    def of(side: int, guidance: float = 4.0, batch: int = 1, factor: float = 1.0) -> Need:
        asked = Recipe("fox", size=Size(side, side), sampling=Sampling("euler", 2, guidance), batch=batch)
        return need_of(asked, path, 4, factor)

    assert of(2048).decode > 3 * of(1024).decode
    assert of(512).denoise > of(512, guidance=1.0).denoise
    assert of(512, batch=8) == of(512)
    assert of(512, factor=2.0).decode == pytest.approx(2 * of(512).decode, rel=0.2)
    assert of(1024).tiled < of(1024).decode / 2
    assert (of(512).tile, of(520).tile) == (0, 512)


def test_the_tiny_autoencoder_has_no_tiles(models: dict[Family, Path]) -> None:
    assert need_of(Recipe("fox", size=Size(1024, 1024)), models[Family.STARTER], 4).tile == 0


def test_what_is_no_model_is_refused_before_anything_is_planned(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="no model"):
        need_of(recipe(), tmp_path / "nowhere", 4)


@pytest.mark.parametrize("channels", [[], 5, [None], {"a": 1}])
def test_a_config_that_makes_no_sense_is_told_of_the_model(
    models: dict[Family, Path], tmp_path: Path, channels: object
) -> None:
    folder = Path(shutil.copytree(models[Family.SD1], tmp_path / "model"))
    config = folder / "vae" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "block_out_channels": channels}))
    with pytest.raises(StudioError) as caught:
        need_of(recipe(), folder, 4)
    assert caught.value.problem.kind is ErrorKind.MODEL


def test_amounts_are_told_as_people_do() -> None:
    assert (gigabytes(1.9 * GB), gigabytes(40 * 2**20), gigabytes(0.99 * GB)) == ("1.9 GB", "40 MB", "1.0 GB")


# ------------------------------------------------------------------------------------------------ what it took


def test_free_memory_of_a_processor_is_what_the_system_has() -> None:
    assert free_memory("cpu") == pytest.approx(psutil.virtual_memory().available, rel=0.2)


def test_the_peak_of_some_work_is_measured_again_and_again() -> None:
    for size in (2**28, 2**27):  # the second is lower: the system must have forgotten the first
        peak = Peak("cpu")
        torch.ones(size // 4)
        assert peak.bytes() == pytest.approx(size, rel=0.2)


def test_the_shipped_starter_takes_what_is_estimated(tmp_path: Path) -> None:
    engine = StudioEngine(dataclasses.replace(PLAN, dtype=torch.bfloat16, threads=2))
    side = Size(1152, 1152)

    def run(size: Size, factor: float = 1.0) -> tuple[Plan, Finished]:
        events: list[Event] = []
        asked = Recipe("a fox", size=size, sampling=Sampling("euler", 1, 4.0))
        path = str(resources() / "models" / "starter")
        command = Run("job", asked, path, str(tmp_path), previews=False, memory_factor=factor)
        finished = engine.run(command, events.append, lambda: None)
        return next(event.plan for event in events if isinstance(event, Planned)), finished

    _, cold = run(Size(256, 256))
    assert cold.cost.memory_share == 0, "so little says nothing"
    plan, warm = run(side)
    assert 0.6 < warm.cost.memory_share < 1.6
    assert warm.cost.peak_memory > plan.memory
    corrected, again = run(side, factor=2.0)
    assert corrected.memory == pytest.approx(2 * plan.memory, rel=0.2)
    assert again.cost.memory_share == pytest.approx(warm.cost.memory_share, rel=0.3), (
        "the share is of the bare estimate"
    )
