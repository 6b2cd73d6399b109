import random
from pathlib import Path

import numpy as np
import pytest

from studio.domain.errors import StudioError
from studio.engine.judge import making
from studio.engine.judge.evaluation import open_bench
from studio.engine.judge.making import Making, make, real_pictures, related
from studio.engine.train.world.asked import plan_prompt
from studio.engine.train.world.heldout import Prompt, evaluation_prompts, held_out
from studio.engine.train.world.sampler import Split, plan
from studio.resources import resources

STARTER = resources() / "models" / "starter"


@pytest.mark.parametrize("prompt", evaluation_prompts(), ids=lambda prompt: prompt.prompt)
def test_a_real_picture_shows_what_its_prompt_asks_for(prompt: Prompt) -> None:
    facts = plan_prompt(prompt, random.Random(1)).facts
    assert held_out(facts)
    assert facts.kind == prompt.kind
    if prompt.kind == "object":
        assert (facts.count, facts.background) == (prompt.count, prompt.background)  # type: ignore[union-attr]


def test_the_training_pictures_kept_are_those_near_the_prompts() -> None:
    nouns = {prompt.noun for prompt in evaluation_prompts()}
    chosen = related(evaluation_prompts(), 60, 12)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == 12
    assert max(chosen) < 60

    def shares(index: int) -> bool:
        return getattr(plan(Split.TRAIN, index).facts, "noun", "") in nouns - {""}

    assert all(index in chosen for index in range(60) if shares(index)) or all(
        shares(index) or plan(Split.TRAIN, index).facts.kind == "scene" for index in chosen
    )


def test_real_pictures_are_the_same_each_time() -> None:
    prompts = evaluation_prompts()[40:42]
    first, second = real_pictures(prompts, 2), real_pictures(prompts, 2)
    assert first.shape == (2, 2, making.SIDE, making.SIDE, 3)
    assert np.array_equal(first, second)
    assert not np.array_equal(first[0, 0], first[0, 1])


def test_the_files_made_are_those_that_the_judge_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "BATCH", 8)
    monkeypatch.setattr(making, "REAL", 1)
    told: list[str] = []
    counts = make(Making(str(tmp_path / "new"), pictures=16, steps=2, trained=20, kept=6), STARTER, told.append)
    assert counts == {"scorer": 16, "real": 192, "training": 6}
    assert any("step 2 of 2" in text for text in told)
    bench = open_bench(tmp_path / "new", STARTER)
    assert bench.reference.features.shape == (64, 192)
    assert bench.reference.ceiling.groups.tolist() == [number // 2 for number in range(128)]
    assert bench.neighbours.thumbnails.shape == (6, 32, 32, 3)
    assert bench.neighbours.out_of == 20


@pytest.mark.parametrize("wrong", [{"pictures": 10}, {"steps": 0}, {"trained": 0}])
def test_numbers_that_are_too_low_are_refused_by_name(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(StudioError, match=next(iter(wrong))):
        make(Making(str(tmp_path), **wrong), STARTER, print)
    assert list(tmp_path.iterdir()) == []
