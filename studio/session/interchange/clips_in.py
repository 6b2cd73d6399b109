"""One clip of another program, and the media it shows."""

import contextlib
import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from opentimelineio import schema

from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.domain.sequence import MAX_RATE
from studio.domain.timeline.model import Canvas, Clip, Generated, Media, Sound, Still, Video, new_id
from studio.domain.timeline.timeline_json import clip_from_json
from studio.domain.timeline.times import media_frames, media_rate, short
from studio.session.interchange.exact import OURS, exact_rate, kept, located, plain, seconds, text, untold
from studio.session.interchange.flattening import Notices
from studio.session.interchange.outgoing import CANVAS, name_of

FREEZE = Fraction(1, 10**9)  # a clip that stands still: no timeline is long enough for its next frame
_HOUR = 3600
_UNKNOWN = Size(1920, 1080)  # of missing media, until they are found
_UNKNOWN_SECONDS = Fraction(2 * _HOUR)
_STILLS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".exr", ".psd", ".tga", ".heic")
_WITH_SPEED = ("timeremap",)


class Describe(Protocol):
    """Tells what a media file is: `studio.session.clips.media.describe`."""

    def __call__(self, path: Path, *, sequence: bool = False) -> Media:
        """The media; with `sequence`, of numbered stills of which this is the first. Raises StudioError."""


def ours(metadata: Any) -> dict[str, Any]:
    """What we said about something; {} for nothing."""
    try:
        found = untold(plain(metadata[OURS])) if OURS in metadata else {}
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


