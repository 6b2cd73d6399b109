"""Models that are damaged, hostile or of another kind."""

import hashlib
import json
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.messages import Loaded
from studio.domain.model_digest import model_digest
from studio.engine import loading
from studio.engine.libraries import torch
from studio.engine.loading import clip_tokenizer, config_folder
from studio.engine.run import StudioEngine
from tests.engine import tiny
from tests.engine.jobs import PLAN, Runner, recipe
from tests.engine.ldm import write_checkpoint

UNET = Path("unet/diffusion_pytorch_model.safetensors")


class Bomb:
    """What unpickling would run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("unpickled"),)


@pytest.fixture
def copy(models: dict[Family, Path], tmp_path: Path) -> Callable[[Family], Path]:
    def make(family: Family = Family.SD1) -> Path:
        return Path(shutil.copytree(models[family], tmp_path / f"copy-{family.value}"))

    return make


def _refused(path: Path, tmp_path: Path, family: Family = Family.SD1) -> StudioError:
    engine = StudioEngine(PLAN)
    with pytest.raises(StudioError) as caught:
        Runner(engine, {family: path}, tmp_path / "store")(recipe(family), family)
    assert caught.value.problem.kind is ErrorKind.MODEL, caught.value
    assert caught.value.problem.hint
    assert not engine._models
    return caught.value


def _edit(config: Path, **changes: object) -> None:
    config.write_text(json.dumps({**json.loads(config.read_text()), **changes}))


def test_a_missing_or_empty_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _refused(tmp_path / "empty", tmp_path)
    _refused(tmp_path / "missing", tmp_path)


def test_pickled_weights_are_never_opened(
    copy: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = copy()
    (path / UNET).unlink()
    (path / "unet/diffusion_pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
    assert "pickle" in str(_refused(path, tmp_path))
    (path / UNET).write_bytes(pickle.dumps(Bomb()))
    _refused(path, tmp_path)
    renamed = tmp_path / "model.safetensors"
    renamed.write_bytes(pickle.dumps(Bomb()))
    _refused(renamed, tmp_path)
    assert not (tmp_path / "unpickled").exists()


def test_a_pickle_beside_sound_weights_is_not_touched(
    copy: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = copy()
    for part in (
        "unet/diffusion_pytorch_model.bin",
        "text_encoder/pytorch_model.bin",
        "vae/diffusion_pytorch_model.bin",
    ):
        (path / part).write_bytes(pickle.dumps(Bomb()))
    assert Runner(StudioEngine(PLAN), {Family.SD1: path}, tmp_path / "store")(recipe()).digests()
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_cut_weights_are_refused(copy: Callable[[], Path], tmp_path: Path, share: float) -> None:
    path = copy()
    data = (path / UNET).read_bytes()
    (path / UNET).write_bytes(data[: int(len(data) * share)])
    _refused(path, tmp_path)


def test_a_header_that_claims_gigabytes_is_refused(copy: Callable[[], Path], tmp_path: Path) -> None:
    path = copy()
    (path / UNET).write_bytes(struct.pack("<Q", 2**40) + b"{}")
    _refused(path, tmp_path)


def test_weights_of_another_network_are_refused(copy: Callable[[], Path], tmp_path: Path) -> None:
    path = copy()
    shutil.copy(path / "vae/diffusion_pytorch_model.safetensors", path / UNET)
    _refused(path, tmp_path)


@pytest.mark.parametrize("part", ["unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"])
def test_weights_that_lack_tensors_are_refused(copy: Callable[[], Path], tmp_path: Path, part: str) -> None:
    """The libraries would fill them with noise."""
    path = copy()
    file = path / f"{part}.safetensors"
    tensors = load_file(file)
    tensors.pop(sorted(tensors)[len(tensors) // 2])
    save_file(tensors, file, {"format": "pt"})
    _refused(path, tmp_path)


def test_weights_of_another_width_are_refused(copy: Callable[[], Path], tmp_path: Path) -> None:
    path = copy()
    _edit(path / "unet/config.json", block_out_channels=[32, 32])
    _refused(path, tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"block_out_channels": [160_000, 32]},
        {"layers_per_block": 3000},
        {"cross_attention_dim": "wide"},
        {"norm_num_groups": 0},
        {"down_block_types": ["NoSuchBlock", "DownBlock2D"]},
        {"in_channels": -4},
        {"sample_size": None, "act_fn": "no such"},
        {"attention_head_dim": [[[]]]},
        {"time_embedding_type": "surprise"},
    ],
)
def test_hostile_configs_are_refused(copy: Callable[[], Path], tmp_path: Path, changes: dict[str, object]) -> None:
    path = copy()
    _edit(path / "unet/config.json", **changes)
    _refused(path, tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        "null",
        '{"num_train_timesteps": 2000000000}',
        '{"beta_schedule": "surprise"}',
        '{"trained_betas": "many"}',
        '{"prediction_type": ["epsilon"]}',
    ],
)
def test_damaged_schedulers_are_refused(copy: Callable[[], Path], tmp_path: Path, content: str) -> None:
    path = copy()
    (path / "scheduler/scheduler_config.json").write_text(content)
    _refused(path, tmp_path)


@pytest.mark.parametrize(
    "content", ["", "{}", "[" * 100_000, '{"version": "1.0", "model": {"type": "BPE", "vocab": 3}}']
)
def test_damaged_tokenizers_are_refused(copy: Callable[[], Path], tmp_path: Path, content: str) -> None:
    path = copy()
    (path / "tokenizer/tokenizer.json").write_text(content)
    _refused(path, tmp_path)


def test_a_missing_tokenizer_is_refused(copy: Callable[[], Path], tmp_path: Path) -> None:
    path = copy()
    shutil.rmtree(path / "tokenizer")
    _refused(path, tmp_path)


def test_class_names_in_the_index_are_not_followed(copy: Callable[[], Path], tmp_path: Path) -> None:
    """Custom code lies in wait in the folder; the engine picks its classes itself."""
    path = copy()
    (path / "evil.py").write_text("raise SystemExit('ran')\n")
    _edit(path / "model_index.json", unet=["evil", "Evil"], text_encoder=["evil", "Evil"])
    assert Runner(StudioEngine(PLAN), {Family.SD1: path}, tmp_path / "store")(recipe()).digests()


def test_half_precision_variants_load(copy: Callable[[], Path], tmp_path: Path) -> None:
    path = copy()
    for file in list(path.glob("*/*.safetensors")):
        tensors = {
            name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(file).items()
        }
        save_file(tensors, file.with_suffix(".fp16.safetensors"), {"format": "pt"})
        file.unlink()
    assert Runner(StudioEngine(PLAN), {Family.SD1: path}, tmp_path / "store")(recipe()).digests()


def test_the_hash_follows_the_weights(copy: Callable[[], Path], models: dict[Family, Path]) -> None:
    path = copy()
    before = model_digest(path, lambda: None)
    assert before == model_digest(models[Family.SD1], lambda: None)
    assert len(before) == 16
    data = bytearray((path / UNET).read_bytes())
    data[-1] ^= 1
    (path / UNET).write_bytes(data)
    assert model_digest(path, lambda: None) != before


def test_a_model_replaced_on_disk_is_loaded_again(copy: Callable[[], Path], tmp_path: Path) -> None:
    path = copy()
    runner = Runner(StudioEngine(PLAN), {Family.SD1: path}, tmp_path / "store")
    before = runner(recipe()).digests()
    tensors = {name: tensor * 1.5 for name, tensor in load_file(path / UNET).items()}
    save_file(tensors, path / UNET, {"format": "pt"})
    assert runner(recipe()).digests() != before


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A tiny Stable Diffusion 1 as a folder and as a single file, which takes the folder's configs and tokenizer."""
    folder = tiny.build_sd1(tmp_path / "folder", width=768)
    monkeypatch.setattr(loading, "config_folder", lambda family: folder)
    monkeypatch.setattr(loading, "clip_tokenizer", lambda pad: CLIPTokenizer.from_pretrained(folder / "tokenizer"))
    return folder, write_checkpoint(folder, tmp_path / "model.safetensors", levels=2, layers=1, vae_levels=4)


