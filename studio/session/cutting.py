"""What of a timeline is rendered: all of it, its zone, or one clip by itself."""

import dataclasses
import json
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fractions import Fraction

from studio.domain.document.document import Document
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.job_json import task_to_json
from studio.domain.jobs import without_folders
from studio.domain.sequence import MAX_RATE, changes
from studio.domain.timeline.model import (
    Canvas,
    Clip,
    Generated,
    Sound,
    Timeline,
    Track,
    TrackKind,
    Video,
    new_id,
)
from studio.domain.timeline.times import looping, media_frames, media_rate, step


@dataclass(frozen=True, slots=True)
class Cut:
    """`frames` frames of a timeline from `first` on, at `rate`, which may be another than the timeline's; `closed` when
    the first follows the last. `recipe` is the JSON of what made them, "" where that is not one thing.
    """

    timeline: Timeline
    first: int
    frames: int
    rate: Fraction
    size: Size
    closed: bool = False
    recipe: str = ""

    @property
    def changing(self) -> bool:
        """Is it a clip along which other things are asked for?"""
        takes = (
            clip.media.take
            for track in self.timeline.tracks
            for clip in track.clips
            if isinstance(clip.media, Generated)
        )
        return any(take is not None and changes(take.task) for take in takes)

    def place(self, index: int) -> int:
        """The frame of the timeline that frame `index` shows."""
        return self.first + math.floor(index * self.timeline.rate / self.rate)

    @property
    def seconds(self) -> Fraction:
        """How long it lasts."""
        return self.frames / self.rate

    def at_rate(self, rate: Fraction) -> "Cut":
        """The same in time, with more or fewer frames. Raises StudioError (INPUT)."""
        if not 0 < rate <= MAX_RATE:
            message = f"A clip cannot run at {float(rate):.6g} frames a second."
            raise StudioError(ErrorKind.INPUT, message, f"Choose above 0 and up to {MAX_RATE}.", "rate")
        return dataclasses.replace(self, frames=max(1, round(self.seconds * rate)), rate=rate)


def whole(document: Document) -> Cut:
    """All of the timeline; of a ring one turn. Raises StudioError (INPUT) when nothing is on it."""
    timeline = _filled(document)
    return Cut(timeline, 0, timeline.length, timeline.rate, frame_size(document), bool(timeline.ring))


def zoned(document: Document) -> Cut:
    """What lies between the in and the out point. Raises StudioError (INPUT) when they are not set."""
    timeline = _filled(document)
    zone = timeline.zone
    if zone is None:
        raise StudioError(ErrorKind.INPUT, "The timeline has no zone.", "Set an in and an out point, or render all.")
    frames = zone.end - zone.start
    return Cut(timeline, zone.start, frames, timeline.rate, frame_size(document), frames == timeline.ring)


def alone(document: Document, clip: Clip) -> Cut:
    """One clip by itself: the frames of its media that it shows, each once and in their own size, without what lays
    them onto other clips; of a loop that goes round at least once, one turn. Raises StudioError (INPUT) for a sound.
    """
    media, timeline = clip.media, document.timeline
    if isinstance(media, Sound):
        raise StudioError(ErrorKind.INPUT, "A sound has no frames to render.", "Choose another clip.", "clip")
    pace = abs(step(clip, timeline.rate))
    rate = media_rate(media, timeline.rate) * abs(clip.speed)
    if media_frames(media, timeline.rate) is None or not 1 <= rate <= MAX_RATE:
        rate, pace, speed = timeline.rate, Fraction(1), clip.speed
    else:
        speed = Fraction(1 if clip.speed > 0 else -1)
        speed *= rate / media_rate(media, timeline.rate)
    length = math.ceil(clip.length * pace)
    frames = media_frames(media, timeline.rate)
    closed = looping(media) and frames is not None and length >= frames
    if closed and frames is not None:
        length = int(frames)
    one = Clip(clip.id, media, 0, length, clip.offset, speed, clip.name)
    shown = Timeline(rate, (Track(new_id(), TrackKind.VIDEO, clips=(one,)),), ring=length if closed else 0)
    size = document.size if isinstance(media, Canvas) else media.size
    return Cut(shown, 0, length, rate, size, closed, _recipe(clip))


def find_clip(timeline: Timeline, name: str) -> Clip:
    """The clip of this id or name (in whatever case). Raises StudioError (INPUT) for none, or for several."""
    clips = [clip for track in timeline.tracks for clip in track.clips]
    found = [clip for clip in clips if clip.id == name] or [
        c for c in clips if c.name and c.name.lower() == name.lower()
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(clip.id for clip in found)
        raise StudioError(ErrorKind.INPUT, f"{len(found)} clips are called “{name}”.", f"Name one by its id: {ids}.")
    names = ", ".join(f"“{clip.name}”" for clip in clips[:12] if clip.name)
    hint = f"There are {names}." if names else "Name it by its id; --list shows them."
    raise StudioError(ErrorKind.INPUT, f"There is no clip “{name}” on the timeline.", hint, "clip")


def frame_size(document: Document) -> Size:
    """How large a timeline's frames are when nothing else is said: as the largest picture on its video tracks that is
    not a still, else as the canvas.
    """
    sizes = [
        clip.media.size
        for track in document.timeline.tracks
        for clip in track.clips
        if isinstance(clip.media, Generated | Video)
    ]
    return max(sizes, key=lambda size: size.pixels, default=document.size)


def _filled(document: Document) -> Timeline:
    if not any(track.clips for track in document.timeline.tracks):
        message = "There is nothing on this project's timeline."
        raise StudioError(ErrorKind.INPUT, message, "Put a clip on it, in the Animate workspace.")
    return document.timeline


def _recipe(clip: Clip) -> str:
    """What made the frames of a clip that are seen."""
    if not isinstance(clip.media, Generated) or clip.media.take is None:
        return ""
    task = clip.media.take.task or clip.media.task
    return json.dumps(task_to_json(without_folders(task)), ensure_ascii=False, separators=(",", ":"))


def unfinished(timeline: Timeline, numbers: Callable[[str], Collection[int]]) -> tuple[str, ...]:
    """Sentences on clips of which frames are missing; `numbers` tells which frames of a take are there."""
    found: dict[str, None] = {}
    for track in timeline.tracks:
        for clip in () if track.hidden else track.clips:
            if clip.enabled and isinstance(clip.media, Generated):
                take = clip.media.take
                there = len(numbers(take.id)) if take else 0
                wanted = take.frames if take else clip.media.frames
                if there < wanted:
                    name = f"“{clip.name}”" if clip.name else f"The clip {clip.id[:8]}"
                    others = "the nearest stand in for the others" if there else "a placeholder stands in for them"
                    found.setdefault(f"{name} has {there} of its {wanted} frames: {others}.")
    return tuple(found)
