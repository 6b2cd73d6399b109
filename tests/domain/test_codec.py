"""Dataclass trees as JSON values."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.codec import from_json, to_json


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Leaf:
    number: float
    colour: Colour = Colour.RED


@dataclass(frozen=True)
class Tree:
    name: str
    leaves: tuple[Leaf, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    best: Leaf | None = None
    count: int = 0
    done: bool = False


LEAVES = st.builds(Leaf, st.floats(allow_nan=False), st.sampled_from(Colour))
TREES = st.builds(
    Tree,
    st.text(),
    st.lists(LEAVES, max_size=3).map(tuple),
    st.dictionaries(st.text(max_size=3), st.floats(allow_nan=False), max_size=3),
    st.none() | LEAVES,
    st.integers(),
    st.booleans(),
)


@given(TREES)
def test_a_tree_survives_the_way_through_text(tree: Tree) -> None:
    assert from_json(Tree, json.loads(json.dumps(to_json(tree)))) == tree


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "tree should be dict"),
        ({}, "tree is incomplete"),
        ({"name": None}, "tree.name should be str"),
        ({"name": "a", "leaves": [{"number": 1}, {"number": "x"}]}, "tree.leaves[1].number should be float"),
        ({"name": "a", "best": {"number": 1, "colour": "green"}}, "tree.best.colour is none of red, blue"),
        ({"name": "a", "best": {"number": 1, "colour": []}}, "tree.best.colour is none of"),
        ({"name": "a", "count": 1.5}, "tree.count should be int"),
        ({"name": "a", "count": True}, "tree.count should be int"),
        ({"name": "a", "done": 1}, "tree.done should be bool"),
        ({"name": "a", "weights": {"x": "y"}}, "tree.weights.x should be float"),
        ({"name": "a", "weights": {"x": 10**400}}, "tree.weights.x is too large"),
        ({"name": "a", "b": 1, "aa": 2}, "unknown entry “aa”"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(value: Any, says: str) -> None:
    with pytest.raises(ValueError, match="tree") as caught:
        from_json(Tree, value)
    assert says in str(caught.value)


def test_a_whole_number_is_a_float_where_one_is_wanted() -> None:
    leaf = from_json(Leaf, {"number": 3})
    assert isinstance(leaf.number, float)
