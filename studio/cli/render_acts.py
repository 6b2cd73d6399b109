"""`safelight render` and `safelight import-timeline`: timelines to files, and files to timelines."""

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from studio.cli.failures import Interrupted
from studio.cli.interrupts import cancelling
from studio.cli.program import announce, harmless, note, print_json
from studio.cli.progress import console
from studio.domain.document.document import Document
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.timeline.model import Clip, Generated, Sound, Still, Timeline, Track, Video
from studio.domain.user_paths import exists, expanded
from studio.session.canvas import CanvasSession
from studio.session.clips.media import find_missing
from studio.session.cutting import Cut, alone, find_clip, frame_size, unfinished, whole, zoned
from studio.session.interchange.files import FORMATS, OTIO, export_timeline
from studio.session.interchange.files import import_timeline as read_timeline
from studio.session.interchange.frames_in import bring
from studio.session.interchange.movies import movie_writer
from studio.session.montage import montage_of
from studio.session.rendering import OnProgress, Poll, Report, Stage, as_json
from studio.session.rendering import render as render_cut

_RATE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}|/[0-9]{0,5}[1-9])?")
_WORDS = {Stage.WRITING: "Rendering", Stage.CHECKING: "Checking"}
_LOOSE = 0.01  # rates closer than this are meant to be those of television


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `render` as they were given."""

    output: Path | None
    clip: str
    timeline: bool
    zone: bool
    preset: str
    size: str
    fps: str
    turns: int
    media: bool
    as_json: bool


def render(project: Path, request: Request) -> int:
    """Carry out the command."""
    output = _required(request)
    with _opened(project) as session:
        if output.suffix.lower() in FORMATS:
            return _exported(session, output, request)
        cut = _cut(session.document, request)
        remarks = _remarks(session, cut.timeline)
        with _shown(request.as_json) as (progress, poll):
            report = render_cut(
                montage_of(session), cut, output, request.preset, turns=request.turns, progress=progress, poll=poll
            )
    if request.as_json:
        print_json(as_json(report) | {"remarks": [*remarks]})
        return 0
    for remark in (*remarks, *report.notices, *report.problems):
        note(f"note: {remark}")
    for line in _lines(report):
        note(line)
    announce(report.path)
    return 0


def listing(project: Path, as_json: bool) -> int:
    """Show the clips of a project and their takes."""
    with _opened(project) as session:
        timeline, size = session.document.timeline, frame_size(session.document)
        clips = [_clip(session, track, clip) for track in timeline.tracks for clip in track.clips]
    if as_json:
        zone = dataclasses.asdict(timeline.zone) if timeline.zone else None
        facts = {"rate": str(timeline.rate), "ring": timeline.ring, "frames": timeline.length, "size": str(size)}
        print_json(facts | {"zone": zone, "clips": clips})
        return 0
    kind = "a loop of " if timeline.ring else ""
    note(f"{kind}{timeline.length} frames of {size} at {float(timeline.rate):.6g} a second")
    for clip in clips:
        last = clip["start"] + clip["length"] - 1
        print(harmless(f"{clip['id'][:8]}  {clip['name'] or '(no name)'}  {clip['kind']}, {clip['start']} to {last}"))
        for take in clip.get("takes", ()):
            mark = "*" if take["active"] else " "
            print(harmless(f"  {mark} {take['name'] or take['id'][:8]}  {take['there']} of {take['frames']} frames"))
    return 0


def import_timeline(file: Path, output: Path, fps: str, as_json: bool) -> int:
    """Carry out the command."""
    output = expanded(output).absolute()
    if exists(output):
        raise StudioError(ErrorKind.INPUT, f"{output} exists and is not overwritten.", "Choose another name.", "output")
    found = read_timeline(file, rate=_rate(fps))
    document = Document(timeline=found.timeline)
    document = dataclasses.replace(document, size=frame_size(document))
    session = CanvasSession.create(output, document)
    try:
        frames = bring(found.frames, session.takes)
    finally:
        session.close()
    if as_json:
        print_json(
            {
                "file": str(output),
                "name": found.name,
                "rate": str(found.timeline.rate),
                "frames": found.timeline.length,
                "clips": sum(len(track.clips) for track in found.timeline.tracks),
                "frames_made": frames,
                "notices": [*found.notices],
                "missing": [*found.missing],
            }
        )
        return 0
    for remark in (*found.notices, *(f"{path} is missing; link it anew in the window." for path in found.missing)):
        note(f"note: {remark}")
    announce(output)
    return 0


# ------------------------------------------------------------------------------------------------ what is asked for


@contextlib.contextmanager
def _opened(project: Path) -> Iterator[CanvasSession]:
    """The project, which another window may have open."""
    session = CanvasSession.open(expanded(project))
    try:
        if not any(track.clips for track in session.document.timeline.tracks):
            message = f"{project.name} has nothing on its timeline."
            raise StudioError(ErrorKind.INPUT, message, "Put a clip on it, in the Animate workspace.", "project")
        yield session
    finally:
        session.close()


def _required(request: Request) -> Path:
    if bool(request.clip) + request.timeline + request.zone > 1:
        message = "--clip, --timeline and --zone exclude each other."
        raise StudioError(ErrorKind.INPUT, message, "Give one of them, or none.")
    if request.turns < 1:
        raise StudioError(ErrorKind.INPUT, f"A loop cannot turn {request.turns} times.", "Give 1 or more.", "turns")
    if request.output is None:
        raise StudioError(ErrorKind.INPUT, "There is nowhere to render to.", "Name a file with -o.", "output")
    return expanded(request.output).absolute()


def _cut(document: Document, request: Request) -> Cut:
    if request.clip:
        found = alone(document, find_clip(document.timeline, request.clip))
    elif request.zone or (document.timeline.zone and not request.timeline):
        found = zoned(document)
    else:
        found = whole(document)
    if request.size:
        found = dataclasses.replace(found, size=_size(request.size))
    return found.at_rate(_rate(request.fps)) if request.fps else found


def _size(text: str) -> Size:
    try:
        return Size.parse(text)
    except ValueError as error:
        raise StudioError(ErrorKind.INPUT, str(error), field="size") from error


def _rate(text: str) -> Fraction:
    if not _RATE.fullmatch(text) or not (rate := Fraction(text)):
        message = f"“{text}” is no number of frames a second."
        raise StudioError(ErrorKind.INPUT, message, "Write 24, 23.976 or 30000/1001.", "fps")
    whole_rate = round(rate * Fraction(1001, 1000))
    television = Fraction(whole_rate * 1000, 1001)
    return television if rate.denominator != 1 and abs(rate - television) < _LOOSE else rate


# ------------------------------------------------------------------------------------------------ what is told


@contextlib.contextmanager
def _shown(quiet: bool) -> Iterator[tuple[OnProgress, Poll]]:
    """A bar for the present stage, and a poll that raises Interrupted after Ctrl-C."""
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True

    def poll() -> None:
        if stopped:
            raise Interrupted

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with cancelling(stop), Progress(*columns, console=console(quiet=quiet), transient=True) as bar:
        lines: dict[Stage, TaskID] = {}

        def progress(stage: Stage, done: int, total: int) -> None:
            if stage not in lines:
                lines[stage] = bar.add_task(_WORDS[stage], total=total)
            bar.update(lines[stage], completed=done)

        yield progress, poll


def _remarks(session: CanvasSession, timeline: Timeline) -> tuple[str, ...]:
    """What of the timeline is not there."""
    gone = (f"{missing.path} is missing: a placeholder stands in for it." for missing in find_missing(timeline))
    return (*unfinished(timeline, session.takes.numbers), *gone)


def _lines(report: Report) -> Iterator[str]:
    rate, seconds = float(report.rate), float(report.seconds)
    yield f"{report.frames:,} frames of {report.size} at {rate:.6g} a second: {seconds:.2f} s, in {report.took:.1f} s"
    if report.measures is not None and report.verdict is not None:
        judged = f"{report.verdict.light.value}: {'; '.join(report.verdict.reasons)}"
        yield f"seam {report.measures.seam_ratio:.2f} × a usual step ({judged})"


def _exported(session: CanvasSession, output: Path, request: Request) -> int:
    """The timeline for another editor."""
    otio = output.suffix.lower() == OTIO
    exported = export_timeline(
        output,
        session.document.timeline,
        session.path.stem,
        frames=session.takes if request.media and otio else None,
        movie=movie_writer(montage_of(session)) if request.media and not otio else None,
    )
    if request.as_json:
        media = [str(path) for path in exported.media]
        print_json({"file": str(exported.path), "media": media, "notices": [*exported.notices]})
        return 0
    for notice in exported.notices:
        note(f"note: {notice}")
    announce(exported.path)
    return 0


def _clip(session: CanvasSession, track: Track, clip: Clip) -> dict[str, Any]:
    """What there is to know of a clip, as a JSON value."""
    media = clip.media
    found: dict[str, Any] = {
        "id": clip.id,
        "name": clip.name,
        "track": track.name,
        "kind": type(media).__name__.lower(),
        "start": clip.start,
        "length": clip.length,
        "enabled": clip.enabled and not track.hidden,
    }
    if isinstance(media, Video | Still | Sound):
        found["path"] = media.path
    if isinstance(media, Generated):
        there = session.takes.numbers
        found |= {"closed": media.closed, "rate": str(media.rate), "size": str(media.size)}
        found["takes"] = [
            {
                "id": take.id,
                "name": take.name,
                "active": take.id == media.active,
                "frames": take.frames,
                "there": len(there(take.id)),
            }
            for take in media.takes
        ]
    return found
