"""Recognising LoRAs from their headers alone."""

import json
from pathlib import Path

import pytest

from studio.domain.catalog import Family, Library
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.lora_files import is_lora, read_lora, training_of
from studio.domain.model_files import recognise
from studio.domain.recipe import Sampling
from tests.domain.loras import DIFFUSERS, KOHYA, write_lora, write_tensors


@pytest.mark.parametrize("layer", [DIFFUSERS, KOHYA])
@pytest.mark.parametrize(("width", "family"), [(384, Family.STARTER), (768, Family.SD1), (2048, Family.SDXL)])
def test_the_family_is_known_by_the_text_it_reads(tmp_path: Path, layer: str, width: int, family: Family) -> None:
    lora = read_lora(write_lora(tmp_path / "ink.safetensors", width, rank=6, layer=layer))
    assert (lora.name, lora.title, lora.family, lora.rank) == ("ink", "ink", family, 6)
    assert lora.bytes == (tmp_path / "ink.safetensors").stat().st_size


def test_what_our_trainer_writes_is_understood(tmp_path: Path) -> None:
    about = {
        "safelight.base": "sdxl",
        "safelight.trigger": " sks\n dog ",
        "safelight.training": json.dumps({"rank": 8}),
    }
    shapes = {"unet.conv_in.lora_A.weight": [8, 4, 3, 3], "unet.conv_in.lora_B.weight": [32, 8, 1, 1]}
    file = write_tensors(tmp_path / "dog.safetensors", shapes, about)
    lora = read_lora(file)
    assert (lora.family, lora.trigger, lora.rank) == (Family.SDXL, "sks dog", 8)
    assert training_of(file) == {"rank": 8}
    assert not lora.waits


@pytest.mark.parametrize(("trigger", "waits"), [("sks dog", True), ("", False)])
def test_a_lora_may_wait_for_its_trigger(tmp_path: Path, trigger: str, waits: bool) -> None:
    about = {"safelight.base": "sdxl", "safelight.trigger": trigger, "safelight.waits_for_trigger": "yes"}
    shapes = {"unet.conv_in.lora_A.weight": [8, 4, 3, 3], "unet.conv_in.lora_B.weight": [32, 8, 1, 1]}
    lora = read_lora(write_tensors(tmp_path / "dog.safetensors", shapes, about))
    assert lora.waits == waits
    assert lora.acts_on("an SKS Dog in a boat")
    assert lora.acts_on("a dog in a boat") == (not waits)


@pytest.mark.parametrize(
    ("metadata", "family"),
    [
        ({"ss_base_model_version": "sdxl_base_v1-0"}, Family.SDXL),
        ({"ss_base_model_version": "sd_v1"}, Family.SD1),
        ({"modelspec.architecture": "stable-diffusion-v1/lora"}, Family.SD1),
        ({"modelspec.architecture": "stable-diffusion-3-medium/lora"}, Family.SD3),
    ],
)
def test_others_say_their_family_in_their_own_words(
    tmp_path: Path, metadata: dict[str, object], family: Family
) -> None:
    layer = "lora_te_text_model_encoder_layers_0_mlp_fc1"
    file = write_lora(tmp_path / "a.safetensors", 768, metadata={**metadata, "modelspec.title": "A style"}, layer=layer)
    assert (read_lora(file).family, read_lora(file).title) == (family, "A style")


def test_shapes_are_believed_more_than_words(tmp_path: Path) -> None:
    assert (
        read_lora(write_lora(tmp_path / "a.safetensors", 768, metadata={"safelight.base": "sdxl"})).family is Family.SD1
    )


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        ({"unet.a.lora_A.weight": [4, 8], "unet.a.lora_B.weight": [8, 4]}, "another kind of model"),
        ({"unet.a.attn2.to_k.lora_A.weight": [4, 1024], "unet.a.attn2.to_k.lora_B.weight": [8, 4]}, "width 1,024"),
        ({"weight": [4, 8]}, "is no LoRA"),
        ({f"{KOHYA}.lora_down.weight": [4, 768], f"{KOHYA}.dora_scale": [1, 8]}, "dora_scale"),
        ({f"{KOHYA}.lora_down.weight": [4, 768], f"{KOHYA}.hada_w1_a": [1, 8]}, "hada_w1_a"),
        ({f"{KOHYA}.lora_down.weight": [4, 768], f"{KOHYA}.lora_mid.weight": [4, 4]}, "lora_mid"),
        ({f"{KOHYA}.lora_down.weight": [4, 768], "emb_params": [1, 768]}, "emb_params"),
        ({f"{KOHYA}.lora_down.weight": [5000, 768]}, "no part of a plain LoRA"),
        ({f"{KOHYA}.lora_down.weight": [4]}, "no part of a plain LoRA"),
        ({"transformer.x.attn.to_k.lora_A.weight": [4, 3072]}, "another kind of model"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, shapes: dict[str, list[int]], says: str
) -> None:
    with pytest.raises(StudioError) as caught:
        read_lora(write_tensors(tmp_path / "odd.safetensors", shapes))
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert says in caught.value.problem.message
    assert caught.value.problem.hint


