"""A user's folders, a model, and ways to call the command line."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from studio.cli import main
from studio.session.paths import HOME_VARIABLE
from tests.cli import fake_engine

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Result]


def write_weights(path: Path) -> None:
    """The smallest safetensors file: one number."""
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))


def write_model(folder: Path) -> None:
    """A folder that is recognised as a starter model."""
    configs: dict[str, dict[str, Any]] = {
        "unet": {"addition_embed_type": "text", "cross_attention_dim": 384},
        "vae": {},
        "text_encoder": {},
    }
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionPipeline"}))
    for part, config in configs.items():
        (folder / part).mkdir()
        (folder / part / "config.json").write_text(json.dumps(config))
        stem = "model" if part == "text_encoder" else "diffusion_pytorch_model"
        write_weights(folder / part / f"{stem}.safetensors")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folders, with a starter model; the current folder is an empty one beside them."""
    folder = tmp_path / "home"
    write_model(folder / "data" / "models" / "starter")
    monkeypatch.setenv(HOME_VARIABLE, str(folder))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


@pytest.fixture
def call(home: Path, capfd: pytest.CaptureFixture[str]) -> Call:
    """Calls the command line in this process, with the fake engine in a real worker process."""

    def run(*arguments: object, engine: str = fake_engine.NAME) -> Result:
        code = main([str(argument) for argument in arguments], engine)
        printed = capfd.readouterr()
        return Result(code, printed.out, printed.err)

    return run


@pytest.fixture
def spawn(home: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Starts the command line as a process of its own, with the fake engine."""
    code = f"import sys; from studio.cli import main; sys.exit(main(engine={fake_engine.NAME!r}))"

    def start(*arguments: object, **options: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )

    return start
