"""A large project from its file to the screen."""

import time
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from studio.domain.document.document import Document
from studio.domain.document.edits import insert
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY, Place
from studio.domain.geometry import Size
from studio.imaging.compose import Compositor
from studio.imaging.composing.levels import reduced
from studio.session.canvas import CanvasSession
from studio.ui.paint.bench.figures import Figure
from studio.ui.paint.bench.table import Table, noise_tile, require
from studio.ui.paint.composition import Key, keys_in
from studio.ui.paint.pictures import swapped

OPEN_LIMIT = 0.5
_LAYERS = 4
_TILE_BYTES = 256 * 1024  # noise is not compressed


def opening(application: QApplication, folder: Path, megabytes: int) -> Figure:
    """From the path to the first paint of the picture, fitted into the window; beside it, to the whole of it.

    The file was just written, so that the program is measured and not the disk. `cpu` is what has to be done one after
    another: all that the window's thread does, and the one tile that it waits for. The other tiles are made meanwhile.
    """
    path = _written(folder / "large.safelight", megabytes)
    size = path.stat().st_size
    require(size >= megabytes * 10**6, f"a project of {megabytes} MB")
    start, computed, all_computed = time.perf_counter(), time.thread_time(), time.process_time()
    table = Table(application, CanvasSession.open(path))
    arrived: list[int] = []  # at each tile, how often the screen had been painted
    table.editor.composition.arrived.connect(lambda _: arrived.append(table.paints.count))
    while not (arrived and table.paints.count > arrived[0]):
        application.processEvents()
        time.sleep(0.0005)
    wall, cpu = time.perf_counter() - start, time.thread_time() - computed
    table.show()
    notes = {
        "bytes": size,
        "tiles": len(arrived),
        "whole_wall": time.perf_counter() - start,
        "whole_cpu_of_all_threads": time.process_time() - all_computed,
    }
    _require_all(table)
    nearest = keys_in(table.surface.level, table.document.rect)[0]
    table.close()
    cpu += _tile_time(path, nearest)
    return Figure(f"open {megabytes} MB to first paint", wall, cpu, OPEN_LIMIT, notes=notes)


def _tile_time(path: Path, key: Key) -> float:
    """The seconds that a thread computes for one tile of a project that was just opened."""
    session = CanvasSession.open(path)
    compositor, computed = Compositor(session.store), time.thread_time()
    compositor.render(session.document, key.small, key.level)
    found = time.thread_time() - computed
    session.close()
    return found


def _written(path: Path, megabytes: int) -> Path:
    """A project of layers of noise."""
    side = 1
    while side * side * _LAYERS * _TILE_BYTES < megabytes * 10**6:
        side += 1
    rng = np.random.default_rng(3)
    session = CanvasSession.create(path, Document(Size(side * 256, side * 256)))
    for number in range(_LAYERS):
        places = [Place(column, row) for row in range(side) for column in range(side)]
        tiles = EMPTY.edited({place: session.store.put(noise_tile(rng)) for place in places})
        layer = PaintLayer(name=str(number), opacity=0.7, tiles=tiles)
        session.commit("Layer", insert(session.document, layer))
        require(session.flush(), "a project that was written")
    session.close()
    return path


def _require_all(table: Table) -> None:
    """The screen has the picture, and not what stands for it."""
    level = table.surface.level
    rect = reduced(table.document.rect, level)
    image = table.editor.composition.patch(level, rect)
    held = np.frombuffer(image.constBits(), np.uint8).reshape(rect.height, rect.width, 4)
    picture = table.editor.desk.compositor.render(table.document, rect, level)
    require(np.array_equal(held, swapped(picture)), "the picture on the screen")