class ClipReader:
    """Reads the clips of one file, whose media are looked at once each."""

    def __init__(self, rate: Fraction, folder: Path, describe: Describe, notices: Notices) -> None:
        self._rate, self._folder, self._describe, self._notices = rate, folder, describe, notices
        self._known: dict[str, Media | None] = {}
        self._missing: dict[str, None] = {}
        self.frames: dict[str, Path] = {}  # the folders in which frames of takes lie as pictures

    @property
    def missing(self) -> tuple[str, ...]:
        """The paths of media that are not there."""
        return tuple(self._missing)

    def clip(self, clip: Any, audio: bool) -> Clip | None:
        """A clip of ours at frame 0, whose length is still to be set; None, and a notice, where that cannot be."""
        found = self._ours(clip) or self._foreign(clip, audio)
        if found is None or isinstance(found.media, Sound) is audio:
            return found
        self._notices.tell(f"“{clip.name}” does not belong on its track, and was left out.")
        return None

    def _ours(self, clip: Any) -> Clip | None:
        """A clip that we wrote, with what was changed since."""
        if not (said := ours(clip.metadata)):
            return None
        try:
            found = clip_from_json({**said, "start": 0, "length": 1})
        except ValueError as error:
            self._notices.tell(f"What Safelight once said about “{clip.name}” cannot be read: {error}.")
            return None
        media = self._relinked(clip, found.media)
        begin = clip.trimmed_range().start_time
        offset = kept(said.get("offset"), begin.value)
        if offset is None:
            offset = short(seconds(begin) * media_rate(media, self._rate))
        speed = kept(said.get("speed"), _scalar(clip))
        return dataclasses.replace(
            found,
            media=media,
            name=found.name if clip.name == text(found.name or name_of(found.media)) else clip.name,
            offset=offset,
            speed=self._speed(clip) if speed is None else speed,
            enabled=clip.enabled,
        )

    def _relinked(self, clip: Any, media: Media) -> Media:
        """The media after what another program changed: which take is seen, or which file."""
        key = clip.active_media_reference_key
        if isinstance(media, Generated):
            self._note_frames(clip, media)
            return dataclasses.replace(media, active=key) if any(take.id == key for take in media.takes) else media
        reference = clip.media_reference
        if isinstance(media, Canvas) or not isinstance(reference, schema.ExternalReference):
            return media
        path = located(reference.target_url, self._folder)
        before = media.path if Path(media.path).is_absolute() else str(self._folder / media.path)
        if Path(path) == Path(before):
            self._note_missing(before)
            return media
        return self._media(path, clip, isinstance(media, Sound)) or media

    def _note_frames(self, clip: Any, media: Generated) -> None:
        """Where frames of takes lie as pictures."""
        references = clip.media_references()
        for take in media.takes:
            reference = references.get(take.id)
            if isinstance(reference, schema.ImageSequenceReference):
                self.frames.setdefault(take.id, Path(located(reference.target_url_base, self._folder)))

    def _foreign(self, clip: Any, audio: bool) -> Clip | None:
        reference = clip.media_reference
        if isinstance(reference, schema.GeneratorReference):
            if reference.generator_kind == CANVAS:
                return Clip(new_id(), Canvas(), 0, 1, name=clip.name, enabled=clip.enabled)
            self._notices.tell(f"“{clip.name}” is made by another program ({reference.generator_kind}); left out.")
            return None
        media = self._media(self._path(clip, reference), clip, audio)
        if media is None:
            return None
        speed = self._speed(clip)
        offset = short(self._begin(clip, media, speed) * media_rate(media, self._rate))
        return Clip(new_id(), media, 0, 1, offset, speed, clip.name, enabled=clip.enabled)

    def _path(self, clip: Any, reference: Any) -> str:
        if isinstance(reference, schema.ExternalReference):
            return located(reference.target_url, self._folder)
        if isinstance(reference, schema.ImageSequenceReference):
            return located(reference.target_url_for_image_number(0), self._folder)
        # An edit decision list only knows names.
        return str(self._folder / (reference.name or clip.name or "missing"))

    def _media(self, path: str, clip: Any, audio: bool) -> Media | None:
        key = f"{audio}{path}"
        if key not in self._known:
            self._known[key] = self._there(path, clip, audio) or self._gone(path, clip, audio)
            if self._known[key] is None:
                self._notices.tell(f"“{Path(path).name}” has no sound; its sound clips were left out.")
        return self._known[key]

    def _there(self, path: str, clip: Any, audio: bool) -> Media | None:
        """The media of a file that can be read."""
        if self._note_missing(path):
            return None
        numbered = isinstance(clip.media_reference, schema.ImageSequenceReference)
        try:
            found = self._describe(Path(path), sequence=numbered)
        except StudioError as error:
            self._missing.setdefault(path)
            self._notices.tell(f"{Path(path).name} cannot be used: {error.problem.message}")
            return None
        if audio and isinstance(found, Video):
            return Sound(found.path, found.frames / found.rate, found.digest) if found.sound else None
        if numbered and isinstance(found, Video) and 0 < clip.media_reference.rate <= MAX_RATE:
            return dataclasses.replace(found, rate=exact_rate(clip.media_reference.rate))
        return found

    def _note_missing(self, path: str) -> bool:
        try:
            gone = not Path(path).exists()
        except (OSError, ValueError):
            gone = True
        if gone:
            self._missing.setdefault(path)
        return gone

    def _gone(self, path: str, clip: Any, audio: bool) -> Media | None:
        """Media by what the file says about them, to be linked anew. None for a video that is there without sound."""
        if audio and path not in self._missing:
            return None
        known = clip.media_reference.available_range
        seen = clip.trimmed_range()
        last = max(Fraction(1, 1000), seconds(known.duration)) if known else _UNKNOWN_SECONDS
        if audio:
            return Sound(path, last)
        if Path(path).suffix.lower() in _STILLS and not isinstance(clip.media_reference, schema.ImageSequenceReference):
            return Still(path, _UNKNOWN)
        rate = exact_rate(seen.start_time.rate)
        rate = rate if rate <= MAX_RATE else self._rate
        return Video(path, rate, max(1, round(last * rate)), _UNKNOWN)

    def _begin(self, clip: Any, media: Media, speed: Fraction) -> Fraction:
        """At how many seconds of its media a clip begins: sources may count from a timecode of their own."""
        begin = seconds(clip.trimmed_range().start_time)
        known = clip.media_reference.available_range
        if known is not None:
            begin -= seconds(known.start_time)
        elif begin >= _HOUR:
            self._notices.tell("Sources without a known beginning are taken to begin at their whole hour.")
            begin %= _HOUR
        if _remap(clip) is not None:
            begin *= abs(speed)  # Final Cut counts in frames as they are seen
        frames = media_frames(media, self._rate)
        if frames is not None and not 0 <= begin * media_rate(media, self._rate) < frames:
            self._notices.tell(f"“{clip.name}” begins where its source has nothing; it begins at the first frame now.")
            return Fraction(0)
        return begin

    def _speed(self, clip: Any) -> Fraction:
        others = [effect for effect in clip.effects if not isinstance(effect, schema.LinearTimeWarp)]
        if any(_effect_id(effect) not in _WITH_SPEED for effect in others):
            self._notices.tell("Effects of another program were left out.")
        scalar = _scalar(clip)
        speed = Fraction(scalar).limit_denominator(10000) if abs(scalar) < 1e6 else Fraction(100)
        if not speed:
            return FREEZE
        if abs(speed) > 100:
            self._notices.tell(f"“{clip.name}” runs faster than 100 times, which is as fast as it can be.")
        return max(Fraction(-100), min(Fraction(100), speed))


def _scalar(clip: Any) -> float:
    """How fast a clip runs, by all effects that say so; nan is nothing said."""
    product = _remap(clip)
    product = 1.0 if product is None else product
    for effect in clip.effects:
        if isinstance(effect, schema.LinearTimeWarp):
            product *= float(effect.time_scalar)
    return product if product == product else 1.0


def _remap(clip: Any) -> float | None:
    """The speed that Final Cut's filter says."""
    for effect in clip.effects:
        if _effect_id(effect) in _WITH_SPEED:
            said = plain(effect.metadata).get("fcp_xml", {}).get("parameter", [])
            for parameter in said if isinstance(said, list) else [said]:
                if isinstance(parameter, dict) and parameter.get("parameterid") == "speed":
                    with contextlib.suppress(TypeError, ValueError):
                        return float(parameter.get("value", "100")) / 100
    return None


def _effect_id(effect: Any) -> str:
    said = plain(effect.metadata).get("fcp_xml", {})
    return str(said.get("effectid", "")) if isinstance(said, dict) else ""
