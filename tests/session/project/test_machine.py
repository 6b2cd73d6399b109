"""A user of a canvas session who does anything in any order; beside it, a plain list of what should be there."""

import itertools
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from studio.domain.document import edits
from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Rect, Size
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession

SIDE = 400
CANVAS = Rect(0, 0, SIDE, SIDE)


class Step:
    """A version as it should be: plain values."""

    def __init__(self, parent: "Step | None", label: str, document: Document, pixels: Pixels, merge: str = "") -> None:
        self.parent, self.label, self.document, self.pixels, self.merge = parent, label, document, pixels, merge
        self.name = ""
        self.next: Step | None = None  # where redo leads


class User(RuleBasedStateMachine):
    """Edits, undoes, saves, reopens."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="safelight-test-"))
        document = Document(Size(SIDE, SIDE), (PaintLayer(id="paint"),), active="paint")
        self.session = CanvasSession.create(self.folder / "work.safelight", document)
        self.steps = [Step(None, "New", document, np.zeros((SIDE, SIDE, 4), np.uint8))]
        self.at = self.steps[0]
        self.copies = 0
        self.heard: list[tuple[Document, Document]] = []
        self.problems: list[object] = []
        self.listen()

    def listen(self) -> None:
        self.session.changed.connect(lambda document, previous: self.heard.append((document, previous)))
        self.session.problem.connect(self.problems.append)

    def add(self, label: str, document: Document, pixels: Pixels, merge: str = "") -> None:
        last = self.at
        if merge and last.merge == merge and not last.name and not any(each.parent is last for each in self.steps):
            last.document, last.pixels, last.label = document, pixels, label
            return
        self.at = Step(last, label, document, pixels, merge)
        step: Step | None = self.at
        while step is not None and step.parent is not None:
            step.parent.next = step
            step = step.parent
        self.steps.append(self.at)

    def stand(self, step: Step) -> None:
        for each in (self.at, step):
            each.merge = ""
        self.at = step

    @rule(
        x=st.integers(0, SIDE - 1),
        y=st.integers(0, SIDE - 1),
        width=st.integers(1, 300),
        value=st.integers(0, 255),
    )
    def paint(self, x: int, y: int, width: int, value: int) -> None:
        rect = Rect(x, y, width, width).intersected(CANVAS)
        layer = self.session.document.find("paint")
        assert isinstance(layer, PaintLayer)
        drawn = np.full((rect.height, rect.width, 4), value, np.uint8)
        pixels = self.at.pixels.copy()
        pixels[y : rect.bottom, x : rect.right] = drawn
        tiles = self.session.store.painted(layer.tiles, rect, drawn)
        before = self.session.document
        document = edits.with_tiles(before, "paint", tiles)
        self.session.commit("paint", document)
        if document is not before:
            self.add("paint", document, pixels)
            assert self.heard[-1] == (document, before)

    @rule(opacity=st.floats(0, 1), drag=st.sampled_from(["", "one", "two"]))
    def drag(self, opacity: float, drag: str) -> None:
        document = edits.changed(self.session.document, "paint", opacity=opacity)
        changed = document is not self.session.document
        self.session.commit("opacity", document, merge=drag)
        if changed:
            self.add("opacity", document, self.at.pixels, drag)

    @rule()
    def undo(self) -> None:
        parent = self.at.parent
        assert self.session.undo() == (parent is not None)
        if parent is not None:
            self.stand(parent)

    @rule()
    def redo(self) -> None:
        after = self.at.next
        assert self.session.redo() == (after is not None)
        if after is not None:
            self.stand(after)

    @rule(number=st.integers(0, 99))
    def jump(self, number: int) -> None:
        index = number % len(self.steps)
        target = self.steps[index]
        self.session.jump(self.session.history.versions[index].id)
        line = [target]
        while (parent := line[-1].parent) is not None:
            line.append(parent)
        # Where redo leads now: along the old way if the target lies on it, else to the latest step after the target.
        way = [self.steps[0]]
        while (after := way[-1].next) is not None:
            way.append(after)
        if target not in way:
            for child, above in itertools.pairwise(line):
                above.next = child
            step = target
            while children := [each for each in self.steps if each.parent is step]:
                step.next = children[-1]
                step = children[-1]
            step.next = None
        self.stand(target)

    @rule(name=st.sampled_from(["", "good", "better"]))
    def give_name(self, name: str) -> None:
        self.session.name(name)
        self.at.name, self.at.merge = name, ""

    @precondition(lambda self: any(step.name for step in self.steps))
    @rule(number=st.integers(0, 9))
    def revert(self, number: int) -> None:
        named = [step for step in self.steps if step.name]
        assert [version.name for version in self.session.named] == [step.name for step in named]
        step = named[number % len(named)]
        version = self.session.named[number % len(named)]
        changed = self.session.history.document_of(version.id) is not self.session.document
        self.session.revert(version.id)
        if changed:
            self.add(f"Back to {step.name}", step.document, step.pixels)

    @rule()
    def flush(self) -> None:
        assert self.session.flush(100)
        assert not self.session.unsaved

    @rule()
    def reopen(self) -> None:
        self.session.close()
        self.session = CanvasSession.open(self.session.path)
        self.listen()
        assert not self.session.read_only
        for step in self.steps:
            step.merge = ""

    @rule()
    def save_as(self) -> None:
        self.copies += 1
        self.session.save_as(self.folder / f"copy {self.copies % 2}.safelight").result(100)

    @rule()
    def compact(self) -> None:
        self.session.compact()

    @rule()
    def look_from_another_window(self) -> None:
        assert self.session.flush(100)
        other = CanvasSession.open(self.session.path)
        assert other.read_only
        assert other.document == self.at.document
        other.close()

    @invariant()
    def all_is_there(self) -> None:
        if not hasattr(self, "session"):
            return
        history = self.session.history
        assert self.session.document == self.at.document
        assert np.array_equal(self.session.store.paint(history.document.layers[0].tiles, CANVAS), self.at.pixels)  # type: ignore[attr-defined]
        assert [(each.label, each.name) for each in history.versions] == [
            (each.label, each.name) for each in self.steps
        ]
        assert history.current.id == history.versions[self.steps.index(self.at)].id
        assert self.problems == []

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        self.session.close()
        again = CanvasSession.open(self.session.path)
        for version, step in zip(again.history.versions, self.steps, strict=True):
            document = again.history.document_of(version.id)
            assert document == step.document
            assert np.array_equal(again.store.paint(document.layers[0].tiles, CANVAS), step.pixels)  # type: ignore[attr-defined]
        again.close()
        shutil.rmtree(self.folder)


def run(examples: int, steps: int) -> None:
    """Let users work."""
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    chosen = settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=checks)
    run_state_machine_as_test(User, settings=chosen)


def test_any_order_of_edits_is_kept() -> None:
    run(8, 20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_any_long_order_of_edits_is_kept() -> None:
    run(80, 60)
