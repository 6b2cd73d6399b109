"""Timelines to parts that are named by their content, and back.

A timeline is one JSON part, which names one part for each track; a track names parts of some clips each, its runs. A
run begins at a clip whose id says so, so that an edit in a track of thousands of clips leaves the other runs as they
are: it writes the run, the track and the timeline, a few kilobytes.
"""

import dataclasses
import functools
import hashlib
import json
import math
from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

from studio.domain.codec import from_json, to_json
from studio.domain.job_json import task_from_json, task_to_json
from studio.domain.timeline.model import (
    Canvas,
    Clip,
    ClipTask,
    Generated,
    Media,
    Sound,
    Still,
    Take,
    Timeline,
    Track,
    Video,
)
from studio.domain.timeline.validity import timeline_problem

KINDS: dict[str, type[Media]] = {
    "generated": Generated,
    "video": Video,
    "still": Still,
    "canvas": Canvas,
    "sound": Sound,
}
RUN = 16  # clips in a run, on average
_kind_of: dict[type, str] = {kind: name for name, kind in KINDS.items()}
_hints = functools.cache(get_type_hints)


class TimelineEncoder:
    """Encodes the timelines of one document's versions one after another; what two of them share is encoded once."""

    def __init__(self) -> None:
        # By identity, which is what versions share; the objects are kept so that no other takes their place.
        self._clips: dict[int, tuple[Clip, bytes]] = {}
        self._tracks: dict[int, tuple[Track, str]] = {}
        self._runs: frozenset[str] = frozenset()
        self._last: tuple[Timeline, str] | None = None

    def encode(self, timeline: Timeline, parts: dict[str, bytes]) -> str:
        """The digest of a timeline's part; parts that were not given out for the one before are put into `parts`."""
        if self._last is not None and self._last[0] is timeline:
            return self._last[1]
        clips = {id(clip): known for track in timeline.tracks for clip in track.clips if (known := self._clip(clip))}
        runs: set[str] = set()
        tracks: dict[int, tuple[Track, str]] = {}
        for track in timeline.tracks:
            digests = []
            for run in _runs(track.clips):
                data = b"[" + b",".join(clips[id(clip)][1] for clip in run) + b"]"
                digests.append(digest := _digest(data))
                if digest not in self._runs:
                    parts[digest] = data
            runs.update(digests)
            tracks[id(track)] = (track, self._track(track, digests, parts))
        fields = {**_fields(timeline), "tracks": [tracks[id(track)][1] for track in timeline.tracks]}
        data = _dumped(fields)
        parts[digest := _digest(data)] = data
        self._clips, self._tracks, self._runs, self._last = clips, tracks, frozenset(runs), (timeline, digest)
        return digest

    def _clip(self, clip: Clip) -> tuple[Clip, bytes]:
        return self._clips.get(id(clip)) or (clip, _dumped(clip_to_json(clip)))

    def _track(self, track: Track, runs: list[str], parts: dict[str, bytes]) -> str:
        if (known := self._tracks.get(id(track))) is not None:
            return known[1]
        data = _dumped({**_fields(track), "clips": runs})
        parts[digest := _digest(data)] = data
        return digest


