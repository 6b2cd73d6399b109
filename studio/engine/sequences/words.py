"""The prompt ring: text embeddings between keyed prompts, for many frames at once."""

from collections.abc import Callable, Sequence

from studio.domain.sequence import FrameSequence, PromptKey, Scheduled, words_at
from studio.engine.conditioning import Conditioner, Conditioning, Embedding
from studio.engine.libraries import torch


class Words:
    """Everything a clip is told, read once. All prompts are as long as the longest: of other lengths, the networks
    would take the clip for two scenes.
    """

    def __init__(self, conditioner: Conditioner, sequence: FrameSequence, log: Callable[[str], None]) -> None:
        recipe = sequence.recipe
        plain = PromptKey(0.0, recipe.prompt, recipe.negative)
        self.keys = sequence.prompts or (plain,)
        self.closed = sequence.closed
        guidance = sequence.scheduled(Scheduled.GUIDANCE)
        guided = max(guidance.values if guidance else (recipe.sampling.guidance,)) > 1
        read = [
            conditioner.encode(key.prompt or recipe.prompt, key.negative or recipe.negative, guided, log)
            for key in self.keys
        ]
        longest = max(found.positive.states.shape[1] for found in read)
        self._read = [_padded(conditioner, found, longest) for found in read]

    def at(self, places: Sequence[float]) -> Conditioning:
        """The embeddings for frames at these shares of the clip, as many as there are places."""
        mixes = [words_at(self.keys, place, self.closed) for place in places]
        positive = _stacked([_between(self._read[a].positive, self._read[b].positive, mix) for a, b, mix in mixes])
        if self._read[0].negative is None:
            return Conditioning(positive, None)
        negatives = [(self._read[a].negative, self._read[b].negative, mix) for a, b, mix in mixes]
        return Conditioning(positive, _stacked([_between(a, b, mix) for a, b, mix in negatives if a and b]))


def _padded(conditioner: Conditioner, found: Conditioning, length: int) -> Conditioning:
    negative = None if found.negative is None else conditioner.padded(found.negative, length)
    return Conditioning(conditioner.padded(found.positive, length), negative)


def _between(first: Embedding, second: Embedding, mix: float) -> Embedding:
    """On the straight line, in float32; at its ends the very embeddings."""
    if mix <= 0 or first is second:
        return first
    if mix >= 1:
        return second
    pooled = None
    if first.pooled is not None and second.pooled is not None:
        pooled = _lerp(first.pooled, second.pooled, mix)
    return Embedding(_lerp(first.states, second.states, mix), pooled, appended=first.appended)


def _lerp(first: torch.Tensor, second: torch.Tensor, mix: float) -> torch.Tensor:
    return torch.lerp(first.float(), second.float(), mix).to(first.dtype)


def _stacked(found: list[Embedding]) -> Embedding:
    pooled = [each.pooled for each in found if each.pooled is not None]
    return Embedding(
        torch.cat([each.states for each in found]), torch.cat(pooled) if pooled else None, appended=found[0].appended
    )
