"""The mathematics of diffusion training: variational, score-based and flow-matching objectives on one interface."""

from collections.abc import Callable, Mapping
from typing import Any

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.training import ObjectiveName, Weighting
from studio.engine.sampling import noise_schedule
from studio.engine.train.objectives.base import Noised, Objective
from studio.engine.train.objectives.continuous import Edm, Flow, VarianceExploding, VariancePreserving
from studio.engine.train.objectives.discrete import Epsilon, Velocity

__all__ = ["Noised", "Objective", "build", "natural_objective"]

_BY_PREDICTION = {
    "epsilon": ObjectiveName.EPSILON,
    "v_prediction": ObjectiveName.V,
    "flow_prediction": ObjectiveName.FLOW,
}
_WITHOUT_SHIFT: dict[ObjectiveName, Callable[[Mapping[str, Any], Weighting], Objective]] = {
    ObjectiveName.EPSILON: Epsilon,
    ObjectiveName.V: Velocity,
    ObjectiveName.VP_SDE: VariancePreserving,
    ObjectiveName.VE_SDE: VarianceExploding,
    ObjectiveName.EDM: Edm,
}


def build(
    name: ObjectiveName,
    schedule: Mapping[str, Any],
    weighting: Weighting = Weighting.UNIFORM,
    shift: float = 1.0,
) -> Objective:
    """The objective on the noise schedule of a diffusers scheduler config.

    `shift` moves the times of a flow, on top of the shift in the config (two shifts in a row are one by their product);
    the other objectives have none. Raises StudioError: MODEL on a config that no model has, INPUT where the objective
    and the schedule do not fit each other.
    """
    if name is ObjectiveName.AUTO:
        name = natural_objective(schedule)
    if name is ObjectiveName.FLOW:
        return Flow(schedule, weighting, shift)
    return _WITHOUT_SHIFT[name](schedule, weighting)


def natural_objective(schedule: Mapping[str, Any]) -> ObjectiveName:
    """What a model with this scheduler config predicts. Raises StudioError (INPUT) where no objective trains that."""
    kind = noise_schedule(schedule).settings.get("prediction_type", "epsilon")
    found = _BY_PREDICTION.get(kind)
    if found is None:
        raise StudioError(
            ErrorKind.INPUT,
            f"The model predicts “{kind}”, for which there is no objective.",
            "Choose an objective by name; the model then has to learn to predict something else.",
            "objective",
        )
    return found
