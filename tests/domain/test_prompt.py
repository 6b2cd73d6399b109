"""Prompt syntax: weights, brackets, and text that is no syntax at all."""

import math
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.domain.prompt import MAX_WEIGHT, Fragment, Prompt, clean, parse, unparse

SYNTAX = st.text(st.sampled_from(list("ab (()[]):1.2-\\ ,")), max_size=40)


def weights(text: str) -> list[tuple[str, float]]:
    return [(fragment.text, round(fragment.weight, 6)) for fragment in parse(text).fragments()]


def meaning(prompt: Prompt) -> list[tuple[str, float]]:
    """Words and weights, blanks apart."""
    return [(clean(f.text), f.weight) for f in prompt.fragments() if clean(f.text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a fox", [("a fox", 1)]),
        ("(a)", [("a", 1.1)]),
        ("((a))", [("a", 1.21)]),
        ("[a]", [("a", round(1 / 1.1, 6))]),
        ("([a])", [("a", 1)]),
        ("a (red:1.3) fox", [("a ", 1), ("red", 1.3), (" fox", 1)]),
        ("(a (b:2):1.5)", [("a ", 1.5), ("b", 3)]),
        ("(a: .5)", [("a", 0.5)]),
        ("(a:-1)", [("a", -1)]),
        ("(a:99)", [("a", MAX_WEIGHT)]),
        ("(a: b)", [("a: b", 1.1)]),
        ("12:30 at night", [("12:30 at night", 1)]),
        (r"\(a\)", [("(a)", 1)]),
        (r"a\b", [("a\\b", 1)]),
        ("(a", [("(a", 1)]),
        ("a)", [("a)", 1)]),
        ("(a]", [("(a]", 1)]),
        ("()", []),
    ],
)
def test_weights(text: str, expected: list[tuple[str, float]]) -> None:
    assert weights(text) == expected


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    for fragment in parse(text).fragments():
        assert math.isfinite(fragment.weight)
        assert abs(fragment.weight) <= MAX_WEIGHT


@given(st.text(st.characters(exclude_characters="()[]\\")))
def test_text_without_brackets_is_itself(text: str) -> None:
    expected = clean(text)
    assert parse(text).fragments() == ((Fragment(expected, 1.0),) if expected else ())


@given(SYNTAX)
@example("(a:1.23456789)")
@example("(a:0.00000001)")
@example("(a:999999999999999999999)")
@example("((a:1.2))")
@example(r"(a:1.2\))")
def test_writing_a_prompt_keeps_its_meaning(text: str) -> None:
    prompt = parse(text)
    assert meaning(parse(unparse(prompt))) == meaning(prompt)


@given(SYNTAX)
def test_writing_is_stable(text: str) -> None:
    once = unparse(parse(text))
    assert unparse(parse(once)) == unparse(parse(unparse(parse(once))))


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["(" * 100_000, "(a:" * 30_000, "[(" * 50_000 + "x" + ")]" * 50_000, ":1" * 50_000])
def test_hostile_prompts_are_read_quickly(text: str) -> None:
    began = time.perf_counter()
    assert parse(text).plain()
    assert time.perf_counter() - began < 5
