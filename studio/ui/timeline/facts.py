"""What the panel asks others about clips: nothing of it is worked out here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from PySide6.QtGui import QImage

from studio.domain.timeline.model import Clip, Media, Sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Light(StrEnum):
    """How well a clip came out."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A light with its reason, a sentence, and the measures of each source frame: warp error, flicker and colour drift
    in any unit ≥ 0. A series may be shorter than the clip, or empty.
    """

    light: Light
    reason: str
    warp: Sequence[float] = ()
    flicker: Sequence[float] = ()
    drift: Sequence[float] = ()


def _unknown(_: object) -> None:
    return None


def _no(_: object) -> bool:
    return False


def _nothing(_: object) -> str:
    return ""


@dataclass(slots=True)
class Facts:
    """Questions that must be answered at once, from memory; the panel asks again when `TimelinePanel.look_again` is
    called, and for frames also at `TimelineDesk.takes_changed`.

    `present` says which frames of a take are there, None for all; `arriving` whether more of them are being made;
    `missing` why a media file cannot be read, "" where it can.
    """

    present: Callable[[str], frozenset[int] | None] = _unknown
    arriving: Callable[[str], bool] = _no
    missing: Callable[[Media], str] = _nothing
    diagnosis: Callable[[Clip], Diagnosis | None] = _unknown


class Thumbnails(Protocol):
    """Small pictures of media."""

    def picture(self, media: Media, source: int, height: int) -> QImage | None:
        """Source frame `source`, `height` device pixels high, at once; None while it is being made. Whoever makes it
        calls `TimelinePanel.look_again` when there are new ones.
        """


class Waves(Protocol):
    """The loudness of sounds."""

    def peaks(self, media: Sound) -> "NDArray[np.float32] | None":
        """The greatest absolute sample of each hundredth of a second, 0 to 1; None while it is being read."""
