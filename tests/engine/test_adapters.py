"""LoRAs: they change pictures as diffusers would, blend, and leave no trace."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from diffusers import SD3Transformer2DModel, StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig
from transformers import CLIPTextModel

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, JobCancelled, StudioError
from studio.domain.messages import Loaded
from studio.domain.recipe import Lora, Recipe
from studio.engine import adapters
from studio.engine.adapters import detach, fit
from studio.engine.libraries import torch
from studio.engine.models import Adapter, LoadedModel
from studio.engine.run import StudioEngine
from tests.engine import loras
from tests.engine.jobs import PLAN, Runner, is_plain, recipe
from tests.engine.loras import Matrices

FAMILIES = (Family.STARTER, Family.SD1, Family.SDXL, Family.SD3)
Make = Callable[[Family], Path]


def denoiser(models: dict[Family, Path], family: Family, seed: int = 0) -> dict[str, Matrices]:
    name, kind = ("transformer", SD3Transformer2DModel) if family is Family.SD3 else ("unet", UNet2DConditionModel)
    return {name: loras.matrices(models[family] / name, kind, seed=seed)}


def text_encoder(models: dict[Family, Path]) -> Matrices:
    return loras.matrices(models[Family.SD1] / "text_encoder", CLIPTextModel, loras.PROJECTIONS)


def using(*weights: float, family: Family = Family.SD1, seed: int = 7) -> Recipe:
    named = tuple(Lora(f"lora{i}", weight) for i, weight in enumerate(weights))
    return dataclasses.replace(recipe(family, seed=seed), loras=named)


@pytest.fixture
def first(models: dict[Family, Path], tmp_path: Path) -> Path:
    return loras.save(tmp_path / "first.safetensors", denoiser(models, Family.SD1), Family.SD1)


@pytest.fixture
def second(models: dict[Family, Path], tmp_path: Path) -> Path:
    return loras.save(tmp_path / "second.safetensors", denoiser(models, Family.SD1, 99), Family.SD1)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read."""
    read: list[Path] = []
    really = adapters.read_layers

    def count(path: Path, pipeline: object) -> adapters.Layers:
        read.append(path)
        return really(path, pipeline)

    monkeypatch.setattr(adapters, "read_layers", count)
    return read


@pytest.mark.parametrize("family", FAMILIES)
def test_a_lora_changes_the_picture_and_leaves_no_trace(
    runner: Runner, models: dict[Family, Path], tmp_path: Path, family: Family
) -> None:
    file = loras.save(tmp_path / "a.safetensors", denoiser(models, family), family)
    bare = runner(recipe(family), family).digests()
    off = runner(using(0.0, family=family), family, loras=[file])
    changed = runner(using(1.0, family=family), family, loras=[file])
    again = runner(using(1.0, family=family), family, loras=[file])
    after = runner(recipe(family), family).digests()
    assert off.digests() == bare, "weight 0 is bit-equal to the base"
    assert changed.digests() != bare
    assert not is_plain(changed.pixels())
    assert again.digests() == changed.digests()
    assert after == bare, "taken off exactly"


def test_two_blend(runner: Runner, first: Path, second: Path) -> None:
    pictures = [
        runner(using(1.0), loras=[first]).digests(),
        runner(using(1.0), loras=[second]).digests(),
        runner(using(0.6, 0.4), loras=[first, second]).digests(),
        runner(using(0.4, 0.6), loras=[first, second]).digests(),
        runner(using(1.0, -1.0), loras=[first, second]).digests(),
    ]
    assert len({digests[0] for digests in pictures}) == 5
    assert runner(using(1.0, 0.0), loras=[first, second]).digests() == pictures[0]
    assert runner(using(0.0, 1.0), loras=[first, second]).digests() == pictures[1]


