"""The prompt ring: at a key its very embedding, between keys the straight line, eased."""

from typing import Any

import pytest

from studio.domain.catalog import Family
from studio.domain.easing import PRESETS
from studio.domain.sequence import FrameSequence, PromptKey
from studio.engine.conditioning import Embedding
from studio.engine.libraries import torch
from studio.engine.sequences.words import Words
from tests.engine.sequences.clips import circle
from tests.engine.sequences.conftest import Open

FOX, BOAT, LONG = "a red fox", "a green boat", "a red fox over the night sea and " * 12


def words(opened: Open, clip: FrameSequence, family: Family = Family.SD1) -> Words:
    return Words(opened(family).conditioner, clip, lambda message: None)


def ring(*keys: PromptKey, family: Family = Family.SD1, **changes: Any) -> FrameSequence:
    return circle(family, prompts=keys, **changes)


def alone(opened: Open, prompt: str, family: Family = Family.SD1) -> Embedding:
    """What the prompt is by itself."""
    return opened(family).conditioner.encode(prompt, "", True, lambda message: None).positive


@pytest.mark.parametrize("family", [Family.SD1, Family.SDXL, Family.SD3, Family.STARTER])
def test_at_its_key_a_prompt_is_what_it_is_by_itself(opened: Open, family: Family) -> None:
    keys = (PromptKey(0.0, FOX), PromptKey(0.4, BOAT))
    found = words(opened, ring(*keys, family=family), family).at([0.0, 0.4])
    for at, prompt in enumerate((FOX, BOAT)):
        single = alone(opened, prompt, family)
        assert torch.equal(found.positive.states[at], single.states[0])
        assert (single.pooled is None) == (found.positive.pooled is None)
        if single.pooled is not None and found.positive.pooled is not None:
            assert torch.equal(found.positive.pooled[at], single.pooled[0])
    assert found.negative is not None and len(found.negative.states) == 2


def test_between_keys_it_is_on_the_straight_line_and_the_last_leads_to_the_first(opened: Open) -> None:
    found = words(opened, ring(PromptKey(0.0, FOX), PromptKey(0.5, BOAT))).at([0.125, 0.75, 0.875]).positive.states
    fox, boat = alone(opened, FOX).states[0], alone(opened, BOAT).states[0]
    for got, share in zip(found, (0.25, 0.5, 0.25), strict=True):
        assert torch.allclose(got, fox + share * (boat - fox), atol=1e-6)


def test_a_clip_with_ends_stays_at_the_last_key(opened: Open) -> None:
    keys = PromptKey(0.2, FOX), PromptKey(0.5, BOAT)
    found = words(opened, ring(*keys, closed=False)).at([0.0, 0.9]).positive.states
    assert torch.equal(found[0], alone(opened, FOX).states[0])
    assert torch.equal(found[1], alone(opened, BOAT).states[0])


def test_the_curve_leads_from_one_key_to_the_next(opened: Open) -> None:
    eased = PRESETS["ease-in"]
    found = words(opened, ring(PromptKey(0.0, FOX, ease=eased), PromptKey(0.5, BOAT, ease=PRESETS["hold"])))
    states = found.at([0.25, 0.9]).positive.states
    fox, boat = alone(opened, FOX).states[0], alone(opened, BOAT).states[0]
    assert eased.at(0.5) < 0.4
    assert torch.allclose(states[0], fox + eased.at(0.5) * (boat - fox), atol=1e-6)
    assert torch.equal(states[1], boat), "held until the first key comes again"


@pytest.mark.parametrize("family", [Family.SD1, Family.SDXL])
def test_prompts_are_made_as_long_as_the_longest(opened: Open, family: Family) -> None:
    found = words(opened, ring(PromptKey(0.0, FOX), PromptKey(0.5, LONG), family=family), family).at([0.0, 0.25, 0.5])
    short, long = alone(opened, FOX, family).states, alone(opened, LONG, family).states
    assert long.shape[1] > short.shape[1]
    assert found.positive.states.shape[1] == long.shape[1]
    assert torch.equal(found.positive.states[0, : short.shape[1]], short[0])
    assert torch.equal(found.positive.states[2], long[0])
    assert found.negative is not None and found.negative.states.shape[1] == long.shape[1]


def test_a_key_without_words_has_those_of_the_clip(opened: Open) -> None:
    found = words(opened, ring(PromptKey(0.0), PromptKey(0.5, BOAT, "night"))).at([0.0, 0.5])
    assert torch.equal(found.positive.states[0], alone(opened, FOX).states[0])
    assert found.negative is not None
    assert not torch.equal(found.negative.states[0], found.negative.states[1])
    assert torch.equal(found.negative.states[1], alone(opened, "night").states[0])


def test_without_guidance_there_is_no_negative(opened: Open) -> None:
    assert words(opened, ring(PromptKey(0.0, FOX), PromptKey(0.5, BOAT), guidance=1.0)).at([0.1]).negative is None
