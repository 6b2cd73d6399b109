"""The journal of a queue: every job is in the project file before it starts, and nobody waits for the disk."""

import contextlib
import dataclasses
import secrets
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from psygnal import Signal

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job
from studio.domain.messages import Checkpoint, Preview
from studio.session.journal import rows
from studio.session.journal.batch import Batch
from studio.session.journal.kept import KeptPreview, encoded
from studio.session.journal.others import Others, snapshot
from studio.session.journal.place import Place
from studio.session.project import schema
from studio.session.project.troubles import DAMAGED_HINT, told

KEPT_BYTES = 256 * 2**20  # of checkpoints and previews in all
_LAZY = 1.0  # seconds that what may be lost waits for more of its kind
_AGAIN = 5.0  # seconds until what could not be written is tried again
_LOOK = 0.5  # seconds between two looks at what other processes did
_PATIENCE = 30_000  # milliseconds that a write waits while another program writes
_UNREAD = 32  # previews that wait to be encoded
_PRUNED = 8 * 2**20  # bytes that are written before the kept ones are counted again
_HINT = (
    "Make room on its disk, make the file and its folder writable, or put it back. The queue goes on meanwhile, and is"
    " saved as soon as that is possible; do not quit before."
)


class Journal:
    """All jobs of one queue in a project file, which others may have open, too.

    What is put is written soon, on the journal's own thread; what cannot be is told once, waits in memory and is tried
    again. All methods are safe in every thread but the journal's own, on which the signals are emitted: there, neither
    `flush` nor `close`.
    """

    problem = Signal(Problem)  # something cannot be written or read
    foreign = Signal(tuple, tuple)  # other processes changed jobs: these as they are now, the ids that are gone
    wished = Signal(str, str)  # another process asks the one that runs the queue: the act, a job's id or ""

    def __init__(self, place: Place) -> None:
        """Use `open`. Raises StudioError (DISK) when it cannot be read."""
        self._place = place
        self._writer = secrets.token_hex(8)
        self._waiting, self._writing = Batch(), Batch()
        self._unread: deque[Preview] = deque(maxlen=_UNREAD)
        self._known: dict[str, Job] = {}  # the jobs as they were put last
        self._due: float | None = None  # when what waits is written
        self._busy = self._stuck = self._closing = False
        self._damage: Problem | None = None  # to be told
        self._told = ""
        self._unpruned = _PRUNED
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        with place.readers.lent() as connection:
            self._others = Others(connection, self._writer)
        self._held = self._others.held
        self._start()

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> "Journal":
        """The journal in the project at `path`; with `create`, a project with an empty document is made where there is
        none. Raises StudioError as `Project.open` and `Project.create`.
        """
        place = Place(path, create=create)
        try:
            return cls(place)
        except StudioError:
            place.close()
            raise

    @property
    def path(self) -> Path:
        """Where the project lies."""
        return self._place.path

    # ------------------------------------------------------------------------------------------ reading

    def jobs(self) -> tuple[Job, ...]:
        """All jobs as they are in the file, in the order in which they came; damaged ones are left out and told.

        Raises StudioError (DISK) when it cannot be read.
        """
        with self._place.readers.lent() as connection, snapshot(connection):
            found, damaged = rows.jobs(connection)
            changed, removals = rows.value(connection, "changed"), rows.value(connection, "removals")
        self._others.read(found, changed, removals)
        with self._wake:
            for job in found:
                self._known.setdefault(job.id, job)
            if damaged:
                self._damage = _damage(self.path, damaged)
                self._wake.notify_all()
        return tuple(found)

    def checkpoint(self, job_id: str, index: int, most: int | None = None) -> bytes:
        """The newest whole checkpoint of a picture with at most `most` steps done; b"" if there is none."""
        of, before = (job_id, index), rows.NO_STEP if most is None else most + 1
        with self._wake:
            for batch in (self._waiting, self._writing):
                steps = batch.checkpoints.get(of, {})
                if found := [step for step in steps if step < before]:
                    return steps[max(found)]
                before = min(before, *steps) if steps else before
                if job_id in batch.removed:
                    return b""
        with contextlib.suppress(StudioError), self._place.readers.lent() as connection:
            return rows.checkpoint(connection, of, before)
        return b""

    def previews(self, job_id: str, index: int) -> tuple[KeptPreview, ...]:
        """What is kept of a picture's way, in the order of its steps; nothing where it cannot be read."""
        of, before, found = (job_id, index), rows.NO_STEP, dict[int, KeptPreview]()
        with self._wake:
            fresh = Batch()
            fresh.add(self._writing)
            fresh.add(self._waiting)
            unread = [each for each in self._unread if (each.job_id, each.index) == of]
        for preview in unread:
            fresh.keep_preview(of, encoded(preview))
        found = fresh.previews.get(of, {})
        if job_id not in fresh.removed:
            with contextlib.suppress(StudioError), self._place.readers.lent() as connection:
                older = rows.previews(connection, of, min(found, default=before))
                found = {**{each.step: each for each in older}, **found}
        return tuple(found[step] for step in sorted(found))

    # ------------------------------------------------------------------------------------------ writing

    @property
    def held(self) -> bool:
        """Is the whole queue paused?"""
        return self._held

    def hold(self, held: bool) -> None:
        """Pause the whole queue, or let it go on; it stays so over a restart."""
        with self._wake:
            self._held = self._waiting.held = held
            self._wait(0)

    def put(self, jobs: Iterable[Job], then: Callable[[], None] | None = None) -> None:
        """Write these jobs soon. `then` is called on the journal's thread once they are in the file, or once that was
        tried in vain and told.
        """
        given = tuple(jobs)
        with self._wake:
            lazy = then is None and all(_only_further(self._known.get(job.id), job) for job in given)
            self._known.update((job.id, job) for job in given)
            self._waiting.put(given)
            if then is not None:
                self._waiting.thens.append(then)
            self._wait(_LAZY if lazy else 0)

    def remove(self, ids: Iterable[str]) -> None:
        """Forget jobs, with their checkpoints and previews."""
        gone = {*ids}
        with self._wake:
            for job_id in gone:
                self._known.pop(job_id, None)
            self._waiting.remove(gone)
            self._unread = deque((each for each in self._unread if each.job_id not in gone), maxlen=_UNREAD)
            self._wait(0)

    def keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint of a job that was put; the newest of a picture is kept, and some older ones."""
        with self._wake:
            self._waiting.keep_checkpoint(checkpoint)
            if self._stuck:
                self._waiting.keep_newest_checkpoints_only()
            self._wait(0)

    def keep_preview(self, preview: Preview) -> None:
        """Keep a small copy of a preview of a job that was put; when there are too many, they are thinned out."""
        with self._wake:
            self._unread.append(preview)
            self._wait(_LAZY)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all is written, or cannot be, or `timeout` seconds are over; whether all is."""
        with self._wake:
            self._stuck = False
            self._wait(0)
            self._wake.wait_for(lambda: self._saved or self._stuck or self._closing, timeout)
            return self._saved

    def close(self) -> None:
        """Write what can be written, and end; another process may run the queue then."""
        if self._closing:
            return
        self.flush()
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._place.readers.close()
        if self._connection is not None:
            self._connection.close()  # last, because the one that can write puts the log away
            self._connection = None
        self._place.close()

    # ------------------------------------------------------------------------------------------ other processes

    def run_here(self) -> bool:
        """Become the one process that runs this queue, until `close`; False when another does."""
        return self._place.run_here()

    @property
    def running_elsewhere(self) -> bool:
        """Does another process run this queue?"""
        return self._place.running_elsewhere

    def wish(self, act: str, job_id: str = "") -> None:
        """Ask the process that runs this queue for something: it hears `wished`. Raises StudioError (DISK)."""
        with told(self.path), contextlib.closing(schema.connect(self.path, mode="rw")) as connection:
            rows.wish(connection, act, job_id)

    # ------------------------------------------------------------------------------------------ the thread

    @property
    def _saved(self) -> bool:
        return not (self._busy or self._waiting or self._waiting.thens or self._unread)

    def _wait(self, seconds: float) -> None:
        """What waits now is written in so many seconds at the latest."""
        if self._stuck and seconds:
            return
        due = time.monotonic() + seconds
        self._due = due if self._due is None else min(due, self._due)
        self._wake.notify_all()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._live, name="journal", daemon=True)
            self._thread.start()

    def _live(self) -> None:
        try:
            self._loop()
        finally:
            with self._wake:
                if not self._closing:  # it dies of a listener, and another takes its place
                    self._thread = None
                    self._start()

    def _loop(self) -> None:
        while True:
            with self._wake:
                until = time.monotonic() + _LOOK
                while not self._closing and (left := min(until, self._due or until) - time.monotonic()) > 0:
                    self._wake.wait(left)
                if self._closing:
                    return
                due = self._due is not None and self._due <= time.monotonic()
                damage, self._damage = self._damage, None
            if damage is not None:
                self.problem.emit(damage)
            if due:
                self._write()
            self._look()

    def _write(self) -> None:
        with self._wake:
            self._due, self._busy = None, True
            batch, self._writing, self._waiting = self._waiting, self._waiting, Batch()
        saved = False
        try:
            self._encode(batch)
            saved = self._try(batch)
        finally:
            try:
                while batch.thens:
                    batch.thens.pop(0)()
                if saved and batch:
                    self._prune(batch.kept_bytes)
            finally:
                self._settle(batch, saved)

    def _encode(self, batch: Batch) -> None:
        with self._wake:
            unread = tuple(self._unread)
        done: list[KeptPreview] = []
        try:
            done.extend(map(encoded, unread))
        finally:
            with self._wake:
                left = {id(each) for each in self._unread}  # less those of jobs that were removed meanwhile
                for preview, kept in zip(unread, done, strict=False):
                    if id(preview) in left:
                        batch.keep_preview((preview.job_id, preview.index), kept)
                gone = {id(each) for each in unread}
                self._unread = deque((each for each in self._unread if id(each) not in gone), maxlen=_UNREAD)

    def _try(self, batch: Batch) -> bool:
        """Whether a batch could be written."""
        try:
            if batch:
                with told(self.path):
                    rows.write(self._connected(), batch, self._writer)
        except StudioError as error:
            self._report(error.problem)
            return False
        self._others.wrote(batch)
        self._told = "" if batch else self._told
        return True

    def _settle(self, batch: Batch, saved: bool) -> None:
        with self._wake:
            if saved:
                self._waiting.thens[:0] = batch.thens  # those after one that went wrong
                self._due = time.monotonic() if batch.thens else self._due
            else:
                batch.add(self._waiting)
                batch.keep_newest_checkpoints_only()
                self._waiting = batch
            self._writing, self._busy = Batch(), False
            self._stuck = not saved and self._due is None  # else it is tried again at once
            if self._stuck:
                self._due = time.monotonic() + _AGAIN
            self._wake.notify_all()

    def _prune(self, written: int) -> None:
        self._unpruned += written
        if self._unpruned < _PRUNED:
            return
        self._unpruned = 0
        try:
            with told(self.path):
                rows.prune(self._connected(), KEPT_BYTES)
        except StudioError as error:
            self._report(error.problem)

    def _look(self) -> None:
        """Hear what other processes changed and wish for. What cannot be read is told when something is written."""
        wishes, news = [], None
        with contextlib.suppress(StudioError), told(self.path):
            if len(self.wished) and self._place.runs_here:
                wishes = rows.take_wishes(self._connected())
            if len(self.foreign):
                news = self._others.look(self._connected())
        if news is not None:
            with self._wake:
                if self._waiting.held is None:
                    self._held = news.held
            self.foreign.emit(news.jobs, news.gone)
        for act, job_id in wishes:  # after the jobs that they are about
            self.wished.emit(act, job_id)

    def _connected(self) -> sqlite3.Connection:
        """The connection that writes. Raises sqlite3.Error, OSError, StudioError."""
        self._place.require_in_place()
        if self._connection is None:
            self._connection = schema.connect(self.path, mode="rw")
            self._connection.execute(f"PRAGMA busy_timeout = {_PATIENCE}")
        return self._connection

    def _report(self, problem: Problem) -> None:
        if problem.message != self._told:
            self._told = problem.message
            hint = problem.hint if problem.hint == DAMAGED_HINT else _HINT
            self.problem.emit(dataclasses.replace(problem, hint=hint))


def _damage(path: Path, count: int) -> Problem:
    return Problem(
        ErrorKind.DISK,
        f"{count} of the jobs in {path.name} cannot be read, because the file is damaged.",
        "All others are there. The file was left as it is: a copy of it from a backup may have them.",
    )


def _only_further(before: Job | None, after: Job) -> bool:
    """Whether a job has only made progress within its state, which a crash may cost."""
    return before is not None and after == dataclasses.replace(
        before, phase=after.phase, step=after.step, total=after.total
    )