def test_what_is_attached_is_not_read_again(runner: Runner, first: Path, counted: list[Path]) -> None:
    runner(recipe())
    once = [runner(using(1.0, seed=seed), loras=[first]).digests() for seed in (1, 2)]
    assert counted == [first]
    half = runner(using(0.5), loras=[first]).digests()
    assert counted == [first], "another weight needs no reading either"
    assert once[0] != once[1]
    fresh = Runner(StudioEngine(PLAN), runner.models, runner.store)
    assert fresh(using(0.5), loras=[first]).digests() == half


def test_a_file_that_was_written_anew_is_read_anew(
    runner: Runner, models: dict[Family, Path], first: Path, counted: list[Path]
) -> None:
    runner(recipe())
    before = runner(using(1.0), loras=[first]).of(Loaded)[0]
    loras.save(first, denoiser(models, Family.SD1, 5), Family.SD1)
    after = runner(using(1.0), loras=[first]).of(Loaded)[0]
    assert len(counted) == 2
    assert before.lora_hashes != after.lora_hashes
    assert [len(digest) for digest in after.lora_hashes] == [16]


def test_a_text_encoders_lora_changes_what_is_read(runner: Runner, models: dict[Family, Path], tmp_path: Path) -> None:
    file = loras.save(tmp_path / "text.safetensors", {"text_encoder": text_encoder(models)}, Family.SD1)
    bare = runner(recipe()).digests()
    changed = runner(using(1.0), loras=[file]).digests()
    weaker = runner(using(0.5), loras=[file]).digests()
    assert len({bare[0], changed[0], weaker[0]}) == 3, "a remembered prompt is not taken from another variant"
    assert runner(using(1.0), loras=[file]).digests() == changed
    assert runner(recipe()).digests() == bare


def test_the_dialects_say_the_same(runner: Runner, models: dict[Family, Path], tmp_path: Path) -> None:
    parts = {**denoiser(models, Family.SD1), "text_encoder": text_encoder(models)}
    ours = loras.save(tmp_path / "ours.safetensors", parts, Family.SD1)
    kohya = loras.save_kohya(tmp_path / "kohya.safetensors", parts, Family.SD1)
    assert runner(using(1.0), loras=[ours]).digests() == runner(using(1.0), loras=[kohya]).digests()


def test_alpha_is_heeded_in_every_dialect(runner: Runner, models: dict[Family, Path], tmp_path: Path) -> None:
    pairs = loras.without(denoiser(models, Family.SD1)["unet"], [".to_v"])  # all of rank 4
    half = {"unet": loras.scaled(pairs, 0.5)}
    wanted = runner(using(1.0), loras=[loras.save(tmp_path / "half.safetensors", half, Family.SD1)]).digests()
    kohya = loras.save_kohya(tmp_path / "kohya.safetensors", {"unet": pairs}, Family.SD1, alpha=2.0)
    by_layer = {"unet.lora_alpha": 8, "unet.r": 4, "unet.alpha_pattern": dict.fromkeys(pairs, 2)}
    peft = loras.save(tmp_path / "p.safetensors", {"unet": pairs}, Family.SD1, by_layer)
    plain = loras.save(tmp_path / "q.safetensors", {"unet": pairs}, Family.SD1, {"unet.lora_alpha": 2, "unet.r": 4})
    for file in (kohya, peft, plain):
        assert runner(using(1.0), loras=[file]).digests() == wanted


def test_it_is_what_diffusers_computes(
    runner: Runner, engine: StudioEngine, models: dict[Family, Path], tmp_path: Path
) -> None:
    parts = {**denoiser(models, Family.SD1), "text_encoder": text_encoder(models)}
    file = loras.save(tmp_path / "a.safetensors", parts, Family.SD1)
    runner(using(0.7), loras=[file])
    model = next(m for m in engine._models.values() if m.family is Family.SD1)
    pipe = StableDiffusionPipeline.from_pretrained(
        models[Family.SD1], safety_checker=None, requires_safety_checker=False
    )
    pipe.load_lora_weights(tmp_path, weight_name=file.name, adapter_name="a")
    pipe.set_adapters(["a"], [0.7])
    ids, latents = torch.arange(77)[None], torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        states, theirs = model.conditioner.networks()[0](ids)[0], pipe.text_encoder(ids)[0]
        assert torch.equal(states, theirs)
        ours = model.denoiser(latents, 500, states).sample
        assert torch.allclose(ours, pipe.unet(latents, 500, theirs).sample, rtol=0, atol=1e-5)
        detach(model)
        assert not torch.allclose(ours, model.denoiser(latents, 500, states).sample, rtol=0, atol=1e-2)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def scribble(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-64:] = b"\xff" * 64  # numbers that are none
    file.write_bytes(data)


