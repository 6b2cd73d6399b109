"""What must be told of jobs: that they failed, that they come back, that the engine was lost under them."""

from PySide6.QtCore import QCoreApplication, QObject

from studio.domain.errors import Problem
from studio.domain.jobs import Job, JobState
from studio.domain.messages import Phase
from studio.session.studio import Studio
from studio.ui.denoise.way import quoted
from studio.ui.messages import ErrorBanner, NewsBar
from studio.ui.phases import job_title


def _tr(text: str) -> str:
    return QCoreApplication.translate("JobNews", text)


class JobNews(QObject):
    """Watches a queue. What had ended before this session is no news."""

    def __init__(self, studio: Studio, banner: ErrorBanner, bar: NewsBar, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._banner, self._bar = studio, banner, bar
        self._open = set[str]()  # jobs that were seen before their end
        self._active = set[str]()  # of these, the ones that a worker had
        self._lost = set[str]()  # of these, the ones whose worker ended, until they are heard of again
        studio.queue.changed.connect(self._changed)
        studio.queue.taken_up.connect(self._taken_up)
        studio.queue.held_changed.connect(self._held_changed)
        bar.pause_wanted.connect(studio.queue.hold)
        bar.go_on_wanted.connect(studio.queue.go_on)

    def close_work(self) -> None:
        """Nothing is told any more."""
        self._studio.queue.changed.disconnect(self._changed)
        self._studio.queue.taken_up.disconnect(self._taken_up)
        self._studio.queue.held_changed.disconnect(self._held_changed)

    def _changed(self, job: Job) -> None:
        if job.state.final:
            if job.id in self._open:
                self._over(job)
            for group in (self._open, self._active, self._lost):
                group.discard(job.id)
            if not self._studio.queue.open_count:
                self._bar.rest()
            return
        self._open.add(job.id)
        if job.state is JobState.INTERRUPTED and job.id in self._active:
            self._active.discard(job.id)
            self._tell_lost(job)
        elif job.state.active:
            self._active.add(job.id)
            self._tell_found(job)

    def _over(self, job: Job) -> None:
        problem = job.problem
        if problem is None:
            return
        if job.state is JobState.FAILED:
            self._banner.report(problem, job.details)
        elif job.state is JobState.QUARANTINED:
            self._bar.dismiss()
            self._banner.report(_set_aside(job, problem), job.details, lambda: self._studio.queue.retry(job.id))

    def _tell_lost(self, job: Job) -> None:
        self._lost.add(job.id)
        message = self.tr("The engine stopped and is started again; the job goes on by itself.")
        self._tell(message, job)

    def _tell_found(self, job: Job) -> None:
        if job.id not in self._lost or job.phase != Phase.DENOISE or not job.total or job.state is not JobState.RUNNING:
            return
        self._lost.discard(job.id)
        if job.step > 1:
            message = self.tr("The engine stopped and was started again; the job goes on from step {step} of {total}.")
            message = message.format(step=job.step, total=job.total)
        else:
            message = self.tr("The engine stopped and was started again; the job begins anew.")
        self._tell(message, job)

    def _tell(self, message: str, job: Job) -> None:
        hint = f"“{quoted(job_title(job))}”"
        if job.problem is not None:
            hint += f" · {job.problem.message}"
        details = "\n".join(part for part in (str(job.problem or ""), job.details) if part)
        self._bar.tell(message, hint, held=self._studio.queue.held, details=details)

    def _taken_up(self, _count: int) -> None:
        queue = self._studio.queue
        count = queue.open_count
        if not count:
            return
        one = count == 1
        if queue.held:
            message = self.tr("The queue is paused, and %n jobs wait in it.", "", count)
            message = self.tr("The queue is paused, and a job waits in it.") if one else message
        elif any(job.step or job.pictures for job in queue.open_jobs):
            message = self.tr("%n jobs go on where they stopped.", "", count)
            message = self.tr("A job goes on where it stopped.") if one else message
        else:
            message = self.tr("%n waiting jobs are carried out.", "", count)
            message = self.tr("A waiting job is carried out.") if one else message
        self._bar.tell(message, self._first(), held=queue.held)

    def _first(self) -> str:
        """The job that comes first, and how far it had come."""
        for job in self._studio.queue.open_jobs[:1]:
            title = quoted(job_title(job))
            if job.step and job.total:
                return self.tr("“{title}” was at step {step} of {total}.").format(
                    title=title, step=job.step, total=job.total
                )
            return self.tr("“{title}” comes first.").format(title=title)
        return ""

    def _held_changed(self, held: bool) -> None:
        """The news is another then, or old."""
        if self._bar.isHidden():
            return
        if held:
            self._bar.tell(self.tr("The queue is paused."), self.tr("Its jobs wait until it goes on."), held=True)
        else:
            self._bar.dismiss()


def _set_aside(job: Job, problem: Problem) -> Problem:
    """Why a job was set aside, as one says it."""
    message = _tr("“{title}” was set aside: the engine was lost twice while it ran. The queue goes on without it.")
    hint = " ".join(part for part in (problem.message, problem.hint) if part)
    return Problem(problem.kind, message.format(title=quoted(job_title(job))), hint)