class TimelineDecoder:
    """Reads timelines; versions that share parts share the tracks and clips in memory."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        """`read` gives the verified bytes of a part, or raises ValueError or StudioError."""
        self._read = read
        self._runs: dict[str, tuple[Clip, ...]] = {}
        self._tracks: dict[str, Track] = {}
        self._timelines: dict[str, Timeline] = {}

    def decode(self, digest: str) -> Timeline:
        """A timeline. Raises ValueError when its parts are not what an encoder made, and what `read` raises."""
        if (found := self._timelines.get(digest)) is None:
            data = _parsed(self._read(digest))
            tracks = tuple(map(self._track, _names(data.pop("tracks"))))
            found = dataclasses.replace(from_json(Timeline, data), tracks=tracks)
            if problem := timeline_problem(found):
                raise ValueError(problem)
            self._timelines[digest] = found
        return found

    def _track(self, digest: str) -> Track:
        if (found := self._tracks.get(digest)) is None:
            data = _parsed(self._read(digest))
            clips = tuple(clip for run in _names(data.pop("clips")) for clip in self._run(run))
            found = self._tracks[digest] = dataclasses.replace(from_json(Track, data), clips=clips)
        return found

    def _run(self, digest: str) -> tuple[Clip, ...]:
        if (found := self._runs.get(digest)) is None:
            found = self._runs[digest] = tuple(map(clip_from_json, _parsed(self._read(digest), list)))
        return found


def clip_to_json(clip: Clip) -> dict[str, Any]:
    """A clip as a JSON value; its media and tasks say their kind. What is nothing, and would be so by default, is left
    out.
    """
    found = _fields(clip)
    media = _fields(clip.media)
    if isinstance(clip.media, Generated):
        media["task"] = task_to_json(clip.media.task)
        media["takes"] = [_take_to_json(take) for take in clip.media.takes]
    return {**found, "media": {"kind": _kind_of[type(clip.media)], **media}}


def clip_from_json(value: Any) -> Clip:
    """What `clip_to_json` wrote. Raises ValueError on anything else."""
    try:
        fields = dict(value)
        media = dict(fields.pop("media"))
        kind = KINDS[media.pop("kind")]
        if kind is Generated:
            media["task"] = _task(media["task"])
            media["takes"] = tuple(map(_take, media.get("takes", ())))
        return Clip(**_read(Clip, fields), media=kind(**_read(kind, media)))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it holds no clip: {error}") from error


def tracks_of(timeline: bytes) -> list[str]:
    """The digests of the tracks that an encoded timeline names. Raises ValueError when it is none."""
    return _named(timeline, "tracks")


def runs_of(track: bytes) -> list[str]:
    """The digests of the runs of clips that an encoded track names. Raises ValueError when it is none."""
    return _named(track, "clips")


def takes_in(run: bytes) -> list[str]:
    """The ids of the takes that an encoded run of clips names, each once: those of clips, and the stills that a flow
    loop begins with. None for another part, which names none.
    """
    try:
        clips = json.loads(run)
        made = [take for clip in clips for take in clip["media"].get("takes", ())]
        tasks = [each.get("task") for each in (*(clip["media"] for clip in clips), *made)]
        takes = [take["id"] for take in made] + [still for task in tasks if task for still in _stills_of(task["value"])]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []
    return list(dict.fromkeys(take for take in takes if isinstance(take, str)))


def _stills_of(task: dict[str, Any]) -> Iterator[str]:
    """The takes whose frames a flow loop names as its pictures, as `studio.session.clips.sources.take_path` does."""
    for value in (task.get("path"), task.get("freeze")):
        if isinstance(value, str) and value.startswith("take:"):
            yield value.removeprefix("take:").partition("#")[0]


def _runs(clips: tuple[Clip, ...]) -> Iterator[tuple[Clip, ...]]:
    """A track's clips in runs, whose ends depend on nothing but the clips around them."""
    first = 0
    for index in range(1, len(clips)):
        begins = hashlib.blake2b(clips[index].id.encode("utf-8", "surrogatepass"), digest_size=1).digest()[0] % RUN == 0
        if begins or index - first >= 4 * RUN:
            yield clips[first:index]
            first = index
    if clips:
        yield clips[first:]


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass as JSON values, but for those that are told elsewhere and those that are nothing."""
    kind: Any = type(value)
    return {
        name: to_json(item)
        for name, nothing in _wanted(kind)
        if (item := getattr(value, name)) or not nothing
    }  # fmt: skip


@functools.cache
def _wanted(kind: Any) -> tuple[tuple[str, bool], ...]:
    """The fields that `to_json` can write, and whether each is nothing by default."""
    apart = {"media", "tracks", "clips", "task", "takes"}
    fields = [field for field in dataclasses.fields(kind) if field.name not in apart]
    return tuple((field.name, field.default in (None, 0, "", ())) for field in fields)


def _take_to_json(take: Take) -> dict[str, Any]:
    return _fields(take) | ({} if take.task is None else {"task": task_to_json(take.task)})


def _take(value: Any) -> Take:
    fields = dict(value)
    task = fields.pop("task", None)
    return Take(**_read(Take, fields), task=None if task is None else _task(task))


def _task(value: Any) -> ClipTask:
    task = task_from_json(value)
    if not isinstance(task, get_args(ClipTask)):
        raise ValueError("its task makes no frames")
    found: ClipTask = task
    return found


def _read(kind: type, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a dataclass from their JSON values; what is no JSON value any more stays as it is."""
    hints = _hints(kind)
    return {
        name: item if name in ("task", "takes") else from_json(hints[name], item, name) for name, item in fields.items()
    }


def _named(data: bytes, field: str) -> list[str]:
    try:
        return list(dict.fromkeys(_names(_parsed(data)[field])))
    except KeyError as error:
        raise ValueError("it is no part of a timeline") from error


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("it names no parts")
    return value


def _parsed(data: bytes, kind: type = dict) -> Any:
    try:
        text = data.decode("utf-8", "surrogatepass")
        found = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if not isinstance(found, kind):
        raise ValueError("it is no part of a timeline")
    return found


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no finite number")
    return number


def _dumped(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
