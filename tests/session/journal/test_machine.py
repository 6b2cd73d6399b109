"""A queue that does anything in any order with its journal; beside it, plain dicts of what should be there."""

import dataclasses
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from studio.domain.jobs import Job, JobState
from studio.session.canvas import CanvasSession
from studio.session.journal import Journal
from studio.session.journal.kept import CHECKPOINTS, PREVIEWS
from tests.session.journal.made import checkpoint, job, preview

NUMBERS = st.integers(0, 5)
STEPS = st.integers(1, 40)
Of = tuple[int, int]  # a job's number, a picture's index


class Queue(RuleBasedStateMachine):
    """Puts, removes, keeps, saves, reopens; another process does so, too."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="safelight-test-"))
        self.journal = Journal.open(self.folder / "queue.safelight", create=True)
        self.jobs: dict[int, Job] = {}
        self.steps: dict[str, dict[Of, list[int]]] = {"checkpoints": {}, "previews": {}}
        self.held = False
        self.problems: list[object] = []
        self.journal.problem.connect(self.problems.append)

    @rule(number=NUMBERS, state=st.sampled_from(JobState), step=STEPS)
    def put(self, number: int, state: JobState, step: int) -> None:
        self.jobs[number] = job(number, state=state, step=step)
        self.journal.put([self.jobs[number]])

    @rule(number=NUMBERS, step=STEPS)
    def progress(self, number: int, step: int) -> None:
        if number in self.jobs:
            self.jobs[number] = dataclasses.replace(self.jobs[number], step=step, phase="denoise", total=40)
            self.journal.put([self.jobs[number]])

    @rule(numbers=st.sets(NUMBERS))
    def remove(self, numbers: set[int]) -> None:
        self.journal.remove(job(number).id for number in numbers)
        for number in numbers:
            self.jobs.pop(number, None)
            for kept in self.steps.values():
                for of in [of for of in kept if of[0] == number]:
                    del kept[of]

    @rule(number=NUMBERS, index=st.integers(0, 1), step=STEPS)
    def keep_checkpoint(self, number: int, index: int, step: int) -> None:
        if number in self.jobs:
            self.journal.keep_checkpoint(checkpoint(job(number).id, step, index))
            self.keep("checkpoints", (number, index), step)

    @rule(number=NUMBERS, index=st.integers(0, 1), steps=st.lists(STEPS, max_size=5).map(sorted))
    def keep_previews(self, number: int, index: int, steps: list[int]) -> None:
        for step in steps if number in self.jobs else ():
            self.journal.keep_preview(preview(job(number).id, step, index))
            self.keep("previews", (number, index), step)

    def keep(self, table: str, of: Of, step: int) -> None:
        steps = self.steps[table].get(of, [])
        self.steps[table][of] = [*(each for each in steps if each < step), step]

    @rule(held=st.booleans())
    def hold(self, held: bool) -> None:
        self.held = held
        self.journal.hold(held)

    @rule()
    def flush(self) -> None:
        assert self.journal.flush(100)
        assert self.journal.jobs() == tuple(self.in_order())
        self.previews_are_there()

    @rule()
    def reopen(self) -> None:
        self.journal.close()
        self.journal = Journal.open(self.journal.path)
        self.journal.problem.connect(self.problems.append)
        assert self.journal.jobs() == tuple(self.in_order())

    @rule(number=NUMBERS)
    def another_process_puts(self, number: int) -> None:
        assert self.journal.flush(100)
        other = Journal.open(self.journal.path)
        assert other.jobs() == self.journal.jobs()
        assert other.held == self.held
        self.jobs[number] = job(number, output="elsewhere")
        other.put([self.jobs[number]])
        other.close()

    @rule()
    def compact(self) -> None:
        session = CanvasSession.open(self.journal.path)
        session.compact().result(100)
        session.close()

    def in_order(self) -> list[Job]:
        return list(self.jobs.values())

    @invariant()
    def the_newest_checkpoints_are_there(self) -> None:
        for number in range(6) if hasattr(self, "journal") else ():
            for index in range(2):
                steps = self.steps["checkpoints"].get((number, index), [])
                job_id = job(number).id
                newest = checkpoint(job_id, steps[-1], index).data if steps else b""
                assert self.journal.checkpoint(job_id, index) == newest
                for most in (1, 20, 39):
                    possible = {checkpoint(job_id, step, index).data for step in steps if step <= most}
                    found = self.journal.checkpoint(job_id, index, most)
                    assert found in possible if possible else found == b""
                    if len(steps) <= CHECKPOINTS and possible:
                        assert found == checkpoint(job_id, max(s for s in steps if s <= most), index).data
        assert getattr(self, "problems", []) == []
        assert not hasattr(self, "journal") or self.journal.held == self.held

    def previews_are_there(self) -> None:
        for (number, index), steps in self.steps["previews"].items():
            found = [each.step for each in self.journal.previews(job(number).id, index)]
            assert found == steps if len(steps) <= PREVIEWS else found[-1] == steps[-1]

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.reopen()
            self.previews_are_there()
            self.journal.close()
            shutil.rmtree(self.folder)


def run(examples: int, steps: int) -> None:
    """Let queues work."""
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    chosen = settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=checks, deadline=None)
    run_state_machine_as_test(Queue, settings=chosen)


def test_any_order_of_changes_is_kept() -> None:
    run(12, 25)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_any_long_order_of_changes_is_kept() -> None:
    run(150, 60)
