"""Recipes as JSON: nothing is lost, and nothing is half understood."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import Recipe
from studio.domain.recipe_json import VERSION, dumps, loads
from tests.domain.recipes import recipes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(recipes())
def test_reading_what_was_written_gives_the_same_recipe(recipe: Recipe) -> None:
    text = dumps(recipe)
    assert "\n" not in text
    assert loads(text) == recipe


def document(**recipe: Any) -> str:
    return json.dumps({"safelight": VERSION, "recipe": recipe})


def test_what_is_missing_takes_its_default() -> None:
    assert loads(document(prompt="sea")) == Recipe(prompt="sea")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no recipe"),
        ('{"safelight": 1}', "no recipe"),
        ('{"safelight": 2, "recipe": {}}', "version 2"),
        (document(prompt=1), "recipe.prompt should be str"),
        (document(seed="1"), "recipe.seed should be int"),
        (document(seed=True), "recipe.seed should be int"),
        (document(colour="red"), "unknown entry “colour”"),
        (document(size={"width": 8}), "recipe.size is incomplete"),
        (document(sampling={"guidance": 10**400}), "too large"),
        (document(source={"path": "a", "strength": "much"}), "recipe.source.strength"),
        (document(loras=[{"name": "ink", "weight": "much"}]), "recipe.loras[0].weight"),
        (document(loras=[{"weight": 1}]), "recipe.loras[0] is incomplete"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(StudioError) as caught:
        loads(text)
    assert caught.value.problem.kind is ErrorKind.INPUT
    assert says in caught.value.problem.message


@given(JSON)
def test_no_json_breaks_the_reader(value: Any) -> None:
    for text in (json.dumps(value), json.dumps({"safelight": VERSION, "recipe": value})):
        try:
            loads(text)
        except StudioError as error:
            assert error.problem.kind is ErrorKind.INPUT


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(StudioError):
        loads(text)
