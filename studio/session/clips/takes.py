"""The frames of a project's takes: read from any thread, and kept for good as they come."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from psygnal import Signal

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import Provenance
from studio.session.clips.provenance import read_provenance
from studio.session.project import frames
from studio.session.project.frames import Frame
from studio.session.project.project import Project

_KNOWN = 4096  # takes whose frames are remembered


class Run(Protocol):
    """Something done on the thread that writes the project, after what came before it."""

    def __call__(self, action: Callable[[], Any]) -> "Future[Any]":
        """A future of what the action returns, or of its StudioError."""


@dataclass(frozen=True, slots=True)
class Made:
    """A frame as it was made: its number, its PNG and its `Provenance` as JSON."""

    number: int
    png: bytes
    about: str = ""


class TakeStore:
    """The frames of a project. Safe in several threads.

    What cannot be read is missing: nothing here fails because a file is damaged. A future of what writes is done when
    the frames are on the disk; it has StudioError (INPUT for a project that can only be read, DISK when it cannot be
    written), or is cancelled when the project was closed before. `changed` is told on the thread that writes.
    """

    changed = Signal(str)  # a take has other frames than before

    def __init__(self, project: Project, run: Run) -> None:
        self._project, self._run = project, run
        self._known: dict[str, dict[int, Frame]] = {}
        self._damaged: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self._changes = 0

    # ------------------------------------------------------------------------------------------ reading

    def numbers(self, take: str) -> frozenset[int]:
        """The numbers of the frames that are there."""
        return frozenset(self._frames(take))

    def digest(self, take: str, number: int) -> str:
        """The digest of a frame's PNG, "" for one that is missing: frames of one digest have the same pixels."""
        frame = self._frames(take).get(number)
        return frame.digest.hex() if frame else ""

    def png(self, take: str, number: int) -> bytes | None:
        """A frame's PNG; None for one that is missing or damaged."""
        return self.still(take, number)[1]

    def still(self, take: str, number: int) -> tuple[str, bytes | None]:
        """A frame's digest and its PNG, which belong together whatever is kept meanwhile; "" and None where it is
        missing, the digest and None where it is damaged.
        """
        frame = self._frames(take).get(number)
        if frame is None:
            return "", None
        try:
            if (found := self._still(frame.digest)) is None:
                self._lost(take, number)
        except StudioError:  # the file cannot be read at present
            found = None
        return frame.digest.hex(), found

    def provenance(self, take: str, number: int) -> Provenance | None:
        """How a frame came to be; None where that is not known."""
        return read_provenance(self.about(take, number))

    def about(self, take: str, number: int) -> str:
        """How a frame came to be, as JSON; "" where that is not known."""
        frame = self._frames(take).get(number)
        return frame.about if frame else ""

    def missing(self, take: str, count: int) -> tuple[int, ...]:
        """Which of the first `count` frames are not there, or are damaged; reads them all."""
        return tuple(number for number in range(count) if self.png(take, number) is None)

    def named(self, take: str) -> bool:
        """Whether the project has frames of this take, or any version of its history names it; may be slow."""
        if self._frames(take):
            return True
        try:
            return self._project.names(take)
        except StudioError:
            return False

    # ------------------------------------------------------------------------------------------ writing

    def keep(self, take: str, number: int, png: bytes, about: str = "") -> "Future[None]":
        """Keep a frame, in place of the one of this number."""
        return self.keep_all(take, (Made(number, png, about),))

    def keep_all(self, take: str, made: Iterable[Made]) -> "Future[None]":
        """Keep frames, all or none."""
        digests = [(each, hashlib.sha256(each.png).digest()) for each in made]
        rows = [Frame(each.number, digest, each.about) for each, digest in digests]
        return self._write(take, lambda: rows, {digest: each.png for each, digest in digests})

    def keep_known(self, take: str, number: int, digest: str, about: str = "") -> "Future[bool]":
        """Keep a frame whose PNG the project has already, in whatever take; whether it has."""
        name = bytes.fromhex(digest)

        def action() -> bool:
            if self._still(name) is None:
                return False
            self._put(take, [Frame(number, name, about)], {})
            return True

        return self._run(action)

    def copy(self, source: str, take: str, numbers: Mapping[int, int]) -> "Future[None]":
        """Let frames of `source` be frames of `take`, too, by what their numbers become; no pixels are copied. Those
        that are missing are left out.
        """

        def rows() -> list[Frame]:
            known = self._frames(source)
            pairs = ((known[old], new) for old, new in numbers.items() if old in known)
            return [Frame(new, frame.digest, frame.about) for frame, new in pairs]

        return self._write(take, rows, {})

    def expect(self, take: str) -> None:
        """Frames of this take are about to come: they stay, whether or not a version names it."""
        self._project.expected.add(take)

    def settle(self, take: str) -> None:
        """No frames of this take are about to come any more."""
        self._project.expected.discard(take)

    # ------------------------------------------------------------------------------------------ the file

    def _write(self, take: str, rows: Callable[[], list[Frame]], stills: Mapping[bytes, bytes]) -> "Future[None]":
        if self._project.read_only:
            refused: Future[None] = Future()
            refused.set_exception(
                StudioError(
                    ErrorKind.INPUT,
                    f"This project is open for reading only. {self._project.why}",
                    "Choose File > Save As to go on in a copy.",
                )
            )
            return refused
        return self._run(lambda: self._put(take, rows(), stills))

    def _put(self, take: str, rows: list[Frame], stills: Mapping[bytes, bytes]) -> None:
        self._project.keep_frames(take, rows, stills)
        with self._lock:
            self._changes += 1
            if (known := self._known.get(take)) is not None:
                self._known[take] = {**known, **{row.number: row for row in rows}}
            self._damaged -= {(take, row.number) for row in rows}
        self.changed.emit(take)

    def _frames(self, take: str) -> dict[int, Frame]:
        with self._lock:
            if (known := self._known.get(take)) is not None:
                return known
            changes = self._changes
        try:
            with self._project.lent() as connection:
                found = frames.of_take(connection, take)
        except StudioError:
            return {}
        with self._lock:
            found = {number: frame for number, frame in found.items() if (take, number) not in self._damaged}
            # A project that can only be read may be written by another window.
            if changes == self._changes and not self._project.read_only:
                if len(self._known) >= _KNOWN:
                    self._known.clear()
                self._known[take] = found
        return found

    def _lost(self, take: str, number: int) -> None:
        """A frame was found damaged: from now on it is missing."""
        with self._lock:
            self._damaged.add((take, number))
            if (known := self._known.get(take)) is not None:
                self._known[take] = {each: frame for each, frame in known.items() if each != number}

    def _still(self, digest: bytes) -> bytes | None:
        """A PNG; None where it is gone or damaged. Raises StudioError (DISK)."""
        with self._project.lent() as connection:
            return frames.still(connection, digest)
