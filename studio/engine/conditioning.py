"""Text embeddings: from prompts to what the denoiser attends to.

Long prompts are read by CLIP in chunks of 75 tokens whose states are laid end to end. A token of weight w gets the
state z_empty + (z - z_empty) * w, where z_empty is the empty prompt's state at the same place: the interpolation of
InvokeAI's compel and of ComfyUI's default, which changes no word's direction and needs no renormalisation.

Stable Diffusion 3 (Esser et al. 2024) lets the states of T5 follow those of its two CLIPs, which are laid
side by side and filled up with zeros to T5's width; its pooled vector is that of both CLIPs, end to end.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from studio.engine.libraries import torch
from studio.engine.tokens import CLIP_CHUNKS, Chunk, Tokens, empty_chunk, tokenize

CACHED_PROMPTS = 64
_UNREAD_SHOWN = 120


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """A tokenizer with its network. `penultimate` takes the last layer's input, as SDXL does; `chunks` is the most
    chunks of a prompt that are read."""

    tokenizer: Any
    network: Any
    penultimate: bool = False
    chunks: int = CLIP_CHUNKS


@dataclass(frozen=True, slots=True)
class Appendix:
    """What follows CLIP's states: `length` states of T5, `width` wide, or as many zeros where `encoder` is None."""

    encoder: TextEncoder | None
    length: int
    width: int


@dataclass(frozen=True, slots=True)
class Embedding:
    """`states` (1, tokens, width) and, for SDXL and SD3, `pooled` (1, width); `unread` holds what did not fit.

    The last `appended` of the tokens are T5's.
    """

    states: torch.Tensor
    pooled: torch.Tensor | None
    unread: str = ""
    appended: int = 0


