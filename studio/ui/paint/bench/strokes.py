"""Strokes of the pen: from its movements to the screen, taken back and made again, and what their undo costs."""

import contextlib
import itertools
import math
import sqlite3
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPointF

from studio.domain.document.history import Version
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import TILE
from studio.domain.geometry import Rect
from studio.ui.paint.bench.figures import Figure, Samples, nearly_all
from studio.ui.paint.bench.table import Table, require
from studio.ui.paint.desk import Inks

DAB_LIMIT = 0.008  # seconds, 99 of 100
GROWTH_LIMIT = 1.2  # of a dab on the largest canvas to one on the smallest
UNDO_LIMIT = 0.030
MEMORY_LIMIT = 1.2  # of the bytes of the tiles that were touched
_STROKES, _STEPS = 12, 30
_TRAVELS = 8  # undos, and as many redos
_RAW = TILE * TILE * 4

PRESS, MOVE, RELEASE = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease


def dabs(table: Table) -> Samples:
    """From each event of the pen to the end of the repaint it causes: circles of growing size, the first over places
    where nothing was composed yet."""
    found, paints = Samples(), table.paints
    centre = QPointF(table.surface.width() / 2, table.surface.height() / 2)
    for stroke in range(_STROKES):
        before = table.document
        for step in range(_STEPS):
            turn, reach = step / _STEPS * math.tau, 60 + 10 * stroke
            at = centre + QPointF(math.cos(turn), math.sin(turn)) * reach
            painted = paints.count
            with found.one():
                table.pen(MOVE if step else PRESS, at)
                table.application.processEvents()
            require(paints.count > painted, "a movement of the pen that was painted")
        table.pen(RELEASE, at)
        table.settle()
        require(table.document != before, "a stroke that changed the document")
    return found


def undo(table: Table) -> Samples:
    """From undo, or redo, until the screen shows it; the layer's bytes are those of before, and after."""
    found, desk = Samples(), table.editor.desk
    rect = _last_change(table)
    after, pixels = table.document, table.own(rect)
    for _ in range(_TRAVELS):
        for go in (desk.undo, desk.redo):
            painted = table.paints.count
            with found.one():
                go()
                table.show()
            require(table.paints.count > painted, "an undo that was painted")
            require(np.array_equal(table.own(rect), pixels) == (go == desk.redo), "an undo of pixels")
            table.session.flush()
        require(table.document == after, "a redo that brings all back")
    return found


def memory(table: Table, strokes: int) -> Figure:
    """Many short strokes at random places: the bytes that their undo takes in memory and in the file, together, as a
    share of the bytes of the tiles they touched. Caches are bounded by themselves and are emptied before counting."""
    table.settle()
    random = np.random.default_rng(2)
    width, height = table.surface.width(), table.surface.height()
    first, file_before = table.session.history.current, _file(table.session.path)
    layers = table.document.layers
    tracemalloc.start()
    _forget(table)
    held_before, _ = tracemalloc.get_traced_memory()
    for number in range(strokes):
        # Another colour each time: black on black would be no step.
        table.editor.desk.set_inks(Inks(front=(number % 251, number // 251, 128)))
        x, y = random.uniform(80, width - 80), random.uniform(80, height - 80)
        turn = random.uniform(0, math.tau)
        for step, kind in enumerate((PRESS, MOVE, MOVE, RELEASE)):
            table.pen(kind, QPointF(x, y) + QPointF(math.cos(turn), math.sin(turn)) * 20 * step)
        while table.editor.desk.is_busy:
            table.application.processEvents()
    table.settle()
    _forget(table)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    versions = [version for version in table.session.history.versions if version.id >= first.id]
    require(len(versions) == strokes + 1, "as many steps as strokes")
    touched = _touched(table, versions)
    in_file, in_memory = _file(table.session.path) - file_before, held - held_before
    table.session.jump(first.id)
    require(table.document.layers == layers, "strokes that can all be undone")
    table.session.jump(versions[-1].id)
    table.settle()
    ratio = (in_file + in_memory) / touched
    notes = {"strokes": strokes, "touched_bytes": touched, "memory_bytes": in_memory, "file_bytes": in_file}
    return Figure(f"{strokes} strokes: undo memory to tiles touched", ratio, ratio, MEMORY_LIMIT, "ratio", notes)


def growth(samples: dict[int, Samples]) -> Figure:
    """How much more a dab costs on the largest canvas than on the smallest."""
    small, large = samples[min(samples)], samples[max(samples)]
    wall, cpu = (
        sorted(one)[len(one) // 2] / sorted(other)[len(other) // 2]
        for one, other in ((large.wall, small.wall), (large.cpu, small.cpu))
    )
    notes = {"p99_cpu": nearly_all(large.cpu) / nearly_all(small.cpu)}
    return Figure(f"dab on {max(samples)}² to one on {min(samples)}²", wall, cpu, GROWTH_LIMIT, "ratio", notes)


def _forget(table: Table) -> None:
    """Leave in memory what is no cache."""
    table.editor.desk.compositor.clear()
    table.editor.composition.forget()
    table.store.forget()


def _last_change(table: Table) -> Rect:
    """A tile that the last step changed."""
    history = table.session.history
    require(history.current.parent is not None, "a step to be undone")
    before = history.document_of(history.current.parent or 0).find(table.document.active)
    after = table.editor.desk.active
    assert isinstance(before, PaintLayer)
    assert isinstance(after, PaintLayer)
    return min(after.tiles.changed_since(before.tiles)).rect


def _touched(table: Table, versions: Iterable[Version]) -> int:
    """The bytes of the tiles that each of the versions changed."""
    history = table.session.history
    layers = []
    for version in versions:
        layer = history.document_of(version.id).find(table.document.active)
        assert isinstance(layer, PaintLayer)
        layers.append(layer)
    changed = [len(after.tiles.changed_since(before.tiles)) for before, after in itertools.pairwise(layers)]
    require(all(changed), "strokes that change pixels")
    return sum(changed) * _RAW


def _file(path: Path) -> int:
    """The bytes of a project with all that was saved; the log beside it, which is bounded by itself, is none of it."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return path.stat().st_size
