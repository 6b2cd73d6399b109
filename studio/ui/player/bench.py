"""How quick the player is: `python -m studio.ui.player.bench`.

Measured without a screen (Qt's offscreen platform): the time from a new playhead to the frame being painted, and the
gaps between frames while a loop is played in real time, at its seam and elsewhere.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication, QWidget

from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Size
from studio.domain.timeline.model import Clip, Still, Timeline, Track
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.ui.application import create_application
from studio.ui.paint.desk import PaintDesk
from studio.ui.player.cache import FrameCache, Slot
from studio.ui.player.pane import PlayerPane
from studio.ui.timeline.desk import TimelineDesk

SCRUB_LIMIT = 0.016  # seconds for 95 of 100 moves
_FRAMES = 48
_TURNS = 4
_MOVES = 300
_WINDOW = Size(1280, 860)
_BUDGET = 2**30
_PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Figure:
    """A measurement in milliseconds, or what `unit` says; `limit` 0 for none."""

    name: str
    value: float
    limit: float = 0.0
    unit: str = "ms"

    def __str__(self) -> str:
        limit = f"  (limit {self.limit:g})" if self.limit else ""
        return f"{self.name:<58} {self.value:9.2f} {self.unit}{limit}"


class Film:
    """Frames that cost nothing to make, each another one."""

    def __init__(self) -> None:
        self._ground: dict[Size, Pixels] = {}

    def render(self, _timeline: Timeline, frame: int, size: Size) -> Pixels:
        """A gradient with a bar at the frame's place."""
        if size not in self._ground:
            ground = np.full((size.height, size.width, 4), 255, np.uint8)
            ground[..., 0] = np.linspace(0, 255, size.width, dtype=np.uint8)
            ground[..., 1] = np.linspace(0, 255, size.height, dtype=np.uint8)[:, None]
            self._ground[size] = ground
        pixels = self._ground[size].copy()
        at = frame * size.width // _FRAMES % size.width
        pixels[:, at : at + 16, :3] = 255
        return pixels

    def key(self, _timeline: Timeline, frame: int, size: Size) -> str:
        """The frame and its size."""
        return f"{frame} {size}"


@contextmanager
def _stage(application: QApplication, folder: Path, size: Size, rate: Fraction) -> Iterator[PlayerPane]:
    layer = PaintLayer(name="Layer 1")
    session = CanvasSession.create(folder / "bench.safelight", Document(size, (layer,), active=layer.id))
    paint = PaintDesk(session)
    desk = TimelineDesk(paint)
    clip = Clip("clip", Still("still.png", size), 0, _FRAMES)
    timeline = Timeline(rate, (Track("track", clips=(clip,)),), ring=_FRAMES)
    desk.request("Begin", lambda _: timeline)
    film = Film()
    window = QWidget()
    pane = PlayerPane(desk, film.render, film.key, lambda: size, budget=_BUDGET, parent=window)
    for widget in (window, pane):
        widget.resize(_WINDOW.width, _WINDOW.height)
    window.show()
    _wait(application, lambda: pane.reel.idle)
    yield pane
    pane.close_work()
    window.close()
    paint.close()
    session.close()


def _wait(application: QApplication, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("The player did not get there in time.")
        application.processEvents()
        time.sleep(0.001)


def _cache_all(application: QApplication, pane: PlayerPane) -> None:
    pane.reel.aim(0, range(1, _FRAMES))
    _wait(application, lambda: all(map(pane.reel.has, range(_FRAMES))))


def scrubbing(application: QApplication, size: Size, moves: int = _MOVES) -> list[Figure]:
    """From a new playhead until the picture is painted, frames of `size` being in the cache."""
    with tempfile.TemporaryDirectory() as folder, _stage(application, Path(folder), size, Fraction(24)) as pane:
        _cache_all(application, pane)
        took, computed = [], []
        for move in range(moves):
            began, busy = time.perf_counter(), time.thread_time()
            pane.desk.set_playhead(move * 7)
            pane.area.repaint()
            pane.bar.repaint()
            pane.transport.repaint()
            took.append((time.perf_counter() - began) * 1000)
            computed.append((time.thread_time() - busy) * 1000)
            application.processEvents()
    name = f"scrub on cached frames of {size}"
    return [
        Figure(f"{name}, median", statistics.median(took)),
        Figure(f"{name}, p95", _nearly_all(took), SCRUB_LIMIT * 1000),
        Figure(f"{name}, p95 of its own computing", _nearly_all(computed), SCRUB_LIMIT * 1000),
    ]


def _nearly_all(values: Sequence[float]) -> float:
    """What 95 of 100 do not exceed."""
    return sorted(values)[len(values) * 95 // 100]


def looping(application: QApplication, size: Size, rate: Fraction, turns: int = _TURNS) -> list[Figure]:
    """A ring of `_FRAMES` frames played some turns in real time."""
    with tempfile.TemporaryDirectory() as folder, _stage(application, Path(folder), size, rate) as pane:
        _cache_all(application, pane)
        shown: list[tuple[int, float]] = []
        pane.desk.playhead_changed.connect(lambda frame: shown.append((frame, time.perf_counter())))
        pane.playback.toggle()
        _wait(application, lambda: len(shown) >= turns * _FRAMES)
        fps, dropped = pane.playback.fps, pane.playback.dropped
        pane.playback.stop()
    gaps = [((after - before) * 1000, frame == 0) for (_, before), (frame, after) in pairwise(shown)]
    seam, inner = [gap for gap, wraps in gaps if wraps], [gap for gap, wraps in gaps if not wraps]
    name = f"{size} at {float(rate):g} fps"
    return [
        Figure(f"{name}: frames a second reached", fps, unit="fps"),
        Figure(f"{name}: frames left out", dropped, unit=""),
        Figure(f"{name}: gap between frames, median", statistics.median(inner)),
        Figure(f"{name}: gap between frames, longest", max(inner)),
        Figure(f"{name}: gap at the seam, longest", max(seam), max(*inner, 1500 / float(rate))),
    ]


def caching(frames: int = 100_000) -> list[Figure]:
    """Keeping frame after frame where only a few have room."""
    cache: FrameCache[bytes] = FrameCache(2000 * 1024)
    began = time.perf_counter()
    for frame in range(frames):
        cache.look_at(frame, 1, frames)
        cache.put(Slot(frame), str(frame), b"", 1024, 0)
    each = (time.perf_counter() - began) / frames
    return [
        Figure(f"keeping one of {frames} frames", each * 1000),
        Figure("bytes in use of the budget", cache.weight / cache.budget, 1.0, ""),
    ]


def measure(application: QApplication, quick: bool = False) -> list[Figure]:
    """All figures; `quick` leaves out the large ones."""
    small, large = Size(512, 512), Size(1920, 1080)
    found = scrubbing(application, small) + looping(application, small, Fraction(24))
    if not quick:
        found += scrubbing(application, large) + looping(application, large, Fraction(24))
        found += looping(application, small, Fraction(60)) + caching()
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the limits stand beside the figures."""
    parser = argparse.ArgumentParser(prog="python -m studio.ui.player.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    parser.add_argument("--quick", action="store_true", help="only the small frames")
    options = parser.parse_args(arguments)
    figures = measure(create_application(["safelight"]), options.quick)
    print(json.dumps([asdict(each) for each in figures], indent=2) if options.json else "\n".join(map(str, figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