def test_a_single_file_gives_the_pictures_of_its_folder(checkpoint: tuple[Path, Path], tmp_path: Path) -> None:
    folder, file = checkpoint
    engine = StudioEngine(PLAN)
    one, other = (Runner(engine, {Family.SD1: path}, tmp_path / "store")(recipe()) for path in (folder, file))
    assert one.digests() == other.digests()
    assert other.of(Loaded)[0].model_hash == hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def test_a_single_file_for_inpainting_keeps_its_nine_channels(checkpoint: tuple[Path, Path], tmp_path: Path) -> None:
    """The configs that ship are of a network that reads four."""
    folder = tiny.build_sd1(tmp_path / "nine", width=768, in_channels=9)
    file = write_checkpoint(folder, tmp_path / "nine.safetensors", levels=2, layers=1, vae_levels=4)
    engine = StudioEngine(PLAN)
    one, other = (Runner(engine, {Family.SD1: path}, tmp_path / "store")(recipe()) for path in (folder, file))
    assert one.digests() == other.digests()


def test_a_single_file_without_an_autoencoder_is_refused(checkpoint: tuple[Path, Path], tmp_path: Path) -> None:
    tensors = {name: value for name, value in load_file(checkpoint[1]).items() if not name.startswith("first_stage")}
    save_file(tensors, tmp_path / "cut.safetensors")
    _refused(tmp_path / "cut.safetensors", tmp_path)


def test_the_shipped_clip_vocabulary_is_clips() -> None:
    tokenizer = clip_tokenizer("!")
    assert tokenizer("a photo of a cat")["input_ids"] == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert tokenizer.pad_token_id == 0
    assert clip_tokenizer("<|endoftext|>").pad_token_id == 49407


@pytest.mark.parametrize("family", [Family.SD1, Family.SDXL])
def test_the_shipped_configs_describe_the_published_networks(family: Family) -> None:
    folder = config_folder(family)
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet"))
        vae = AutoencoderKL.from_config(AutoencoderKL.load_config(folder / "vae"))
    millions = {Family.SD1: 860, Family.SDXL: 2567}[family]
    assert sum(p.numel() for p in unet.parameters()) // 10**6 in (millions - 1, millions)
    assert sum(p.numel() for p in vae.parameters()) // 10**6 == 83
