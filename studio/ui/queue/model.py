"""The jobs as rows: what runs, what waits, what is paused, and what is over, the newest first."""

import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum, StrEnum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from studio.domain.jobs import Job, JobState
from studio.ui.phases import job_title
from studio.ui.queue.words import searched, spoken, tooltip

Index = QModelIndex | QPersistentModelIndex
JOB = Qt.ItemDataRole.UserRole  # the Job
_NOWHERE = QModelIndex()
_FEW = 64  # rows that move one by one; with more the list is laid anew
_Key = tuple[int, float, float, str]


class Section(IntEnum):
    """The parts of the list, from above."""

    RUNNING = 0
    WAITING = 1
    PAUSED = 2
    OVER = 3


class Group(StrEnum):
    """What the list can be limited to."""

    ALL = "all"
    OPEN = "open"
    DONE = "done"
    FAILED = "failed"

    def takes(self, state: JobState) -> bool:
        """Does a job in this state belong to it?"""
        return self is Group.ALL or state in _GROUPS[self]


_SECTIONS = {
    JobState.LOADING: Section.RUNNING,
    JobState.RUNNING: Section.RUNNING,
    JobState.QUEUED: Section.WAITING,
    JobState.INTERRUPTED: Section.WAITING,
    JobState.PAUSED: Section.PAUSED,
}
_GROUPS = {
    Group.OPEN: frozenset(state for state in JobState if not state.final),
    Group.DONE: frozenset({JobState.DONE}),
    Group.FAILED: frozenset({JobState.FAILED, JobState.QUARANTINED}),
}


def section(job: Job) -> Section:
    """The part of the list that a job belongs to."""
    return _SECTIONS.get(job.state, Section.OVER)


def _key(job: Job) -> _Key:
    part = _SECTIONS.get(job.state, Section.OVER)
    if part is Section.OVER:
        return part, -job.ended, -job.made, job.id
    return part, job.priority, job.rank, job.id


