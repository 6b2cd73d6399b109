import time
from pathlib import Path
from typing import Any

import pytest

from studio.domain.catalog import PICTURE_FAMILIES, Family
from studio.domain.messages import Log
from studio.engine.libraries import torch
from studio.engine.loading import identify, open_model
from studio.engine.models import LoadedModel
from studio.engine.tokens import CLIP_CHUNKS, tokenize
from tests.engine.jobs import PLAN, Runner, recipe

ENCODERS = {Family.SD1: 1, Family.SDXL: 2, Family.SD3: 3, Family.STARTER: 1}


@pytest.fixture(scope="module", params=list(PICTURE_FAMILIES))
def model(request: pytest.FixtureRequest, models: dict[Family, Path]) -> LoadedModel:
    return _open(models[request.param])


@pytest.fixture(scope="module")
def clip(models: dict[Family, Path]) -> LoadedModel:
    return _open(models[Family.SD1])


def _open(path: Path) -> LoadedModel:
    return open_model(path, *identify(path, lambda: None), PLAN, lambda: None, lambda done, total: None)


def _encode(
    model: LoadedModel, prompt: str, negative: str = "", guided: bool = True
) -> tuple[dict[str, Any], list[str]]:
    messages: list[str] = []
    return model.conditioner.encode(prompt, negative, guided, messages.append).arguments(), messages


@pytest.mark.parametrize(
    ("prompt", "negative"), [("a red fox over the sea", "night"), ("", ""), ("Ünïcode: 狐 & co.", "boat, sun")]
)
def test_without_weights_the_embeddings_are_those_of_diffusers(model: LoadedModel, prompt: str, negative: str) -> None:
    pipe = model.text_to_image
    others = {"prompt_2": None, "prompt_3": None} if model.family is Family.SD3 else {}
    plain = pipe.encode_prompt(
        **others,
        prompt=prompt,
        device="cpu",
        num_images_per_prompt=1,
        do_classifier_free_guidance=True,
        negative_prompt=negative or None,
    )
    names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
    ours, messages = _encode(model, prompt, negative)
    assert list(ours) and not messages
    for name, expected in zip(names, plain, strict=False):
        assert torch.equal(ours[name], expected), name


def test_without_guidance_there_is_no_negative(model: LoadedModel) -> None:
    assert not [name for name in _encode(model, "a fox", "night", guided=False)[0] if name.startswith("negative")]


def test_weights_pull_their_tokens_away_from_the_empty_prompt_and_no_others(model: LoadedModel) -> None:
    normal = _encode(model, "a red fox")[0]["prompt_embeds"]
    strong = _encode(model, "a (red:1.5) fox")[0]["prompt_embeds"]
    empty = model.conditioner._encode("").states
    changed = [i for i in range(normal.shape[1]) if not torch.equal(normal[0, i], strong[0, i])]
    assert changed == [i for i, weight in enumerate(_weights(model, "a (red:1.5) fox")) if weight == 1.5]
    assert changed
    expected = empty + (normal - empty) * 1.5
    torch.testing.assert_close(strong[0, changed], expected[0, changed])


def _weights(model: LoadedModel, prompt: str) -> tuple[float, ...]:
    """The weight of each state: of CLIP's or BERT's tokens, and in Stable Diffusion 3 of T5's behind them."""
    pipe = model.text_to_image
    tokenizers = [pipe.tokenizer, pipe.tokenizer_3] if model.family is Family.SD3 else [pipe.tokenizer]
    return tuple(weight for each in tokenizers for weight in tokenize(prompt, each, 1).chunks[0].weights)


def test_emphasis_does_not_change_how_words_are_split(model: LoadedModel) -> None:
    tokenizer = model.text_to_image.tokenizer
    assert (
        tokenize("moun(tain) [fox]", tokenizer, 1).chunks[0].ids == tokenize("mountain fox", tokenizer, 1).chunks[0].ids
    )


def test_weight_zero_is_the_empty_prompts_state(model: LoadedModel) -> None:
    ours = _encode(model, "(a red fox:0)")[0]["prompt_embeds"]
    empty = model.conditioner._encode("").states
    for i, weight in enumerate(_weights(model, "(a red fox:0)")):
        if weight == 0:
            torch.testing.assert_close(ours[0, i], empty[0, i])


def test_clip_reads_long_prompts_in_chunks_and_the_negative_keeps_up(clip: LoadedModel) -> None:
    long = "fox " * 60  # 180 tokens of the tiny vocabulary
    ours, messages = _encode(clip, long, "night")
    assert ours["prompt_embeds"].shape[1] == ours["negative_prompt_embeds"].shape[1] == 3 * 77
    assert not messages
    again, _ = _encode(clip, "night", long)
    assert again["prompt_embeds"].shape == again["negative_prompt_embeds"].shape
    head = _encode(clip, "fox " * 25)[0]["prompt_embeds"]
    assert torch.equal(ours["prompt_embeds"][:, :77], head)


def test_the_starter_reads_what_fits_and_names_the_rest(runner: Runner) -> None:
    result = runner(recipe(Family.STARTER, prompt="red fox " * 20 + "lighthouse"), Family.STARTER)
    (log,) = result.of(Log)
    assert "lighthouse" in log.message
    assert "prompt" in log.message
    assert not runner(recipe(Family.STARTER, prompt="red fox"), Family.STARTER).of(Log)


def test_a_hundred_thousand_words_take_no_noticeable_time(clip: LoadedModel) -> None:
    words = " ".join(f"word{i}" for i in range(100_000))
    start = time.process_time()
    found = tokenize(words, clip.text_to_image.tokenizer, CLIP_CHUNKS)
    assert time.process_time() - start < 2
    assert len(found.chunks) == CLIP_CHUNKS
    assert found.unread.endswith("word99999")
    _, messages = _encode(clip, words)
    assert len(messages) == 1 and len(messages[0]) < 300


def _count_encodings(model: LoadedModel) -> list[int]:
    counted: list[int] = []
    for network in model.conditioner.networks():
        network.register_forward_hook(lambda module, inputs, output: counted.append(1))
    return counted


def test_another_seed_encodes_nothing_again(runner: Runner, models: dict[Family, Path]) -> None:
    for family, encoders in ENCODERS.items():
        runner(recipe(family, prompt="warm"), family)
        (model,) = [m for m in runner.engine._models.values() if m.family is family]
        counted = _count_encodings(model)
        runner(recipe(family, prompt="a kite nobody flew", negative="a net nobody cast", seed=1), family)
        assert len(counted) == 2 * encoders
        runner(recipe(family, prompt="a kite nobody flew", negative="a net nobody cast", seed=2, steps=2), family)
        assert len(counted) == 2 * encoders
        runner(recipe(family, prompt="the sea", negative="a net nobody cast", seed=2), family)
        assert len(counted) == 3 * encoders
    runner.engine.free()  # the counters go with the models


def test_sdxl_takes_zeros_for_no_negative_prompt(models: dict[Family, Path]) -> None:
    ours = _encode(_open(models[Family.SDXL]), "a fox")[0]
    assert not ours["negative_prompt_embeds"].any()
    assert not ours["negative_pooled_prompt_embeds"].any()
