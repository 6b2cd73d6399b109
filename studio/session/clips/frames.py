"""The frames of any media of a timeline, wherever they lie: in the project, in files, on the canvas."""

import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from PIL import Image

from studio.domain.document.document import Document
from studio.domain.geometry import Rect, Size
from studio.domain.timeline.model import Canvas, Generated, Media, Sound, Still, Take, Video
from studio.domain.user_paths import exists, expanded
from studio.imaging.blend import straight
from studio.imaging.compose import Compositor
from studio.imaging.pictures import DAMAGE
from studio.imaging.pixels import Pixels
from studio.session.clips.files import Files
from studio.session.clips.placeholder import placeholder
from studio.session.clips.takes import TakeStore

BUDGET = 192 * 2**20  # bytes of decoded frames kept in memory
_NOTES = 64  # placeholders kept


class CanvasView(Protocol):
    """The canvas of a project, as it is when it is asked for; in any thread."""

    def __call__(self) -> Pixels:
        """Its pixels, (h, w, 4), straight alpha."""

    def key(self) -> str:
        """Another one when the pixels are others."""


class FrameReader:
    """Frames as uint8 (height, width, 4), sRGB with straight alpha, read-only. Safe in several threads; bounded memory.

    What is missing or cannot be read gives a placeholder that says what it is, never an error; a frame that a take does
    not have yet is stood in for by the nearest that it has, on a loop around the seam.
    """

    def __init__(self, takes: TakeStore, canvas: CanvasView | None = None, budget: int = BUDGET) -> None:
        self._takes, self._canvas, self._budget = takes, canvas, budget
        self._files = Files()
        self._recent: OrderedDict[str, Pixels] = OrderedDict()
        self._notes: OrderedDict[tuple[str, ...], Pixels] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def pixels(self, media: Media, source: int) -> Pixels:
        """Frame `source` of media: of a loop modulo its frames, else the nearest that there is."""
        key = self.key(media, source)
        with self._lock:
            if (known := self._recent.get(key)) is not None:
                self._recent.move_to_end(key)
                return known
        found: Pixels | None = None
        match media:
            case Generated(take=Take() as take):
                key, found = self._frame(media, self._seen(media, take), source)
            case Video(path=path):
                found = self._files.frame(path, _within(source, media.frames, media.closed))
            case Still(path=path):
                found = self._files.picture(path)
            case Canvas() if self._canvas is not None:
                found = self._canvas()
        if found is None:
            return self._note(media)
        pixels = _layered(found)
        self._remember(key, pixels)
        return pixels

    def key(self, media: Media, source: int) -> str:
        """A name for the pixels of `pixels(media, source)`: another one when they may be others. Quick."""
        match media:
            case Generated(take=Take() as take):
                take = self._seen(media, take)
                number = self._nearest(media, take, source)
                return "" if number is None else _still_key(self._takes.digest(take.id, number))
            case Video(path=path):
                return f"video {self._files.version(path)} {_within(source, media.frames, media.closed)} {path}"
            case Still(path=path):
                return f"picture {self._files.version(path)} {path}"
            case Canvas() if self._canvas is not None:
                return f"canvas {self._canvas.key()}"
        return ""

    def forget(self) -> None:
        """Close the files and give up all that is kept, to free memory."""
        self._files.close()
        with self._lock:
            self._recent.clear()
            self._notes.clear()
            self._bytes = 0

    def _seen(self, media: Generated, take: Take) -> Take:
        """The take, or until its first frame comes the latest of the others that has any."""
        if self._takes.numbers(take.id):
            return take
        return next((other for other in reversed(media.takes) if self._takes.numbers(other.id)), take)

    def _frame(self, media: Generated, take: Take, source: int) -> tuple[str, Pixels | None]:
        """The key and the pixels of the nearest frame of a take that is whole."""
        while (number := self._nearest(media, take, source)) is not None:
            digest, png = self._takes.still(take.id, number)
            if png is not None:
                return _still_key(digest), _decoded(png)
            if self._nearest(media, take, source) == number:  # it is not known to be damaged: it cannot be read now
                break
        return "", None

    def _nearest(self, media: Generated, take: Take, source: int) -> int | None:
        """The frame of a take that is there and the nearest to the one that is wanted."""
        there = self._takes.numbers(take.id)
        wanted = _within(source, take.frames, media.closed)
        if wanted in there or not there:
            return wanted if there else None

        def far(number: int) -> tuple[int, int]:
            off = abs(number - wanted)
            return (min(off, take.frames - off) if media.closed else off), number

        return min(there, key=far)

    def _note(self, media: Media) -> Pixels:
        size = getattr(media, "size", Size(512, 512))
        lines = _said(media)
        key = (str(size), *lines)
        with self._lock:
            if (known := self._notes.get(key)) is not None:
                self._notes.move_to_end(key)
                return known
        pixels = _layered(placeholder(size, *lines))
        with self._lock:
            self._notes[key] = pixels
            while len(self._notes) > _NOTES:
                self._notes.popitem(last=False)
        return pixels

    def _remember(self, key: str, pixels: Pixels) -> None:
        with self._lock:
            if key in self._recent or not key:
                return
            self._recent[key] = pixels
            self._bytes += pixels.nbytes
            while self._bytes > self._budget and len(self._recent) > 1:
                self._bytes -= self._recent.popitem(last=False)[1].nbytes


class CanvasPicture:
    """The canvas of a document that changes, for a `FrameReader`."""

    def __init__(self, document: Callable[[], Document], compositor: Compositor) -> None:
        """`document` gives the present one, in any thread."""
        self._document, self._compositor = document, compositor
        self._seen: tuple[object, ...] = ()
        self._count = 0
        self._lock = threading.Lock()

    def key(self) -> str:
        """A count of the changes of its layers and size; edits of the timeline change nothing."""
        document = self._document()
        with self._lock:
            seen = (document.layers, document.size)
            if not self._seen or seen[0] is not self._seen[0] or seen[1] != self._seen[1]:
                self._seen, self._count = seen, self._count + 1
            return str(self._count)

    def __call__(self) -> Pixels:
        """Its pixels, (h, w, 4), straight alpha."""
        document = self._document()
        return straight(self._compositor.render(document, Rect.of(document.size)))


def _still_key(digest: str) -> str:
    return f"still {digest}"


def _within(source: int, frames: int, closed: bool) -> int:
    return source % frames if closed else min(max(source, 0), frames - 1)


def _decoded(png: bytes) -> Pixels | None:
    try:
        with Image.open(io.BytesIO(png)) as image:
            return np.asarray(image.convert("RGBA"))
    except (*DAMAGE, MemoryError, Image.DecompressionBombError):  # whole as it was stored, but it is no picture
        return None


def _layered(pixels: Pixels) -> Pixels:
    """(h, w, 4), read-only."""
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        layered = pixels
    else:
        kind = cv2.COLOR_GRAY2RGBA if pixels.ndim == 2 else cv2.COLOR_RGB2RGBA
        layered = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), kind), np.uint8)
    layered.flags.writeable = False
    return layered


def _said(media: Media) -> tuple[str, ...]:
    """What a placeholder says."""
    match media:
        case Generated():
            return ("Not generated yet",)
        case Video(path=path) | Still(path=path) | Sound(path=path):
            return ("Cannot be read" if exists(expanded(Path(path))) else "Missing", Path(path).name)
        case Canvas():
            return ("Canvas",)
