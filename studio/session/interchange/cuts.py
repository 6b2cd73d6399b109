"""A timeline as plain cuts, for formats that know nothing else: Final Cut Pro 7 XML and edit decision lists."""

import dataclasses
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from opentimelineio import algorithms, opentime, schema

from studio.domain.document.blending import BlendMode
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.timeline.model import Canvas, Clip, Generated, Sound, Still, Timeline, Track, TrackKind, Video
from studio.domain.timeline.times import looping, media_frames, media_rate, step
from studio.session.interchange.exact import address, span, text, time
from studio.session.interchange.flattening import Notices
from studio.session.interchange.outgoing import name_of

_SLOWEST = 1e-3  # a slower clip stands still
BROADCAST = tuple(
    sorted(
        [Fraction(rate) for rate in (24, 25, 30, 48, 50, 60)] + [Fraction(rate * 1000, 1001) for rate in (24, 30, 60)]
    )
)


def broadcast_rate(rate: Fraction) -> Fraction:
    """The slowest rate with a timecode in which whole frames of `rate` are whole frames. Raises StudioError (INPUT)."""
    found = next((standard for standard in BROADCAST if (standard / rate).denominator == 1), None)
    if found is None:
        message = f"{float(rate):.6g} frames a second cannot be told by a timecode."
        hint = "Set the timeline to 24, 25 or 30 frames a second, or to a part of these; or export as .otio."
        raise StudioError(ErrorKind.INPUT, message, hint, "rate")
    return found


def cuts(timeline: Timeline, name: str, folder: Path, movies: Mapping[str, Path], notices: Notices) -> Any:
    """An OpenTimelineIO Timeline of clips that lie on a line and within their media: one turn of a ring, and a clip for
    each turn of a loop. `movies` are files with the frames of takes. Raises StudioError as `broadcast_rate`.
    """
    timeline = _conformed(timeline, broadcast_rate(timeline.rate))
    tracks = [track for track in timeline.tracks if track.clips]
    if any(not _only_cuts(track) for track in tracks):
        notices.tell("Blend modes, opacities, keys and prompts are left out: this format knows cuts and speeds only.")
    if any(track.hidden or not all(clip.enabled for clip in track.clips) for track in tracks):
        notices.tell("Hidden tracks and clips that are off are left out.")
    found = schema.Timeline(name=text(name), global_start_time=time(0, timeline.rate))
    found.tracks.name = text(name)
    for track in tracks:
        if not track.hidden:
            found.tracks.append(_track(track, timeline, folder, movies))
    if any(True for _ in found.find_clips()) and _unmade(tracks, movies):
        notices.tell("Frames made here are named, but have no file: export with media, or render the clips.")
    for marker in timeline.markers:
        marked = span(marker.at, timeline.rate, 0, timeline.rate)
        found.tracks.markers.append(schema.Marker(name=text(marker.name), marked_range=marked))
    return found


def one_track(timeline: Any, notices: Notices) -> Any:
    """Only what is seen: of the video tracks the uppermost clips, on one track."""
    found = schema.Timeline(name=timeline.name, global_start_time=timeline.global_start_time)
    video = [track.deepcopy() for track in timeline.tracks if track.kind == schema.TrackKind.Video]
    if len(timeline.tracks) > 1:
        notices.tell("An edit decision list has one track: of pictures the uppermost are there, and no sound.")
    if video:
        found.tracks.append(algorithms.flatten_stack(video))
    rate, reels = timeline.global_start_time.rate, _Reels()
    for clip in found.find_clips():
        seen = clip.source_range
        clip.metadata["cmx_3600"] = {"reel": reels.of(clip.media_reference)}
        clip.source_range = opentime.TimeRange(_whole(seen.start_time, rate), _whole(seen.duration, rate))
    return found


