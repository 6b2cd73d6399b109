"""Cross-frame attention: frames look at those that they are to look at, and at no others."""

from typing import Any

import pytest

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import Attention
from studio.engine.libraries import torch
from studio.engine.sequences.attention import CrossFrame, looking_around, require_attention
from tests.engine.sequences.clips import Clips, circle, counted, together, worst
from tests.engine.sequences.conftest import Open

AROUND = [Attention.NEIGHBOURS, Attention.ALL]
FRAMES = 5


def network(opened: Open, family: Family = Family.SD1) -> Any:
    return opened(family).denoiser


def layer(opened: Open) -> Any:
    """One self-attention layer of a UNet."""
    return next(module for name, module in network(opened).named_modules() if name.endswith("attn1"))


def tokens(attn: Any, batch: int) -> torch.Tensor:
    return torch.randn((batch, 16, attn.to_q.in_features), generator=torch.Generator().manual_seed(3))


def noise(opened: Open, frames: int = FRAMES) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents and text states for a batch with guidance."""
    generator = torch.Generator().manual_seed(3)
    width = network(opened).config.cross_attention_dim
    return torch.randn((2 * frames, 4, 8, 8), generator=generator), torch.randn((2 * frames, 7, width))


@torch.no_grad()
def test_own_attention_is_the_networks_own(opened: Open) -> None:
    unet, (latents, states) = network(opened), noise(opened)
    before = unet.attn_processors
    plain = unet(latents, 500, states)[0]
    with looking_around(unet, Attention.OWN, FRAMES):
        assert unet.attn_processors == before
        assert torch.equal(unet(latents, 500, states)[0], plain)


@torch.no_grad()
@pytest.mark.parametrize("attention", AROUND)
def test_equal_frames_have_nothing_new_to_see(opened: Open, attention: Attention) -> None:
    unet, (latents, states) = network(opened), noise(opened)
    same, told = latents[:1].expand(FRAMES, -1, -1, -1), states[:1].expand(FRAMES, -1, -1)
    plain = unet(same, 500, told)[0]
    with looking_around(unet, attention, FRAMES):
        assert torch.allclose(unet(same, 500, told)[0], plain, atol=1e-5)
        other = unet(latents, 500, states)[0]
    assert not torch.allclose(other, unet(latents, 500, states)[0], atol=1e-4), "other frames are seen"


@torch.no_grad()
@pytest.mark.parametrize(
    ("attention", "seen"),
    [(Attention.NEIGHBOURS, {0: {0, 4}, 1: {0, 1}, 3: {0, 2, 3}}), (Attention.ALL, {2: {0, 1, 2, 3, 4}})],
)
def test_a_frame_sees_itself_and_those_it_looks_at(
    opened: Open, attention: Attention, seen: dict[int, set[int]]
) -> None:
    attn = layer(opened)
    look = CrossFrame(attention, FRAMES)
    x = tokens(attn, FRAMES)
    plain = look(attn, x)
    for frame, expected in seen.items():
        found = set()
        for other in range(FRAMES):
            changed = x.clone()
            changed[other] += 1.0
            if not torch.allclose(look(attn, changed)[frame], plain[frame], atol=1e-6):
                found.add(other)
        assert found == expected


@torch.no_grad()
@pytest.mark.parametrize("attention", AROUND)
def test_the_two_halves_of_a_guided_batch_do_not_mix(opened: Open, attention: Attention) -> None:
    attn = layer(opened)
    x = tokens(attn, 2 * FRAMES)
    look = CrossFrame(attention, FRAMES)
    both = look(attn, x)
    halves = torch.cat([look(attn, x[:FRAMES]), look(attn, x[FRAMES:])])
    assert torch.allclose(both, halves, atol=1e-6)


@torch.no_grad()
def test_it_computes_what_the_stock_processor_does_with_the_keys_of_all(opened: Open) -> None:
    attn = layer(opened)
    x = tokens(attn, FRAMES)
    every = x.reshape(1, -1, x.shape[-1]).expand(FRAMES, -1, -1)
    stock = attn.processor(attn, x, encoder_hidden_states=every)
    assert torch.allclose(CrossFrame(Attention.ALL, FRAMES)(attn, x), stock, atol=1e-5)


@pytest.mark.parametrize("attention", AROUND)
def test_the_processors_are_put_back_whatever_happens(opened: Open, attention: Attention) -> None:
    unet = network(opened)
    before = unet.attn_processors
    with pytest.raises(KeyboardInterrupt), looking_around(unet, attention, FRAMES):
        around = unet.attn_processors
        assert {name for name in around if around[name] is not before[name]} == {n for n in around if ".attn1." in n}
        raise KeyboardInterrupt
    assert unet.attn_processors == before


@pytest.mark.parametrize(
    ("family", "attention"), [(Family.SDXL, Attention.ALL), (Family.STARTER, Attention.NEIGHBOURS)]
)
def test_frames_that_look_at_each_other_are_others(clips: Clips, family: Family, attention: Attention) -> None:
    plain = clips(circle(family, 3, steps=2), family).film()
    found = clips(circle(family, 3, steps=2, consistency=together(attention=attention)), family).film()
    assert worst(plain, found) > 0


@pytest.mark.parametrize(("attention", "batches"), [(Attention.OWN, {3}), (Attention.NEIGHBOURS, {3, 5})])
def test_later_groups_bring_the_first_frame_and_the_one_before_along(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, attention: Attention, batches: set[int]
) -> None:
    monkeypatch.setattr("studio.engine.sequences.group._MOST", 3)
    wanted = circle(frames=6, steps=2, guidance=1.0, consistency=together(attention=attention))
    with counted(monkeypatch) as calls:
        frames = clips(wanted).frames()
    assert set(calls) == batches and sorted(frames) == list(range(6))


@pytest.mark.parametrize("attention", [Attention.ALL])
def test_models_that_cannot_look_around_say_so(clips: Clips, attention: Attention) -> None:
    wanted = circle(Family.SD3, 3, steps=2, consistency=together(attention=attention))
    with pytest.raises(StudioError) as error:
        clips(wanted, Family.SD3)
    problem = error.value.problem
    assert (problem.kind, problem.field) == (ErrorKind.INPUT, "consistency.attention")
    assert "own" in problem.hint


def test_every_model_can_look_at_itself(opened: Open) -> None:
    for family in (Family.SD1, Family.SD3, Family.STARTER):
        require_attention(opened(family), Attention.OWN)
