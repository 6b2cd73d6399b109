"""What `safelight inspect` says of a moving picture: what it is, and the request it was made by, if it carries one."""

import json
from pathlib import Path
from typing import Any

from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.job_json import task_from_json
from studio.domain.jobs import FRAME_TASKS
from studio.imaging import metadata
from studio.imaging.metadata import PictureInfo
from studio.imaging.video import packets
from studio.imaging.video.info import open_source, probe
from studio.imaging.video.notes import clip_text
from studio.imaging.video.numbered import Stills
from studio.imaging.video.problems import errors_of

Facts = tuple[dict[str, Any], tuple[str, ...]]
_VIDEOS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi")  # what is wrong with these is told of them as videos


def facts_of_clip(path: Path) -> Facts | None:
    """What is known of the clip in a file, and warnings; None for a picture.

    What carries a request for frames is a clip, so is every video, and a picture that moves and does not say how it was
    made as one picture. Raises StudioError: INPUT for what is neither a picture nor a video, DISK, MEMORY.
    """
    text = _text(path)
    task, warnings = _task(text)
    picture, problem = _picture(path)
    if not task and picture is not None and (picture.recipe or picture.parameters or _is_still(path)):
        return None
    try:
        info = probe(path)
    except StudioError as error:
        raise (problem if problem and not _is_called_video(path) else error) from error
    facts = {
        "kind": "clip",
        "format": picture.format if picture else _container(path),
        "codec": info.codec,
        "size": str(info.size),
        "frames": info.frames,
        "fps": float(info.rate),
        "seconds": float(info.seconds),
        "sound": info.sound,
        "alpha": info.alpha,
        **(task or {"task": None, "request": None}),
        "comment": "" if task else text,
    }
    return facts, (*warnings, *([info.problem] if info.problem else []))


def _text(path: Path) -> str:
    try:
        return clip_text(path)
    except StudioError as error:
        if error.problem.kind is ErrorKind.INPUT:
            return ""  # whoever reads the file itself says what is wrong with it
        raise


def _task(text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The request in a text, if it is one of ours for frames, and what is wrong with it."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}, ()
    if not isinstance(found, dict) or set(found) != {"kind", "value"}:
        return {}, ()
    try:
        task = task_from_json(found)
    except (ValueError, RecursionError) as error:
        return {}, (f"The request in it cannot be read: {error}.",)
    return ({"task": found["kind"], "request": to_json(task)} if isinstance(task, FRAME_TASKS) else {}), ()


def _picture(path: Path) -> tuple[PictureInfo | None, StudioError | None]:
    try:
        return metadata.read(path), None
    except StudioError as error:
        if error.problem.kind is ErrorKind.INPUT:
            return None, error
        raise


def _is_still(path: Path) -> bool:
    """Whether a picture does not move; it may be one of many that are numbered, or no video's reader may take it."""
    try:
        source = open_source(path)
    except StudioError:
        return True
    source.close()
    return isinstance(source, Stills) or source.timing.frames < 2


def _is_called_video(path: Path) -> bool:
    return path.suffix.lower() in _VIDEOS


def _container(path: Path) -> str:
    """The container's name, of several the one that the file is called by."""
    with errors_of(path), packets.opened(path) as container:
        names = container.format.name.removesuffix("_pipe").split(",")
    called = path.suffix.lower().removeprefix(".")
    return (called if called in names else names[0]).upper()
