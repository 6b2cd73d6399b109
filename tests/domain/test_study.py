import itertools
import json
import math
from dataclasses import replace

import pytest

from studio.domain.catalog import Family
from studio.domain.codec import from_json, to_json
from studio.domain.geometry import Size
from studio.domain.recipe import Sampling
from studio.domain.schedules import LATENT, PLAIN, PLOTTED, Level, chain_of, level, plotted
from studio.domain.study import Study, require_valid_study, validate_study
from studio.domain.training import ObjectiveName

STUDY = Study(picture="fox.png", prompt="a fox", objective=ObjectiveName.EDM, t=0.25, steps=9)


def test_a_study_survives_json() -> None:
    assert from_json(Study, json.loads(json.dumps(to_json(STUDY)))) == STUDY


def test_sound_studies_pass() -> None:
    for t in (0.0, 0.5, 1.0):
        require_valid_study(replace(STUDY, t=t, steps=0), 32)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"t": -0.1}, "t"),
        ({"t": 1.1}, "t"),
        ({"t": math.nan}, "t"),
        ({"steps": -1}, "steps"),
        ({"steps": 101}, "steps"),
        ({"size": Size(250, 256)}, "size"),
        ({"seed": -1}, "seed"),
        ({"sample_seed": -1}, "sample_seed"),
        ({"sampler": "magic"}, "sampling.sampler"),
        ({"prompt": "x" * 100_001}, "prompt"),
    ],
)
def test_a_wrong_study_is_told_by_field_with_a_hint(changes: dict[str, object], field: str) -> None:
    (problem, *_) = validate_study(replace(STUDY, **changes), 32)  # type: ignore[arg-type]
    assert problem.field == field and problem.hint


def test_the_recipe_of_a_study_is_the_ordinary_job() -> None:
    recipe = STUDY.recipe
    assert (recipe.prompt, recipe.seed, recipe.sampling) == ("a fox", 1, Sampling("dpmpp-2m", 9, 4.0))
    assert STUDY.sample_recipe(Sampling("euler", 5, 2.0)).seed == STUDY.sample_seed


@pytest.mark.parametrize("objective", PLOTTED)
def test_noise_only_grows(objective: ObjectiveName) -> None:
    levels = [level(objective, i / 50) for i in range(51)]
    assert all(a.log_snr > b.log_snr for a, b in itertools.pairwise(levels))
    assert levels[0].alpha > 0.99 and levels[0].sigma < 0.02


@pytest.mark.parametrize("objective", [ObjectiveName.EPSILON, ObjectiveName.VP_SDE])
@pytest.mark.parametrize("chain", [PLAIN, LATENT])
def test_variance_is_preserved(objective: ObjectiveName, chain: object) -> None:
    for t in (0.0, 0.3, 1.0):
        found = level(objective, t, chain)  # type: ignore[arg-type]
        assert found.alpha**2 + found.sigma**2 == pytest.approx(1)


def test_the_schedules_are_those_of_their_papers() -> None:
    assert level(ObjectiveName.FLOW, 0.3) == Level(0.7, 0.3)
    assert level(ObjectiveName.EDM, 0.0).sigma == pytest.approx(0.002)
    assert level(ObjectiveName.EDM, 1.0).sigma == pytest.approx(80)
    # Karras et al. 2022, equation 5, in the middle: ((80^(1/7) + 0.002^(1/7))/2)^7
    assert level(ObjectiveName.EDM, 0.5).sigma == pytest.approx(((80 ** (1 / 7) + 0.002 ** (1 / 7)) / 2) ** 7)
    # Song et al. 2021 with β from 0.1 to 20: α(1)² = exp(-10.05)
    assert level(ObjectiveName.VP_SDE, 1.0).alpha ** 2 == pytest.approx(math.exp(-10.05))
    # Stable Diffusion's last ᾱ, as its papers' code prints it
    assert level(ObjectiveName.EPSILON, 1.0, LATENT).alpha ** 2 == pytest.approx(0.00466, rel=1e-3)


def test_ends_without_noise_or_without_data_have_infinite_ratios() -> None:
    assert Level(1.0, 0.0).log_snr == math.inf
    assert Level(0.0, 1.0).log_snr == -math.inf


def test_the_models_own_schedule_is_found_among_the_plotted() -> None:
    assert plotted(ObjectiveName.AUTO, flow=True) is ObjectiveName.FLOW
    assert plotted(ObjectiveName.AUTO, flow=False) is plotted(ObjectiveName.V, flow=True) is ObjectiveName.EPSILON
    assert chain_of(Family.SDXL) is LATENT and chain_of(Family.STARTER) is PLAIN
