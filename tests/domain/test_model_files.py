"""Recognising models from their headers and configs alone, and refusing what is unsound."""

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain import tensor_files
from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.model_files import draws_clips, is_for_inpainting, recognise, weight_files, weights_size
from studio.domain.module_files import recognise_module
from studio.domain.tensor_files import read_header

Entries = dict[str, tuple[str, list[int]]]
BYTES = {"F32": 4, "F16": 2}
SD1_KEY = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
STARTER_UNET = {"addition_embed_type": "text", "cross_attention_dim": 384}


def write_safetensors(path: Path, entries: Entries) -> Path:
    """A sound file of zeros."""
    header, at = {}, 0
    for name, (dtype, shape) in entries.items():
        count = BYTES[dtype]
        for side in shape:
            count *= side
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + count]}
        at += count
    raw = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + bytes(at))
    return path


def write_header(path: Path, header: object, data: int = 64) -> Path:
    """A file with any header."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + bytes(data))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Makes a diffusers folder of a pipeline class, with a given denoiser config."""

    def make(pipeline: str = "StableDiffusionPipeline", unet: dict[str, object] | None = None) -> Path:
        root = tmp_path / "model"
        denoiser = "transformer" if pipeline.startswith("StableDiffusion3") else "unet"
        for part in (denoiser, "vae", "text_encoder", "text_encoder_2"):
            write_safetensors(root / part / "model.safetensors", {"weight": ("F16", [4, 4])})
            (root / part / "config.json").write_text(json.dumps((unet or {}) if part == denoiser else {}))
        (root / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
        return root

    return make


def refusal(path: Path) -> str:
    """Why `path` is refused."""
    with pytest.raises(StudioError) as caught:
        recognise(path)
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert caught.value.problem.hint
    return caught.value.problem.message


@pytest.mark.parametrize(
    ("pipeline", "unet", "family"),
    [
        ("StableDiffusionPipeline", {"cross_attention_dim": 768}, Family.SD1),
        ("StableDiffusionPipeline", STARTER_UNET, Family.STARTER),
        ("StableDiffusionXLPipeline", {"cross_attention_dim": 2048}, Family.SDXL),
        ("StableDiffusionXLImg2ImgPipeline", {}, Family.SDXL),
        ("StableDiffusion3Pipeline", {"_class_name": "SD3Transformer2DModel"}, Family.SD3),
        ("StableDiffusion3Img2ImgPipeline", {}, Family.SD3),
    ],
)
def test_folders_are_recognised_by_their_configs(
    folder: Callable[..., Path], pipeline: str, unet: dict[str, object], family: Family
) -> None:
    assert recognise(folder(pipeline, unet)) is family


@pytest.mark.parametrize(
    ("pipeline", "unet"),
    [
        ("FluxPipeline", {}),
        ("", {}),
        ("StableDiffusionPipeline", {"cross_attention_dim": 1024}),
        ("StableDiffusion3Pipeline", {"_class_name": "FluxTransformer2DModel"}),
    ],
)
def test_other_families_are_refused(folder: Callable[..., Path], pipeline: str, unet: dict[str, object]) -> None:
    assert "cannot run" in refusal(folder(pipeline, unet))


def test_single_files_are_recognised_by_their_tensors(tmp_path: Path) -> None:
    first = write_safetensors(tmp_path / "a.safetensors", {SD1_KEY: ("F16", [320, 768])})
    second = write_safetensors(
        tmp_path / "b.safetensors", {"conditioner.embedders.1.model.ln_final.weight": ("F16", [4])}
    )
    assert (recognise(first), recognise(second)) == (Family.SD1, Family.SDXL)
    assert weight_files(first) == [first]
    assert weights_size(first) == first.stat().st_size


def test_stable_diffusion_3_may_lack_its_t5_but_not_its_weights(folder: Callable[..., Path]) -> None:
    root = folder("StableDiffusion3Pipeline")
    assert recognise(root) is Family.SD3
    (root / "text_encoder_3").mkdir()
    (root / "text_encoder_3/config.json").write_text("{}")
    with pytest.raises(StudioError) as caught:
        recognise(root)
    assert "text_encoder_3 are missing" in caught.value.problem.message
    assert "delete that folder" in caught.value.problem.hint
    write_safetensors(root / "text_encoder_3/model-00001-of-00001.safetensors", {"weight": ("F16", [8, 4])})
    assert recognise(root) is Family.SD3
    assert len(weight_files(root)) == 5


@pytest.mark.parametrize("prefix", ["model.diffusion_model.", ""])
def test_stable_diffusion_3_as_a_single_file_is_told_to_be_a_folder(tmp_path: Path, prefix: str) -> None:
    key = f"{prefix}joint_blocks.0.x_block.attn.qkv.weight"
    with pytest.raises(StudioError) as caught:
        recognise(write_safetensors(tmp_path / "sd3.safetensors", {key: ("F16", [12, 4])}))
    assert "model_index.json" in caught.value.problem.hint


def test_single_files_of_other_families_are_refused(tmp_path: Path) -> None:
    refusal(write_safetensors(tmp_path / "lora.safetensors", {"lora_unet.down.weight": ("F16", [4, 4])}))
    refusal(write_safetensors(tmp_path / "sd2.safetensors", {SD1_KEY: ("F16", [320, 1024])}))
    refusal(write_safetensors(tmp_path / "scalar.safetensors", {SD1_KEY: ("F16", [])}))


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_a_part_without_weights_or_config_is_refused(folder: Callable[..., Path], part: str) -> None:
    root = folder()
    (root / part / "model.safetensors").unlink()
    assert "missing" in refusal(root)
    (root / part / "weights.ckpt").write_bytes(b"")
    assert "pickle" in refusal(root)
    (root / part / "config.json").unlink()
    assert "lacks" in refusal(root)


def test_folders_that_are_no_models_are_refused(tmp_path: Path) -> None:
    assert "no model at" in refusal(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    assert "empty" in refusal(tmp_path / "empty")
    (tmp_path / "empty" / "notes.txt").write_text("")
    assert "no model_index.json" in refusal(tmp_path / "empty")


@pytest.mark.parametrize("content", [pickle.dumps([1]), b"PK\x03\x04 a zip", b"\x80\x02 an old pickle"])
def test_a_pickle_is_known_by_its_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content + bytes(100))
    assert "pickle" in refusal(tmp_path / "model.safetensors")


@pytest.mark.parametrize("start", [b"\x80", b"PK"])
def test_a_header_length_that_looks_like_a_pickle_is_none(tmp_path: Path, start: bytes) -> None:
    """Lengths are multiples of 8, so one file in 32 begins with the byte of a pickle."""
    wanted = int.from_bytes(start, "little")
    header = json.dumps({"weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode().ljust(wanted)
    path = write_header(tmp_path / "model.safetensors", header)
    assert path.read_bytes().startswith(start)
    assert list(read_header(path)) == ["weight"]


@pytest.mark.parametrize("size", [0, 3, 7, 8, 100, -1])
def test_cut_files_are_refused(tmp_path: Path, size: int) -> None:
    path = write_safetensors(tmp_path / "model.safetensors", {SD1_KEY: ("F32", [64, 768])})
    path.write_bytes(path.read_bytes()[:size])
    assert "cut short" in refusal(path)


@pytest.mark.parametrize(
    "header",
    [
        b"not json",
        b"[]",
        b"null",
        b"3",
        b"\xff\xfe",
        b"[" * 100_000,
        {"a": 3},
        {"a": {"dtype": "F32"}},
        {"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": ["x"], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}},
        {"a": {"dtype": "F32", "shape": [1] * 9, "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}},
        {"a": {"dtype": [], "shape": [1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": None, "data_offsets": [0, 4]}},
    ],
)
def test_damaged_headers_are_refused(tmp_path: Path, header: object) -> None:
    assert "damaged" in refusal(write_header(tmp_path / "model.safetensors", header))


def test_headers_made_to_exhaust_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 2**62) + bytes(64))
    assert "claims" in refusal(path)
    monkeypatch.setattr(tensor_files, "MAX_TENSORS", 10)
    entries = {f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(11)}
    assert "more than any model" in refusal(write_header(path, entries))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.safetensors"
    path.write_bytes(struct.pack("<Q", len(content)) + content)
    try:
        read_header(path)
    except StudioError as error:
        assert error.problem.kind is ErrorKind.MODEL


@pytest.mark.parametrize(
    "config",
    [
        {"block_out_channels": [160_000]},
        {"layers_per_block": 3000},
        {"num_hidden_layers": 10**6},
        {"hidden_size": 10**6},
        {"nested": {"num_res_blocks": 10**4}},
        {"anything": 2**40},
        {"block_out_channels": [1e30]},
        {"pos_embed_max_size": 10**5},
        {"joint_attention_dim": 10**6},
        {"num_attention_heads": 10**4},
    ],
)
def test_configs_made_to_exhaust_memory_are_refused(folder: Callable[..., Path], config: dict[str, object]) -> None:
    assert "no real model has" in refusal(folder(unet=config))


@pytest.mark.parametrize("content", ["", "[]", "{", "3", '{"a": ' * 100_000])
@pytest.mark.parametrize("name", ["model_index.json", "unet/config.json"])
def test_damaged_configs_are_refused(folder: Callable[..., Path], name: str, content: str) -> None:
    root = folder()
    (root / name).write_text(content)
    refusal(root)


def test_an_enormous_config_is_not_even_read(folder: Callable[..., Path]) -> None:
    root = folder()
    (root / "unet/config.json").write_text("[" + "1," * 2**20 + "1]")
    assert "too large" in refusal(root)


def test_links_out_of_the_folder_are_refused(folder: Callable[..., Path], tmp_path: Path) -> None:
    root = folder()
    secret = tmp_path / "secret.txt"
    secret.write_text("private")
    (root / "unet/link.json").symlink_to(secret)
    assert "link" in refusal(root)


def test_the_links_of_a_download_cache_are_fine(folder: Callable[..., Path]) -> None:
    root = folder()
    blobs = root.parent / "blobs"
    blobs.mkdir()
    (root / "unet/model.safetensors").rename(blobs / "abc")
    (root / "unet/model.safetensors").symlink_to(blobs / "abc")
    assert recognise(root) is Family.SD1


def test_an_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(StudioError):
        read_header(tmp_path / "folder.safetensors")


def test_a_link_to_itself_is_refused(folder: Callable[..., Path]) -> None:
    root = folder()
    (root / "loop").symlink_to(root / "loop")
    assert "link" in refusal(root)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
@pytest.mark.parametrize("name", ["unet/model.safetensors", "unet/config.json", "safelight.json"])
def test_a_pipe_is_refused_and_not_waited_for(folder: Callable[..., Path], name: str) -> None:
    root = folder()
    (root / name).unlink(missing_ok=True)
    os.mkfifo(root / name)
    assert "no ordinary file" in refusal(root)
    assert "no ordinary file" in refusal(root / name)


def test_an_impossible_name_is_a_refusal(tmp_path: Path) -> None:
    assert "too long" in refusal(tmp_path / ("x" * 5000))


@pytest.mark.parametrize("name", ["model.SAFETENSORS", "model.ckpt", "model"])
def test_a_single_file_must_be_named_as_what_it_is(tmp_path: Path, name: str) -> None:
    file = write_safetensors(tmp_path / name, {SD1_KEY: ("F16", [4, 768])})
    assert "not named as a safetensors file" in refusal(file)


@pytest.mark.parametrize("shard", ["evil.bin", "../evil.safetensors", 3])
def test_an_index_may_name_only_safetensors_beside_it(folder: Callable[..., Path], shard: object) -> None:
    path = folder()
    assert recognise(path)
    index = path / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": shard}}))
    assert "names files that are no safetensors files" in refusal(path)
    index.write_text(json.dumps({"weight_map": {"a": "diffusion_pytorch_model.safetensors"}}))
    assert recognise(path)


@pytest.mark.parametrize(
    ("pipeline", "family"),
    [("StableDiffusionInpaintPipeline", Family.SD1), ("StableDiffusionXLInpaintPipeline", Family.SDXL)],
)
def test_models_made_for_inpainting_are_known_by_their_nine_channels(
    folder: Callable[..., Path], pipeline: str, family: Family
) -> None:
    path = folder(pipeline, {"in_channels": 9})
    assert (recognise(path), is_for_inpainting(path)) == (family, True)
    (path / "unet" / "config.json").write_text(json.dumps({"in_channels": 4}))
    assert (recognise(path), is_for_inpainting(path)) == (family, False)


@pytest.mark.parametrize("pipeline", ["StableDiffusionInstructPix2PixPipeline", "StableDiffusionXLPipeline"])
def test_denoisers_that_read_other_channels_are_refused(folder: Callable[..., Path], pipeline: str) -> None:
    with pytest.raises(StudioError, match="reads 8 channels"):
        recognise(folder(pipeline, {"in_channels": 8}))


@pytest.mark.parametrize(("channels", "inpainting"), [(4, False), (9, True)])
def test_single_files_tell_by_their_first_convolution(tmp_path: Path, channels: int, inpainting: bool) -> None:
    first = "model.diffusion_model.input_blocks.0.0.weight"
    entries: Entries = {SD1_KEY: ("F16", [2, 768]), first: ("F16", [2, channels, 3, 3])}
    path = write_safetensors(tmp_path / "model.safetensors", entries)
    assert (recognise(path), is_for_inpainting(path)) == (Family.SD1, inpainting)
    entries[first] = ("F16", [2, 8, 3, 3])
    with pytest.raises(StudioError, match="reads 8 channels"):
        recognise(write_safetensors(tmp_path / "other.safetensors", entries))


# ------------------------------------------------------------------------------------------------ video, motion modules

WAN = {"transformer": "WanTransformer3DModel", "vae": "AutoencoderKLWan"}
LTX = {"transformer": "LTXVideoTransformer3DModel", "vae": "AutoencoderKLLTXVideo"}


def video_folder(root: Path, pipeline: str, kinds: dict[str, str], *more: str) -> Path:
    """A diffusers folder of a video model."""
    for part in ("transformer", "vae", "text_encoder", *more):
        write_safetensors(root / part / "model.safetensors", {"weight": ("F16", [4, 4])})
        (root / part / "config.json").write_text(json.dumps({"_class_name": kinds[part]} if part in kinds else {}))
    (root / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    return root


@pytest.mark.parametrize(
    ("pipeline", "kinds", "family"),
    [
        ("WanPipeline", WAN, Family.WAN),
        ("WanImageToVideoPipeline", WAN, Family.WAN),
        ("LTXPipeline", LTX, Family.LTX),
        ("LTXConditionPipeline", LTX, Family.LTX),
    ],
)
def test_video_models_are_recognised(tmp_path: Path, pipeline: str, kinds: dict[str, str], family: Family) -> None:
    root = video_folder(tmp_path / "model", pipeline, kinds)
    assert recognise(root) is family
    assert draws_clips(root)
    assert FAMILIES[family].video
    (root / "vae" / "model.safetensors").unlink()
    assert "weights of vae" in refusal(root)


def test_optional_parts_of_a_video_model_are_checked_and_counted(tmp_path: Path) -> None:
    root = video_folder(tmp_path / "model", "WanPipeline", WAN, "transformer_2", "image_encoder")
    assert len(weight_files(root)) == 5
    (root / "transformer_2" / "model.safetensors").write_bytes(pickle.dumps({}))
    assert "pickle" in refusal(root)


@pytest.mark.parametrize(
    ("pipeline", "kinds"),
    [
        ("WanPipeline", {**WAN, "transformer": "WanVACETransformer3DModel"}),
        ("WanPipeline", {**WAN, "vae": "AutoencoderKL"}),
        ("WanVACEPipeline", WAN),
        ("LTX2Pipeline", LTX),
    ],
)
def test_other_video_models_are_refused(tmp_path: Path, pipeline: str, kinds: dict[str, str]) -> None:
    assert "cannot run" in refusal(video_folder(tmp_path / "model", pipeline, kinds))


def module_folder(root: Path, **config: object) -> Path:
    """The folder of a motion module."""
    write_safetensors(root / "diffusion_pytorch_model.safetensors", {"weight": ("F16", [4, 4])})
    (root / "config.json").write_text(json.dumps({"_class_name": "MotionAdapter", **config}))
    return root


def test_a_motion_module_is_recognised_and_no_model(tmp_path: Path) -> None:
    root = module_folder(tmp_path / "module", motion_max_seq_length=24)
    assert recognise_module(root) == (Family.SD1, 24)
    assert [file.name for file in weight_files(root)] == ["diffusion_pytorch_model.safetensors"]
    assert "motion module" in refusal(root)


@pytest.mark.parametrize(
    "config",
    [
        {"block_out_channels": [320, 640, 1280]},
        {"conv_in_channels": 9},
        {"motion_max_seq_length": 10**7},
        {"motion_max_seq_length": "long"},
        {"motion_layers_per_block": 10**6},
        {"block_out_channels": [10**7] * 4},
        {"_class_name": "ControlNetModel"},
    ],
)
def test_other_motion_modules_are_refused(tmp_path: Path, config: dict[str, object]) -> None:
    with pytest.raises(StudioError) as caught:
        recognise_module(module_folder(tmp_path / "module", **config))
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert caught.value.problem.hint


def test_a_motion_module_of_pickles_or_with_a_link_out_of_it_is_refused(tmp_path: Path) -> None:
    root = module_folder(tmp_path / "module")
    weights = root / "diffusion_pytorch_model.safetensors"
    outside = weights.rename(tmp_path / "weights.safetensors")
    weights.symlink_to(outside)
    with pytest.raises(StudioError, match="leads out"):
        recognise_module(root)
    weights.unlink()
    (root / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps({}))
    with pytest.raises(StudioError, match="pickle"):
        recognise_module(root)
