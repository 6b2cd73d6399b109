"""The ledger's promise under every order of events: one terminal event per job, and nothing after it."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from studio.domain.jobs import Cost
from studio.domain.messages import Cancelled, Finished, JobEvent, Paused, Phase, Progress, Started, is_terminal
from studio.worker.ledger import Ledger, Wish
from tests.worker.recorder import run


class Hosting(RuleBasedStateMachine):
    """Plays a host, its user and an erratic worker."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.now = 0.0
        self.submitted: list[str] = []
        self.delivered: dict[str, list[JobEvent]] = {}  # of the present life of each job
        self.held: set[str] = set()  # by the worker, which ends each one at some time

    def deliver(self, event: JobEvent) -> None:
        self.delivered[event.job_id].append(event)

    @rule(target=jobs)
    def submit(self) -> str:
        job_id = f"job {len(self.submitted)}"
        self.submitted.append(job_id)
        self.delivered[job_id] = []
        assert self.ledger.add(run(job_id, "steps")) and not self.ledger.add(run(job_id, "steps"))
        self.held.add(job_id)
        return job_id

    @rule(job_id=jobs)
    def submit_again(self, job_id: str) -> None:
        """Anew once it is answered; the worker may still hold its former life."""
        now = self.ledger.add(run(job_id, "steps"))
        if self.ends(job_id):
            assert now == (job_id not in self.held)
            self.delivered[job_id] = []
            self.held.add(job_id)
        else:
            assert not now

    @rule(job_id=jobs, stop=st.sampled_from([Ledger.cancel, Ledger.pause]))
    def stop(self, job_id: str, stop: Callable[[Ledger, str, float], bool]) -> None:
        if stop(self.ledger, job_id, self.now + 1):
            assert not any(isinstance(event, Started) for event in self.delivered[job_id])
            self.deliver(Cancelled(job_id) if stop is Ledger.cancel else Paused(job_id))

    @rule(job_id=jobs, kind=st.sampled_from(["started", "progress", "finished", "cancelled", "paused"]))
    def worker_says(self, job_id: str, kind: str) -> None:
        events: dict[str, JobEvent] = {
            "started": Started(job_id),
            "progress": Progress(job_id, Phase.DENOISE, 1, 2),
            "finished": Finished(job_id, Cost()),
            "cancelled": Cancelled(job_id),
            "paused": Paused(job_id),
        }
        if job_id in self.held and self.ledger.admit(events[kind], self.now + 1):
            self.deliver(events[kind])
        if is_terminal(events[kind]):
            self.held.discard(job_id)
            self.held.update(due.job_id for due in self.ledger.due())
        assert not self.ledger.due()

    @rule()
    def time_passes(self) -> None:
        self.now += 1
        for job_id in self.ledger.overdue(self.now):
            match self.ledger.give_up(job_id):
                case Wish.CANCEL:
                    self.deliver(Cancelled(job_id))
                case Wish.PAUSE:
                    self.deliver(Paused(job_id))
        due = self.ledger.next_deadline()
        assert due is None or due > self.now

    @rule()
    def worker_is_replaced(self) -> None:
        while (running := self.ledger.take_running()) is not None:
            self.deliver(Cancelled(running[0].job_id))
        owed = [run.job_id for run in self.ledger.renew()]
        assert sorted(owed) == sorted(name for name in self.submitted if not self.ends(name)), "a job was lost"
        assert [run.job_id for run in self.ledger.renew()] == owed, "a job changed its place"
        self.held = set(owed)

    @rule()
    def host_ends(self) -> None:
        for left in self.ledger.take_all():
            self.deliver(Cancelled(left.job_id))
        self.held.clear()
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


def test_a_cancel_shortens_the_deadline_of_a_pause_and_a_pause_changes_nothing_of_a_cancel() -> None:
    ledger = Ledger()
    ledger.add(run("a", "steps"))
    ledger.admit(Started("a"), deadline=0.0)
    assert not ledger.pause("a", 10.0) and ledger.next_deadline() == 10.0
    assert not ledger.cancel("a", 2.0) and not ledger.pause("a", 12.0)
    assert ledger.overdue(2.0) == ["a"] and ledger.give_up("a") is Wish.CANCEL


def test_jobs_keep_their_order_when_the_worker_is_replaced() -> None:
    ledger = Ledger()
    for name in "abcd":
        ledger.add(run(name, "steps"))
    ledger.cancel("b", 1.0)
    assert not ledger.add(run("b", "steps")), "the worker holds its former life"
    assert [left.job_id for left in ledger.renew()] == ["a", "c", "d", "b"]


TestLedger = Hosting.TestCase
TestLedger.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
