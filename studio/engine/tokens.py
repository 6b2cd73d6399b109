"""Prompts as tokens with weights, cut into the chunks a text encoder reads."""

from dataclasses import dataclass
from typing import Any

from studio.domain.prompt import clean, parse

CHARACTERS = 20_000  # more is never read, so it is not even tokenized
CLIP_CHUNKS = 10  # 750 tokens: attention to the prompt costs time at each step in proportion


@dataclass(frozen=True, slots=True)
class Chunk:
    """One input of a text encoder: padded token ids, which of them are real, and each one's weight."""

    ids: tuple[int, ...]
    mask: tuple[int, ...]
    weights: tuple[float, ...]

    @property
    def is_weighted(self) -> bool:
        """Is any weight other than 1?"""
        return any(weight != 1.0 for weight in self.weights)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A prompt's chunks, and the words that did not fit."""

    chunks: tuple[Chunk, ...]
    unread: str = ""


def tokenize(text: str, tokenizer: Any, most_chunks: int) -> Tokens:
    """Tokenize `text` (with the syntax of `studio.domain.prompt`) into at most `most_chunks` chunks, at least one.

    Each chunk has the tokenizer's full length with its start and end tokens. Weights are laid on whole tokens by the
    place of their characters, so that emphasis never changes how a word is split.
    """
    plain, weights = _weighted_characters(text[:CHARACTERS])
    ids, offsets = _token_places(plain, tokenizer)
    room = int(tokenizer.model_max_length) - sum(map(len, _ends(tokenizer)))
    limit = room * most_chunks
    token_weights = [weights[begin] if begin < end else 1.0 for begin, end in offsets]
    starts = range(0, max(1, min(len(ids), limit)), room)
    chunks = tuple(_chunk(ids[i : i + room], token_weights[i : i + room], tokenizer) for i in starts)
    unread = plain[offsets[limit][0] :] if len(ids) > limit else ""
    return Tokens(chunks, (unread + clean(text[CHARACTERS:])).strip())


def empty_chunk(tokenizer: Any) -> Chunk:
    """The chunk of an empty prompt."""
    return _chunk([], [], tokenizer)


def _weighted_characters(text: str) -> tuple[str, list[float]]:
    fragments = parse(text).fragments()
    plain = "".join(fragment.text for fragment in fragments)
    return plain, [fragment.weight for fragment in fragments for _ in fragment.text]


def _token_places(plain: str, tokenizer: Any) -> tuple[list[int], list[tuple[int, int]]]:
    plain = plain.encode("utf-8", "replace").decode()  # unpaired surrogates, which tokenizers refuse, as "?"
    found = tokenizer(plain, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return list(found["input_ids"]), [(int(begin), int(end)) for begin, end in found["offset_mapping"]]


def _chunk(ids: list[int], weights: list[float], tokenizer: Any) -> Chunk:
    """The ids between the tokenizer's own start and end tokens, padded to its length."""
    before, after = _ends(tokenizer)
    real = (*before, *ids, *after)
    padding = int(tokenizer.model_max_length) - len(real)
    return Chunk(
        (*real, *[int(tokenizer.pad_token_id)] * padding),
        (*[1] * len(real), *[0] * padding),
        (*[1.0] * len(before), *weights, *[1.0] * (len(after) + padding)),
    )


def _ends(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The tokenizer's own tokens before and after a text; T5 has none before."""
    *before, after = (int(token) for token in tokenizer("", verbose=False)["input_ids"])
    return before, [after]