@dataclass(frozen=True, slots=True)
class Conditioning:
    """What guides the denoiser: the prompt's embedding and, with guidance, the negative prompt's of equal length."""

    positive: Embedding
    negative: Embedding | None

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of the diffusers pipelines."""
        found = {"prompt_embeds": self.positive.states, "pooled_prompt_embeds": self.positive.pooled}
        if self.negative is not None:
            found |= {
                "negative_prompt_embeds": self.negative.states,
                "negative_pooled_prompt_embeds": self.negative.pooled,
            }
        return {name: value for name, value in found.items() if value is not None}


class Conditioner:
    """Encodes prompts for one model and remembers the last ones.

    `zero_negative` stands for SDXL's habit of taking zeros, not the empty prompt, where no negative prompt is given;
    `appendix` is Stable Diffusion 3's. `variant` names what LoRAs have made of the text encoders: what one variant read
    is not taken for another's.
    """

    def __init__(
        self, encoders: tuple[TextEncoder, ...], zero_negative: bool, appendix: Appendix | None = None
    ) -> None:
        self._encoders = encoders
        self._zero_negative = zero_negative
        self._appendix = appendix
        self.variant: tuple[str, ...] = ()
        self._remembered: OrderedDict[tuple[tuple[str, ...], str], Embedding] = OrderedDict()

    def networks(self) -> tuple[torch.nn.Module, ...]:
        """The text encoders."""
        last = self._appendix.encoder if self._appendix else None
        return tuple(encoder.network for encoder in (*self._encoders, *([last] if last else [])))

    @torch.no_grad()
    def encode(self, prompt: str, negative: str, guided: bool, log: Callable[[str], None]) -> Conditioning:
        """Encode both prompts; `log` hears which words were not read. Without guidance there is no negative."""
        positive = self._embedding(prompt)
        _report(positive, "prompt", log)
        if not guided:
            return Conditioning(positive, None)
        if self._zero_negative and not negative.strip():
            return Conditioning(positive, _zeros_like(positive))
        opposite = self._embedding(negative)
        _report(opposite, "negative prompt", log)
        length = max(positive.states.shape[1], opposite.states.shape[1])
        return Conditioning(self.padded(positive, length), self.padded(opposite, length))

    @torch.no_grad()
    def padded(self, embedding: Embedding, length: int) -> Embedding:
        """Lengthened to `length` states with chunks of the empty prompt; T5's states stay last."""
        missing = length - embedding.states.shape[1]
        if missing == 0:
            return embedding
        empty, _ = _parted(self._embedding("").states, embedding.appended)
        first, last = _parted(embedding.states, embedding.appended)
        filling = empty.repeat(1, missing // empty.shape[1], 1)
        return replace(embedding, states=torch.cat([first, filling, last], dim=1))

    def _embedding(self, text: str) -> Embedding:
        key = (self.variant, text)
        if key not in self._remembered:
            self._remembered[key] = self._encode(text)
            if len(self._remembered) > CACHED_PROMPTS:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(key)
        return self._remembered[key]

    def _encode(self, text: str) -> Embedding:
        tokens = [tokenize(text, encoder.tokenizer, encoder.chunks) for encoder in self._encoders]
        longest = max(len(found.chunks) for found in tokens)
        read = [_states(encoder, found, longest) for encoder, found in zip(self._encoders, tokens, strict=True)]
        pooled = [first for _, first in read if first is not None]
        states = torch.cat([states for states, _ in read], dim=-1)
        if self._appendix is not None:
            states = _appended(states, self._appendix, text)
        return Embedding(
            states,
            torch.cat(pooled, dim=-1) if pooled else None,
            tokens[0].unread,
            self._appendix.length if self._appendix else 0,
        )


def _parted(states: torch.Tensor, appended: int) -> tuple[torch.Tensor, torch.Tensor]:
    """CLIP's states, and the `appended` ones of T5."""
    return states[:, : states.shape[1] - appended], states[:, states.shape[1] - appended :]


def _appended(states: torch.Tensor, appendix: Appendix, text: str) -> torch.Tensor:
    """CLIP's states filled up to the appendix' width, and the appendix for `text`."""
    filled = torch.nn.functional.pad(states, (0, appendix.width - states.shape[-1]))
    if appendix.encoder is None:
        last = filled.new_zeros(1, appendix.length, appendix.width)
    else:
        last = _states(appendix.encoder, tokenize(text, appendix.encoder.tokenizer, 1), 1)[0].to(filled.dtype)
    return torch.cat([filled, last], dim=1)


def _states(encoder: TextEncoder, tokens: Tokens, count: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """States of `count` chunks end to end (1, count * length, width), and the first chunk's pooled vector if any."""
    empty = empty_chunk(encoder.tokenizer)
    chunks = (*tokens.chunks, *[empty] * (count - len(tokens.chunks)))
    base = _run(encoder, empty)[0] if any(chunk.is_weighted for chunk in chunks) else None
    parts, pooled = [], None
    for i, chunk in enumerate(chunks):
        states, vector = _run(encoder, chunk)
        pooled = vector if i == 0 else pooled
        parts.append(states if base is None or not chunk.is_weighted else _weighted(states, base, chunk))
    return torch.cat(parts, dim=1), pooled


def _run(encoder: TextEncoder, chunk: Chunk) -> tuple[torch.Tensor, torch.Tensor | None]:
    """One pass of the network, with the arguments diffusers' pipelines use."""
    network = encoder.network
    ids = torch.tensor([chunk.ids], device=network.device)
    if encoder.penultimate:
        output = network(ids, output_hidden_states=True)
        pooled = output[0] if output[0].ndim == 2 else None
        return output.hidden_states[-2], pooled
    masked = getattr(network.config, "use_attention_mask", False)
    mask = torch.tensor([chunk.mask], device=network.device) if masked else None
    return network(ids, attention_mask=mask)[0], None


def _weighted(states: torch.Tensor, empty: torch.Tensor, chunk: Chunk) -> torch.Tensor:
    weights = torch.tensor(chunk.weights, dtype=torch.float32, device=states.device)[None, :, None]
    base = empty.float()
    mixed = base + (states.float() - base) * weights
    # Tokens of weight 1 keep their bits.
    return torch.where(weights == 1, states, mixed.to(states.dtype))


def _zeros_like(embedding: Embedding) -> Embedding:
    pooled = None if embedding.pooled is None else torch.zeros_like(embedding.pooled)
    return Embedding(torch.zeros_like(embedding.states), pooled)


def _report(embedding: Embedding, name: str, log: Callable[[str], None]) -> None:
    if embedding.unread:
        shown = embedding.unread[:_UNREAD_SHOWN] + ("…" if len(embedding.unread) > _UNREAD_SHOWN else "")
        log(f"The {name} is longer than this model can read. Left out: {shown}")
