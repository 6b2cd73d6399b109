"""The states of a job: whatever happens in whatever order, each step is a legal one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.jobs import Job, JobState
from studio.domain.recipe import Recipe

ENDS = {JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED}
ORDER = [JobState.QUEUED, JobState.LOADING, JobState.RUNNING, JobState.PAUSED]
ASIDE = {(JobState.LOADING, JobState.PAUSED), (JobState.PAUSED, JobState.QUEUED)}  # paused early; taken up again


def job(state: JobState = JobState.QUEUED) -> Job:
    return Job("1", Recipe(), state)


@given(st.lists(st.sampled_from(JobState)))
def test_any_order_of_events_leaves_a_legal_job(events: list[JobState]) -> None:
    states = [JobState.QUEUED]
    present = job()
    for event in events:
        present = present.moved(event)
        states.append(present.state)
    for before, after in pairwise(states):
        assert before is after or before not in ENDS, "an end is final"
        if after not in ENDS and before is not after and (before, after) not in ASIDE:
            assert ORDER.index(after) == ORDER.index(before) + 1, "nothing is skipped or undone"


@given(st.lists(st.sampled_from(JobState)))
def test_the_first_end_stays(events: list[JobState]) -> None:
    present = job()
    for event in events:
        present = present.moved(event)
    first = next((event for event in events if event in ENDS), None)
    assert present.state is first if first else not present.state.final


@pytest.mark.parametrize("state", JobState)
def test_final_states_are_the_ends(state: JobState) -> None:
    assert state.final == (state in ENDS)


def test_a_move_changes_nothing_but_the_state() -> None:
    before = Job("1", Recipe(prompt="sea"), phase="load", step=3, total=5)
    after = before.moved(JobState.LOADING)
    assert after == Job("1", Recipe(prompt="sea"), JobState.LOADING, "load", 3, 5)
    assert before.state is JobState.QUEUED
