"""What a timeline shows and sounds like at any of its frames; the player and the export use the same."""

import hashlib
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.domain.geometry import Size
from studio.domain.timeline.model import Media, Shot, Timeline
from studio.domain.timeline.seen import shots_at
from studio.imaging.compose import Compositor
from studio.imaging.montage.placing import Transform
from studio.imaging.montage.stacking import Layer, stacked, visible
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.session.clips.frames import CanvasPicture, FrameReader
from studio.session.mixing import RATE, Mixer


class Frames(Protocol):
    """The frames of media: `studio.session.clips.frames.FrameReader`. Safe in several threads."""

    def pixels(self, media: Media, source: int) -> Pixels:
        """(h, w, 4), straight alpha; never an error."""

    def key(self, media: Media, source: int) -> str:
        """Another one when these pixels may be others; "" where there are none but a placeholder."""


class Montage:
    """Frames and sound of timelines. Safe in several threads; holds no state but files of sound that are open."""

    def __init__(self, reader: Frames) -> None:
        self._reader = reader
        self._mixer = Mixer()

    def frame(self, timeline: Timeline, t: int, size: Size) -> Pixels:
        """Frame `t`, on a ring modulo its length: (size.height, size.width, 4) uint8, sRGB with straight alpha,
        transparent where no clip is. It may be shared: do not write to it.
        """
        shots = [shot for shot in shots_at(timeline, t) if shot.opacity > 0]
        return stacked(visible([lambda shot=shot: self._layer(shot) for shot in shots], size), size)  # type: ignore[misc]

    def key(self, timeline: Timeline, t: int, size: Size) -> str:
        """A name for the pixels of `frame`: another one when, and only when, something that decides them is another."""
        said = [f"{size}"]
        for shot in shots_at(timeline, t):
            if shot.opacity > 0:
                # A value without keys may be a whole number, which is written in another way.
                how = [float(value) + 0.0 for value in (shot.opacity, shot.x, shot.y, shot.scale, shot.rotation)]
                said.append(f"{self._source(shot)} {shot.mode} {how}")
        return hashlib.blake2b("\n".join(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def sound(
        self, timeline: Timeline, start: Fraction | int, stop: Fraction | int, rate: int = RATE
    ) -> NDArray[np.float32]:
        """What is heard from frame `start` to before frame `stop`, which on a ring may lie beyond its seam: (n, 2)
        float32 in [−1, 1] at `rate` samples a second. Pieces whose ends meet fit together without a gap.
        """
        return self._mixer.mixed(timeline, Fraction(start), Fraction(stop), rate)

    def _layer(self, shot: Shot) -> Layer:
        pixels = self._reader.pixels(shot.clip.media, shot.source)
        return Layer(pixels, Transform(shot.x, shot.y, shot.scale, shot.rotation), shot.mode, shot.opacity)

    def _source(self, shot: Shot) -> str:
        media = shot.clip.media
        # What a placeholder shows depends on what it stands for.
        return self._reader.key(media, shot.source) or (
            f"{type(media).__name__} {getattr(media, 'size', '')} {getattr(media, 'path', '')}"
        )


def montage_of(session: CanvasSession) -> Montage:
    """The montage of a project that is open; it shows the canvas as it is whenever a frame is asked for."""
    canvas = CanvasPicture(lambda: session.document, Compositor(session.store))
    return Montage(FrameReader(session.takes, canvas))