def test_a_transformers_lora_of_sd3_is_known_by_its_widths(tmp_path: Path) -> None:
    shapes = {"transformer.x.attn.to_k.lora_A.weight": [4, 1536], "transformer.x.attn.to_k.lora_B.weight": [1536, 4]}
    assert read_lora(write_tensors(tmp_path / "a.safetensors", shapes)).family is Family.SD3


def test_unsafe_and_damaged_files_are_refused(tmp_path: Path) -> None:
    pickle = tmp_path / "a.safetensors"
    pickle.write_bytes(b"PK\3\4" + bytes(100))
    with pytest.raises(StudioError, match="pickle"):
        read_lora(pickle)
    cut = write_lora(tmp_path / "cut.safetensors")
    cut.write_bytes(cut.read_bytes()[:-10])
    with pytest.raises(StudioError, match="cut short"):
        read_lora(cut)
    renamed = write_lora(tmp_path / "b.pt")
    with pytest.raises(StudioError, match="not named as a safetensors file"):
        read_lora(renamed)


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 100_000])
def test_a_spoilt_training_recipe_is_none(tmp_path: Path, text: str) -> None:
    assert training_of(write_lora(tmp_path / "a.safetensors", metadata={"safelight.training": text, "x": 3})) is None


def test_a_lora_among_the_models_is_told_where_it_belongs(tmp_path: Path) -> None:
    file = write_lora(tmp_path / "ink.safetensors", layer=KOHYA)
    assert is_lora(file)
    with pytest.raises(StudioError) as caught:
        recognise(file)
    assert "is a LoRA" in caught.value.problem.message
    assert "loras" in caught.value.problem.hint


def test_a_few_steps_lora_tells_its_settings(tmp_path: Path) -> None:
    about = {"safelight.sampling": json.dumps({"sampler": "euler", "steps": 6, "guidance": 1.0})}
    lora = read_lora(write_lora(tmp_path / "swift.safetensors", metadata=about))
    assert lora.sampling == Sampling("euler", 6, 1.0)
    trained = {"safelight.training": json.dumps({"kind": "few-steps", "segments": 4, "rank": 64})}
    assert read_lora(write_lora(tmp_path / "a.safetensors", metadata=trained)).sampling == Sampling("euler", 4, 1.0)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"safelight.training": json.dumps({"kind": "lora", "segments": 4})},
        {"safelight.training": json.dumps({"kind": "few-steps"})},
        {"safelight.training": "[1"},
        {"safelight.sampling": "[" * 100_000},
        {"safelight.sampling": json.dumps({"sampler": "euler", "steps": 0, "guidance": 1.0})},
        {"safelight.sampling": json.dumps({"sampler": "euler", "steps": 6, "guidance": 1e999})},
        {"safelight.sampling": json.dumps({"sampler": "nobody", "steps": 6, "guidance": 1.0})},
        {"safelight.sampling": json.dumps({"sampler": "lcm", "steps": 6, "guidance": 1.0})},
    ],
)
def test_settings_that_cannot_be_used_are_not_told(tmp_path: Path, metadata: dict[str, object]) -> None:
    assert read_lora(write_lora(tmp_path / "a.safetensors", metadata=metadata)).sampling is None


def test_the_fastest_lora_of_a_family_is_found(tmp_path: Path) -> None:
    def lora(name: str, steps: int, sampler: str, width: int) -> Path:
        about = {"safelight.sampling": json.dumps({"sampler": sampler, "steps": steps, "guidance": 1.0})}
        return write_lora(tmp_path / f"{name}.safetensors", width, metadata=about)

    files = (lora("a", 8, "euler", 384), lora("b", 4, "euler", 384), lora("c", 2, "lcm", 768))
    plain = write_lora(tmp_path / "plain.safetensors")
    library = Library(loras=tuple(read_lora(file) for file in (plain, *files)))
    assert [
        getattr(library.fast_lora(family), "name", None) for family in (Family.STARTER, Family.SD1, Family.SDXL)
    ] == [
        "b",
        "c",
        None,
    ]


