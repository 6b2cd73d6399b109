"""Each rung of the ladder with tiny real models: memory runs out on command, and a picture comes all the same."""

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from diffusers import UNet2DConditionModel
from safetensors import SafetensorError
from transformers import CLIPTextModel

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, JobCancelled, JobPaused, StudioError
from studio.domain.geometry import Size
from studio.domain.messages import Checkpoint, Event, Finished, Log, Phase, PictureDone, Planned, Progress, Run
from studio.domain.plan import Rung
from studio.domain.recipe import Lora, Recipe
from studio.domain.upscaling import Upscaling
from studio.engine.failures import while_loading
from studio.engine.libraries import torch
from studio.engine.mapped import map_weights
from studio.engine.memory import Peak
from studio.engine.run import StudioEngine
from studio.engine.shortage import VARIABLE, Shortage
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, decode, encode_png
from tests.engine import loras
from tests.engine.jobs import PLAN, is_plain, recipe

ACCELERATOR = dataclasses.replace(PLAN, device="cpu:0", name="an accelerator")  # a processor that is not called so
LARGE = Size(544, 64)  # pixels: wider than a tile
FAMILIES = (Family.SD1, Family.SDXL, Family.SD3, Family.STARTER)


@dataclass
class Bench:
    """Runs jobs on an engine of its own, and counts the passes through denoisers."""

    models: dict[Family, Path]
    folder: Path
    engine: StudioEngine = field(default_factory=lambda: StudioEngine(PLAN))
    events: list[Event] = field(default_factory=list)

    def run(
        self,
        task: Recipe | Upscaling,
        family: Family = Family.SD1,
        *,
        rung: Rung = Rung.FULL,
        lora: str = "",
        factor: float = 1.0,
    ) -> Finished:
        self.events = []
        command = Run("job", task, str(self.models[family]), str(self.folder), previews=False)
        command = dataclasses.replace(command, rung=rung, lora_paths=(lora,) if lora else (), memory_factor=factor)
        return self.engine.run(command, self.events.append, lambda: None)

    def rungs(self) -> list[Rung]:
        return [event.plan.rung for event in self.events if isinstance(event, Planned)]

    def digests(self) -> list[str]:
        return [event.picture.digest for event in self.events if isinstance(event, PictureDone)]

    def steps(self) -> list[int]:
        return [event.step for event in self.events if isinstance(event, Progress) and event.phase is Phase.DENOISE]

    def pixels(self) -> Pixels:
        return decode(BlobStore(self.folder).get(self.digests()[0]))


@pytest.fixture
def bench(models: dict[Family, Path], tmp_path: Path) -> Bench:
    return Bench(models, tmp_path / "store")


@pytest.fixture
def accelerated(models: dict[Family, Path], tmp_path: Path) -> Bench:
    return Bench(models, tmp_path / "store", StudioEngine(ACCELERATOR))


