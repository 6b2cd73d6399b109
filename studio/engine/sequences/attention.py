"""Cross-frame attention: while frames are drawn side by side, each looks at others for what it should look like.

The keys and values of a network's self-attention come from other frames of the batch: the first and the one before, as
in Text2Video-Zero (Khachatryan et al. 2023) and Rerender A Video (Yang et al. 2023), beside the frame's own, or from
all, as in ControlVideo (Zhang et al. 2023).
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import Attention
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel


def require_attention(model: LoadedModel, attention: Attention) -> None:
    """Raise StudioError (INPUT) when the frames of this model cannot look at each other."""
    if attention is not Attention.OWN and model.family is Family.SD3:
        raise StudioError(
            ErrorKind.INPUT,
            "Frames of this kind of model cannot look at each other while they are drawn.",
            "Choose cross-frame attention “own”; flow smoothing works with every model.",
            "consistency.attention",
        )


@contextlib.contextmanager
def looking_around(network: Any, attention: Attention, frames: int) -> Iterator[None]:
    """While the block runs, a UNet's batch is taken for groups of `frames` frames of one clip, one after the other
    round the ring, which look at each other.
    """
    if attention is Attention.OWN or frames < 2:
        yield
        return
    before = dict(network.attn_processors)
    around = CrossFrame(attention, frames)
    network.set_attn_processor({name: around if ".attn1." in name else one for name, one in before.items()})
    try:
        yield
    finally:
        network.set_attn_processor(before)


class CrossFrame:
    """An attention processor of diffusers for self-attention layers."""

    def __init__(self, attention: Attention, frames: int) -> None:
        self._attention, self._frames = attention, frames

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        temb: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One layer: (B, tokens, channels) or (B, C, h, w) in, the same shape out."""
        given, shape = hidden_states, hidden_states.shape
        x = given.flatten(2).transpose(1, 2) if given.ndim == 4 else given
        if attn.group_norm is not None:
            x = attn.group_norm(x.transpose(1, 2)).transpose(1, 2)
        query, keys, values = attn.to_q(x), self._others(attn.to_k(x)), self._others(attn.to_v(x))
        query, keys, values = (_parted(each, attn.heads) for each in (query, keys, values))
        mixed = torch.nn.functional.scaled_dot_product_attention(query, keys, values).transpose(1, 2).flatten(2)
        out: torch.Tensor = attn.to_out[1](attn.to_out[0](mixed))
        if given.ndim == 4:
            out = out.transpose(1, 2).reshape(shape)
        if attn.residual_connection:
            out = out + given
        scaled: torch.Tensor = out / attn.rescale_output_factor
        return scaled

    def _others(self, tokens: torch.Tensor) -> torch.Tensor:
        """For each frame the tokens (B, T, C) of those that it looks at, side by side."""
        batch, count, width = tokens.shape
        groups = tokens.view(-1, self._frames, count, width)
        if self._attention is Attention.ALL:
            every = groups.reshape(len(groups), 1, -1, width).expand(-1, self._frames, -1, -1)
            return every.reshape(batch, -1, width)
        first = groups[:, :1].expand_as(groups)
        return torch.cat([groups, first, groups.roll(1, 1)], dim=2).reshape(batch, -1, width)


def _parted(tokens: torch.Tensor, heads: int) -> torch.Tensor:
    parts: torch.Tensor = tokens.unflatten(-1, (heads, -1))
    return parts.transpose(1, 2)
