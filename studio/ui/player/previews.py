"""Moving previews: the guesses for a clip that is being made, as a loop in its place until its frames arrive."""

import time
from collections.abc import Callable
from fractions import Fraction

from PySide6.QtGui import QImage

from studio.domain.messages import ClipPreview
from studio.domain.timeline.model import Clip, Generated, Timeline
from studio.domain.timeline.seen import source_frame
from studio.domain.timeline.times import local_frame
from studio.ui.player.course import SECOND, Clock


def clip_of(timeline: Timeline, take: str) -> Clip | None:
    """The clip that has this take."""
    clips = (clip for track in timeline.tracks for clip in track.clips)
    return next((clip for clip in clips if take in _takes(clip)), None)


def _takes(clip: Clip) -> tuple[str, ...]:
    return tuple(take.id for take in clip.media.takes) if isinstance(clip.media, Generated) else ()


def shows(timeline: Timeline, take: str, frame: int, frames: frozenset[int] | None) -> bool:
    """Does a clip with this take lie at a frame of the timeline, and does it show one of these `frames` of its source
    there? None for any.
    """
    clips = (clip for track in timeline.tracks if not track.hidden for clip in track.clips if take in _takes(clip))
    here = [clip for clip in clips if local_frame(timeline, clip, frame) is not None]
    return any(frames is None or source_frame(clip, frame, timeline.rate, timeline.ring) in frames for clip in here)


class PreviewLoop:
    """The newest guesses for one take, at `rate` frames a second."""

    def __init__(self, take: str, rate: Fraction, preview: ClipPreview) -> None:
        self.take, self.rate = take, rate
        self._clock = Clock(rate, time.monotonic_ns())
        self._images: dict[int, QImage] = {}
        self.renew(preview)

    def renew(self, preview: ClipPreview) -> None:
        """Newer guesses take the place of the older ones of the same frames: one batch follows another. The loop goes
        on.
        """
        width, height, self.step = preview.width, preview.height, preview.step
        each = width * height * 3
        parts = {index: preview.rgb[at * each : (at + 1) * each] for at, index in enumerate(preview.indices)}
        newer = {
            index: QImage(rgb, width, height, width * 3, QImage.Format.Format_RGB888).copy()
            for index, rgb in parts.items()
            if len(rgb) == each
        }
        self._images = dict(sorted((self._images | newer).items()))

    @property
    def frames(self) -> frozenset[int]:
        """The frames of the take that are guessed at."""
        return frozenset(self._images)

    def image(self, now: int | None = None) -> QImage | None:
        """The one that is due; the loop goes through what there is, by number."""
        images = tuple(self._images.values())
        if not images:
            return None
        return images[self._clock.beat(time.monotonic_ns() if now is None else now) % len(images)]

    @property
    def still(self) -> QImage | None:
        """The first one, for those who want no motion."""
        return next(iter(self._images.values()), None)

    @property
    def interval(self) -> int:
        """Milliseconds between two of them."""
        return max(16, SECOND * self.rate.denominator // self.rate.numerator // 1_000_000)


class PreviewShelf:
    """The previews of all takes that are being made. `there` says which frames of a take are there already; without it,
    guesses made before the first frame came are not shown any more.
    """

    def __init__(self, there: Callable[[str], frozenset[int]] | None = None) -> None:
        self._there = there
        self._loops: dict[str, PreviewLoop] = {}
        self._arrived: set[str] = set()  # takes of which there are frames

    def renew(self, timeline: Timeline, take: str, preview: ClipPreview) -> None:
        """Newer guesses; those for a take that no clip has are left."""
        if take in self._loops:
            self._loops[take].renew(preview)
        elif (clip := clip_of(timeline, take)) is not None and isinstance(clip.media, Generated):
            self._loops[take] = PreviewLoop(take, clip.media.rate, preview)

    def arrived(self, take: str) -> None:
        """Frames of a take have come; newer guesses will say which are still to come."""
        self._arrived.add(take)
        if self._there is None:
            self._loops.pop(take, None)

    def drop(self, take: str) -> None:
        """Its making has ended."""
        self._loops.pop(take, None)
        self._arrived.discard(take)

    def clear(self) -> None:
        """There is no clip any more."""
        self._loops.clear()

    def at(self, timeline: Timeline, frame: int) -> PreviewLoop | None:
        """The preview of a clip at a frame of the timeline, if what is seen there is still to come."""
        for loop in self._loops.values():
            guessed = loop.frames - self._there(loop.take) if self._there is not None else loop.frames
            if shows(timeline, loop.take, frame, guessed if loop.take in self._arrived else None):
                return loop
        return None
