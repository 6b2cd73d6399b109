"""A user of the canvas who does anything in any order, and beside the program a plain list of what should be there.

The program's side is all that an edit really passes: the painter's desk, the session, the project file, generation in
place with the window's own way of accepting. The other side has arrays, lists and nothing in common with it.
"""

import dataclasses
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from PySide6.QtCore import QCoreApplication

from studio.domain.catalog import Family, ModelInfo
from studio.domain.document import edits
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import GroupLayer, Layer, PaintLayer
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import INTENTS, Infill, Intent
from studio.domain.recipe import Recipe
from studio.imaging.blobs import BlobStore
from studio.imaging.compose import Compositor
from studio.imaging.exchange import read, write
from studio.imaging.selections import Combination, combined
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore
from studio.session.canvas import CanvasSession
from studio.session.in_place import Ready, Wish, placed, prepared
from studio.ui.paint.desk import Change, PaintDesk
from studio.ui.paint.editor import Editor
from studio.ui.paint.generating import accept
from studio.ui.paint.staging import candidate
from tests.ui.paint.expected import Past, Picture, Sheet, index_of

SIZE = Size(300, 280)  # four tiles, three of them cut
CANVAS = Rect.of(SIZE)
MODEL = ModelInfo("tiny", "tiny", Family.STARTER, 0, size=Size(64, 64))
CLEAR = np.zeros((SIZE.height, SIZE.width, 4), np.uint8)
MOST = 8  # layers, lest each check takes longer than the one before
FRAME = Rect(40, 30, 96, 80)
BLANK = Document(SIZE, (PaintLayer(id="paper", name="paper"),), active="paper", frame=FRAME)
PATIENCE = 60.0  # seconds
COMBINED: dict[Combination, Callable[[Pixels, Pixels], Pixels]] = {
    Combination.REPLACE: lambda old, new: new,
    Combination.ADD: lambda old, new: np.maximum(old, new),
    Combination.SUBTRACT: lambda old, new: np.minimum(old, 255 - new),
    Combination.INTERSECT: lambda old, new: np.minimum(old, new),
}
rects = st.builds(Rect, st.integers(0, 290), st.integers(0, 270), st.integers(1, 200), st.integers(1, 200)).map(
    lambda rect: rect.intersected(CANVAS)
)
numbers = st.integers(0, 99)


@dataclass
class Asked:
    """A job on the canvas: what was asked, and the pixels that may not change."""

    ready: Ready
    outside: Pixels


