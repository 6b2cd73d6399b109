"""The longest time for which the window did not answer, while something large is done behind it."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from studio.domain.catalog import Family, Library, ModelInfo
from studio.domain.document.brushes import Brush
from studio.domain.document.edits import with_frame
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Rect, Size
from studio.domain.recipe import Sampling
from studio.session.paths import Paths
from studio.session.studio import Studio
from studio.session.workers import worker_factory
from studio.ui.bench import StallWatch
from studio.ui.bridge import Bridge
from studio.ui.paint.bench import scripted
from studio.ui.paint.bench.figures import Figure, Note
from studio.ui.paint.bench.strokes import MOVE, PRESS, RELEASE
from studio.ui.paint.bench.table import Table, require
from studio.ui.window import MainWindow

STALL_LIMIT = 0.050
_AFTER = 0.4  # seconds to look on when all is done: small pictures are made a moment later
_PATIENCE = 3600.0  # seconds for anything to end
_SAVED, _STEPS = 24, 12  # strokes, one after another, and the movements of each
_RESULT = Size(2048, 2048)


class Watched:
    """Watches the event loop and makes figures of what it sees."""

    def __init__(self, application: QApplication) -> None:
        self.application = application
        self.figures: list[Figure] = []

    @contextmanager
    def phase(self, name: str, done: Callable[[], bool]) -> Iterator[dict[str, Note]]:
        """Begin something in the block, then let the loop run until it is done; what is put into the notes is kept."""
        watch, notes = StallWatch(), dict[str, Note]()
        start, computed = time.perf_counter(), time.process_time()
        yield notes
        self.run_until(done)
        notes |= {"seconds": time.perf_counter() - start, "seconds_cpu": time.process_time() - computed}
        end = time.monotonic() + _AFTER
        self.run_until(lambda: time.monotonic() > end)
        watch.stop()
        wall, cpu = max(watch.stalls.values(), default=0.0), max(watch.busy.values(), default=0.0)
        self.figures.append(Figure(f"stall: {name}", wall, cpu, STALL_LIMIT, notes=notes))

    def run_until(self, done: Callable[[], bool]) -> None:
        """Let the event loop run."""
        end = time.monotonic() + _PATIENCE
        while not done():
            if time.monotonic() > end:
                raise TimeoutError("it does not end")
            self.application.processEvents()
            time.sleep(0.0005)


def editing_stalls(table: Table) -> list[Figure]:
    """While the picture is composed anew, strokes are saved, and layers merged."""
    watched, side, session = Watched(table.application), table.document.size.width, table.session

    def saved() -> bool:
        return not table.busy and not session.unsaved

    painted = table.paints.count
    with watched.phase(f"compose {side}²", lambda: table.paints.count > painted and not table.busy):
        table.editor.desk.compositor.clear()
        table.editor.composition.forget()
        table.surface.fit()
    with watched.phase(f"autosave {side}²", saved) as notes:
        notes["bytes"] = _stroke(table, watched)
    before, middle = table.document, _part(side)
    table.editor.edits.choose(before.layers[-1].id)
    seen = table.seen(middle)
    with watched.phase(f"merge down {side}²", saved):
        table.editor.edits.merge_down()
    require(len(table.document.layers) == len(before.layers) - 1, "two layers made one")
    require(_tiles(table.document.layers[-1]) == (side // 256) ** 2, "a merged layer with pixels everywhere")
    difference = np.abs(table.seen(middle).astype(np.int16) - seen).max()
    require(difference <= 2, "a picture that merging left as it was")  # 8 bits are rounded once more
    seen = table.seen(middle)
    with watched.phase(f"flatten {side}²", saved):
        table.editor.edits.flatten()
    require(len(table.document.layers) == 1, "all layers made one")
    require(np.array_equal(table.own(middle), seen), "the picture as one layer")
    table.editor.desk.undo()
    require(len(table.document.layers) == len(before.layers) - 1, "an undo of it")
    return watched.figures


def job_stalls(application: QApplication, home: Path) -> list[Figure]:
    """In the whole window: while a job streams previews into the frame, and while its result is taken over."""
    bridge = Bridge()
    paths = Paths(home / "data", home / "config", home / "pictures")
    studio = Studio(paths, worker_factory(engine=scripted.NAME), bridge.post)
    model = ModelInfo("script", "", Family.SD1, 0, size=_RESULT, sampling=Sampling("dpmpp-2m", 20, 5.0))
    studio.library = Library((model,))
    studio.scan = lambda: studio.library
    window, watched = MainWindow(studio, bridge), Watched(application)
    closed: list[bool] = []
    window.closed.connect(lambda: closed.append(True))
    window.show()
    watched.run_until(lambda: studio.engine is not None)
    page = window.paint.page()
    page.begin(_RESULT, True)
    editor = page.editor
    editor.desk.edit("Frame", lambda document: with_frame(document, Rect.of(_RESULT)))
    watched.run_until(lambda: not editor.composition.busy)
    previews: list[object] = []
    studio.queue.preview.connect(lambda preview: previews.append(preview))
    with watched.phase("job with previews", lambda: editor.staging.current is not None) as notes:
        window.paint.generate()
    notes["previews"] = len(previews)
    require(len(previews) > 1, "previews while the job ran")
    before, middle = editor.desk.document, _part(_RESULT.width)
    seen = editor.desk.compositor.render(before, middle)
    layers = len(list(before.walk()))
    with watched.phase(
        f"accept a result of {_RESULT.width}²",
        lambda: not (editor.desk.is_busy or editor.composition.busy or editor.session.unsaved),
    ):
        editor.staging.accept()
    require(len(list(editor.desk.document.walk())) > layers, "a result that was taken")
    after = editor.desk.compositor.render(editor.desk.document, middle)
    require(not np.array_equal(after, seen), "a picture that is another")
    window.close()
    watched.run_until(lambda: bool(closed))
    window.deleteLater()
    return watched.figures


def _stroke(table: Table, watched: Watched) -> int:
    """Broad strokes one after another, each of them a step that is saved; the bytes of their tiles."""
    desk, before = table.editor.desk, table.document
    brush = desk.options.brush
    desk.set_options(brush=Brush(size=256.0, hardness=0.5, spacing=0.25))
    centre = QPointF(table.surface.width() / 2, table.surface.height() / 2)
    for stroke in range(_SAVED):
        along = QPointF(math.cos(stroke), math.sin(stroke)) * 120
        for step in range(_STEPS + 1):
            kind = PRESS if not step else MOVE if step < _STEPS else RELEASE
            table.pen(kind, centre + along * (2 * step / _STEPS - 1))
            table.application.processEvents()
        watched.run_until(lambda: not desk.is_busy)
    desk.set_options(brush=brush)
    old, new = before.find(before.active), table.document.find(before.active)
    assert isinstance(old, PaintLayer)
    assert isinstance(new, PaintLayer)
    changed = len(new.tiles.changed_since(old.tiles))
    require(changed > 0, "strokes to be saved")
    return changed * 256 * 1024


def _tiles(layer: object) -> int:
    return len(layer.tiles) if isinstance(layer, PaintLayer) else 0


def _part(side: int) -> Rect:
    """A part of the middle of a canvas."""
    return Rect(side // 2 - 128, side // 2 - 128, 256, 256)
