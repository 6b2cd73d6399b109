"""A timeline as one of OpenTimelineIO, from which `incoming` makes the very same again.

Places and lengths are told in OpenTimelineIO's own way, so that other programs see and change them; what they have no
word for is in `metadata["safelight"]`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opentimelineio import schema

from studio.domain.codec import to_json
from studio.domain.job_json import task_to_json
from studio.domain.timeline.model import Canvas, Clip, Generated, Media, Sound, Still, Timeline, Track, TrackKind, Video
from studio.domain.timeline.timeline_json import clip_to_json
from studio.domain.timeline.times import media_rate
from studio.session.interchange.exact import OURS, address, clean, span, text, time, told

GENERATOR = "safelight"  # what kind a generator reference is
CANVAS = "safelight.canvas"
VERSION = 1
DIGITS = 5  # of the numbers in the names of frames
MAIN = schema.Clip.DEFAULT_MEDIA_KEY
_LEFT_OUT = ("start", "length")  # which other programs may change


def outgoing(timeline: Timeline, name: str, folder: Path, frames: Mapping[str, Path]) -> Any:
    """An OpenTimelineIO Timeline to be written into `folder`. `frames` says in which folder the frames of a take lie as
    pictures, `00000.png` and so on, for those that do.
    """
    zone = {} if timeline.zone is None else {"zone": to_json(timeline.zone)}
    stack = schema.Stack(
        name="tracks",
        children=[_track(track, timeline, folder, frames) for track in timeline.tracks],
        markers=[
            schema.Marker(name=text(marker.name), marked_range=span(marker.at, timeline.rate, 0, timeline.rate))
            for marker in timeline.markers
        ],
    )
    found = schema.Timeline(name=text(name), global_start_time=time(0, timeline.rate))
    found.tracks = stack
    found.metadata[OURS] = {"version": VERSION, "rate": str(timeline.rate), "ring": timeline.ring, **zone}
    return found


def _track(track: Track, timeline: Timeline, folder: Path, frames: Mapping[str, Path]) -> Any:
    children: list[Any] = []
    at = 0
    for clip in track.clips:
        if clip.start > at:
            children.append(schema.Gap(duration=time(clip.start - at, timeline.rate)))
        children.append(_clip(clip, timeline, folder, frames))
        at = clip.end
    kind = schema.TrackKind.Audio if track.kind is TrackKind.AUDIO else schema.TrackKind.Video
    found = schema.Track(name=text(track.name), kind=kind, children=children)
    found.enabled = not track.hidden
    said = {"id": track.id, "kind": track.kind, "mode": track.mode, "opacity": track.opacity, "locked": track.locked}
    found.metadata[OURS] = told(to_json(said))
    return found


def _clip(clip: Clip, timeline: Timeline, folder: Path, frames: Mapping[str, Path]) -> Any:
    rate = media_rate(clip.media, timeline.rate)
    found = schema.Clip(
        name=text(clip.name or name_of(clip.media)),
        source_range=span(clip.offset, rate, clip.length, timeline.rate),
    )
    found.enabled = clip.enabled
    if clip.speed != 1:
        found.effects.append(schema.LinearTimeWarp(name="Speed", time_scalar=float(clip.speed)))
    references, active = _references(clip.media, timeline, folder, frames)
    found.set_media_references(references, active)
    said = {key: value for key, value in clip_to_json(clip).items() if key not in _LEFT_OUT}
    # Both are said even when they are nothing, so that a change elsewhere can be told from none.
    said |= {"offset": str(clip.offset), "speed": str(clip.speed), "name": clip.name}
    found.metadata[OURS] = told(said)
    return found


def name_of(media: Media) -> str:
    """What a clip without a name is called."""
    match media:
        case Video(path=path) | Still(path=path) | Sound(path=path):
            return Path(path).stem
        case Canvas():
            return "Canvas"
        case Generated():
            return media.take.name if media.take and media.take.name else "Clip"


def _references(
    media: Media, timeline: Timeline, folder: Path, frames: Mapping[str, Path]
) -> tuple[dict[str, Any], str]:
    """What a clip shows, one for each take, and the key of the one that is seen."""
    match media:
        case Video() | Sound():
            url = address(media.path, folder)
            known = _all_of(media.frames, media) if isinstance(media, Video) else span(
                0, timeline.rate, media.seconds * timeline.rate, timeline.rate
            )  # fmt: skip
            return {MAIN: schema.ExternalReference(target_url=url, available_range=known)}, MAIN
        case Still():
            return {MAIN: schema.ExternalReference(target_url=address(media.path, folder))}, MAIN
        case Canvas():
            return {MAIN: schema.GeneratorReference(name="Canvas", generator_kind=CANVAS)}, MAIN
    found: dict[str, Any] = {}
    for take in media.takes:
        known, name = _all_of(take.frames, media), text(take.name)
        if take.id in frames:
            found[take.id] = schema.ImageSequenceReference(
                target_url_base=f"{address(frames[take.id], folder)}/", name_prefix="", name_suffix=".png",
                start_frame=0, frame_step=1, rate=float(media.rate), frame_zero_padding=DIGITS, available_range=known,
                missing_frame_policy=schema.ImageSequenceReference.MissingFramePolicy.hold,
            )  # fmt: skip
            found[take.id].name = name
        else:
            found[take.id] = schema.MissingReference(name=name, available_range=known)
    if not media.active:
        found[MAIN] = schema.GeneratorReference(
            name="To be made",
            generator_kind=GENERATOR,
            parameters=clean(task_to_json(media.task)),
            available_range=_all_of(media.frames, media),
        )
    return found, media.active or MAIN


def _all_of(frames: int, media: Generated | Video) -> Any:
    return span(0, media.rate, frames, media.rate)