WILD = [
    ("lcm-lora-sdv1-5", 768, Sampling("lcm", 4, 1.0)),
    ("LCM_LoRA_Weights_SD15", 768, Sampling("lcm", 4, 1.0)),
    ("lcm-lora-sdxl", 2048, Sampling("lcm", 4, 1.0)),
    ("Hyper-SD15-1step-lora", 768, Sampling("tcd", 1, 1.0)),
    ("Hyper-SD15-8steps-lora", 768, Sampling("ddim", 8, 1.0)),
    ("Hyper-SD15-8steps-CFG-lora", 768, Sampling("ddim", 8, 5.0)),
    ("Hyper-SDXL-12steps-CFG-lora", 2048, Sampling("ddim", 12, 5.0)),
    ("sdxl_lightning_4step_lora", 2048, Sampling("euler", 4, 1.0)),
    ("SDXL-Lightning 8 steps", 2048, Sampling("euler", 8, 1.0)),
    ("dmd2_sdxl_4step_lora_fp16", 2048, Sampling("lcm", 4, 1.0)),
    ("sd_xl_turbo_lora_v1-64dim", 2048, Sampling("lcm", 4, 1.0)),
    ("TCD-SDXL-LoRA", 2048, Sampling("tcd", 4, 1.0)),
    ("flash-sdxl", 2048, Sampling("lcm", 4, 1.0)),
    ("pcm_sd15_smallcfg_2step_converted", 768, Sampling("ddim", 2, 1.0)),
    ("pcm_sdxl_normalcfg_8step_converted", 2048, Sampling("ddim", 8, 7.5)),
    ("pcm_sdxl_lcmlike_lora_converted", 2048, Sampling("lcm", 4, 1.0)),
]


@pytest.mark.parametrize(("name", "width", "sampling"), WILD)
def test_few_steps_loras_of_others_are_known_by_their_names(
    tmp_path: Path, name: str, width: int, sampling: Sampling
) -> None:
    assert read_lora(write_lora(tmp_path / f"{name}.safetensors", width, layer=KOHYA)).sampling == sampling
    about = {"modelspec.title": name}
    assert read_lora(write_lora(tmp_path / "renamed.safetensors", width, metadata=about)).sampling == sampling
    folder = tmp_path / "loras" / name / "pytorch_lora_weights.safetensors"
    found = read_lora(write_lora(folder, width))
    assert (found.name, found.title, found.sampling) == (name, name, sampling)


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("lightning_storm", 2048),
        ("lightning_style_4000steps", 2048),
        ("turbo_cars", 2048),
        ("hyper_detailed_8steps", 2048),
        ("flash_photography", 768),
        ("pcm_portraits", 768),
        ("Hyper-SD15-90steps-lora", 768),
        ("sdxl_lightning_4step_lora", 768),
        ("lcm-lora-sdxl", 384),
    ],
)
def test_names_that_only_sound_alike_promise_nothing(tmp_path: Path, name: str, width: int) -> None:
    assert read_lora(write_lora(tmp_path / f"{name}.safetensors", width)).sampling is None


def test_what_a_file_says_of_itself_counts_more_than_its_name(tmp_path: Path) -> None:
    file = tmp_path / "lcm-lora-sdv1-5.safetensors"
    told = {"safelight.sampling": json.dumps({"sampler": "euler", "steps": 7, "guidance": 2.0})}
    assert read_lora(write_lora(file, 768, metadata=told)).sampling == Sampling("euler", 7, 2.0)
    ours = {"safelight.training": json.dumps({"kind": "lora"})}
    assert read_lora(write_lora(file, 768, metadata=ours)).sampling is None


def test_a_file_of_a_downloads_cache_is_called_by_its_repository(tmp_path: Path) -> None:
    inside = Path("models--maker--lcm-lora-sdv1-5", "snapshots", "4f2a", "pytorch_lora_weights.safetensors")
    assert read_lora(write_lora(tmp_path / inside, 768)).name == "lcm-lora-sdv1-5"
    bare = write_lora(tmp_path / "loras" / "pytorch_lora_weights.safetensors", 768)
    assert read_lora(bare).name == "pytorch_lora_weights"
