"""Checkpoints of a training run: one file, written whole or not at all."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from studio.domain.codec import from_json, to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.training import Training, same_course
from studio.engine.libraries import torch

NAME = "checkpoint.safetensors"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run after `step` optimiser steps. `data` is the digest of the pictures and captions it learns from."""

    training: Training
    step: int
    data: str
    state: dict[str, torch.Tensor]


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Replace the folder's checkpoint. Raises StudioError (DISK); the former checkpoint is then still there."""
    about = {"training": to_json(checkpoint.training), "step": checkpoint.step, "data": checkpoint.data}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_tensors(folder / NAME, checkpoint.state, {"safelight.checkpoint": json.dumps(about)})
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The checkpoint after step {checkpoint.step:,} could not be written: {error.strerror}.",
            f"Free some space where {folder} lies and continue; the checkpoint before it is kept.",
        ) from error


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor], metadata: dict[str, str]) -> None:
    """A safetensors file that is there whole, on the disk, or not at all. Raises OSError."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.touch()  # as files are made here; safetensors makes its own, which nobody else may read
        mode = partial.stat().st_mode
        plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        save_file(plain, partial, {"format": "pt", **metadata})
        partial.chmod(mode)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except SafetensorError as error:
        raise OSError(28, str(error)) from error
    finally:
        partial.unlink(missing_ok=True)


def load(folder: Path) -> Checkpoint | None:
    """The folder's checkpoint, None when there is none. Raises StudioError (DISK) when it is damaged."""
    path = folder / NAME
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            about: dict[str, Any] = json.loads(file.metadata()["safelight.checkpoint"])
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
        return Checkpoint(from_json(Training, about["training"]), int(about["step"]), str(about["data"]), state)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The checkpoint {path} cannot be read.",
            f"Delete the folder {folder.name} to start this training anew.",
            "output",
        ) from error


def require_same(checkpoint: Checkpoint, training: Training, data: str) -> None:
    """Raise StudioError (INPUT) when going on would not be the run that the checkpoint belongs to."""
    if same_course(checkpoint.training, training) and checkpoint.data == data:
        return
    what = "its pictures or captions were changed" if checkpoint.data != data else "its settings were changed"
    raise StudioError(
        ErrorKind.INPUT,
        f"There is a checkpoint of this training after step {checkpoint.step:,}, and {what} since.",
        "Start anew (on the command line: delete its .training folder), choose another name, or change them back.",
        "output",
    )
