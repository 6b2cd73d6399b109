"""How quick the canvas is: `python -m studio.ui.paint.bench --json`.

Measured without a screen (Qt's offscreen platform), with the real editor on a real project file: from a movement of the
pen to the end of the repaint, undo and redo to the end of the repaint, what the history takes, and the longest stall of
the event loop while all of a document is composed, saved and merged. `cpu` figures are the time that the window's own
thread computed, which other programs do not lengthen.
"""

import argparse
import dataclasses
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.domain.document.blending import BlendMode
from studio.domain.document.brushes import Brush
from studio.domain.document.document import Document
from studio.domain.document.edits import insert
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY, places_in
from studio.domain.geometry import Rect, Size
from studio.session.canvas import CanvasSession
from studio.ui.application import create_application
from studio.ui.bench import StallWatch
from studio.ui.paint.editor import Editor

DAB_LIMIT = 0.008  # seconds, 99 of 100
GROWTH_LIMIT = 1.2  # of a dab on 8192² to one on 2048²
UNDO_LIMIT = 0.030
STALL_LIMIT = 0.050
_MODES = (
    BlendMode.NORMAL,
    BlendMode.MULTIPLY,
    BlendMode.SCREEN,
    BlendMode.OVERLAY,
    BlendMode.SOFT_LIGHT,
    BlendMode.ADD,
    BlendMode.NORMAL,
    BlendMode.COLOR,
)
_ACTIVE = 4  # of the eight layers: the one that is painted on
_STROKES, _STEPS = 12, 30


class Table:
    """An editor of eight blended layers on a canvas of `side` pixels a side, each with pixels all over it."""

    def __init__(self, application: QApplication, folder: Path, side: int) -> None:
        self._application = application
        self.session = CanvasSession.create(folder / f"{side}.safelight", Document(Size(side, side)))
        document = self.session.document
        rng = np.random.default_rng(1)
        tile = rng.integers(0, 256, (256, 256, 4), np.uint8)
        tile[..., :3] = np.minimum(tile[..., :3], tile[..., 3:])
        digest = self.session.store.put(tile)
        places = dict.fromkeys(places_in(Rect(0, 0, side, side)), digest)
        for number, mode in enumerate(_MODES):
            layer = PaintLayer(name=str(number), mode=mode, opacity=0.8, tiles=EMPTY.edited(places))
            document = insert(document, layer)
        document = dataclasses.replace(document, active=document.layers[_ACTIVE].id)
        self.session.commit("Eight layers", document)
        self.window = QWidget()
        self.editor = Editor(self.session, self.window)
        for widget in (self.window, self.editor):
            widget.resize(1280, 800)
        self.window.show()
        surface = self.editor.surface
        surface.set_view(dataclasses.replace(surface.view, zoom=1.0, x=side / 2, y=side / 2))
        self.editor.desk.set_options(brush=Brush(size=64.0, hardness=0.5, spacing=0.1))
        self.settle()

    def settle(self) -> None:
        """Wait until all that is in sight is made, and saved."""
        self._application.processEvents()
        self.editor.surface.repaint()
        desk = self.editor.desk
        while self.editor.composition.busy or desk.is_busy:
            self._application.processEvents()
            time.sleep(0.001)
        self.session.flush(60)
        self._application.processEvents()

    def strokes(self) -> tuple[list[float], list[float]]:
        """Seconds, and seconds of this thread, from each movement of the pen to the end of its repaint."""
        surface = self.editor.surface
        seconds, cpu = [], []
        for stroke in range(_STROKES):
            centre = QPointF(surface.width() / 2, surface.height() / 2)
            for step in range(_STEPS):
                turn = step / _STEPS * math.tau
                reach = 60 + 10 * stroke
                at = centre + QPointF(math.cos(turn) * reach, math.sin(turn) * reach)
                kind = QEvent.Type.MouseMove if step else QEvent.Type.MouseButtonPress
                start, computed = time.perf_counter(), time.thread_time()
                self._send(kind, at)
                self._application.processEvents()
                if step > 1:  # the first ones compose what lies under and over the layer
                    seconds.append(time.perf_counter() - start)
                    cpu.append(time.thread_time() - computed)
            self._send(QEvent.Type.MouseButtonRelease, at)
            self.settle()
        return seconds, cpu

    def undo(self) -> tuple[list[float], list[float]]:
        """Seconds, and seconds of this thread, from undo and redo to the end of the repaint."""
        seconds, cpu = [], []
        for go in (self.editor.desk.undo, self.editor.desk.redo) * 4:
            start, computed = time.perf_counter(), time.thread_time()
            go()
            self._application.processEvents()
            seconds.append(time.perf_counter() - start)
            cpu.append(time.thread_time() - computed)
            self.settle()
        return seconds, cpu

    def stall(self) -> dict[str, float]:
        """The longest stalls while all is composed anew, a step is saved, and the layers are merged."""
        watch = StallWatch()
        found: dict[str, float] = {}
        for name, work in (
            ("compose", self._compose_all),
            ("merge", self.editor.edits.merge_down),
            ("flatten", self.editor.edits.flatten),
        ):
            watch.phase = name
            work()
            end = time.monotonic() + 0.3
            while self.editor.composition.busy or self.editor.desk.is_busy or time.monotonic() < end:
                self._application.processEvents()
                time.sleep(0.001)
            found[name] = watch.busy.get(name, 0.0)
        watch.stop()
        return found

    def close(self) -> None:
        """End it."""
        self.editor.close_work()
        self.session.close()
        self.window.close()
        self.window.deleteLater()

    def _compose_all(self) -> None:
        surface = self.editor.surface
        self.editor.desk.compositor.clear()
        self.editor.composition.forget()
        surface.fit()

    def _send(self, kind: QEvent.Type, at: QPointF) -> None:
        surface, left = self.editor.surface, Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else left
        event = QMouseEvent(kind, at, surface.mapToGlobal(at), left, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(surface, event)


def measure(sides: Sequence[int] = (2048, 8192)) -> dict[str, object]:
    """All figures; seconds unless their name says otherwise."""
    application = create_application(["safelight"])
    found: dict[str, object] = {}
    middle: dict[int, float] = {}
    for side in sides:
        with tempfile.TemporaryDirectory() as folder:
            table = Table(application, Path(folder), side)
            seconds, cpu = table.strokes()
            middle[side] = statistics.median(cpu)
            found[f"dab on {side}²"] = {**_spread(seconds), "cpu": _spread(cpu), "p99_limit": DAB_LIMIT}
            seconds, cpu = table.undo()
            found[f"undo on {side}²"] = {**_spread(seconds), "cpu": _spread(cpu), "limit": UNDO_LIMIT}
            found[f"stall on {side}² (own computing)"] = {**table.stall(), "limit": STALL_LIMIT}
            table.close()
    if len(sides) > 1:
        ratio = middle[sides[-1]] / middle[sides[0]]
        found["dab, largest to smallest canvas (ratio)"] = {"median_cpu": ratio, "limit": GROWTH_LIMIT}
    return {"canvas": found}


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": statistics.median(ordered),
        "p99": ordered[min(len(ordered) - 1, math.ceil(len(ordered) * 0.99) - 1)],
        "worst": ordered[-1],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the limits stand beside the figures."""
    parser = argparse.ArgumentParser(prog="python -m studio.ui.paint.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    parser.add_argument("--side", type=int, action="append", help="pixels on each side of the canvas")
    options = parser.parse_args(arguments)
    figures = measure(options.side or (2048, 8192))
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
