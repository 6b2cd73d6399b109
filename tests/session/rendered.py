"""A project with a clip of each kind, its files, and sounds."""

import dataclasses
import wave
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY, places_in
from studio.domain.geometry import Rect, Size
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.timeline.model import Clip, Generated, Take, Timeline, Track
from studio.imaging.painting.tiled import repainted
from studio.imaging.pixels import Pixels, encode_png
from studio.session.canvas import CanvasSession

SIZE = Size(64, 48)
RATE = Fraction(10)
FRAMES = 8
TASK = FrameSequence(Recipe(prompt="sea", size=SIZE), frames=FRAMES, rate=RATE)
TAKES = (Take("a", FRAMES, TASK), Take("b", FRAMES, TASK))
LOOP = Generated(TASK, RATE, FRAMES, SIZE, takes=TAKES, active="a")


def turning(index: int, frames: int = FRAMES, size: Size = SIZE) -> Pixels:
    """Frame `index` of a smooth loop: waves that run once through the picture, (h, w, 3)."""
    rows, columns = np.mgrid[0 : size.height, 0 : size.width]
    turn = 2 * np.pi * index / frames
    waves = [np.sin(2 * np.pi * columns / size.width - turn + phase) * np.cos(rows / 9) for phase in (0, 1, 2)]
    return np.asarray(np.rint(127 + 100 * np.stack(waves, axis=-1)), np.uint8)


def plain(colour: tuple[int, ...], size: Size = SIZE) -> Pixels:
    """One colour, with three or four channels."""
    return np.full((size.height, size.width, len(colour)), colour, np.uint8)


def project(path: Path, timeline: Timeline, takes: dict[str, Iterable[Pixels | None]]) -> CanvasSession:
    """A project with a red canvas and these takes; None is a frame that is missing."""
    session = CanvasSession.create(path, Document(SIZE))
    session.commit("Fill", dataclasses.replace(session.document, layers=(filled(session),), timeline=timeline))
    for take, pictures in takes.items():
        for number, pixels in enumerate(pictures):
            if pixels is not None:
                session.takes.keep(take, number, encode_png(pixels)).result(30)
    return session


def filled(session: CanvasSession, colour: tuple[int, int, int, int] = (200, 0, 0, 255)) -> PaintLayer:
    """A layer of one colour."""
    tiles = repainted(session.store, EMPTY, places_in(Rect.of(SIZE)), lambda rect, base: plain(colour, rect.size))
    return PaintLayer(tiles=tiles)


def looping(path: Path) -> CanvasSession:
    """A ring of one clip with all its frames."""
    clip = Clip("clip", LOOP, 0, FRAMES, name="Waves")
    timeline = Timeline(RATE, (Track("t", clips=(clip,)),), ring=FRAMES)
    return project(path, timeline, {"a": [turning(index) for index in range(FRAMES)]})


def tone(path: Path, frequency: float, seconds: float, rate: int = 48_000, level: float = 0.5) -> Path:
    """A sine in a WAV file, left; silence right."""
    at = np.arange(round(seconds * rate)) / rate
    left = np.rint(32767 * level * np.sin(2 * np.pi * frequency * at)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.stack([left, np.zeros_like(left)], axis=1).tobytes())
    return path


def sine(frequency: float, at: NDArray[np.float64], level: float = 0.5) -> NDArray[np.float64]:
    """The same at these places in seconds."""
    return level * np.sin(2 * np.pi * frequency * at)
