"""The thread that writes a project: one commit is one transaction, in order, without the window waiting for it."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.session.project.project import Project
from studio.session.project.store import Change

UNDO_LIMIT = 2 * 2**30  # bytes in the file, beside the current version
_QUIET = 0.5  # seconds without a commit before work that can wait begins
_BREATH = 0.001  # seconds between two pieces of such work
_LOOK = 5.0  # seconds between looks at the tiles that wait in memory
_SPILL = 256 * 2**20  # bytes of tiles in memory that no saved version names, before some are written

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class _Errand:
    """Something that is done between changes, such as compacting."""

    action: Callable[[], object]
    done: "Future[Any]"


class Writer:
    """Saves changes in the order they come. What cannot be saved waits in memory, is told once, and is tried again
    with the next change and by `retry`.

    `tell` and `saved` are called on the writer's thread, `saved(False)` on the caller's of `put`.
    """

    def __init__(
        self,
        project: Project,
        tell: Callable[[Problem], None],
        saved: Callable[[bool], None],
        undo_limit: int = UNDO_LIMIT,
    ) -> None:
        self._project, self._tell, self._saved, self.limit = project, tell, saved, undo_limit
        self._jobs: deque[Change | _Errand] = deque()
        self._wake = threading.Condition()
        self._telling = threading.RLock()  # so that "saved" is never told after a newer "unsaved"
        self._stuck = self._closing = False
        self._asked = 0  # how often it was asked to try again
        self._told = ""
        self._thread: threading.Thread | None = None
        self.overweight = False  # whether the history takes more than the limit

    @property
    def unsaved(self) -> int:
        """How many changes are not in the file yet."""
        with self._wake:
            return sum(isinstance(job, Change) for job in self._jobs)

    def put(self, change: Change) -> None:
        """Save a change soon."""
        with self._telling:
            if not self.unsaved:
                self._saved(False)
            self._add(change)

    def run(self, action: Callable[[], Found]) -> "Future[Found]":
        """Do something on this thread after the changes before it, or now if these cannot be saved.

        The future has what it returns, or its StudioError; it is cancelled when this is closed before.
        """
        done: Future[Found] = Future()
        self._add(_Errand(action, done))
        return done

    def start(self) -> None:
        """Begin, also to count and to tidy up while nothing is to be saved."""
        if self._thread is None or not self._thread.is_alive():  # one that died of a listener is replaced
            self._thread = threading.Thread(target=self._loop, name="project writer", daemon=True)
            self._thread.start()

    def retry(self) -> None:
        """Try again to save what could not be saved."""
        with self._wake:
            self._asked += 1
            self._stuck = False
            self._wake.notify_all()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all is saved, or cannot be, or `timeout` seconds are over; whether all is."""
        self.retry()
        with self._wake:
            self._wake.wait_for(lambda: not self._jobs or self._stuck, timeout)
            return not self._jobs

    def close(self) -> None:
        """Save what can be saved, and end."""
        self.flush()
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()
        for job in self._jobs:
            if isinstance(job, _Errand):
                job.done.cancel()

    def _add(self, job: Change | _Errand) -> None:
        with self._wake:
            if self._closing and isinstance(job, _Errand):
                job.done.cancel()  # nobody would do it any more
                return
            self._jobs.append(job)
            self._stuck = False
            self._wake.notify_all()
        self.start()

    def _loop(self) -> None:
        pause = _QUIET
        while True:
            with self._wake:
                if self._due() is None and not self._closing:
                    self._wake.wait(pause)
                if self._closing:
                    return
                job = self._due()
            if isinstance(job, Change):
                self._save(job)
                pause = _QUIET
            elif job is not None:
                self._do(job)
                pause = _QUIET
            else:
                pause = _BREATH if not self._stuck and self._rest() else _LOOK

    def _due(self) -> Change | _Errand | None:
        """What comes next; a change that could not be saved lets errands pass."""
        if not self._stuck:
            return self._jobs[0] if self._jobs else None
        return next((job for job in self._jobs if isinstance(job, _Errand)), None)

    def _save(self, change: Change) -> None:
        asked = self._asked
        try:
            missing = self._project.save(change)
        except StudioError as error:
            with self._wake:
                self._stuck = asked == self._asked  # else the disk may have been mended while this was tried
                self._wake.notify_all()
            self._report(error.problem)
            return
        self._told = ""
        self.overweight = self._project.exceeds(self.limit)
        with self._wake:
            self._jobs.popleft()
            self._wake.notify_all()
        if missing:
            self._report(_incomplete(len(missing)))
        with self._telling:
            if not self.unsaved:
                self._saved(True)

    def _do(self, errand: _Errand) -> None:
        problem: StudioError | None = None
        found: object = None
        if errand.done.set_running_or_notify_cancel():
            try:
                found = errand.action()
                self._stuck = False  # it may have made room, or gone elsewhere
            except StudioError as error:
                problem = error
        with self._wake:
            self._jobs.remove(errand)
            self._wake.notify_all()
        if problem is not None:
            errand.done.set_exception(problem)
        elif not errand.done.cancelled():
            errand.done.set_result(found)

    def _rest(self) -> bool:
        """Work that can wait; whether there is more."""
        try:
            if self._project.blobs.fresh_bytes > _SPILL and not self._project.read_only:
                self._project.spill(_SPILL // 4)
                return True
            if self._project.rest():
                return True
            self.overweight = self._project.exceeds(self.limit)
        except StudioError as error:
            self._report(error.problem)
        return False

    def _report(self, problem: Problem) -> None:
        if problem.message != self._told:
            self._told = problem.message
            self._tell(problem)


def _incomplete(count: int) -> Problem:
    return Problem(
        ErrorKind.INTERNAL,
        f"{count} pieces of the picture were no longer there when it was saved.",
        "Undo the last step. They belonged to a version that had left the history.",
    )
