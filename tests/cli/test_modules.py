"""Motion modules on the command line."""

from pathlib import Path

from tests.cli.conftest import Call
from tests.domain.test_model_files import module_folder


def test_models_lists_the_motion_modules(call: Call, home: Path) -> None:
    folder = module_folder(home / "data" / "models" / "mm-v3", motion_max_seq_length=24)
    (module,) = call("models", "--json").json["modules"]
    assert (module["name"], module["family"], module["frames"], module["path"]) == ("mm-v3", "sd1", 24, str(folder))
    assert "motion module for Stable Diffusion 1: mm-v3 (24 frames at a time)" in call("models").out