@pytest.mark.parametrize(("spoil", "says"), [(cut, "cut short"), (scribble, "infinite or none"), (Path.unlink, "")])
def test_a_damaged_file_is_a_problem_and_the_engine_goes_on(
    runner: Runner, first: Path, spoil: Callable[[Path], None], says: str
) -> None:
    bare = runner(recipe()).digests()
    spoil(first)
    with pytest.raises(StudioError) as caught:
        runner(using(1.0), loras=[first])
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert says in caught.value.problem.message
    assert first.name in caught.value.problem.message
    assert runner(recipe()).digests() == bare


@pytest.mark.parametrize("wrong", ["another family", "other layers", "other sizes", "an encoder it lacks", "a half"])
def test_a_lora_of_another_model_is_refused_and_the_engine_goes_on(
    runner: Runner, models: dict[Family, Path], first: Path, tmp_path: Path, wrong: str
) -> None:
    bare = runner(recipe()).digests()
    pairs = denoiser(models, Family.SD1)["unet"]
    parts: dict[str, dict[str, Matrices]] = {
        "another family": {"unet": pairs},
        "other layers": {"unet": {f"{name}s": pair for name, pair in pairs.items()}},
        "other sizes": {"unet": {name: (down[:, 1:].contiguous(), up) for name, (down, up) in pairs.items()}},
        "an encoder it lacks": {"unet": pairs, "text_encoder_2": text_encoder(models)},
        "a half": {"unet": {name: (down, up[1:]) for name, (down, up) in pairs.items()}},
    }
    base = Family.SDXL if wrong == "another family" else Family.SD1
    file = loras.save(tmp_path / "wrong.safetensors", parts[wrong], base)
    with pytest.raises(StudioError) as caught:
        runner(using(1.0, 1.0), loras=[first, file])
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert "wrong" in caught.value.problem.message
    assert caught.value.problem.hint
    assert runner(recipe()).digests() == bare


def test_cancelled_while_attaching_leaves_the_bare_model(
    runner: Runner, engine: StudioEngine, first: Path, second: Path
) -> None:
    bare = runner(recipe()).digests()
    model = bare_model(engine)
    polls = 0

    def poll() -> None:
        nonlocal polls
        polls += 1
        if polls == 2:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        fit(model, [Adapter(first, "a", 1.0), Adapter(second, "b", 1.0)], poll)
    assert model.adapters == ()
    assert not any("lora" in name for name, _ in model.denoiser.named_modules())
    assert runner(recipe()).digests() == bare


def test_taken_off_by_hand_the_networks_are_as_they_were(runner: Runner, engine: StudioEngine, first: Path) -> None:
    runner(recipe())
    model = bare_model(engine)
    before = [(name, type(module), id(module)) for name, module in model.denoiser.named_modules()]
    runner(using(1.0), loras=[first])
    detach(model)
    assert [(name, type(module), id(module)) for name, module in model.denoiser.named_modules()] == before
    assert not any(parameter.requires_grad for parameter in model.denoiser.parameters())
    model.denoiser.add_adapter(LoraConfig(r=1, target_modules=["to_q"]))  # as a training would
    detach(model)
    assert [(name, type(module), id(module)) for name, module in model.denoiser.named_modules()] == before


def bare_model(engine: StudioEngine) -> LoadedModel:
    return next(model for model in engine._models.values() if model.family is Family.SD1)