class User(RuleBasedStateMachine):
    """Paints, arranges layers, selects, generates, undoes, saves, is interrupted, and comes back."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="safelight-test-"))
        self.blobs = BlobStore(self.folder / "blobs")
        self.sit_down(CanvasSession.create(self.folder / "work.safelight", BLANK))
        self.past = Past.of("New", Picture([Sheet("paper", "paper", CLEAR)]))
        self.files, self.asked = 0, list[Asked]()
        self.release: threading.Event | None = None
        self.saved: Past | None = None  # what the file holds while the writer is held up

    def sit_down(self, session: CanvasSession) -> None:
        self.session, self.desk = session, PaintDesk(session)
        self.problems: list[object] = []
        self.notes: list[str] = []
        session.problem.connect(self.problems.append)
        self.desk.problem.connect(self.problems.append)
        self.desk.noted.connect(self.notes.append)

    def get_up(self) -> None:
        self.let_go()
        self.desk.close()
        self.desk.deleteLater()
        self.session.close()

    def let_go(self) -> None:
        """The disk answers again."""
        if self.release is not None:
            self.release.set()
            self.release = self.saved = None
        assert self.session.flush(PATIENCE)

    # ------------------------------------------------------------------------------------------ what both sides do

    @property
    def picture(self) -> Picture:
        return self.past.at.picture

    def sheet(self, number: int) -> Sheet:
        found = self.picture.all()
        return found[number % len(found)]

    def edit(self, label: str, change: Change, after: Picture | None) -> bool:
        """An edit that leads to this picture, or, where that is None, one that is refused with a note."""
        before, noted = self.desk.document, len(self.notes)
        done = self.desk.edit(label, change)
        if after is None:
            assert not done
            assert len(self.notes) == noted + 1
            assert self.desk.document is before
            return False
        if done:
            self.adopt(after.sheets, self.session.document.layers)
            self.past.add(label, after)
        else:
            assert self.notes[noted:] == [], "an edit that cannot be done was thought possible"
            self.same(after.sheets, before.layers)
        return done

    def adopt(self, sheets: list[Sheet], layers: tuple[Layer, ...]) -> None:
        """Copies and groups get ids that only the program knows."""
        assert len(sheets) == len(layers)
        for sheet, layer in zip(sheets, layers, strict=True):
            sheet.id = sheet.id or layer.id
            assert sheet.id == layer.id
            if isinstance(layer, GroupLayer):
                self.adopt(sheet.children, layer.children)

    # ------------------------------------------------------------------------------------------ painting and layers

    @rule(number=numbers, rect=rects, colour=st.tuples(*[st.integers(0, 255)] * 3), alpha=st.sampled_from([0, 90, 255]))
    def paint(self, number: int, rect: Rect, colour: tuple[int, int, int], alpha: int) -> None:
        sheet, after = self.sheet(number), self.picture.copy()
        drawn = np.empty((rect.height, rect.width, 4), np.uint8)
        drawn[...] = (*(value * alpha // 255 for value in colour), alpha)

        def change(document: Document) -> Document:
            layer = edits.found(document, sheet.id)
            tiles = layer.tiles if isinstance(layer, PaintLayer) else PaintLayer().tiles
            return edits.with_tiles(document, sheet.id, self.desk.store.painted(tiles, rect, drawn))

        if sheet.pixels is None or sheet.locked:
            self.edit("paint", change, None)
            return
        pixels = sheet.pixels.copy()
        pixels[part(rect)] = drawn
        next(each for each in after.all() if each.id == sheet.id).pixels = pixels
        self.edit("paint", change, after)

    @precondition(lambda self: len(self.picture.all()) < MOST)
    @rule(number=numbers)
    def add_layer(self, number: int) -> None:
        above, after = self.sheet(number), self.picture.copy()
        layer = PaintLayer(name=f"layer {number}")
        siblings = after.siblings(above.id)
        siblings.insert(index_of(siblings, above.id) + 1, Sheet(layer.id, layer.name, CLEAR))
        self.edit("add", lambda document: edits.insert(document, layer, above.id), after)

    @rule(number=numbers)
    def remove_layer(self, number: int) -> None:
        sheet, after = self.sheet(number), self.picture.copy()
        siblings = after.siblings(sheet.id)
        del siblings[index_of(siblings, sheet.id)]
        locked = any(each.locked for each in sheet.all())
        if locked or after.all():
            self.edit("remove", lambda document: edits.remove(document, sheet.id), None if locked else after)

    @precondition(lambda self: len(self.picture.all()) < MOST)
    @rule(number=numbers)
    def duplicate(self, number: int) -> None:
        sheet, after = self.sheet(number), self.picture.copy()
        twin = sheet.copy()
        for each in twin.all():
            each.id = ""
        twin.name = f"{twin.name} copy"
        siblings = after.siblings(sheet.id)
        siblings.insert(index_of(siblings, sheet.id) + 1, twin)
        self.edit("duplicate", lambda document: edits.duplicated(document, sheet.id), after)

    @rule(number=numbers, into=st.none() | numbers, index=st.integers(0, 5))
    def move_layer(self, number: int, into: int | None, index: int) -> None:
        sheet, group = self.sheet(number), None if into is None else self.sheet(into)

        def change(document: Document) -> Document:
            return edits.moved(document, sheet.id, group.id if group else "", index)

        if group is not None and (group.pixels is not None or group in sheet.all()):
            self.edit("move", change, None)
            return
        after = self.picture.copy()
        siblings = after.siblings(sheet.id)
        taken = siblings.pop(index_of(siblings, sheet.id))
        target = after.sheets if group is None else next(each for each in after.all() if each.id == group.id).children
        target.insert(index, taken)
        self.edit("move", change, after)

    @precondition(lambda self: len(self.picture.all()) < MOST)
    @rule(number=numbers)
    def group(self, number: int) -> None:
        sheet, after = self.sheet(number), self.picture.copy()
        siblings = after.siblings(sheet.id)
        place = index_of(siblings, sheet.id)
        siblings[place] = Sheet("", "Group", children=[siblings[place]])
        self.edit("group", lambda document: edits.grouped(document, [sheet.id]), after)

    @rule(number=numbers)
    def ungroup(self, number: int) -> None:
        sheet, after = self.sheet(number), self.picture.copy()

        def change(document: Document) -> Document:
            return edits.ungrouped(document, sheet.id)

        siblings = after.siblings(sheet.id)
        place = index_of(siblings, sheet.id)
        if sheet.pixels is not None or sheet.locked:
            self.edit("ungroup", change, None)
            return
        freed = siblings[place].children
        for each in freed:
            each.visible &= sheet.visible
        siblings[place : place + 1] = freed
        if after.all():
            self.edit("ungroup", change, after)

    @rule(
        number=numbers,
        fields=st.fixed_dictionaries(
            {},
            optional={
                "opacity": st.sampled_from([0.0, 0.25, 1.0]),
                "visible": st.booleans(),
                "locked": st.booleans(),
                "name": st.sampled_from(["sky", "sea", "straße 海"]),
                "mode": st.sampled_from([BlendMode.NORMAL, BlendMode.MULTIPLY, BlendMode.SCREEN]),
            },
        ),
    )
    def change_layer(self, number: int, fields: dict[str, object]) -> None:
        sheet, after = self.sheet(number), self.picture.copy()
        for name, value in fields.items():
            setattr(next(each for each in after.all() if each.id == sheet.id), name, value)
        self.edit("change", lambda document: edits.changed(document, sheet.id, **fields), after)

    @rule(number=numbers)
    def mask_layer(self, number: int) -> None:
        sheet, after = self.sheet(number), self.picture.copy()
        next(each for each in after.all() if each.id == sheet.id).mask = after.selection

        def change(document: Document) -> Document:
            return edits.with_mask(document, sheet.id, document.selection)

        self.edit("mask", change, None if sheet.locked else after)

    @rule(rect=rects, how=st.sampled_from(Combination), value=st.sampled_from([1, 100, 128, 255]))
    def select(self, rect: Rect, how: Combination, value: int) -> None:
        values = np.full((rect.height, rect.width), value, np.uint8)
        new, after = np.zeros(CLEAR.shape[:2], np.uint8), self.picture.copy()
        new[part(rect)] = value
        if after.selection is None:  # nothing is selected: there is nothing to subtract from or to keep
            after.selection = new if how in (Combination.REPLACE, Combination.ADD) else None
        else:
            after.selection = COMBINED[how](after.selection, new)
        if after.selection is not None and not after.selection.any():
            after.selection = None

        def change(document: Document) -> Document:
            return edits.with_selection(document, combined(self.desk.store, document.selection, values, rect, how))

        self.edit("select", change, after)

    @rule()
    def select_nothing(self) -> None:
        after = self.picture.copy()
        after.selection = None
        self.edit("select", lambda document: edits.with_selection(document, None), after)

    # ------------------------------------------------------------------------------------------ generating in place

    @rule(intent=st.sampled_from(Intent), grow=st.integers(0, 9), feather=st.integers(0, 12))
    def generate(self, intent: Intent, grow: int, feather: int) -> None:
        """Ask; the result comes whenever it comes, and the canvas may be another by then."""
        how = dataclasses.replace(INTENTS[intent], infill=Infill.EDGE_EXTEND, grow=grow, feather=feather)
        wish = Wish(Recipe("a boat", model="tiny"), 1.0, how)
        ready = prepared(self.desk.compositor, self.desk.store, self.desk.document, wish, MODEL, self.blobs)
        outside = np.ones(CLEAR.shape[:2], bool)
        if self.picture.selection is None:
            outside[part(FRAME)] = False
        else:
            away = cv2.distanceTransform((self.picture.selection == 0).astype(np.uint8), cv2.DIST_L2, 5)
            outside = away > grow + feather + 1
        self.asked.append(Asked(ready, outside))

    @precondition(lambda self: self.asked and len(self.picture.all()) < MOST)
    @rule(seed=st.integers(0, 2**32))
    def accept(self, seed: int) -> None:
        """The oldest job's picture, with whatever the engine may have drawn, is taken over as the window does it."""
        asked = self.asked.pop(0)
        size = asked.ready.recipe.size
        made = np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8)
        patch = placed(asked.ready, made)
        assert asked.ready.prepared is None or patch.badge.startswith("Exact")
        before, after = self.seen(), self.picture.copy()
        editor = cast(Editor, SimpleNamespace(desk=self.desk, tr=str))
        versions = len(self.session.history.versions)
        accept(editor, candidate(patch, "a  boat"))
        self.wait()
        assert len(self.session.history.versions) == versions + 1
        layer = self.session.document.layers[-1]
        assert isinstance(layer, PaintLayer)
        pixels = self.desk.store.paint(layer.tiles, CANVAS)
        after.sheets.append(Sheet(layer.id, "a boat", pixels))
        self.past.add(self.session.history.current.label, after)
        now, outside = self.seen(), asked.outside
        assert np.array_equal(now[outside], before[outside]), "a pixel outside the feathered mask changed"
        assert not pixels[outside].any()
        assert pixels[..., 3][~outside].any()

    @precondition(lambda self: len(self.picture.all()) < MOST)
    @rule(intent=st.sampled_from(Intent), seed=st.integers(0, 2**32))
    def generate_and_accept(self, intent: Intent, seed: int) -> None:
        self.asked.clear()
        self.generate(intent, 4, 6)
        self.accept(seed)

    def wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while self.desk.is_busy:
            assert time.monotonic() < end
            QCoreApplication.processEvents()
            time.sleep(0.001)

    def seen(self) -> Pixels:
        """The picture, from a compositor that has kept nothing."""
        return Compositor(self.desk.store).render(self.desk.document, CANVAS)

    # ------------------------------------------------------------------------------------------ history

    @rule()
    def undo(self) -> None:
        self.desk.undo()
        self.past.at = self.past.at.parent or self.past.at

    @rule()
    def redo(self) -> None:
        self.desk.redo()
        self.past.at = self.past.after() or self.past.at

    @rule(number=numbers)
    def jump(self, number: int) -> None:
        index = number % len(self.past.steps)
        self.desk.jump(self.session.history.versions[index].id)
        self.past.jump(self.past.steps[index])

    @rule(name=st.sampled_from(["", "good", "better"]))
    def give_name(self, name: str) -> None:
        self.session.name(name)
        self.past.at.name = name

    @rule(number=numbers)
    def revert(self, number: int) -> None:
        index = number % len(self.past.steps)
        step, version = self.past.steps[index], self.session.history.versions[index]
        changed = self.session.history.document_of(version.id) is not self.session.document
        self.session.revert(version.id)
        if changed:
            self.past.add(f"Back to {step.name or step.label}", step.picture.copy())

    # ------------------------------------------------------------------------------------------ files

    @rule()
    def save(self) -> None:
        self.let_go()
        assert not self.session.unsaved

    @rule()
    def save_as(self) -> None:
        self.let_go()
        self.files += 1
        path = self.folder / f"copy {self.files % 2}.safelight"
        self.session.save_as(path).result(PATIENCE)
        assert self.session.path == path

    @rule()
    def compact(self) -> None:
        self.let_go()
        self.session.compact().result(PATIENCE)

    @rule()
    def reopen(self) -> None:
        path = self.session.path
        self.get_up()
        self.sit_down(CanvasSession.open(path))
        self.all_versions_are_whole()

    @precondition(lambda self: self.release is None)
    @rule()
    def disk_hangs(self) -> None:
        """From now on nothing reaches the disk, until the user saves, or the program is gone."""
        self.let_go()
        self.release, self.saved = threading.Event(), self.past.kept()
        began: Future[None] = Future()
        release = self.release

        def hold() -> None:
            began.set_result(None)
            release.wait(PATIENCE)

        self.session._writer.run(hold)
        began.result(PATIENCE)

    @rule()
    def crash(self) -> None:
        """The program is gone between two breaths, its log as it was; the user comes back to what had been saved."""
        if self.release is None:
            self.let_go()
        self.files += 1
        place = self.folder / f"after crash {self.files}"
        place.mkdir()
        for suffix in ("", "-wal"):
            if (source := Path(f"{self.session.path}{suffix}")).exists():
                shutil.copyfile(source, place / f"work.safelight{suffix}")
        kept = self.saved or self.past
        self.get_up()
        self.past = kept
        self.sit_down(CanvasSession.open(place / "work.safelight"))
        self.all_versions_are_whole()

    @rule()
    def exchange(self) -> None:
        """Out as OpenRaster and in again elsewhere: the same document, the same picture."""
        path, elsewhere = self.folder / "out.ora", TileStore(MemoryBlobs())
        write(path, self.desk.document, self.desk.store)
        found = read(path, elsewhere)
        assert found.notices == ()
        assert found.document == self.desk.document
        assert np.array_equal(Compositor(elsewhere).render(found.document, CANVAS), self.seen())

    @rule()
    def open_exported(self) -> None:
        """Out as OpenRaster, and on with that as a new project."""
        path = self.folder / "out.ora"
        write(path, self.desk.document, self.desk.store)
        self.files += 1
        session = CanvasSession.create(self.folder / f"opened {self.files}.safelight", BLANK)
        session.commit("Open", read(path, session.store).document)
        picture = self.picture.copy()
        self.get_up()
        self.sit_down(session)
        self.past = Past.of("New", Picture([Sheet("paper", "paper", CLEAR)]))
        self.past.add("Open", picture)

    # ------------------------------------------------------------------------------------------ what must always hold

    def same(self, sheets: list[Sheet], layers: tuple[Layer, ...]) -> None:
        assert len(sheets) == len(layers)
        store = self.session.store
        for sheet, layer in zip(sheets, layers, strict=True):
            assert (sheet.id, sheet.name, sheet.opacity, sheet.mode, sheet.visible, sheet.locked) == (
                layer.id, layer.name, layer.opacity, layer.mode, layer.visible, layer.locked,
            )  # fmt: skip
            if isinstance(layer, GroupLayer):
                assert sheet.pixels is None
                self.same(sheet.children, layer.children)
            else:
                assert isinstance(layer, PaintLayer)
                assert sheet.pixels is not None
                assert np.array_equal(store.paint(layer.tiles, CANVAS), sheet.pixels)
            mask = None if layer.mask is None else store.mask(layer.mask, CANVAS)
            assert alike(mask, sheet.mask)

    def is_document(self, picture: Picture, document: Document) -> None:
        self.same(picture.sheets, document.layers)
        selection = None if document.selection is None else self.session.store.mask(document.selection, CANVAS)
        assert alike(selection, picture.selection)

    def all_versions_are_whole(self) -> None:
        """Every version that there ever was can be read."""
        for version, step in zip(self.session.history.versions, self.past.steps, strict=True):
            self.is_document(step.picture, self.session.history.document_of(version.id))

    @invariant()
    def all_is_there(self) -> None:
        if not hasattr(self, "past"):
            return
        history, past = self.session.history, self.past
        assert [(each.label, each.name) for each in history.versions] == [
            (each.label, each.name) for each in past.steps
        ]
        assert history.current is history.versions[past.steps.index(past.at)]
        assert history.tip is history.versions[past.steps.index(past.tip)]
        self.is_document(self.picture, self.session.document)
        assert dataclasses.replace(self.desk.document, active="") == dataclasses.replace(
            self.session.document, active=""
        )
        assert self.problems == []

    def teardown(self) -> None:
        if not hasattr(self, "past"):
            return
        path = self.session.path
        self.get_up()
        self.session = CanvasSession.open(path)
        try:
            self.all_versions_are_whole()
        finally:
            self.session.close()
            shutil.rmtree(self.folder)


def part(rect: Rect) -> tuple[slice, slice]:
    return slice(rect.y, rect.bottom), slice(rect.x, rect.right)


def alike(one: Pixels | None, other: Pixels | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)
