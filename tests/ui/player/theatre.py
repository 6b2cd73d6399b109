"""A player on a timeline whose frames are painted by number, with a clock that a test sets."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.timeline.model import Clip, Sound, Still, Timeline, Track, TrackKind
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.ui.paint.desk import PaintDesk
from studio.ui.player.audio import Mix, portaudio
from studio.ui.player.pane import PlayerPane
from studio.ui.player.prefetch import Film
from studio.ui.timeline.desk import TimelineDesk

SIZE = Size(64, 48)
RATE = Fraction(12)


def ring(frames: int, **changes: object) -> Timeline:
    """A loop of so many frames, all of it one clip."""
    return replace(line(frames, **changes), ring=frames)


def line(frames: int, **changes: object) -> Timeline:
    """A timeline with two ends, all of it one clip."""
    clip = Clip("clip", Still("still.png", SIZE), 0, frames)
    return replace(Timeline(RATE, (Track("track", clips=(clip,)),)), **changes)  # type: ignore[arg-type]


def sounding(timeline: Timeline) -> Timeline:
    """The same with an audio track."""
    sound = Clip("sound", Sound("a.wav", Fraction(100)), 0, timeline.length)
    return replace(timeline, tracks=(*timeline.tracks, Track("audio", TrackKind.AUDIO, clips=(sound,))))


def shade(frame: int) -> int:
    """The red of a frame; the green is its hundreds."""
    return frame % 200


@dataclass
class Scenery:
    """Paints frame t in the colour of its number: red t % 200, green t // 200, blue `blue`."""

    blue: int = 0
    delay: float = 0.0
    broken: frozenset[int] = frozenset()
    opaque: int = 255
    made: list[tuple[int, Size]] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.open.set()

    def render(self, timeline: Timeline, frame: int, size: Size) -> Pixels:
        self.open.wait(10)
        if self.delay:
            time.sleep(self.delay * size.pixels / SIZE.pixels)
        if frame in self.broken:
            raise StudioError(ErrorKind.INPUT, f"Frame {frame} is damaged.", "Render it again.")
        self.made.append((frame, size))
        pixels = np.empty((size.height, size.width, 4), np.uint8)
        pixels[...] = (shade(frame), frame // 200, self.blue, self.opaque)
        return pixels

    def key(self, timeline: Timeline, frame: int, size: Size) -> str:
        return f"{self.blue} {frame} {size}"

    @property
    def film(self) -> Film:
        return Film(self.render, self.key)


@dataclass
class Watch:
    """A clock that stands still until a test moves it."""

    time: Fraction = Fraction(1)

    def __call__(self) -> int:
        return math.ceil(self.time * 1_000_000_000)

    def go(self, seconds: Fraction | int) -> None:
        self.time += seconds


@dataclass
class Theatre:
    """A player, its desk, what paints its frames and its clock."""

    bot: QtBot
    session: CanvasSession
    paint: PaintDesk
    desk: TimelineDesk
    scenery: Scenery
    watch: Watch
    pane: PlayerPane
    window: QWidget

    def put(self, timeline: Timeline) -> None:
        """Another version of the timeline."""
        assert self.desk.request("Change", lambda _: timeline)

    def rendered(self) -> None:
        """Wait until nothing is rendered any more and the window knows of it."""
        self.bot.waitUntil(lambda: self.pane.reel.idle)
        QApplication.processEvents()

    def beats(self, count: int = 1) -> None:
        """So many frames' time passes, and each is shown."""
        for _ in range(count):
            self.watch.go(1 / self.desk.timeline.rate)
            self.pane.playback.tick()

    def seen(self) -> tuple[int, int, int]:
        """The colour in the middle of the picture area, as red, green, blue."""
        image = self.pane.area.grab().toImage()
        colour = image.pixelColor(image.width() // 2, image.height() // 2)
        return colour.red(), colour.green(), colour.blue()

    def close(self) -> None:
        self.scenery.open.set()
        self.pane.close_work()
        self.window.close()
        self.window.deleteLater()
        self.desk.deleteLater()
        self.paint.close()
        self.paint.deleteLater()
        self.session.close()


def open_theatre(
    bot: QtBot,
    folder: Path,
    timeline: Timeline,
    scenery: Scenery | None = None,
    mix: Mix | None = None,
    budget: int = 0,
    now: Callable[[], int] | None = None,
    library: Callable[[], ModuleType] = portaudio,
) -> Theatre:
    """A player in a window of its own, on a project in `folder`."""
    layer = PaintLayer(name="Layer 1")
    document = Document(SIZE, (layer,), active=layer.id)
    session = CanvasSession.create(folder / "work.safelight", document)
    paint, scenery, watch = PaintDesk(session), scenery or Scenery(), Watch()
    desk = TimelineDesk(paint)
    desk.request("Begin", lambda _: timeline)
    pane = PlayerPane(
        desk,
        scenery.render,
        scenery.key,
        lambda: paint.document.size,
        mix,
        budget=budget,
        now=now or watch,
        library=library,
    )
    window = QWidget()
    window.resize(720, 520)
    pane.setParent(window)
    pane.resize(720, 520)
    window.show()
    pane.show()
    window.activateWindow()
    pane.area.setFocus()
    bot.waitUntil(pane.area.hasFocus)
    return Theatre(bot, session, paint, desk, scenery, watch, pane, window)
