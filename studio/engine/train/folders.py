"""A trained model as a folder like any other: diffusers' layout, a card, the recipe of its training."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.training import Training, published
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.imaging.files import save_over

PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
CARD = "safelight.json"
RECIPE = "training.json"


def write_model(output: Path, base: LoadedModel, networks: Mapping[str, Any], training: Training, step: int) -> None:
    """Write a model folder at `output`: `networks` by part name in float16, the other parts copied from the base.

    A folder that is there already is replaced at the end in one move. Raises StudioError (DISK).
    """
    partial = output.with_name(output.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for part in PARTS:
            if part not in networks:
                shutil.copytree(base.path / part, partial / part)
        shutil.copy(base.path / "model_index.json", partial)
        for part, network in networks.items():
            network.to(torch.float16).save_pretrained(partial / part, safe_serialization=True)
        about = {"training": to_json(published(training)), "step": step, "base_hash": base.digest}
        save_over(partial / RECIPE, json.dumps(about, indent=1).encode())
        save_over(partial / CARD, json.dumps(_card(output, base, training), indent=1, ensure_ascii=False).encode())
        _replace(output, partial)
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The model {output} could not be written: {error.strerror}.",
            "Free some space or choose another folder, and continue: the checkpoint is kept.",
            "output",
        ) from error


def _card(output: Path, base: LoadedModel, training: Training) -> dict[str, Any]:
    """The base's card with the new model's own title."""
    try:
        card = json.loads((base.path / CARD).read_text("utf-8"))
    except (OSError, ValueError):
        card = {}
    known: dict[str, Any] = card if isinstance(card, dict) else {}
    return {**known, "title": output.name, "summary": f"Trained on {Path(training.folder).name}."}


def _replace(output: Path, partial: Path) -> None:
    old = output.with_name(output.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if output.exists():
        output.rename(old)
    partial.rename(output)
    shutil.rmtree(old, ignore_errors=True)
