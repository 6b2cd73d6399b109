"""Which project is on the table: the one left last, a new one, or one that is opened."""

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

from studio.domain.document.document import Document
from studio.domain.document.edits import insert
from studio.domain.document.layers import PaintLayer
from studio.domain.errors import Problem, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.fills import filled
from studio.imaging.tiles import TileStore
from studio.session.canvas import CanvasSession
from studio.session.paths import Paths
from studio.session.project.recent import Recent
from studio.session.project.untitled import LeftOver, discard, left_over
from studio.ui import dropping

PLAIN = Size(1024, 1024)
_BEGINNING = 3  # the first id of a version that the user made: before it are the blank canvas and its paper


class Sessions:
    """Opens and closes projects. `paper` and `layer` are words in the user's language for what a new canvas is made of;
    `undo_limit` tells how many bytes a history may take.
    """

    def __init__(self, paths: Paths, paper: str, layer: str, undo_limit: Callable[[], int]) -> None:
        self._undo_limit = undo_limit
        self._untitled, self._paper, self._layer = paths.untitled, paper, layer
        self.recent = Recent(paths.recent_projects)
        self.trouble: Problem | None = None  # why `resume` gave something else than what was open last

    def resume(self, frame: Size) -> CanvasSession:
        """What was open last, or what was left without a name, or a new canvas."""
        for path in (*self.recent.paths[:1], *(each.path for each in self.left_over[:1])):
            try:
                return self.open(path)
            except StudioError as error:
                self.trouble = self.trouble or error.problem
        try:
            return self.new(PLAIN, white=True, frame=frame)
        except StudioError as error:
            self.trouble = error.problem
            self._untitled = Path(tempfile.mkdtemp(prefix="safelight-"))
            return self.new(PLAIN, white=True, frame=frame)

    @property
    def left_over(self) -> tuple[LeftOver, ...]:
        """Work without a name that no window has open, the latest first."""
        return left_over(self._untitled)

    def new(self, size: Size, *, white: bool, frame: Size) -> CanvasSession:
        """Work without a name: white paper or nothing, and an empty layer above. Raises StudioError (DISK)."""
        place = Rect(max(0, (size.width - frame.width) // 2), max(0, (size.height - frame.height) // 2), *_pair(frame))
        session = self._create(Document(size, frame=place))
        document = session.document
        if white:
            document = insert(document, _paper(session.store, size, self._paper))
        document = insert(document, PaintLayer(name=self._layer))
        session.begin("New", document)
        self.recent.add(session.path)
        return session

    def empty(self) -> CanvasSession:
        """Work without a name that something is about to be read into."""
        return self._create(Document(PLAIN))

    def open(self, path: Path) -> CanvasSession:
        """A project file. Raises StudioError as `CanvasSession.open` does."""
        untitled = path.parent == self._untitled
        session = CanvasSession.open(path, untitled=untitled, undo_limit=self._undo_limit())
        self.recent.add(session.path)
        return session

    def close(self, session: CanvasSession) -> None:
        """Save it and let go; a canvas without a name that nobody has worked on leaves nothing."""
        untouched = session.untitled and session.history.versions[-1].id < _BEGINNING and not session.why
        path = session.path
        session.close()
        if untouched:
            self.discard(path)

    def discard(self, path: Path) -> None:
        """Delete work without a name that no window has open."""
        discard(path)
        self.recent.remove(path)

    def _create(self, document: Document) -> CanvasSession:
        return CanvasSession.create_untitled(self._untitled, document, undo_limit=self._undo_limit())


def is_project(path: Path) -> bool:
    """Does the name say it is a project?"""
    return dropping.is_project(str(path))


def _paper(store: TileStore, size: Size, name: str) -> PaintLayer:
    paper = PaintLayer(name=name)
    return dataclasses.replace(paper, tiles=filled(store, paper, (255, 255, 255), Rect.of(size)))


def _pair(size: Size) -> tuple[int, int]:
    return size.width, size.height
