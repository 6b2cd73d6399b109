"""What T5 reads for Wan and LTX-Video."""

from dataclasses import replace
from typing import Any

from studio.engine.conditioning import Conditioner, Embedding, TextEncoder
from studio.engine.libraries import torch
from studio.engine.tokens import tokenize


class T5Conditioner(Conditioner):
    """One chunk of T5's states for each prompt.

    With `masked`, as Wan takes them, T5 does not look at the padding, whose states are zeros; else, as LTX-Video takes
    them, the denoiser is told by `mask` where it begins.
    """

    def __init__(self, tokenizer: Any, network: Any, *, masked: bool) -> None:
        super().__init__((TextEncoder(tokenizer, network, chunks=1),), zero_negative=False)
        network.config.use_attention_mask = masked
        self._tokenizer, self._masked = tokenizer, masked

    def mask(self, text: str) -> torch.Tensor:
        """Which of the states of `text` are those of its tokens: (1, tokens), bool."""
        chunk = tokenize(text, self._tokenizer, 1).chunks[0]
        return torch.tensor([chunk.mask]).bool()

    def _encode(self, text: str) -> Embedding:
        found = super()._encode(text)
        if not self._masked:
            return found
        return replace(found, states=found.states * self.mask(text).to(found.states)[..., None])
