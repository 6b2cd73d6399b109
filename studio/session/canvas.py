"""One canvas as it is worked on: the document, its history, its pixels, and the project file that keeps all three."""

import math
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from psygnal import Signal

from studio.domain.document.document import Document
from studio.domain.document.history import History, Version
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.imaging.tiles import TileStore
from studio.session.clips.takes import TakeStore
from studio.session.project.project import Project
from studio.session.project.store import Change, Weight
from studio.session.project.untitled import discard, new_path
from studio.session.project.writer import UNDO_LIMIT, Writer

_PRUNED = 2  # versions that leave the history with a commit while it takes more than its limit


class CanvasSession:
    """Edits of one document. All methods belong to one thread; none of them waits for the disk, but `flush`, `close`
    and what reads a version that was not used yet.

    `changed(document, previous)` comes on the caller's thread. `saved(bool)` tells whether everything is in the file,
    and comes on the writer's thread when True, as does `problem(Problem)`; a listener must not wait for the caller's
    thread. Keep pixels, not tile maps, of versions that may leave the history (on a clipboard, say): their tiles go
    with them. `takes` has the frames of the clips on its timeline, for any thread.
    """

    changed = Signal(Document, Document)
    versions_changed = Signal()  # their names, or which there are, while the document stays
    saved = Signal(bool)
    problem = Signal(Problem)

    def __init__(self, project: Project, *, untitled: bool = False, undo_limit: int = UNDO_LIMIT) -> None:
        """The project's state as it was saved last. Raises StudioError (DISK) when it is damaged; it is closed then.

        `untitled` work has no name of the user's yet; `undo_limit` is in bytes of the file.
        """
        self._project, self.untitled = project, untitled
        try:
            self.history: History = project.history()
        except StudioError:
            project.close()
            raise
        self.store = TileStore(project.blobs)
        self._touched = self.history.versions[-1].id > 1
        self._writer = Writer(project, self.problem.emit, self.saved.emit, undo_limit)
        self._writer.start()
        self.takes = TakeStore(project, self._writer.run)

    @classmethod
    def create(cls, path: Path, document: Document) -> "CanvasSession":
        """A new project with a document that has no tiles. Raises StudioError as `Project.create`."""
        return cls(Project.create(path, document))

    @classmethod
    def create_untitled(cls, folder: Path, document: Document, *, undo_limit: int = UNDO_LIMIT) -> "CanvasSession":
        """Work without a name, kept in `folder` until it gets one. Raises StudioError (DISK)."""
        return cls(Project.create(new_path(folder), document), untitled=True, undo_limit=undo_limit)

    @classmethod
    def open(cls, path: Path, *, untitled: bool = False, undo_limit: int = UNDO_LIMIT) -> "CanvasSession":
        """A project as it was left. Raises StudioError as `Project.open`, and when its history is damaged."""
        return cls(Project.open(path), untitled=untitled, undo_limit=undo_limit)

    @property
    def path(self) -> Path:
        """Where the project lies."""
        return self._project.path

    @property
    def why(self) -> str:
        """Why the project can only be read; "" where it can be written."""
        return self._project.why

    @property
    def read_only(self) -> bool:
        """Whether the project can only be read."""
        return self._project.read_only

    @property
    def document(self) -> Document:
        """The document as it is now."""
        return self.history.document

    @property
    def unsaved(self) -> int:
        """How many steps are not in the file yet."""
        return self._writer.unsaved

    @property
    def named(self) -> tuple[Version, ...]:
        """The versions with a name, the oldest first."""
        return tuple(version for version in self.history.versions if version.name)

    def commit(self, label: str, document: Document, merge: str = "") -> Version:
        """Make this document the current one, as a step that can be undone. Commits in a row with one `merge` key, such
        as those of a slider's drag, are one step; each drag needs a key of its own.

        Raises StudioError (INPUT) for a project that can only be read.
        """
        self._require_writable()
        previous = self.document
        if document is previous:
            return self.history.current
        version = self.history.commit(label, document, merge)
        children, removed = self._pruned()
        self._touched = True
        versions = tuple({each.id: each for each in (version, *children)}.values())
        self._put({version.id: document}, versions, removed)
        self.changed.emit(document, previous)
        return version

    def begin(self, label: str, document: Document) -> Version:
        """Make this document the one that a new project begins with: nothing before it can be undone to.

        Raises StudioError as `commit`.
        """
        version = self.commit(label, document)
        removed, children = self.history.forget_older(math.inf)
        self._put({}, children, tuple(each.id for each in removed))
        self.versions_changed.emit()
        return version

    def undo(self) -> bool:
        """Go back one step; whether there was one. Raises StudioError: DISK when it is damaged, INPUT as `commit`."""
        return self._moved(self.history.undo)

    def redo(self) -> bool:
        """Go forward one step; whether there was one. Raises as `undo`."""
        return self._moved(self.history.redo)

    def jump(self, version_id: int) -> bool:
        """Go to any step of the history; whether it is another. Raises as `undo`, and INPUT when there is none such."""
        return self._moved(lambda: self.history.jump(version_id))

    def name(self, name: str, version_id: int | None = None) -> Version:
        """Name a version (the current one if none is given), so that it stays; "" takes its name away.

        Raises StudioError (INPUT) when there is none such, and as `commit`.
        """
        self._require_writable()
        version = self.history.named(self.history.current.id if version_id is None else version_id, name)
        self._put({}, (version,), ())
        self.versions_changed.emit()
        return version

    def limit_undo(self, size: int) -> None:
        """Let the history take so many bytes beside the current version; its oldest steps go with later commits."""
        self._writer.limit, self._writer.overweight = size, False

    def revert(self, version_id: int) -> Version:
        """Make a version's document the current one again, as a new step. Raises StudioError as `jump`."""
        version = self.history.version(version_id)
        return self.commit(f"Back to {version.name or version.label}", self.history.document_of(version_id))

    def save_as(self, path: Path) -> "Future[None]":
        """Copy the project with all its history to `path`, whole or not at all, and go on there.

        The future has StudioError: INPUT when another window has `path` open, DISK when it cannot be written.
        """

        def action() -> None:
            old, was_untitled = self._project.path, self.untitled
            self._project.save_as(path)
            self.untitled = False
            if was_untitled and old != self._project.path:
                discard(old)

        return self._writer.run(action)

    def undo_bytes(self) -> "Future[int | None]":
        """What the history takes beside the current version; None while that is being counted. Costs little."""
        return self._writer.run(lambda: self._project.undo_bytes() if self._project.counted else None)

    def weigh(self, older: float | None = None) -> "Future[Weight]":
        """What the project takes, and would take after `compact`. The future has StudioError as `Project.weigh`."""
        gone = {version.id for version in self.history.older_than(older)} if older is not None else set[int]()
        return self._writer.run(lambda: self._project.weigh(gone))

    def compact(self, older: float | None = None) -> "Future[int]":
        """Give the space of what is not in the history back to the disk; steps made before `older` (seconds since 1970)
        are dropped from it first, but neither the current nor the named ones.

        The future has the bytes that became free, or StudioError (DISK): what was dropped is gone then, too. Raises
        StudioError as `commit`.
        """
        self._require_writable()
        if older is not None:
            removed, children = self.history.forget_older(older)
            self._put({}, children, tuple(version.id for version in removed))
            self.versions_changed.emit()

        def action() -> int:
            before = self._project.disk_bytes()
            self._project.compact()
            return before - self._project.disk_bytes()

        return self._writer.run(action)

    def retry(self) -> None:
        """Try again to save what could not be saved."""
        self._writer.retry()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything is in the file, or cannot be, or `timeout` seconds are over; whether it is."""
        return self._writer.flush(timeout)

    def close(self) -> None:
        """Save, and let go of the file. What `flush` could not save is lost; untitled work without any step, too."""
        self._writer.close()
        self._project.close()
        if self.untitled and not self._touched and not self.read_only:
            discard(self._project.path)

    def _moved(self, move: Callable[[], Version | None]) -> bool:
        self._require_writable()
        before, previous = self.history.current.id, self.document
        version = move()
        if version is None or version.id == before:
            return False
        self._put({}, (), ())
        self.changed.emit(self.document, previous)
        return True

    def _put(self, documents: dict[int, Document], versions: tuple[Version, ...], removed: tuple[int, ...]) -> None:
        self._writer.put(Change(self.history.current.id, self.history.tip.id, versions, documents, removed))

    def _pruned(self) -> tuple[list[Version], tuple[int, ...]]:
        """Shorten a history that takes too much: the versions that got another parent, and those that are gone."""
        children: dict[int, Version] = {}
        removed: list[int] = []
        while self._writer.overweight and len(removed) < _PRUNED:
            pruned = self.history.forget_oldest()
            if pruned is None:
                break
            removed.append(pruned[0].id)
            children |= {child.id: child for child in pruned[1]}
        return [child for child in children.values() if child.id not in removed], tuple(removed)

    def _require_writable(self) -> None:
        if self.read_only:
            raise StudioError(
                ErrorKind.INPUT,
                f"This project is open for reading only. {self.why}",
                "Choose File > Save As to go on in a copy.",
            )
