"""What a timeline is made of.

Places on a timeline are whole frames of its exact rational `rate`; places in a clip's source are fractions of source
frames. Frame e of a ring of N is frame e mod N.
"""

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from studio.domain.document.blending import BlendMode
from studio.domain.easing import LINEAR, Ease
from studio.domain.geometry import Size
from studio.domain.sequence import FrameSequence
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify

ClipTask = FrameSequence | FlowLoop | Loopify | Interpolation | Deflicker


def new_id() -> str:
    """A name for a track, clip, take or group that no other has."""
    return uuid.uuid4().hex


class TrackKind(StrEnum):
    """What a track holds."""

    VIDEO = "video"  # images and clips; the lowest one is the ground
    OVERLAY = "overlay"  # the same, blended onto what lies below by the track's mode and opacity
    AUDIO = "audio"


# ------------------------------------------------------------------------------------------------ keys


@dataclass(frozen=True, slots=True)
class Key:
    """The value of a parameter at `at`, timeline frames after the clip's start; `ease` leads on to the next key."""

    at: Fraction
    value: float
    ease: Ease = LINEAR


@dataclass(frozen=True, slots=True)
class Lane:
    """The keys of one numeric parameter of a clip, by time. `parameter` is a key of
    `studio.domain.timeline.parameters.PARAMETERS`. Keys may lie outside of the clip, where a cut has left them: they
    still shape the curve inside.
    """

    parameter: str
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """From `at` (timeline frames after the clip's start) this prompt; `ease` leads on to the next one."""

    at: Fraction
    prompt: str = ""
    negative: str = ""
    ease: Ease = LINEAR


# ------------------------------------------------------------------------------------------------ media


@dataclass(frozen=True, slots=True)
class Take:
    """One making of a clip: `frames` frames, which lie in the project under `id` and the number of each.

    They come one by one; which are there is asked of the project. `task` is what made them, and `origin` the take that
    this one repairs or re-rolls, "" for none. `made` is in seconds since 1970.
    """

    id: str
    frames: int
    task: ClipTask | None = None
    name: str = ""
    origin: str = ""
    made: float = 0.0


@dataclass(frozen=True, slots=True)
class Generated:
    """Frames made here, `rate` a second. `task` is what the next generation makes; `takes` are what there is, the
    oldest first, and `active` the id of the one that is seen, "" before the first. A `closed` one is a loop: its frames
    repeat for ever.
    """

    task: ClipTask
    rate: Fraction
    frames: int
    size: Size
    closed: bool = True
    takes: tuple[Take, ...] = ()
    active: str = ""

    @property
    def take(self) -> Take | None:
        """The take that is seen."""
        return next((take for take in self.takes if take.id == self.active), None)


@dataclass(frozen=True, slots=True)
class Video:
    """A video, an animated picture, or a folder of numbered stills (`path` is the first) from elsewhere.

    `digest` is of its content's beginning, end and length, by which it is found again when it has moved.
    """

    path: str
    rate: Fraction
    frames: int
    size: Size
    sound: bool = False
    alpha: bool = False
    digest: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Still:
    """A picture from elsewhere, for as long as its clip lasts."""

    path: str
    size: Size
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Canvas:
    """The project's own canvas as it is at present."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound file, or the sound of a video."""

    path: str
    seconds: Fraction
    digest: str = ""


Media = Generated | Video | Still | Canvas | Sound


# ------------------------------------------------------------------------------------------------ clips, tracks


@dataclass(frozen=True, slots=True)
class Clip:
    """A piece of media from frame `start` of the timeline on, `length` ≥ 1 frames long.

    `offset` is the source frame (of a sound: of the timeline's rate) that is seen first, `speed` how many source
    seconds pass in a second; a negative speed runs backwards from `offset`. Clips of one `group` are chosen and moved
    together. A clip that is not `enabled` is not seen and not heard.
    """

    id: str
    media: Media
    start: int
    length: int
    offset: Fraction = Fraction(0)
    speed: Fraction = Fraction(1)
    name: str = ""
    group: str = ""
    enabled: bool = True
    lanes: tuple[Lane, ...] = ()
    words: tuple[Words, ...] = ()

    @property
    def end(self) -> int:
        """The first frame after it; on a ring it may lie beyond the seam."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Track:
    """Clips that do not overlap, by `start`. `mode` and `opacity` say how an overlay is blended onto what lies below;
    `opacity` is the loudness of an audio track. A `locked` one refuses edits, a `hidden` one is not seen or heard.
    """

    id: str
    kind: TrackKind = TrackKind.VIDEO
    name: str = ""
    clips: tuple[Clip, ...] = ()
    mode: BlendMode = BlendMode.NORMAL
    opacity: float = 1.0
    locked: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """A name for a frame."""

    at: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """The frames from `start` to before `end`, which lies beyond a ring's length where the zone crosses the seam."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Beats:
    """The beats of the music: `bpm` a minute, `bar` of them in a bar. The first one falls on the place `first`, in
    frames, and on a ring on that place in each turn.
    """

    bpm: Fraction = Fraction(120)
    bar: int = 4
    first: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Timeline:
    """`tracks` run from the lowest to the uppermost, audio tracks last. `ring` is how many frames the ring has, 0 for a
    line with two ends. `zone` is what lies between the in and the out point, and is what loops while it is played and
    what is exported; None for everything. `beats` is a grid at which drags catch.
    """

    rate: Fraction = Fraction(12)
    tracks: tuple[Track, ...] = ()
    markers: tuple[Marker, ...] = ()
    zone: Zone | None = None
    ring: int = 0
    beats: Beats | None = None

    @property
    def length(self) -> int:
        """The ring's frames, or the end of the last clip."""
        return self.ring or max((clip.end for track in self.tracks for clip in track.clips), default=0)

    def clip(self, clip_id: str) -> Clip | None:
        """The clip with this id."""
        return next((clip for track in self.tracks for clip in track.clips if clip.id == clip_id), None)

    def track(self, track_id: str) -> Track | None:
        """The track with this id."""
        return next((track for track in self.tracks if track.id == track_id), None)

    def track_of(self, clip_id: str) -> Track | None:
        """The track on which this clip lies."""
        return next((track for track in self.tracks if any(clip.id == clip_id for clip in track.clips)), None)


EMPTY = Timeline()


# ------------------------------------------------------------------------------------------------ what is seen


@dataclass(frozen=True, slots=True)
class Shot:
    """What one clip contributes to one frame of the timeline: the `source` frame of its media that is on screen then,
    and how it is laid onto what lies below. `x`, `y` move it by shares of the frame's width and height, `scale` and
    `rotation` (degrees, clockwise) act about its centre.
    """

    clip: Clip
    source: int
    mode: BlendMode = BlendMode.NORMAL
    opacity: float = 1.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    rotation: float = 0.0
    values: dict[str, float] = field(default_factory=dict)
