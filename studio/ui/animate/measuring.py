"""The measures of takes, taken away from the window's thread as soon as a take is whole, and anew when it changes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from PySide6.QtCore import QObject, QTimer, Signal

from studio.domain.sequence import changes
from studio.domain.timeline.model import Clip, Generated
from studio.imaging.metrics import Measures, measure
from studio.imaging.verdict import Verdict, verdict
from studio.session.clips.frames import FrameReader
from studio.session.clips.takes import TakeStore
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.diagnosing import diagnosis_of
from studio.ui.timeline.facts import Diagnosis
from studio.ui.train.background import Background

MOST = 600  # frames of a take that are measured; longer ones take minutes
_PAUSE = 500  # milliseconds without a change until it is looked what is to be measured


class _Over(Exception):
    """Nobody wants to know any more."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured of a take, and of which frames."""

    frames: str
    closed: bool
    measures: Measures
    verdict: Verdict
    diagnosis: Diagnosis


class Measuring(QObject):
    """Knows what was found of the takes that the timeline's clips show. `is_made` says of a take whether frames of it
    are still to come. `found` names a take that was measured.
    """

    found = Signal(str)

    def __init__(
        self, desk: TimelineDesk, takes: TakeStore, reader: FrameReader, is_made: Callable[[str], bool],
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._desk, self._takes, self._reader, self._is_made = desk, takes, reader, is_made
        self._known: dict[str, Found] = {}
        self._asked: dict[str, str] = {}  # takes that are being measured, and which frames of them
        self._over = Event()
        self._work = Background(self)
        self._rest = QTimer(self, singleShot=True, interval=_PAUSE)
        self._rest.timeout.connect(self._look)
        desk.changed.connect(self.look_again)
        desk.takes_changed.connect(self.look_again)
        self._rest.start()

    def look_again(self, *_: object) -> None:
        """Something may be another; nothing is measured before there is a moment's rest."""
        self._rest.start()

    def of(self, clip: Clip | None) -> Found | None:
        """What was found of the take that a clip shows."""
        media = clip.media if clip is not None else None
        found = self._known.get(media.active) if isinstance(media, Generated) else None
        return found if isinstance(media, Generated) and found is not None and found.closed == media.closed else None

    def diagnosis(self, clip: Clip) -> Diagnosis | None:
        """The same for the timeline: its light and its lane."""
        found = self.of(clip)
        return found.diagnosis if found is not None else None

    def is_measuring(self, clip: Clip) -> bool:
        """Is the take that it shows being measured?"""
        return isinstance(clip.media, Generated) and clip.media.active in self._asked

    def close_work(self) -> None:
        """Measure nothing more."""
        self._over.set()
        self._rest.stop()
        self._desk.changed.disconnect(self.look_again)
        self._desk.takes_changed.disconnect(self.look_again)
        self._work.abandon()

    def _look(self) -> None:
        media = (clip.media for track in self._desk.timeline.tracks for clip in track.clips)
        for shown in media:
            if isinstance(shown, Generated) and shown.active and 1 < shown.frames <= MOST:
                self._want(shown)

    def _want(self, media: Generated) -> None:
        take = media.active
        if self._is_made(take) or len(self._takes.numbers(take)) < media.frames:
            return
        frames = self._fingerprint(media)
        known = self._known.get(take)
        if self._asked.get(take) == frames or (known and (known.frames, known.closed) == (frames, media.closed)):
            return
        self._asked[take] = frames
        self._work.run(lambda: self._measured(media, frames), lambda found: self._take(take, found))

    def _fingerprint(self, media: Generated) -> str:
        digests = (self._takes.digest(media.active, number) for number in range(media.frames))
        return hashlib.blake2b("".join(digests).encode(), digest_size=16).hexdigest() + str(media.closed)

    def _measured(self, media: Generated, frames: str) -> Found | None:
        """In another thread."""
        try:
            pictures = (self._reader.pixels(media, number) for number in range(media.frames))
            measures = measure(pictures, media.closed, self._poll)
        except _Over:
            return None
        said = verdict(measures, media.take is not None and changes(media.take.task))
        return Found(frames, media.closed, measures, said, diagnosis_of(measures, said))

    def _poll(self) -> None:
        if self._over.is_set():
            raise _Over

    def _take(self, take: str, found: Found | None) -> None:
        if found is None:
            return
        if self._asked.get(take) == found.frames:
            del self._asked[take]
        self._known[take] = found
        self.found.emit(take)
