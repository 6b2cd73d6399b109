"""How jobs are paused, submitted again, and how a host is closed: the same for both hosts."""

import random
import time
from collections import Counter
from itertools import pairwise

import pytest

from studio.domain.messages import (
    Cancelled,
    Checkpoint,
    Died,
    Finished,
    Interrupted,
    Log,
    Paused,
    Phase,
    Progress,
    Ready,
    Started,
    is_terminal,
)
from studio.worker import problems
from studio.worker.host import Host
from studio.worker.host_process import ProcessHost
from studio.worker.patience import Patience
from tests.worker import engines
from tests.worker.recorder import QUICK, SLOW, Open, run


def test_a_pause_gives_a_checkpoint_from_which_the_job_goes_on(open_host: Open) -> None:
    host, heard = open_host()
    pid = heard.wait_for(Ready).versions["pid"]
    host.submit(run("a", "go on", steps=600))
    heard.wait_for(Progress, "a", count=3)
    host.pause("a")
    assert heard.wait_for_end("a") == Paused("a")
    checkpoint = heard.job("a")[-2]
    assert isinstance(checkpoint, Checkpoint), "a checkpoint comes before the news of the pause"
    reached = len(heard.of(Progress, "a"))
    assert int(checkpoint.data) == reached
    host.submit(run("a", "go on", steps=reached + 2, checkpoint=checkpoint.data))
    assert isinstance(heard.wait_for_end("a", 2), Finished)
    assert [event.step for event in heard.of(Progress, "a")] == [*range(1, reached + 3)]
    host.submit(run("b", "report"))
    assert heard.log("b").split()[0] == pid, "the worker was killed for a job that reacts"


def test_a_waiting_job_is_paused_at_once_and_never_starts(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "forever"))
    host.submit(run("b", "steps"))
    heard.wait_for(Progress, "a")
    host.pause("b")
    assert heard.wait_for_end("b") == Paused("b")
    assert not heard.ends("a")
    host.cancel("a")
    host.submit(run("c", "steps"))
    heard.wait_for_end("c")
    assert heard.job("b") == [Paused("b")]


def test_a_job_paused_before_the_worker_is_ready_is_answered_at_once(open_host: Open) -> None:
    host, heard = open_host("takes_ages")
    host.submit(run("a", "steps"))
    host.pause("a")
    assert heard.wait_for_end("a") == Paused("a")
    assert heard.events == [Paused("a")]


def test_a_job_that_does_not_react_to_its_pause_is_interrupted_within_the_bound(open_host: Open) -> None:
    """Also while its model loads."""
    patience = Patience(grace=600.0, pause=0.4)
    host, heard = open_host(patience=patience)
    host.submit(run("a", "load until released"))
    host.submit(run("b", "steps"))
    heard.wait_for(Progress, "a")
    before = time.monotonic()
    host.pause("a")
    assert heard.wait_for_end("a") == Interrupted("a", problems.of_slow_pause(0.4))
    took = time.monotonic() - before
    host.submit(run("a", "steps"))
    engines.RELEASE.set()  # lets the thread go on; the process was killed
    assert isinstance(heard.wait_for_end("b"), Finished)
    assert isinstance(heard.wait_for_end("a", 2), Finished)
    assert not heard.of(Log), "an event of the abandoned job came through"
    assert not heard.of(Died), "the worker did not die by itself"
    assert 0.4 <= took < 10


def test_a_cancel_shortens_the_patience_with_a_pause(open_host: Open) -> None:
    host, heard = open_host(patience=Patience(grace=0.3, pause=600.0))
    host.submit(run("a", "load until released"))
    heard.wait_for(Progress, "a")
    host.pause("a")
    host.cancel("a")
    assert heard.wait_for_end("a") == Cancelled("a")


