"""From a finished training to the prompt."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain.recipe import Lora
from studio.domain.training import LORA_KINDS, Training, few_steps_sampling

if TYPE_CHECKING:
    from studio.ui.window import MainWindow


def use_training(window: "MainWindow", training: Training, path: str) -> None:
    """Go to Generate with what a training made at `path`: its LoRA on its base, or its model, its trigger word,
    and the settings that it was made for."""
    panel = window.panel
    recipe = panel.recipe()
    if training.kind in LORA_KINDS:
        name = Path(path).stem
        others = tuple(lora for lora in recipe.loras if lora.name != name)
        recipe = dataclasses.replace(recipe, model=training.base, loras=(*others, Lora(name)))
    else:
        recipe = dataclasses.replace(recipe, model=Path(path).name)
    sampling = few_steps_sampling(training) or recipe.sampling
    recipe = dataclasses.replace(recipe, sampling=sampling)
    if training.trigger and training.trigger not in recipe.prompt:
        prompt = f"{training.trigger}, {recipe.prompt}" if recipe.prompt.strip() else training.trigger
        recipe = dataclasses.replace(recipe, prompt=prompt)
    window.workspaces.show_page("generate")
    panel.show_recipe(recipe, seed_locked=panel.seed.locked)
    panel.prompt.setFocus()
