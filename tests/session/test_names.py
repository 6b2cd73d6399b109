"""File names: readable, and taken by every file system."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.domain.recipe import Recipe
from studio.session.names import MAX_BYTES, file_name, slug

FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\s.]')


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("A red fox, in the forest!", "a-red-fox-in-the-forest"),
        ("(snowy:1.3) [mountains]", "snowy-mountains"),
        ("  ", "picture"),
        ("", "picture"),
        ("🌊🌊", "picture"),
        ("sea 🌊️ at night", "sea-at-night"),
        ("Ein Schloß im Nebel, Küste", "ein-schloß-im-nebel-küste"),
        ("海の夕日", "海の夕日"),
        ("שקיעה מעל הים", "שקיעה-מעל-הים"),
        ("\u202eevil\u202c name\u0007", "evil-name"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con-"),
        ("lpt1", "lpt1-"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_slugs(prompt: str, expected: str) -> None:
    assert slug(prompt) == expected


@given(st.text())
@example("word " * 100_000)
@example("é" * 1000)
@example("a" * 79 + "🌊")
def test_every_slug_is_safe(prompt: str) -> None:
    name = slug(prompt)
    assert 0 < len(name.encode()) <= MAX_BYTES + 1
    assert not FORBIDDEN.search(name)
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "So") for character in name)
    assert not name.startswith("-")


def test_a_long_prompt_is_cut_between_words() -> None:
    assert slug("an unusually long description " * 10).endswith(("unusually", "long", "description", "an"))


def test_a_file_is_named_by_prompt_and_seed() -> None:
    assert file_name(Recipe(prompt="Sea at night", seed=7)) == "sea-at-night-7.png"
