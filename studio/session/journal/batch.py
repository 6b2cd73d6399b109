"""What waits to be written to the journal; of a job, only the newest state."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from studio.domain.jobs import Job
from studio.domain.messages import Checkpoint
from studio.session.journal.kept import CHECKPOINTS, PREVIEWS, KeptPreview, superfluous

Of = tuple[str, int]  # a job's id and the index of one of its pictures
Kept = TypeVar("Kept")


@dataclass(slots=True)
class Batch:
    """One transaction. `removed` comes first: what is put again afterwards is new.

    Where steps of a picture wait, those in the file from the first of these on belong to an earlier try, and go.
    """

    jobs: dict[str, Job] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    checkpoints: dict[Of, dict[int, bytes]] = field(default_factory=dict)
    previews: dict[Of, dict[int, KeptPreview]] = field(default_factory=dict)
    held: bool | None = None
    thens: list[Callable[[], None]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Is there anything to write?"""
        return bool(self.jobs or self.removed or self.checkpoints or self.previews) or self.held is not None

    @property
    def kept_bytes(self) -> int:
        """The bytes of its checkpoints and previews."""
        size = sum(len(data) for steps in self.checkpoints.values() for data in steps.values())
        return size + sum(len(each.jpeg) for steps in self.previews.values() for each in steps.values())

    def put(self, jobs: Iterable[Job]) -> None:
        """Write these as they are now."""
        self.jobs.update((job.id, job) for job in jobs)

    def remove(self, ids: Iterable[str]) -> None:
        """Delete these with what is kept of them."""
        gone = {*ids}
        self.removed |= gone
        for job_id in gone:
            self.jobs.pop(job_id, None)
        self.checkpoints = {of: steps for of, steps in self.checkpoints.items() if of[0] not in gone}
        self.previews = {of: steps for of, steps in self.previews.items() if of[0] not in gone}

    def keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint."""
        of = checkpoint.job_id, checkpoint.index
        _keep(self.checkpoints.setdefault(of, {}), checkpoint.step, checkpoint.data, CHECKPOINTS)

    def keep_preview(self, of: Of, preview: KeptPreview) -> None:
        """Write a preview."""
        _keep(self.previews.setdefault(of, {}), preview.step, preview, PREVIEWS)

    def add(self, later: "Batch") -> None:
        """Take in what came after this."""
        self.remove(later.removed)
        self.put(later.jobs.values())
        for (job_id, index), steps in later.checkpoints.items():
            for step, data in steps.items():
                self.keep_checkpoint(Checkpoint(job_id, index, step, data))
        for of, previews in later.previews.items():
            for preview in previews.values():
                self.keep_preview(of, preview)
        self.held = self.held if later.held is None else later.held
        self.thens += later.thens

    def keep_newest_checkpoints_only(self) -> None:
        """Keep those only that the jobs need to go on, while memory has to do for the disk."""
        last: dict[str, int] = {}
        for job_id, index in self.checkpoints:
            last[job_id] = max(index, last.get(job_id, index))
        self.checkpoints = {of: dict([max(self.checkpoints[of].items())]) for of in last.items()}


def _keep(steps: dict[int, Kept], step: int, value: Kept, most: int) -> None:
    for later in [each for each in steps if each >= step]:
        del steps[later]
    steps[step] = value
    for each in superfluous(steps, most):
        del steps[each]
