"""How a batch of captions and noisy latents is put before each family's denoiser."""

from dataclasses import dataclass
from typing import Any

from studio.domain.catalog import Family
from studio.engine.conditioning import Embedding
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel


@dataclass(frozen=True, slots=True)
class Captions:
    """The embeddings of a batch: `states` (B, tokens, width) and, where the family has it, `pooled` (B, width)."""

    states: torch.Tensor
    pooled: torch.Tensor | None


class Reader:
    """Reads captions with a model's frozen encoders and remembers them, up to `limit` bytes."""

    def __init__(self, model: LoadedModel, limit: int = 2**30) -> None:
        self._model, self._limit = model, limit
        self._known: dict[str, Embedding] = {}

    def __call__(self, captions: list[str]) -> Captions:
        """The captions' embeddings, the shorter ones lengthened with the empty caption's states."""
        found = [self._embedding(caption) for caption in captions]
        longest = max(embedding.states.shape[1] for embedding in found)
        states = [self._model.conditioner.padded(one, longest).states for one in found]
        pooled = [one.pooled for one in found if one.pooled is not None]
        return Captions(torch.cat(states), torch.cat(pooled) if pooled else None)

    def _embedding(self, caption: str) -> Embedding:
        known = self._known.get(caption)
        if known is None:
            known = self._model.conditioner.encode(caption, "", False, _ignore).positive
            if known.states.nbytes * (len(self._known) + 1) < self._limit:
                self._known[caption] = known
        return known


def predict(
    family: Family, denoiser: Any, sample: torch.Tensor, timestep: torch.Tensor, captions: Captions, scale: int
) -> torch.Tensor:
    """What the denoiser makes of `sample` (B, C, h, w) at `timestep` (B,); `scale` is the pixels along a latent.

    The sizes that SDXL is told are those of the picture, without a crop (Podell et al. 2023).
    """
    if family is Family.SD3:
        output: torch.Tensor = denoiser(
            hidden_states=sample,
            encoder_hidden_states=captions.states,
            pooled_projections=captions.pooled,
            timestep=timestep,
            return_dict=False,
        )[0]
        return output
    more: dict[str, Any] = {}
    if family is Family.SDXL:
        height, width = sample.shape[-2] * scale, sample.shape[-1] * scale
        sizes = torch.tensor([[height, width, 0, 0, height, width]], dtype=sample.dtype, device=sample.device)
        more["added_cond_kwargs"] = {"text_embeds": captions.pooled, "time_ids": sizes.repeat(len(sample), 1)}
    found: torch.Tensor = denoiser(sample, timestep, encoder_hidden_states=captions.states, return_dict=False, **more)[
        0
    ]
    return found


def _ignore(_message: str) -> None:
    """Captions that are too long were told of when the set was read."""
