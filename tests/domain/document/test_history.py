"""The undo tree."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.document.document import Document
from studio.domain.document.history import History, Version
from studio.domain.errors import StudioError
from studio.domain.geometry import Size


def canvas(width: int) -> Document:
    return Document(Size(width, 1))


def labels(versions: tuple[Version, ...]) -> list[str]:
    return [version.label for version in versions]


def grown(*steps: str) -> History:
    history = History.of(canvas(1), "new")
    for number, label in enumerate(steps, 2):
        history.commit(label, canvas(number))
    return history


@given(st.integers(1, 8), st.data())
def test_undo_and_redo_lead_back(steps: int, data: st.DataObject) -> None:
    history = grown(*map(str, range(steps)))
    back = data.draw(st.integers(1, steps))
    for _ in range(back):
        assert history.undo() is not None
    assert history.document == canvas(steps + 1 - back)
    assert labels(history.undone) == [str(each) for each in range(steps - back, steps)]
    for _ in range(back):
        assert history.redo() is not None
    assert history.document == canvas(steps + 1)
    assert history.redo() is None


def test_the_first_version_cannot_be_undone() -> None:
    history = grown()
    assert history.undo() is None
    assert history.current.label == "new"


def test_a_commit_after_an_undo_branches_and_loses_nothing() -> None:
    history = grown("a", "b")
    history.undo()
    history.undo()
    history.commit("c", canvas(10))
    assert labels(history.versions) == ["new", "a", "b", "c"]
    assert history.undone == ()
    history.jump(3)
    assert history.document == canvas(3)
    history.undo()
    history.undo()
    assert labels(history.undone) == ["a", "b"], "redo follows the branch that was last stood on"
    history.jump(4)
    history.undo()
    assert labels(history.undone) == ["c"]
    history.jump(2)
    assert labels(history.undone) == ["b"], "to the end of the branch that was jumped into"


def test_a_drag_is_one_step_until_something_else_happens() -> None:
    history = grown("a")
    for width in (20, 21, 22):
        history.commit("drag", canvas(width), merge="slider 1")
    assert labels(history.versions) == ["new", "a", "drag"]
    assert history.document == canvas(22)
    history.commit("drag", canvas(30), merge="slider 2")
    assert len(history.versions) == 4
    history.undo()
    history.redo()
    history.commit("drag", canvas(31), merge="slider 2")
    assert len(history.versions) == 5, "an undo ends it"
    history.named(history.current.id, "good")
    history.commit("drag", canvas(32), merge="slider 2")
    assert len(history.versions) == 6, "a named version stays as it is"
    history.settle()
    history.commit("drag", canvas(33), merge="slider 2")
    assert len(history.versions) == 7


def test_a_version_with_children_takes_no_more() -> None:
    history = grown("a")
    history.commit("drag", canvas(20), merge="k")
    drag = history.current.id
    history.commit("b", canvas(21))
    history.jump(drag)
    history.commit("drag", canvas(22), merge="k")
    assert history.document_of(drag) == canvas(20)


def test_pruning_takes_the_oldest_and_keeps_the_rest_together() -> None:
    history = grown("a", "b", "c", "d")
    history.named(2, "keep")
    history.undo()
    pruned = []
    while gone := history.forget_oldest():
        pruned.append(gone[0].label)
    assert pruned == ["new", "b"], "not the named one, nor where one stands, nor what redo brings back"
    assert labels(history.versions) == ["a", "c", "d"]
    assert history.undo() == Version(2, None, "a", history.version(2).made, "keep")
    assert history.undo() is None
    assert labels(history.undone) == ["c", "d"]


def test_pruning_says_which_versions_changed() -> None:
    history = grown("a", "b")
    history.jump(2)
    history.commit("c", canvas(9))
    gone = history.forget_oldest()
    assert gone is not None
    assert gone[0].id == 1
    assert [(child.id, child.parent) for child in gone[1]] == [(2, None)]
    gone = history.forget_oldest()
    assert gone is not None
    assert [(child.id, child.parent) for child in gone[1]] == [(3, None), (4, None)]
    with pytest.raises(StudioError, match="no longer in the history"):
        history.jump(2)
    history.jump(3)
    assert history.document == canvas(3)


def test_documents_are_loaded_once_and_when_needed() -> None:
    versions = grown("a", "b").versions
    loads: list[int] = []

    def load(version_id: int) -> Document:
        loads.append(version_id)
        return canvas(version_id)

    history = History(versions, 3, 3, load)
    assert loads == []
    assert history.document == canvas(3)
    history.undo()
    history.redo()
    history.undo()
    assert loads == [3, 2]


def test_what_cannot_be_loaded_is_not_stood_on() -> None:
    def load(version_id: int) -> Document:
        raise OSError(f"{version_id} is damaged")

    history = History(grown("a", "b").versions, 3, 3, load)
    with pytest.raises(OSError, match="2 is damaged"):
        history.undo()
    assert history.current.id == 3
    assert labels(history.undone) == []


@pytest.mark.parametrize(
    ("versions", "current", "tip"),
    [
        ([], 1, 1),
        ([Version(1, None, "", 0.0)], 1, 2),
        ([Version(1, 1, "", 0.0)], 1, 1),
        ([Version(1, 2, "", 0.0), Version(2, 1, "", 0.0)], 1, 1),
        ([Version(1, None, "", 0.0), Version(2, 7, "", 0.0)], 1, 1),
        ([Version(1, None, "", 0.0), Version(2, 1, "", 0.0), Version(3, 1, "", 0.0)], 2, 3),
    ],
)
def test_a_history_that_does_not_hang_together_is_refused(versions: list[Version], current: int, tip: int) -> None:
    with pytest.raises(ValueError, match=r"history|parent|elsewhere"):
        History(versions, current, tip, lambda _: canvas(1))


def test_ids_grow_after_pruning() -> None:
    history = grown(*"abcdefgh")
    seen = {version.id for version in history.versions}
    for _ in itertools.repeat(None, 5):
        history.forget_oldest()
    assert history.commit("new", canvas(99)).id not in seen


def aged(made: dict[int, tuple[int | None, float, str]], current: int, tip: int) -> History:
    """Versions by id: parent, when they were made, name."""
    versions = [Version(each, parent, str(each), when, name) for each, (parent, when, name) in made.items()]
    return History(versions, current, tip, canvas)


def test_old_steps_go_but_the_current_and_the_named_ones() -> None:
    history = aged(
        {
            1: (None, 1, ""),
            2: (1, 2, ""),
            3: (2, 3, "sketch"),
            4: (3, 4, ""),
            5: (4, 5, ""),
            6: (2, 6, ""),
            7: (5, 9, ""),
        },
        current=5,
        tip=7,
    )
    assert [each.id for each in history.older_than(8)] == [1, 2, 4, 6]
    removed, children = history.forget_older(8)
    assert [each.id for each in removed] == [1, 2, 4, 6]
    assert {each.id: each.parent for each in children} == {3: None, 5: 3}
    assert [(each.id, each.parent) for each in history.versions] == [(3, None), (5, 3), (7, 5)]
    assert history.redo() is not None and history.current.id == 7
    assert history.undo() is not None and history.undo() is not None and history.current.name == "sketch"
    assert history.undo() is None


def test_redo_ends_where_its_old_end_is_gone() -> None:
    history = aged({1: (None, 1, ""), 2: (1, 2, ""), 3: (2, 3, ""), 4: (3, 4, "")}, current=2, tip=4)
    history.forget_older(100)
    assert [each.id for each in history.versions] == [2]
    assert history.tip is history.current and not history.undone
    assert history.commit("on", canvas(9)).id == 5, "ids are not given twice"


@given(st.integers(1, 30), st.data())
def test_a_history_that_lost_its_old_steps_hangs_together(count: int, data: st.DataObject) -> None:
    history = grown()
    for number in range(count):
        history.jump(data.draw(st.sampled_from([each.id for each in history.versions])))
        history.commit(str(number), canvas(number + 2))
    history.jump(data.draw(st.sampled_from([each.id for each in history.versions])))
    moments = [each.made for each in history.versions]
    history.forget_older(data.draw(st.sampled_from(moments)))
    again = History(history.versions, history.current.id, history.tip.id, canvas)  # refuses what does not
    assert [each.id for each in again.undone] == [each.id for each in history.undone]
