"""The ledger's promise under every order of events: one terminal event per job, and nothing after it."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from studio.domain.jobs import Cost
from studio.domain.messages import Cancelled, Finished, JobEvent, Phase, Progress, Started, is_terminal
from studio.worker.ledger import Ledger
from tests.worker.recorder import run


class Hosting(RuleBasedStateMachine):
    """Plays a host, its user and an erratic worker."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.now = 0.0
        self.submitted: list[str] = []
        self.delivered: dict[str, list[JobEvent]] = {}

    def deliver(self, event: JobEvent) -> None:
        self.delivered[event.job_id].append(event)

    @rule(target=jobs)
    def submit(self) -> str:
        job_id = f"job {len(self.submitted)}"
        self.submitted.append(job_id)
        self.delivered[job_id] = []
        assert self.ledger.add(run(job_id, "steps")) and not self.ledger.add(run(job_id, "steps"))
        return job_id

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        if self.ledger.cancel(job_id, self.now + 1):
            assert not any(isinstance(event, Started) for event in self.delivered[job_id][-1:])
            self.deliver(Cancelled(job_id))

    @rule(job_id=jobs, kind=st.sampled_from(["started", "progress", "finished", "cancelled"]))
    def worker_says(self, job_id: str, kind: str) -> None:
        events: dict[str, JobEvent] = {
            "started": Started(job_id),
            "progress": Progress(job_id, Phase.DENOISE, 1, 2),
            "finished": Finished(job_id, Cost()),
            "cancelled": Cancelled(job_id),
        }
        if self.ledger.admit(events[kind], self.now + 1):
            self.deliver(events[kind])

    @rule()
    def time_passes(self) -> None:
        self.now += 1
        for job_id in self.ledger.overdue(self.now):
            if self.ledger.give_up(job_id):
                self.deliver(Cancelled(job_id))
        due = self.ledger.next_deadline()
        assert due is None or due > self.now

    @rule()
    def worker_is_replaced(self) -> None:
        while (running := self.ledger.take_running()) is not None:
            self.deliver(Cancelled(running[0].job_id))
        owed = [run.job_id for run in self.ledger.renew()]
        assert owed == [name for name in self.submitted if not self.ends(name)], "a job was lost or changed its place"

    @rule()
    def host_ends(self) -> None:
        for left in self.ledger.take_all():
            self.deliver(Cancelled(left.job_id))
        assert all(self.ends(name) == 1 for name in self.submitted)

    def ends(self, job_id: str) -> int:
        return sum(is_terminal(event) for event in self.delivered[job_id])

    @invariant()
    def one_end_and_nothing_after_it(self) -> None:
        for events in self.delivered.values():
            assert not any(is_terminal(event) for event in events[:-1])


def test_a_job_that_starts_although_it_was_cancelled_gets_a_deadline() -> None:
    ledger = Ledger()
    ledger.add(run("a", "steps"))
    assert ledger.cancel("a", deadline=1.0)
    assert ledger.next_deadline() is None
    assert not ledger.admit(Started("a"), deadline=5.0)
    assert ledger.next_deadline() == 5.0 and ledger.overdue(5.0) == ["a"]
    assert not ledger.give_up("a"), "it was answered by the cancel"


def test_cancelling_again_does_not_prolong_the_grace() -> None:
    ledger = Ledger()
    ledger.add(run("a", "steps"))
    ledger.admit(Started("a"), deadline=0.0)
    for deadline in (1.0, 2.0):
        assert not ledger.cancel("a", deadline)
    assert ledger.overdue(1.0) == ["a"]


TestLedger = Hosting.TestCase
TestLedger.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
