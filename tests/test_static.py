"""The linter, the formatter and the type checker, as tests: one command runs everything."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("command", ["ruff check .", "ruff format --check .", "mypy"])
@pytest.mark.timeout(900)  # without its cache, mypy reads torch's source first
def test_clean_under(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