class QueueModel(QAbstractListModel):
    """Progress is shown at once; jobs that come, go or change places do so together when the event loop turns.

    `blockers` names the jobs that another waits for, `remaining` estimates seconds, None while nothing is known.
    """

    counted = Signal()  # how many jobs there are of a state changed

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: dict[str, Job] = {}
        self._keys: list[_Key] = []
        self._places: dict[str, _Key] = {}
        self._pending: dict[str, None] = {}
        self._words: tuple[str, ...] = ()
        self._group = Group.ALL
        self._texts: dict[str, tuple[Job, str]] = {}
        self._recounted = False
        self.counts: Counter[JobState] = Counter()
        self.blockers: Callable[[Job], Sequence[Job]] = lambda _job: ()
        self.remaining: Callable[[Job], float | None] = lambda _job: None
        self._settling = QTimer(self, singleShot=True, interval=0)
        self._settling.timeout.connect(self.settle)

    # ------------------------------------------------------------------------------------------ what it shows

    def show_jobs(self, jobs: Iterable[Job]) -> None:
        """All the jobs there are."""
        before, self._jobs = self._jobs, {job.id: job for job in jobs}
        self.counts = Counter(job.state for job in self._jobs.values())
        for job_id in before.keys() - self._jobs.keys():
            self._wait(job_id)
        for job in self._jobs.values():
            self._place(job)
        self._recounted = True
        self.settle()

    def show_job(self, job: Job) -> None:
        """A job is new, or another than before."""
        before = self._jobs.get(job.id)
        self._jobs[job.id] = job
        if before is None or before.state is not job.state:
            if before is not None:
                self.counts[before.state] -= 1
            self.counts[job.state] += 1
            self._count()
        if not self._place(job):
            self.refresh(job.id)

    def forget(self, job_id: str) -> None:
        """A job is not in the list any more."""
        self._texts.pop(job_id, None)
        if (job := self._jobs.pop(job_id, None)) is not None:
            self.counts[job.state] -= 1
            self._wait(job_id)
            self._count()

    def limit(self, text: str, group: Group) -> None:
        """Show only jobs of a group that have all these words."""
        wanted = tuple(text.casefold().split()), group
        if wanted != (self._words, self._group):
            self._words, self._group = wanted
            self._rebuild()

    @property
    def limited(self) -> bool:
        """May there be jobs that are not shown?"""
        return bool(self._words) or self._group is not Group.ALL

    def refresh(self, job_id: str) -> None:
        """Draw a job's row again."""
        if (row := self.row_of(job_id)) >= 0:
            index = self.index(row)
            self.dataChanged.emit(index, index)

    def settle(self) -> None:
        """Bring everything to its place now."""
        self._settling.stop()
        moved, self._pending = self._pending, {}
        if len(moved) > _FEW:
            self._rebuild()
        else:
            for job_id in moved:
                self._move(job_id)
        if self._recounted:
            self._recounted = False
            self.counted.emit()

    # ------------------------------------------------------------------------------------------ looking

    @property
    def jobs(self) -> dict[str, Job]:
        """All jobs by id, also those that are not shown."""
        return self._jobs

    def job(self, row: int) -> Job | None:
        """The job of a row."""
        return self._jobs.get(self._keys[row][-1]) if 0 <= row < len(self._keys) else None

    def shown(self) -> list[Job | None]:
        """The jobs of all rows; None where one is about to go."""
        return [self._jobs.get(key[-1]) for key in self._keys]

    def row_of(self, job_id: str) -> int:
        """The row of a job, -1 when it is not shown."""
        key = self._places.get(job_id)
        return -1 if key is None else bisect.bisect_left(self._keys, key)

    def begins(self) -> dict[Section, int]:
        """The first row of each section that has one, from above."""
        cuts = [bisect.bisect_left(self._keys, (part, float("-inf"), 0.0, "")) for part in Section]
        ends = [*cuts[1:], len(self._keys)]
        return {part: cut for part, cut, end in zip(Section, cuts, ends, strict=True) if cut < end}

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """How many jobs are shown."""
        return 0 if parent.isValid() else len(self._keys)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The job, its title, its tooltip, and all of it for a screen reader."""
        job = self.job(index.row()) if index.isValid() else None
        if job is None:
            return None
        if role == JOB:
            return job
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return job_title(job)
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip(job, self.blockers(job))
            case Qt.ItemDataRole.AccessibleTextRole:
                return spoken(job, self.blockers(job), self.remaining(job))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The waiting ones can be dragged."""
        flag = Qt.ItemFlag
        job = self.job(index.row()) if index.isValid() else None
        if job is None:
            return flag.ItemIsDropEnabled
        found = flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemNeverHasChildren
        return found | flag.ItemIsDragEnabled if section(job) is Section.WAITING else found

    def supportedDropActions(self) -> Qt.DropAction:
        """Jobs move."""
        return Qt.DropAction.MoveAction

    # ------------------------------------------------------------------------------------------ inside

    def _wanted(self, job: Job) -> bool:
        if not self._group.takes(job.state):
            return False
        if not self._words:
            return True
        text = self._text(job)
        return all(word in text for word in self._words)

    def _text(self, job: Job) -> str:
        known = self._texts.get(job.id)
        if known is None or known[0].task is not job.task or known[0].problem is not job.problem:
            known = self._texts[job.id] = job, searched(job)
        return known[1]

    def _place(self, job: Job) -> bool:
        """Note that a job does not stand where it should; False when it does."""
        key = _key(job) if not self.limited or self._wanted(job) else None
        if self._places.get(job.id) == key:
            self._pending.pop(job.id, None)
            return False
        self._wait(job.id)
        return True

    def _wait(self, job_id: str) -> None:
        self._pending[job_id] = None
        self._soon()

    def _count(self) -> None:
        self._recounted = True
        self._soon()

    def _soon(self) -> None:
        if not self._settling.isActive():
            self._settling.start()

    def _move(self, job_id: str) -> None:
        job, before = self._jobs.get(job_id), self._places.get(job_id)
        after = _key(job) if job is not None and self._wanted(job) else None
        if before == after:
            return
        if before is None and after is not None:
            row = bisect.bisect_left(self._keys, after)
            self.beginInsertRows(_NOWHERE, row, row)
            self._keys.insert(row, after)
            self._places[job_id] = after
            self.endInsertRows()
        elif before is not None and after is None:
            row = bisect.bisect_left(self._keys, before)
            self.beginRemoveRows(_NOWHERE, row, row)
            del self._keys[row], self._places[job_id]
            self.endRemoveRows()
        elif before is not None and after is not None:
            self._shift(job_id, before, after)

    def _shift(self, job_id: str, before: _Key, after: _Key) -> None:
        row, place = bisect.bisect_left(self._keys, before), bisect.bisect_left(self._keys, after)
        moves = place not in (row, row + 1)
        if moves:
            self.beginMoveRows(_NOWHERE, row, row, _NOWHERE, place)
        del self._keys[row]
        bisect.insort(self._keys, after)
        self._places[job_id] = after
        if moves:
            self.endMoveRows()
        self.refresh(job_id)

    def _rebuild(self) -> None:
        self.beginResetModel()
        self._pending.clear()
        shown = self._jobs.values() if not self.limited else filter(self._wanted, self._jobs.values())
        self._places = {job.id: _key(job) for job in shown}
        self._keys = sorted(self._places.values())
        self.endResetModel()
