"""Files that are brought along: media become clips, other editors' timelines the project's; lost files are found."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Problem, StudioError
from studio.domain.timeline.model import Media, Timeline
from studio.session.clips.media import External, Missing, describe, relink, relinked, search
from studio.session.interchange.files import FORMATS, import_timeline
from studio.ui.animate.new_clips import with_media
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.train.background import Background

_NUMBERED = re.compile(r"^(.*?)(\d+)(\.\w+)$")
_SEQUENCE = 3  # pictures with numbers in a row that are taken for the frames of one clip


class Bringing(QObject):
    """Looks at files away from the window's thread. `busy` tells a sentence while it does, "" when it has ended."""

    problem = Signal(object)  # Problem
    noted = Signal(str)
    busy = Signal(str)

    def __init__(self, desk: TimelineDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._work = Background(self)
        self._work.problem.connect(self._failed)

    def bring(self, paths: Sequence[str], frame: int, track: str = "") -> None:
        """Clips of files from a frame on, on this track if it fits them. A timeline takes the place of this one."""
        files = [Path(path) for path in paths]
        timelines = [path for path in files if path.suffix.lower() in FORMATS]
        if timelines:
            self._bring_timeline(timelines[0])
            return
        self.busy.emit(self.tr("Reading {name}…").format(name=files[0].name) if files else "")
        self._work.run(lambda: _described(files), lambda found: self._put(found, frame, track))

    def relink(self, old: str, new: Path) -> None:
        """A file that was moved is there."""
        timeline = self._desk.timeline

        def work() -> dict[str, External]:
            return _found_in(relink(timeline, old, new), timeline, old)

        self.busy.emit(self.tr("Reading {name}…").format(name=new.name))
        self._work.run(work, lambda found: self._link(found, 0))

    def search(self, folder: Path, missing: tuple[Missing, ...]) -> None:
        """Files that were moved lie somewhere below a folder."""
        self.busy.emit(self.tr("Searching {name}…").format(name=folder.name or str(folder)))
        self._work.run(lambda: search(folder, missing), lambda found: self._link(found, len(missing)))

    def close_work(self) -> None:
        """Finish only what is under way."""
        self._work.abandon()

    def _put(self, found: tuple[list[tuple[Media, str]], list[Problem]], frame: int, track: str) -> None:
        self.busy.emit("")
        media, problems = found
        before = {clip.id for each in self._desk.timeline.tracks for clip in each.clips}
        if media and self._desk.request(self.tr("Import"), lambda now: with_media(now, media, frame, track)):
            after = [clip.id for each in self._desk.timeline.tracks for clip in each.clips]
            self._desk.select([clip for clip in after if clip not in before])
        for problem in problems[:1]:
            self.problem.emit(problem)

    def _bring_timeline(self, path: Path) -> None:
        rate = self._desk.timeline.rate
        self.busy.emit(self.tr("Reading {name}…").format(name=path.name))

        def use(found: object) -> None:
            self.busy.emit("")
            timeline: Timeline = found.timeline  # type: ignore[attr-defined]
            notices: tuple[str, ...] = found.notices  # type: ignore[attr-defined]
            had = any(track.clips for track in self._desk.timeline.tracks)
            if self._desk.request(self.tr("Import timeline"), lambda _: timeline):
                undo = [self.tr("Undo brings the timeline back that was here.")] if had else []
                if words := " ".join((*notices, *undo)):
                    self.noted.emit(words)

        self._work.run(lambda: import_timeline(path, rate=rate), use)

    def _link(self, found: dict[str, External], wanted: int) -> None:
        self.busy.emit("")
        if found:
            self._desk.request(self.tr("Relink"), lambda now: relinked(now, found))
        if wanted and len(found) < wanted:
            words = self.tr("{n} of {all} missing files were found there.")
            self.noted.emit(words.format(n=len(found), all=wanted))

    def _failed(self, problem: Problem) -> None:
        self.busy.emit("")
        self.problem.emit(problem)


def _described(files: Sequence[Path]) -> tuple[list[tuple[Media, str]], list[Problem]]:
    """In another thread: the media of files with their names, and what is wrong with the others."""
    found: list[tuple[Media, str]] = []
    problems: list[Problem] = []
    for path, sequence in _grouped(files):
        try:
            found.append((describe(path, sequence=sequence), path.stem))
        except StudioError as error:
            problems.append(error.problem)
    return found, problems


def _grouped(files: Iterable[Path]) -> list[tuple[Path, bool]]:
    """The files in their order; numbered ones that belong together as the first of them."""
    families: dict[tuple[Path, str, str], list[Path]] = {}
    for path in files:
        match = _NUMBERED.match(path.name)
        key = (path.parent, match[1], match[3].lower()) if match else (path, "", "")
        families.setdefault(key, []).append(path)
    found: list[tuple[Path, bool]] = []
    for members in families.values():
        if len(members) >= _SEQUENCE:
            found.append((min(members), True))
        else:
            found += [(path, False) for path in members]
    return found


def _found_in(after: Timeline, before: Timeline, old: str) -> dict[str, External]:
    """The media that took the place of those of a path."""
    pairs = zip(_media(after), _media(before), strict=True)
    for new, was in pairs:
        if isinstance(new, External) and isinstance(was, External) and was.path == old:
            return {old: new}
    return {}


def _media(timeline: Timeline) -> list[Media]:
    return [clip.media for track in timeline.tracks for clip in track.clips]