@pytest.fixture
def run_out(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets memory run out at places, or nowhere."""

    def at(places: str) -> None:
        monkeypatch.setenv(VARIABLE, places)

    return at


def test_without_trouble_a_job_is_planned_once_before_it_loads(bench: Bench) -> None:
    bench.run(recipe())
    first, *_ = bench.events
    assert isinstance(first, Planned)
    assert bench.rungs() == [Rung.FULL]
    assert first.plan.reason.startswith("Fits: about ")
    assert (first.plan.device, first.plan.dtype) == ("cpu", "float32")
    assert 0 < first.plan.memory < first.plan.available


def test_models_kept_for_later_jobs_are_dropped_first(bench: Bench, run_out: Callable[[str], None]) -> None:
    expected = _picture(bench, recipe(Family.SDXL), Family.SDXL)
    bench.run(recipe())
    run_out("denoise@2")
    bench.run(recipe(Family.SDXL), Family.SDXL)
    assert bench.rungs() == [Rung.FULL, Rung.ALONE]
    assert [model.family for model in bench.engine._models.values()] == [Family.SDXL]
    assert bench.digests() == [expected]


def test_a_decoding_without_memory_is_made_on_tiles(bench: Bench, run_out: Callable[[str], None]) -> None:
    asked = large(steps=2)
    whole = _picture(bench, asked)
    bench.run(asked, rung=Rung.TILED)
    tiled, pixels = bench.digests(), bench.pixels()
    assert bench.rungs() == [Rung.TILED]
    assert tiled != [whole], "the tiles change nothing: the test proves nothing"
    run_out("decode")
    bench.run(asked)
    assert bench.rungs() == [Rung.FULL, Rung.TILED]
    assert bench.steps() == [1, 2], "the denoising was made twice"
    assert bench.digests() == tiled
    difference = np.abs(pixels.astype(int) - decode(BlobStore(bench.folder).get(whole)))
    assert difference.mean() < 4, "tiles change more than their borders"
    run_out("")
    bench.run(asked)
    assert (bench.rungs(), bench.digests()) == ([Rung.FULL], [whole]), "the tiles stayed"


def test_offloading_a_large_picture_keeps_its_tiles(accelerated: Bench) -> None:
    asked = large()
    accelerated.run(asked, rung=Rung.TILED)
    tiled = accelerated.digests()
    accelerated.run(asked, rung=Rung.OFFLOADED)
    assert (accelerated.rungs(), accelerated.digests()) == ([Rung.OFFLOADED], tiled)


def test_a_picture_no_larger_than_a_tile_has_no_rung_for_tiles(bench: Bench, run_out: Callable[[str], None]) -> None:
    run_out("decode")
    bench.run(recipe())
    assert bench.rungs() == [Rung.FULL, Rung.OFFLOADED]


@pytest.mark.parametrize("family", FAMILIES)
def test_offloaded_weights_of_a_processor_give_the_same_bits(
    bench: Bench, family: Family, run_out: Callable[[str], None]
) -> None:
    asked = recipe(family)
    expected = _picture(bench, asked, family)
    run_out("denoise@2")
    bench.run(asked, family)
    assert bench.rungs() == [Rung.FULL, Rung.OFFLOADED]
    assert bench.digests() == [expected]
    assert bench.steps() == [1, 2, 3], "steps were made twice"
    run_out("")
    bench.run(asked, family)
    assert (bench.rungs(), bench.digests()) == ([Rung.FULL], [expected])


@pytest.mark.parametrize("family", FAMILIES)
def test_offloaded_layers_of_an_accelerator_give_the_same_bits(
    accelerated: Bench, family: Family, run_out: Callable[[str], None]
) -> None:
    asked = recipe(family)
    expected = _picture(accelerated, asked, family)
    run_out("denoise@1")
    accelerated.run(asked, family)
    assert accelerated.rungs() == [Rung.FULL, Rung.OFFLOADED]
    assert accelerated.digests() == [expected]
    model = next(reversed(accelerated.engine._models.values()))
    for network in model.networks():
        assert not [part for part in network.modules() if _hooks(part)], "layers are still brought to the device"


def test_a_lora_comes_along_with_offloaded_layers(
    accelerated: Bench, tmp_path: Path, run_out: Callable[[str], None]
) -> None:
    parts = {
        "unet": loras.matrices(accelerated.models[Family.SD1] / "unet", UNet2DConditionModel),
        "text_encoder": loras.matrices(
            accelerated.models[Family.SD1] / "text_encoder", CLIPTextModel, loras.PROJECTIONS
        ),
    }
    path = loras.save(tmp_path / "a.safetensors", parts, Family.SD1)
    asked = dataclasses.replace(recipe(), loras=(Lora("a"),))
    bare = _picture(accelerated, recipe())
    accelerated.run(asked, lora=str(path))
    expected = accelerated.digests()
    assert expected != [bare]
    run_out("decode")
    accelerated.run(asked, lora=str(path))
    assert (accelerated.rungs(), accelerated.digests()) == ([Rung.FULL, Rung.OFFLOADED], expected)


def test_the_processor_is_the_last_resort_of_an_accelerator(accelerated: Bench, run_out: Callable[[str], None]) -> None:
    run_out("denoise@1,denoise@2")
    accelerated.run(recipe())
    assert accelerated.rungs() == [Rung.FULL, Rung.OFFLOADED, Rung.CPU]
    plans = [event.plan for event in accelerated.events if isinstance(event, Planned)]
    assert [plan.device for plan in plans] == ["cpu:0", "cpu:0", "cpu"]
    assert accelerated.steps() == [1, 2, 3], "what was done was not gone on from"
    assert not is_plain(accelerated.pixels())


@pytest.mark.parametrize("sampler", ["dpmpp-2m", "unipc", "sa-solver"])
def test_what_an_accelerator_remembers_suits_the_processors_number_format(
    models: dict[Family, Path],
    tmp_path: Path,
    run_out: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    sampler: str,
) -> None:
    monkeypatch.setattr("studio.engine.run.cpu_plan", lambda threads: PLAN)
    half = dataclasses.replace(ACCELERATOR, dtype=torch.bfloat16)
    bench = Bench(models, tmp_path / "store", StudioEngine(half))
    run_out("denoise@3,denoise@4")
    bench.run(recipe(sampler=sampler, steps=6))
    plans = [event.plan for event in bench.events if isinstance(event, Planned)]
    assert [plan.dtype for plan in plans] == ["bfloat16", "bfloat16", "float32"]
    assert bench.steps() == [1, 2, 3, 4, 5, 6], "what was done was not gone on from"


def test_the_processor_gives_what_it_gives_from_the_start(accelerated: Bench, run_out: Callable[[str], None]) -> None:
    accelerated.run(recipe(), rung=Rung.CPU)
    expected = accelerated.digests()
    run_out("load@0:2")
    accelerated.run(recipe())
    assert accelerated.rungs() == [Rung.FULL, Rung.OFFLOADED, Rung.CPU]
    assert accelerated.digests() == expected


def test_finished_pictures_are_not_made_again(bench: Bench, run_out: Callable[[str], None]) -> None:
    asked = recipe(batch=3)
    bench.run(asked)
    expected = bench.digests()
    run_out("denoise@5")  # the second step of the second picture
    bench.run(asked)
    assert bench.digests() == expected
    assert bench.steps() == list(range(1, 10))
    assert [event.picture.index for event in bench.events if isinstance(event, PictureDone)] == [0, 1, 2]


@pytest.mark.parametrize("place", ["load@0", "encode", "denoise@1", "denoise@3", "decode", "upscale", "save"])
def test_wherever_memory_runs_out_the_picture_is_the_same(
    bench: Bench, place: str, run_out: Callable[[str], None]
) -> None:
    asked = dataclasses.replace(recipe(), upscale=2)
    expected = _picture(bench, asked)
    run_out(place)
    bench.run(asked)
    assert (bench.rungs(), bench.digests()) == ([Rung.FULL, Rung.OFFLOADED], [expected])


def test_the_user_is_told_what_was_done(bench: Bench, run_out: Callable[[str], None]) -> None:
    run_out("decode")
    bench.run(large())
    (told,) = [event.message for event in bench.events if isinstance(event, Log)]
    plans = [event.plan for event in bench.events if isinstance(event, Planned)]
    assert told == plans[1].reason
    assert "ran out while the picture was decoded" in told
    assert "tiles" in told


def test_at_the_end_of_the_ladder_the_job_fails_and_the_next_one_works(
    bench: Bench, run_out: Callable[[str], None]
) -> None:
    expected = _picture(bench, recipe())
    run_out("decode:9")
    with pytest.raises(StudioError) as caught:
        bench.run(recipe())
    problem = caught.value.problem
    assert problem.kind is ErrorKind.MEMORY
    assert problem.message.startswith("There is not enough memory to make this picture.")
    assert "layer by layer" in problem.message, "what was tried is not told"
    assert bench.rungs() == [Rung.FULL, Rung.OFFLOADED]
    run_out("")
    bench.run(recipe())
    assert (bench.rungs(), bench.digests()) == ([Rung.FULL], [expected])


def test_memory_that_really_runs_out_is_met_likewise(bench: Bench) -> None:
    expected = _picture(bench, recipe())
    (model,) = bench.engine._models.values()
    model.denoiser.register_forward_pre_hook(lambda module, inputs: torch.empty(2**60))
    del model
    bench.run(recipe())
    assert (bench.rungs(), bench.digests()) == ([Rung.FULL, Rung.OFFLOADED], [expected])


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(r"[enforce fail at alloc_cpu.cpp:124] data. DefaultCPUAllocator: not enough memory: you tried to"),
        RuntimeError("MPS backend out of memory (MPS allocated: 5.56 GB, other allocations: 1.10 GB, max allowed: 6)"),
        RuntimeError("Invalid buffer size: 37.25 GiB"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_each_device_has_its_own_words_for_it(bench: Bench, error: RuntimeError) -> None:
    def fail(module: torch.nn.Module, inputs: object) -> None:
        raise error

    bench.run(recipe(steps=1))
    (model,) = bench.engine._models.values()
    model.denoiser.register_forward_pre_hook(fail)
    del model
    bench.run(recipe(steps=1))
    assert (bench.rungs(), len(bench.digests())) == ([Rung.FULL, Rung.OFFLOADED], 1)


def test_a_file_that_the_system_has_no_memory_to_map_is_not_called_damaged(tmp_path: Path) -> None:
    for error in (OSError(12, "Cannot allocate memory"), SafetensorError("Cannot allocate memory (os error 12)")):
        with pytest.raises(StudioError) as caught, while_loading(tmp_path):
            raise error
        assert caught.value.problem.kind is ErrorKind.MEMORY


def test_a_cancel_and_a_pause_are_no_lack_of_memory(accelerated: Bench) -> None:
    for stop in (JobCancelled, JobPaused):
        events: list[Event] = []

        def poll(stop: type[BaseException] = stop, events: list[Event] = events) -> None:
            if any(isinstance(event, Progress) and event.phase is Phase.DENOISE for event in events):
                raise stop

        command = Run(
            "job", recipe(), str(accelerated.models[Family.SD1]), str(accelerated.folder), rung=Rung.OFFLOADED
        )
        with pytest.raises(stop):
            accelerated.engine.run(command, events.append, poll)
        assert len([event for event in events if isinstance(event, Planned)]) == 1
        assert bool([event for event in events if isinstance(event, Checkpoint)]) is (stop is JobPaused)
    accelerated.run(recipe(), rung=Rung.OFFLOADED)
    again = accelerated.digests()
    accelerated.run(recipe())
    assert accelerated.digests() == again


def test_an_upscaling_without_memory_drops_the_models(bench: Bench, run_out: Callable[[str], None]) -> None:
    path = bench.folder.parent / "small.png"
    path.write_bytes(encode_png(np.random.default_rng(1).integers(0, 255, (40, 40, 3), np.uint8)))
    bench.run(recipe())
    bench.run(Upscaling(str(path), 2))
    expected = bench.digests()
    run_out("upscale")
    bench.run(Upscaling(str(path), 2))
    assert (bench.rungs(), bench.digests()) == ([Rung.FULL, Rung.ALONE], expected)
    assert not bench.engine._models
    with pytest.raises(StudioError) as caught:
        bench.run(Upscaling(str(path), 2))
    assert caught.value.problem.kind is ErrorKind.MEMORY


def test_the_rest_of_a_picture_says_nothing_of_the_memory_of_a_whole_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.engine.ladder._MEASURABLE", 0)
    monkeypatch.setattr(Peak, "bytes", lambda peak: 2**20)
    bench.run(recipe())
    command = Run("job", recipe(batch=2), str(bench.models[Family.SD1]), str(bench.folder), checkpoint_seconds=0)
    events: list[Event] = []
    assert bench.engine.run(command, events.append, lambda: None).cost.memory_share > 0
    last = [event for event in events if isinstance(event, Checkpoint)][-1]
    rest = dataclasses.replace(command, done=1, checkpoint=last.data)
    for begun in (rest, dataclasses.replace(command, done=2)):
        assert bench.engine.run(begun, lambda event: None, lambda: None).cost.memory_share == 0


def test_a_rung_that_changes_nothing_is_not_taken(bench: Bench) -> None:
    """What was planned in a worker that is gone must not bring tiles into a picture that had none."""
    bench.run(large(), rung=Rung.ALONE)
    assert bench.rungs() == [Rung.FULL]


def test_mapped_weights_are_the_same_to_the_bit(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = torch.nn.Sequential(torch.nn.Conv2d(16, 32, 3), torch.nn.Linear(64, 33, bias=False)).bfloat16()
    network.requires_grad_(False)
    first = next(network.parameters())
    first.data = first.data.to(memory_format=torch.channels_last)
    before = [(weight.clone(), weight.stride()) for weight in network.parameters()]
    addresses = [weight.data_ptr() for weight in network.parameters()]
    assert map_weights(network, tmp_path) >= 32 * 16 * 9 * 2 + 64 * 33 * 2
    for weight, (kept, stride) in zip(network.parameters(), before, strict=True):
        assert torch.equal(weight, kept)
        assert weight.stride() == stride
    moved = [weight.data_ptr() for weight in network.parameters()]
    assert [old != new for old, new in zip(addresses, moved, strict=True)] == [True, False, True]  # not the small bias
    assert not list(tmp_path.iterdir()), "a file is left"


@pytest.mark.skipif(os.name == "nt", reason="there the system removes the named file of a process that is killed")
def test_a_kill_while_weights_are_written_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, seen = torch.nn.Linear(64, 64).requires_grad_(False), list[Path]()

    def watched(weight: torch.Tensor) -> torch.Tensor:
        seen.extend(tmp_path.iterdir())
        return weight.flatten()

    monkeypatch.setattr("studio.engine.mapped._flat", watched)
    assert map_weights(network, tmp_path) == 64 * 64 * 4
    assert seen == []


def test_a_disk_without_room_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studio.engine.ladder.map_weights", refuse)
    with pytest.raises(StudioError) as caught:
        bench.run(recipe(), rung=Rung.OFFLOADED)
    assert caught.value.problem.kind is ErrorKind.DISK


@pytest.mark.parametrize("text", ["nowhere", "denoise@x", "denoise:", "@3"])
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Shortage({VARIABLE: text})


def large(steps: int = 1) -> Recipe:
    return dataclasses.replace(recipe(steps=steps), size=LARGE)


def _picture(bench: Bench, asked: Recipe, family: Family = Family.SD1) -> str:
    bench.run(asked, family)
    (digest,) = bench.digests()
    assert not is_plain(bench.pixels())
    return digest


def _hooks(part: torch.nn.Module) -> bool:
    registry = getattr(part, "_diffusers_hook", None)
    return registry is not None and bool(registry.hooks)