class _Reels:
    """Names of sources as such lists have them: at most eight letters and digits, one for each file."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, reference: Any) -> str:
        """The reel of a media reference."""
        source = getattr(reference, "target_url", reference.name)
        if source not in self._known:
            stem = re.sub(r"[^A-Z0-9]", "", Path(reference.name).stem.upper()) or "REEL"
            names = itertools.chain([stem[:8]], (f"{stem[: 8 - len(str(n))]}{n}" for n in itertools.count(2)))
            self._known[source] = next(name for name in names if name not in self._known.values())
        return self._known[source]


def _whole(time: Any, rate: float) -> Any:
    """The nearest frame: such a list counts all times at one rate."""
    return time.rescaled_to(rate).round()


def for_final_cut(timeline: Any) -> None:
    """Tell the speeds of clips as Final Cut does: by a filter, and their places in frames as they are seen."""
    for clip in timeline.find_clips():
        speed = next((effect.time_scalar for effect in clip.effects), 1.0)
        if speed != 1:
            kind = "audio" if clip.parent().kind == schema.TrackKind.Audio else "video"
            clip.metadata["fcp_xml"] = {"filter": _time_remap(speed, kind)}
            if abs(speed) > _SLOWEST:
                begin = clip.source_range.start_time
                at = opentime.RationalTime(begin.value / abs(speed), begin.rate)
                clip.source_range = opentime.TimeRange(at, clip.source_range.duration)


def _conformed(timeline: Timeline, rate: Fraction) -> Timeline:
    """The same at a rate that is a whole multiple of its own."""
    times = int(rate / timeline.rate)
    if times == 1:
        return timeline
    tracks = tuple(
        dataclasses.replace(
            track,
            clips=tuple(
                dataclasses.replace(
                    clip,
                    start=clip.start * times,
                    length=clip.length * times,
                    # Places in what has no frames of its own are counted in the timeline's.
                    offset=clip.offset * (times if isinstance(clip.media, Sound | Still | Canvas) else 1),
                )
                for clip in track.clips
            ),
        )
        for track in timeline.tracks
    )
    markers = tuple(dataclasses.replace(marker, at=marker.at * times) for marker in timeline.markers)
    return dataclasses.replace(timeline, rate=rate, tracks=tracks, markers=markers, ring=timeline.ring * times)


def _only_cuts(track: Track) -> bool:
    loud_or_plain = track.kind is TrackKind.AUDIO or track.mode is BlendMode.NORMAL
    return loud_or_plain and track.opacity == 1 and not any(clip.lanes or clip.words for clip in track.clips)


def _unmade(tracks: list[Track], movies: Mapping[str, Path]) -> bool:
    return any(
        isinstance(clip.media, Generated) and clip.media.active not in movies
        for track in tracks
        for clip in track.clips
    )


def _track(track: Track, timeline: Timeline, folder: Path, movies: Mapping[str, Path]) -> Any:
    parts = sorted(
        (part for clip in track.clips if clip.enabled for part in _parts(clip, timeline)), key=lambda p: p.start
    )
    kind = schema.TrackKind.Audio if track.kind is TrackKind.AUDIO else schema.TrackKind.Video
    found = schema.Track(name=text(track.name), kind=kind)
    at = 0
    for part in parts:
        if part.start > at:
            found.append(schema.Gap(duration=time(part.start - at, timeline.rate)))
        found.append(_clip(part, timeline, folder, movies))
        at = part.end
    return found


def _parts(clip: Clip, timeline: Timeline) -> Iterator[Clip]:
    """A clip cut at the seam of the ring, and at those of its own loop."""
    beyond = clip.end - timeline.ring if timeline.ring else 0
    if beyond > 0:
        way = step(clip, timeline.rate)
        before = clip.length - beyond
        yield from _turns(dataclasses.replace(clip, length=before), timeline)
        rest = dataclasses.replace(clip, start=0, length=beyond, offset=clip.offset + way * before)
        yield from _turns(rest, timeline)
    else:
        yield from _turns(clip, timeline)


def _turns(clip: Clip, timeline: Timeline) -> Iterator[Clip]:
    frames, way = media_frames(clip.media, timeline.rate), step(clip, timeline.rate)
    if frames is None or not looping(clip.media):
        yield clip
        return
    start, left, offset = clip.start, clip.length, clip.offset % frames
    while left > 0:
        # Frames are seen whole: one that begins before the seam is still of this turn.
        room = math.ceil((frames - offset) / way) if way > 0 else math.floor(offset / -way) + 1
        length = min(left, max(1, room))
        yield dataclasses.replace(clip, start=start, length=length, offset=offset)
        start, left, offset = start + length, left - length, (offset + way * length) % frames


def _clip(clip: Clip, timeline: Timeline, folder: Path, movies: Mapping[str, Path]) -> Any:
    own = media_rate(clip.media, timeline.rate)
    rate = own if own in BROADCAST else timeline.rate
    begin = Fraction(0) if isinstance(clip.media, Still | Canvas) else clip.offset / own * rate
    found = schema.Clip(
        name=text(clip.name or name_of(clip.media)),
        source_range=span(begin, rate, clip.length * rate / timeline.rate, rate),
    )
    frames = media_frames(clip.media, timeline.rate)
    last = clip.length if frames is None else math.ceil(frames / own * rate)
    found.media_reference = _reference(clip, span(0, rate, last, rate), folder, movies)
    if clip.speed != 1:
        found.effects.append(schema.LinearTimeWarp(name="Speed", time_scalar=float(clip.speed)))
    return found


def _reference(clip: Clip, known: Any, folder: Path, movies: Mapping[str, Path]) -> Any:
    media = clip.media
    if isinstance(media, Video | Still | Sound):
        path: str | Path | None = media.path
    else:
        path = movies.get(media.active) if isinstance(media, Generated) else None
    if path is None:
        return schema.MissingReference(name=text(clip.name or name_of(media)), available_range=known)
    found = schema.ExternalReference(target_url=address(path, folder), available_range=known)
    found.name = text(Path(path).name)
    return found


def _time_remap(speed: float, kind: str) -> dict[str, Any]:
    """The filter by which Final Cut and its heirs are told a speed."""
    percent = f"{speed * 100:.6f}".rstrip("0").rstrip(".")
    return {
        "effect": {
            "name": "Time Remap",
            "effectid": "timeremap",
            "effectcategory": "motion",
            "effecttype": "motion",
            "mediatype": kind,
            "parameter": [
                {
                    "parameterid": "speed",
                    "name": "speed",
                    "valuemin": "-100000",
                    "valuemax": "100000",
                    "value": percent,
                },
                {"parameterid": "reverse", "name": "reverse", "value": "TRUE" if speed < 0 else "FALSE"},
            ],
        }
    }
