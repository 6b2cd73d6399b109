"""File names for pictures that every file system takes and a person can read."""

import re
import unicodedata

from studio.domain.prompt import parse
from studio.domain.recipe import Recipe

MAX_BYTES = 80  # of the slug in UTF-8; with time, seed and suffix well below the 143 that encrypted folders allow
UNNAMED = "picture"
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)  # device names of Windows
_VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # how an emoji is drawn


def slug(prompt: str) -> str:
    """The prompt's letters and digits, of any script, in lower case, with one hyphen for everything between them.

    Never empty, at most `MAX_BYTES` long in UTF-8, and no reserved name of any system.
    """
    text = unicodedata.normalize("NFC", _VARIANTS.sub("", parse(prompt[:1000]).plain()).lower())
    words = "".join(character if _belongs(character) else "-" for character in text)
    short = _cut(re.sub("-+", "-", words).strip("-")).strip("-")
    if not short:
        return UNNAMED
    return f"{short}-" if _RESERVED.fullmatch(short) else short


def file_name(recipe: Recipe) -> str:
    """Slug and seed of the recipe of one picture, as a PNG's name."""
    return f"{slug(recipe.prompt)}-{recipe.seed}.png"


def _belongs(character: str) -> bool:
    """Letters, decimal digits, and the marks that scripts such as Devanagari put on letters."""
    return unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Mn", "Mc")


def _cut(text: str) -> str:
    """Shortened to the limit, between words if one ends in the last third, and never inside a character."""
    raw = text.encode()
    if len(raw) <= MAX_BYTES:
        return text
    cut = raw[:MAX_BYTES].decode("utf-8", "ignore")
    word = cut.rpartition("-")[0]
    return word if len(word.encode()) > MAX_BYTES * 2 // 3 else cut
