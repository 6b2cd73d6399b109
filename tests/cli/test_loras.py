"""LoRAs on the command line: given, listed and inspected."""

import json
from pathlib import Path

import pytest

from studio.domain.catalog import Library
from studio.domain.recipe import Lora
from studio.imaging import metadata
from tests.cli import fake_engine
from tests.cli.conftest import Call
from tests.domain.loras import write_lora, write_tensors

ABOUT = {"safelight.trigger": "inkwash", "modelspec.title": "Ink", "safelight.training": json.dumps({"steps": 400})}


@pytest.fixture
def folder(home: Path) -> Path:
    """The user's folder of LoRAs, with one for the starter and one for another family."""
    found = home / "data" / "models" / "loras"
    write_lora(found / "ink.safetensors", metadata=ABOUT)
    write_lora(found / "film.safetensors", 2048)
    return found


def loras_in(path: str) -> tuple[Lora, ...]:
    recipe = metadata.read(Path(path)).recipe
    assert recipe is not None
    return recipe.loras


def test_loras_are_given_by_name_or_path_with_a_weight(call: Call, folder: Path) -> None:
    other = write_lora(Path("sub") / "moss:0.5.safetensors")
    done = call(
        "generate", "sea", "--size", 64, "-o", "a.png", "--json", "--lora", "ink:-0.5", "--lora", f"{other}:2",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.json["loras"] == [
        {"name": "ink", "weight": -0.5, "hash": fake_engine.LORA_HASH},
        {"name": str(other.absolute()), "weight": 2.0, "hash": fake_engine.LORA_HASH},
    ]
    assert loras_in("a.png") == (
        Lora("ink", -0.5, fake_engine.LORA_HASH),
        Lora(str(other.absolute()), 2.0, fake_engine.LORA_HASH),
    )
    assert "<lora:ink:-0.5>" in metadata.read(Path("a.png")).fields["parameters"]
    assert "ink" in call("inspect", "a.png").out


def test_without_a_weight_it_is_one(call: Call, folder: Path) -> None:
    other = write_lora(Path("moss:v2.safetensors"))
    call("generate", "sea", "--size", 64, "-o", "a.png", "--lora", "ink", "--lora", other)
    assert [lora.weight for lora in loras_in("a.png")] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("wanted", "code", "says"),
    [
        ("inc", 3, "There is no LoRA “inc”. These fit starter: ink"),
        ("film:0.5", 3, "“film” was made for Stable Diffusion XL"),
        ("ink:nan", 2, "cannot have the weight nan"),
        ("ink:9", 2, "cannot have the weight 9"),
        ("here/gone.safetensors", 3, "There is no LoRA at"),
        ("", 2, "has no name"),
    ],
)
def test_what_cannot_be_used_is_said_before_any_work(
    call: Call, folder: Path, wanted: str, code: int, says: str
) -> None:
    done = call("generate", "sea", "--size", 64, "-o", "a.png", "--lora", wanted)
    assert done.code == code
    assert says in done.err
    assert not Path("a.png").exists()


def test_models_lists_the_loras(call: Call, folder: Path) -> None:
    write_tensors(folder / "odd.safetensors", {"weight": [4, 4]})
    document = call("models", "--json").json
    own = [lora for lora in document["loras"] if Path(lora["path"]).parent == folder]
    assert [(lora["name"], lora["family"], lora["trigger"], lora["rank"]) for lora in own] == [
        ("film", "sdxl", "", 4),
        ("ink", "starter", "inkwash", 4),
    ]
    assert [bad["name"] for bad in document["unusable"]] == ["odd"]
    shown = call("models").out
    assert "inkwash" in shown
    assert "not usable: odd: odd.safetensors is no LoRA." in shown
    assert str(folder) in shown.replace("\n", "")


def test_fast_takes_a_few_steps_lora_and_its_settings(call: Call, folder: Path) -> None:
    settings = {"safelight.sampling": json.dumps({"sampler": "euler", "steps": 3, "guidance": 1.0})}
    write_lora(folder / "swift.safetensors", metadata=settings)
    done = call("generate", "sea", "--size", 64, "-o", "a.png", "--json", "--fast", "--lora", "ink:0.5")
    assert done.code == 0, done.err
    assert [(lora["name"], lora["weight"]) for lora in done.json["loras"]] == [("ink", 0.5), ("swift", 1.0)]
    assert (done.json["sampler"], done.json["steps"], done.json["guidance"]) == ("euler", 3, 1.0)
    own = call(
        "generate", "sea", "--size", 64, "-o", "b.png", "--json", "--fast", "--steps", 5, "--lora", "swift:0.9",
    )  # fmt: skip
    assert [(lora["name"], lora["weight"]) for lora in own.json["loras"]] == [("swift", 0.9)], "not twice"
    assert (own.json["sampler"], own.json["steps"]) == ("euler", 5), "what is given wins"


def test_fast_without_a_lora_for_it_is_refused_before_any_work(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "fast_lora", lambda *_: None)  # nothing may be shipped here
    done = call("generate", "sea", "--size", 64, "-o", "a.png", "--fast")
    assert done.code == 3
    assert "no few-steps LoRA for starter" in done.err and "--preset fast" in done.err
    assert not Path("a.png").exists()


def test_inspect_tells_what_a_lora_is(call: Call, folder: Path) -> None:
    document = call("inspect", folder / "ink.safetensors", "--json").json
    assert (document["kind"], document["family"], document["title"]) == ("lora", "starter", "Ink")
    assert (document["rank"], document["parameters"], document["training"]) == (4, 4 * 384 + 32 * 4, {"steps": 400})
    assert len(document["hash"]) == 16
    assert "training.steps:" in call("inspect", folder / "ink.safetensors").out
    write_tensors(Path("doll.safetensors"), {"lora_unet_a.lora_down.weight": [4, 4], "lora_unet_a.dora_scale": [4]})
    done = call("inspect", "doll.safetensors")
    assert (done.code, "no part of a plain LoRA" in done.err) == (3, True)
