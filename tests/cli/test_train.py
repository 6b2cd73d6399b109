"""`safelight train`: what it asks of the engine, how it is stopped and taken up again, what it refuses."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.training import PRESETS, run_folder
from tests.cli.conftest import Call


@pytest.fixture
def pictures(home: Path) -> Path:
    folder = Path("pictures")
    folder.mkdir()
    return folder


def test_a_lora_from_a_folder(call: Call, pictures: Path) -> None:
    found = call("train", "lora", pictures, "-o", "cat.safetensors", "--trigger", "zib cat", "--steps", 5)
    assert found.code == 0, found.err
    assert found.out.strip() == str(Path("cat.safetensors").absolute())
    assert Path("cat.safetensors").read_text() == "starter 5"
    assert "5 steps" in found.err


def test_json_tells_the_training_and_its_figures(call: Call, pictures: Path) -> None:
    found = call(
        "train", "lora", pictures, "-o", "a.safetensors", "--steps", 4, "--preset", "style", "--rank", 8, "--json"
    ).json
    told = found["training"]
    assert (found["steps"], told["rank"], told["alpha"], told["flip"]) == (4, 8, 8, PRESETS["style"].flip)
    assert told["side"] == 256, "what suits the starter"
    assert found["loss"] == pytest.approx(1.0, abs=0.2)


def test_the_preset_fast_teaches_the_base_few_steps(call: Call, pictures: Path) -> None:
    found = call("train", "lora", pictures, "-o", "a.safetensors", "--steps", 4, "--preset", "fast", "--json").json
    told = found["training"]
    assert (told["kind"], told["steps"], told["segments"], told["prior"]) == ("few-steps", 4, 6, 0.0)
    assert told["batch"] == PRESETS["fast"].batch


def test_nothing_is_overwritten(call: Call, pictures: Path) -> None:
    Path("a.safetensors").write_text("mine")
    found = call("train", "lora", pictures, "-o", "a.safetensors")
    assert found.code == 2 and "not overwritten" in found.err
    assert Path("a.safetensors").read_text() == "mine"


def test_a_begun_training_is_not_continued_unasked(call: Call, pictures: Path) -> None:
    run_folder("a.safetensors").mkdir()
    found = call("train", "lora", pictures, "-o", "a.safetensors")
    assert found.code == 2 and "--resume" in found.err


def test_ctrl_c_keeps_a_checkpoint_and_resume_goes_on(
    call: Call, spawn: Callable[..., "subprocess.Popen[str]"], pictures: Path
) -> None:
    options = ("train", "lora", pictures, "-o", "a.safetensors", "--steps", 400, "--trigger", "slow")
    process = spawn(*options)
    deadline = time.monotonic() + 60
    while not run_folder("a.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "--resume" in err
    assert not Path("a.safetensors").exists()
    step = int((run_folder("a.safetensors") / "checkpoint").read_text())
    assert 0 < step < 400
    assert call(*options[:-4], "--steps", step + 1, "--trigger", "slow", "--resume").code == 0
    assert Path("a.safetensors").read_text() == f"starter {step + 1}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "a.bin"), ".safetensors"),
        (("-o", "a.safetensors", "--steps", "-1"), "steps"),
        (("-o", "a.safetensors", "--preset", "face"), "subject, style, fast"),
        (("-o", "a.safetensors", "--base", "nothing"), "nothing"),
        (("-o", "a.safetensors", "--learning-rate", "nan"), "learning rate"),
    ],
)
def test_bad_options_are_told_at_once(call: Call, pictures: Path, arguments: tuple[str, ...], words: str) -> None:
    found = call("train", "lora", pictures, *arguments)
    assert found.code in (2, 3) and words in found.err


def test_a_failed_training_says_why(call: Call, pictures: Path) -> None:
    found = call("train", "lora", pictures, "-o", "a.safetensors", "--trigger", "fail", "--steps", 2, "--json")
    assert found.code == 3
    assert "smaller learning rate" in found.json["error"]["hint"]


CONFIG = """
output = "mine"
[autoencoder]
folder = "world:8"
steps = 2
[denoiser]
folder = "world:8"
steps = 3
"""


def test_the_starter_is_built_stage_by_stage(call: Call, home: Path) -> None:
    Path("starter.toml").write_text(CONFIG)
    found = call("train", "starter", "starter.toml", "--json")
    stages = found.json["stages"]
    assert found.code == 0 and list(stages) == ["autoencoder", "denoiser"]
    first, second = (Path(stage["file"]) for stage in stages.values())
    assert first.parent == second.parent == Path("mine").absolute()
    assert stages["autoencoder"]["training"]["scratch"] and stages["denoiser"]["training"]["base"] == str(first)


def test_a_stage_of_several_tables_goes_on_from_table_to_table(call: Call, home: Path) -> None:
    tables = CONFIG.replace("[denoiser]", "[[denoiser]]") + '[[denoiser]]\nfolder = "world:9"\nsteps = 4\n'
    Path("starter.toml").write_text(tables)
    found = call("train", "starter", "starter.toml", "--json")
    stages = found.json["stages"]
    assert found.code == 0 and list(stages) == ["autoencoder", "denoiser", "denoiser-2"]
    first, second = stages["denoiser"], stages["denoiser-2"]
    assert second["training"]["base"] == first["file"] != second["file"]
    assert [stage["training"]["scratch"] for stage in (first, second)] == [True, False]


def test_a_stage_that_is_done_is_not_repeated(call: Call, home: Path) -> None:
    Path("starter.toml").write_text(CONFIG)
    assert call("train", "starter", "starter.toml").code == 0
    again = call("train", "starter", "starter.toml", "--resume")
    assert "autoencoder: is there already" in again.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no output folder"),
        ("output = 'a'", "no stage"),
        ("output = 'a'\n[paint]\n", "paint"),
        ("output = 'a'\n[denoiser]\nstep = 3\n", "step"),
        ("output = 'a'\n[denoiser]\nsteps = 'many'\n", "steps"),
        ("output = ", "TOML"),
        ("output = 'a'\n[[denoiser]]\nsteps = 1\n[[denoiser]]\nstep = 1\n", "step"),
    ],
)
def test_a_bad_config_names_the_entry(call: Call, home: Path, text: str, words: str) -> None:
    Path("starter.toml").write_text(text)
    found = call("train", "starter", "starter.toml")
    assert found.code == 2 and words in found.err


def test_the_shipped_config_can_be_read(home: Path) -> None:
    from studio.cli.training import STAGES, read_stages
    from studio.domain.training import validate_training
    from studio.resources import resources

    stages = read_stages(resources() / "training" / "starter.toml")
    assert {name.removesuffix("-2") for name in stages} == set(STAGES)
    assert [name for name, stage in stages.items() if stage.scratch] == ["autoencoder", "denoiser"]
    for training in stages.values():
        assert validate_training(training) == ()
    assert json.dumps([stage.folder for stage in stages.values()])
