"""A recipe's model, loaded and checked, with its LoRAs on."""

from collections.abc import Callable
from pathlib import Path

from studio.domain.catalog import FAMILIES
from studio.domain.messages import Event, Loaded, Phase, Progress, Run
from studio.domain.recipe import Recipe, require_valid
from studio.domain.samplers import SAMPLERS
from studio.engine.adapters import adapters_of, fit
from studio.engine.models import LoadedModel, Poll
from studio.engine.sampling import require_fitting

Load = Callable[[Path, Poll, Callable[[int, int], None]], LoadedModel]


def set_up(command: Run, recipe: Recipe, load: Load, emit: Callable[[Event], None], poll: Poll) -> LoadedModel:
    """The model of a command that carries out `recipe`. Raises StudioError when it cannot be."""

    def report(done: int, total: int) -> None:
        emit(Progress(command.job_id, Phase.LOAD, done, total))

    report(0, 0)
    model = load(Path(command.model_path), poll, report)
    adapters = adapters_of(recipe, command.lora_paths, model.family, poll)
    emit(Loaded(command.job_id, model.digest, tuple(adapter.digest for adapter in adapters)))
    require_valid(recipe, max(FAMILIES[model.family].size_multiple, model.vae_scale))
    model.require_places(recipe.size)
    require_fitting(SAMPLERS[recipe.sampling.sampler], model.schedule)
    fit(model, adapters, poll)
    return model