def test_a_pause_does_not_undo_a_cancel(open_host: Open) -> None:
    host, heard = open_host(patience=Patience(grace=0.3, pause=600.0))
    host.submit(run("a", "load until released"))
    heard.wait_for(Progress, "a")
    host.cancel("a")
    host.pause("a")
    assert heard.wait_for_end("a") == Cancelled("a")


def test_a_job_can_be_submitted_again_while_the_worker_still_holds_its_former_life(
    open_host: Open, kind: type[Host]
) -> None:
    """Of a process nothing is left at the end of the grace; a thread goes on with what was abandoned."""
    host, heard = open_host(patience=QUICK)
    host.submit(run("a", "load until released"))
    heard.wait_for(Progress, "a")
    host.cancel("a")
    heard.wait_for_end("a")
    host.submit(run("a", "steps", steps=2))
    if kind is not ProcessHost:
        host.submit(run("b", "steps"))
        host.cancel("b")
        heard.wait_for_end("b")
        assert len(heard.of(Started, "a")) == 1
    engines.RELEASE.set()
    assert isinstance(heard.wait_for_end("a", 2), Finished)
    assert len(heard.ends("a")) == 2 and not heard.of(Log)


def test_a_job_that_waits_for_the_end_of_its_former_life_can_be_stopped(open_host: Open) -> None:
    host, heard = open_host("takes_ages")
    stops = [(host.cancel, Cancelled("a")), (host.pause, Paused("a"))] * 3
    for life, (stop, answer) in enumerate(stops, 1):
        host.submit(run("a", "report"))
        stop("a")
        assert heard.wait_for_end("a", life) == answer
    assert heard.job("a") == [answer for _, answer in stops]


def test_closing_pauses_what_runs_and_delivers_its_checkpoint(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "go on", steps=6000))
    host.submit(run("b", "steps"))
    heard.wait_for(Progress, "a", count=3)
    host.close(timeout=30)
    *_, last, checkpoint, end = heard.job("a")
    assert isinstance(last, Progress) and isinstance(checkpoint, Checkpoint) and end == Paused("a")
    assert int(checkpoint.data) == last.step
    assert heard.job("b") == [Interrupted("b", problems.of_quit())]


def test_closing_answers_what_is_being_cancelled_as_cancelled(open_host: Open) -> None:
    host, heard = open_host(patience=SLOW)
    host.submit(run("a", "load until released"))
    heard.wait_for(Progress, "a")
    host.cancel("a")
    host.close(timeout=0.1)
    assert heard.ends("a") == [Cancelled("a")]


def test_an_idle_host_closes_without_an_event(open_host: Open) -> None:
    host, heard = open_host()
    heard.wait_for(Ready)
    before = time.monotonic()
    host.close(timeout=600)
    assert time.monotonic() - before < 60
    assert len(heard.events) == 1


@pytest.mark.parametrize("seed", range(3))
def test_a_storm_of_pauses_cancels_and_new_tries_gives_each_life_one_end(open_host: Open, seed: int) -> None:
    host, heard = open_host(patience=Patience(grace=0.5, pause=0.5))
    dice = random.Random(seed)
    lives: Counter[str] = Counter()
    for _ in range(200):
        name = f"job {dice.randrange(12)}"
        if dice.random() < 0.5:
            dice.choice([host.pause, host.cancel])(name)
        elif len(heard.ends(name)) == lives[name]:
            lives[name] += 1
            host.submit(run(name, dice.choice(["steps", "forever", "refuse"]), steps=dice.randrange(1, 30)))
    for name in lives:
        host.cancel(name)
    for name, count in lives.items():
        heard.wait_for_end(name, count)
    host.close(timeout=30)
    for name, count in lives.items():
        assert len(heard.ends(name)) == count and is_terminal(heard.job(name)[-1])
        starts = [type(event) for event in heard.job(name) if isinstance(event, Started) or is_terminal(event)]
        assert all(a is not Started or b is not Started for a, b in pairwise(starts))
    assert all(event.phase is Phase.DENOISE for event in heard.of(Progress))
