"""How quickly the timeline is painted and edited: `python -m studio.ui.timeline.bench [--clips 2000] [--json]`.

Each figure is the time from an event to the finished picture, by the clock and, for machines that have more to do, of
the thread alone. Thumbnails are there already, as they are after the first look.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from studio.domain.document.document import Document
from studio.domain.geometry import Size
from studio.domain.timeline.model import Clip, Media, Timeline, Track, TrackKind, Video, new_id
from studio.session.canvas import CanvasSession
from studio.ui.paint.desk import PaintDesk
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.panel import TimelinePanel

_TRACKS = 4
_ROUNDS = 60
_SIZE = (1600, 420)


class Times(NamedTuple):
    """Milliseconds."""

    clock: float
    own: float


class CachedThumbnails:
    """One picture for all."""

    def __init__(self) -> None:
        self._image = QImage(80, 45, QImage.Format.Format_ARGB32_Premultiplied)
        self._image.fill(Qt.GlobalColor.darkGray)

    def picture(self, media: Media, source: int, height: int) -> QImage:
        """Always the same."""
        return self._image


def timeline_of(clips: int) -> Timeline:
    """So many clips on four tracks, with a gap after each third one."""
    media = Video("clip.mp4", Fraction(24), 10_000, Size(1280, 720))
    tracks = []
    for number in range(_TRACKS):
        row, at = [], 0
        for index in range(clips // _TRACKS):
            length = 24 + (index * 7 + number) % 60
            row.append(Clip(new_id(), media, at, length, Fraction(100), name=f"Shot {index}"))
            at += length + (12 if index % 3 == 2 else 0)
        kind = TrackKind.VIDEO if number == 0 else TrackKind.OVERLAY
        tracks.append(Track(new_id(), kind, clips=tuple(row)))
    return Timeline(Fraction(24), tuple(tracks))


class Bench:
    """A panel with many clips and what is measured on it."""

    def __init__(self, app: QApplication, folder: Path, clips: int) -> None:
        self._app = app
        document = Document(Size(512, 512), timeline=timeline_of(clips))
        self._session = CanvasSession.create(folder / "bench.safelight", document)
        self._paint = PaintDesk(self._session)
        self.desk = TimelineDesk(self._paint)
        self.panel = TimelinePanel(self.desk, CachedThumbnails())
        self.panel.resize(*_SIZE)
        self.panel.show()
        self._settle()

    def close(self) -> None:
        """End it."""
        self.panel.close()
        self.panel.deleteLater()
        self._app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        self._paint.close()
        self._session.close()

    def figures(self) -> dict[str, list[Times]]:
        """Milliseconds of each repetition, by what was done."""
        return {
            "scroll": self._scroll(8.0),
            "scroll all in view": self._scroll(0.05),
            "zoom": self._zoom(),
            "scrub": self._scrub(),
            "drag a clip": self._drag(edge=False),
            "trim an edge": self._drag(edge=True),
        }

    def _settle(self) -> None:
        for _ in range(3):
            self._app.processEvents()

    def _timed(self, act: Callable[[], object]) -> Times:
        start, own = time.perf_counter(), time.thread_time()
        act()
        self._app.processEvents()
        return Times((time.perf_counter() - start) * 1000, (time.thread_time() - own) * 1000)

    def _scroll(self, scale: float) -> list[Times]:
        axis = self.panel.axis
        axis.set_view(type(axis.view)(scale, 0.0, axis.view.width))
        self._settle()
        ways = [37 if number % 20 < 10 else -37 for number in range(_ROUNDS)]
        return [self._timed(lambda way=way: axis.set_view(axis.view.moved(way))) for way in ways]  # type: ignore[misc]

    def _zoom(self) -> list[Times]:
        axis = self.panel.axis
        axis.fit()
        self._settle()
        factors = [1.18] * (_ROUNDS // 2) + [1 / 1.18] * (_ROUNDS // 2)
        return [self._timed(lambda factor=factor: axis.zoom(factor, 500)) for factor in factors]  # type: ignore[misc]

    def _scrub(self) -> list[Times]:
        self.panel.axis.set_view(type(self.panel.axis.view)(6.0, 0.0, self.panel.axis.view.width))
        self._settle()
        return [self._timed(lambda n=n: self.desk.set_playhead(n * 3)) for n in range(_ROUNDS)]  # type: ignore[misc]

    def _drag(self, *, edge: bool) -> list[Times]:
        """With the mouse, as a user does, from the press to the drop."""
        strip, axis = self.panel.strip, self.panel.axis
        axis.set_view(type(axis.view)(6.0, 0.0, axis.view.width))
        self._settle()
        track = self.desk.timeline.tracks[0]
        clip = track.clips[2]  # there is a gap after it
        row = strip.rows.of_track(track.id)
        top = row.top + 40 if row is not None else 0
        x = axis.view.x(clip.end) - 3 if edge else axis.view.x(clip.start) + 30
        start = QPoint(round(x), top)
        times = [self._timed(lambda: self._mouse(QEvent.Type.MouseButtonPress, start))]
        for number in range(1, _ROUNDS):
            place = start + QPoint(number % 40 + 6, 0)
            times.append(self._timed(lambda place=place: self._mouse(QEvent.Type.MouseMove, place)))  # type: ignore[misc]
        times.append(self._timed(lambda: self._mouse(QEvent.Type.MouseButtonRelease, start + QPoint(20, 0))))
        return times

    def _mouse(self, kind: QEvent.Type, place: QPoint) -> None:
        strip = self.panel.strip
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        where = QPointF(strip.mapToGlobal(place))
        none = Qt.KeyboardModifier.NoModifier
        self._app.sendEvent(strip, QMouseEvent(kind, QPointF(place), where, button, held, none))


def share(values: list[float], part: float) -> float:
    """The value below which this part of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def summary(times: list[Times]) -> dict[str, float]:
    """Median and 95th percentile, by the clock and of the thread alone."""
    clock, own = [each.clock for each in times], [each.own for each in times]
    return {
        "p50": share(clock, 0.5),
        "p95": share(clock, 0.95),
        "own p50": share(own, 0.5),
        "own p95": share(own, 0.95),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m studio.ui.timeline.bench", description=__doc__)
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from studio.ui.application import create_application

    app = create_application(["safelight"])
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(app, Path(folder), options.clips)
        figures = bench.figures()
        bench.close()
    table = {name: summary(found) for name, found in figures.items()}
    if options.json:
        print(json.dumps({"clips": options.clips, "milliseconds": table}))
    else:
        for name, found in table.items():
            words = "   ".join(f"{what} {value:5.1f}" for what, value in found.items())
            print(f"{name:<20} {words} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
