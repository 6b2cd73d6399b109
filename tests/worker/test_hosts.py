"""What both hosts promise, told by the order of events."""

import random
import threading
import time
from itertools import pairwise

import pytest

from studio.domain.errors import ErrorKind
from studio.domain.messages import (
    Cancelled,
    Died,
    Failed,
    Finished,
    Interrupted,
    Log,
    Paused,
    Preview,
    Progress,
    Ready,
    Started,
    Unavailable,
    WorkerOptions,
)
from studio.worker import problems
from studio.worker.host import Host
from studio.worker.patience import Patience
from tests.worker import engines
from tests.worker.recorder import QUICK, Open, Recorder, engine, run


def test_ready_comes_first_and_tells_the_options(open_host: Open) -> None:
    host, heard = open_host(options=WorkerOptions(device="cuda:1", threads=3))
    host.submit(run("a", "steps"))
    heard.wait_for_end("a")
    ready = heard.events[0]
    assert isinstance(ready, Ready) and (ready.device, ready.threads) == ("cuda:1", 3)


def test_a_job_tells_its_story_in_order(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "steps", steps=3))
    heard.wait_for_end("a")
    assert [type(e) for e in heard.job("a")] == [Started, *[Progress, Preview] * 3, Finished]
    assert [e.step for e in heard.of(Progress)] == [1, 2, 3]


def test_jobs_run_one_after_another_in_the_order_they_came(open_host: Open) -> None:
    host, heard = open_host()
    names = [f"job {i}" for i in range(20)]
    for name in names:
        host.submit(run(name, "steps"))
    heard.wait_for_ends(names)
    jobs = [getattr(e, "job_id", "") for e in heard.events]
    assert [b for a, b in pairwise(jobs) if a != b] == names


def test_events_come_from_one_thread_that_is_not_the_callers(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "steps"))
    heard.wait_for_end("a")
    assert len(heard.threads) == 1 and threading.current_thread().name not in heard.threads


def test_cancel_stops_the_running_job_at_its_next_poll(open_host: Open) -> None:
    host, heard = open_host()
    pid = heard.wait_for(Ready).versions["pid"]
    host.submit(run("a", "forever"))
    heard.wait_for(Progress, "a", count=3)
    host.cancel("a")
    assert heard.wait_for_end("a") == Cancelled("a")
    host.submit(run("b", "report"))
    assert heard.log("b").split()[0] == pid, "the worker was killed for a job that reacts"


def test_a_library_that_swallows_the_cancel_once_is_told_again(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "swallow once"))
    heard.wait_for(Progress, "a")
    host.cancel("a")
    assert heard.wait_for_end("a") == Cancelled("a")


def test_a_queued_job_is_cancelled_at_once_and_never_starts(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "forever"))
    host.submit(run("b", "steps"))
    heard.wait_for(Progress, "a")
    host.cancel("b")
    assert heard.wait_for_end("b") == Cancelled("b")
    assert not heard.ends("a")
    host.cancel("a")
    host.submit(run("c", "steps"))
    heard.wait_for_end("c")
    assert heard.job("b") == [Cancelled("b")]


def test_a_job_cancelled_before_the_worker_is_ready_is_answered_at_once(open_host: Open) -> None:
    host, heard = open_host("takes_ages")
    host.submit(run("a", "steps"))
    host.cancel("a")
    assert heard.wait_for_end("a") == Cancelled("a")
    assert heard.events == [Cancelled("a")]


def test_a_job_stuck_in_loading_is_cancelled_within_the_bound(open_host: Open) -> None:
    host, heard = open_host(patience=Patience())
    host.submit(run("a", "load until released"))
    host.submit(run("b", "steps"))
    heard.wait_for(Progress, "a")
    before = time.monotonic()
    host.cancel("a")
    assert heard.wait_for_end("a") == Cancelled("a")
    took = time.monotonic() - before
    engines.RELEASE.set()  # lets the thread go on; the process was killed
    assert isinstance(heard.wait_for_end("b"), Finished)
    assert not heard.of(Log), "an event of the abandoned job came through"
    assert not heard.of(Died), "the worker did not die by itself"
    assert 1.2 <= took < 10, "the bound is 2 s on an idle machine"


def test_a_cancel_that_crosses_the_start_on_the_line_still_frees_the_worker(open_host: Open) -> None:
    """Whether a cancel meets its job before or after it has started, the next one runs."""
    host, heard = open_host(patience=QUICK)
    for i in range(20):
        host.submit(run(f"stopped {i}", "forever"))
        if i % 2:
            heard.wait_for(Started, f"stopped {i}")
        host.cancel(f"stopped {i}")
    host.submit(run("last", "steps"))
    assert isinstance(heard.wait_for_end("last"), Finished)
    assert all(heard.ends(f"stopped {i}") == [Cancelled(f"stopped {i}")] for i in range(20))


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        ("refuse", ErrorKind.MODEL, "The model is damaged."),
        ("break", ErrorKind.INTERNAL, "KeyError: 'latents'"),
        ("exhaust", ErrorKind.MEMORY, "not enough memory"),
    ],
)
def test_a_failing_job_says_why_and_leaves_the_worker_alive(
    open_host: Open, script: str, error: ErrorKind, words: str
) -> None:
    host, heard = open_host()
    pid = heard.wait_for(Ready).versions["pid"]
    host.submit(run("a", script))
    host.submit(run("b", "report"))
    failed = heard.wait_for_end("a")
    assert isinstance(failed, Failed)
    assert failed.problem.kind is error and words in failed.problem.message and failed.problem.hint
    assert failed.details.startswith("Traceback") and "engines.py" in failed.details
    assert isinstance(heard.wait_for_end("b"), Finished)
    assert heard.log("b").split()[0] == pid


def test_memory_is_freed_between_jobs(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "forever"))
    heard.wait_for(Started, "a")
    host.free_memory()
    host.submit(run("b", "report"))
    host.cancel("a")
    assert heard.log("b").split()[1] == "1"


def test_the_engine_finds_itself_offline(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "environment"))
    assert {"HF_HUB_OFFLINE=1", "TRANSFORMERS_OFFLINE=1", "OMP_WAIT_POLICY=PASSIVE"} <= set(heard.log("a").split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing_library", "No module named 'torch'"),
        ("not_there", "not_there"),
        ("unusable_device", "There is no CUDA device."),
    ],
)
def test_an_engine_that_cannot_be_loaded_says_why_to_every_job(open_host: Open, name: str, words: str) -> None:
    host, heard = open_host(name)
    for job_id in ("a", "b"):
        host.submit(run(job_id, "steps"))
    heard.wait_for_ends(["a", "b"])
    assert isinstance(heard.events[0], Unavailable) and not heard.of(Died)
    for failed in heard.of(Failed):
        assert failed.problem.kind is ErrorKind.ENVIRONMENT and words in failed.problem.message and failed.problem.hint
    host.submit(run("c", "steps"))
    assert isinstance(heard.wait_for_end("c"), Failed)
    assert len(heard.of(Unavailable)) <= 3, "at most one attempt for each job"


def test_a_loop_that_ends_is_replaced(open_host: Open) -> None:
    host, heard = open_host(patience=QUICK)
    host.submit(run("a", "leave"))
    host.submit(run("b", "steps"))
    lost = heard.wait_for_end("a")
    assert isinstance(lost, Interrupted) and lost.problem.kind is ErrorKind.CRASH
    assert isinstance(heard.wait_for_end("b"), Finished)
    assert len(heard.of(Ready)) == 2


def test_closing_answers_everything(open_host: Open) -> None:
    host, heard = open_host()
    for name, script in (("a", "forever"), ("b", "steps"), ("c", "steps")):
        host.submit(run(name, script))
    heard.wait_for(Progress, "a")
    host.close(timeout=30)
    host.close()
    assert heard.ends("a") == [Paused("a")]
    for name in "bc":
        (end,) = heard.job(name)
        assert isinstance(end, Interrupted) and "program ended" in end.problem.message and end.problem.hint
    assert not heard.of(Died)
    host.cancel("a")
    with pytest.raises(RuntimeError):
        host.submit(run("d", "steps"))


def test_closing_does_not_wait_for_a_stuck_job(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "load until released"))
    heard.wait_for(Progress, "a")
    host.close(timeout=0.1)
    assert heard.ends("a") == [Interrupted("a", problems.of_quit())]


def test_a_stuck_job_that_was_cancelled_does_not_hold_up_the_close(open_host: Open) -> None:
    host, heard = open_host(patience=QUICK)
    host.submit(run("a", "load until released"))
    host.submit(run("b", "steps"))
    heard.wait_for(Progress, "a")
    host.cancel("a")
    before = time.monotonic()
    host.close(timeout=600)
    assert time.monotonic() - before < 60
    assert heard.ends("a") == [Cancelled("a")] and heard.ends("b") == [Interrupted("b", problems.of_quit())]
    assert len(heard.of(Ready)) == 1, "a closing host started another worker"


def test_a_callback_may_close_the_host(kind: type[Host]) -> None:
    heard = Recorder()

    def on_event(event: object) -> None:
        heard(event)  # type: ignore[arg-type]
        if isinstance(event, Finished):
            host.close()

    host = kind(engine("scripted"), on_event)
    host.start()
    host.submit(run("a", "steps"))
    host.submit(run("b", "forever"))
    assert isinstance(heard.wait_for_end("b"), Paused | Interrupted)
    host.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_storm_of_submits_and_cancels_gives_each_job_one_end(open_host: Open, seed: int) -> None:
    host, heard = open_host(patience=Patience(grace=0.5))
    dice = random.Random(seed)
    scripts = ["steps", "steps", "forever", "refuse", "break"]
    names: list[str] = []
    for i in range(150):
        if names and dice.random() < 0.5:
            host.cancel(dice.choice(names))
            continue
        names.append(f"job {i}")
        host.submit(run(names[-1], dice.choice(scripts), steps=dice.randrange(1, 30)))
        if dice.random() < 0.1:
            heard.wait_for(Ready)
    for name in names:
        host.cancel(name)
    heard.wait_for_ends(names)
    host.close(timeout=30)
    assert all(len(heard.ends(name)) == 1 for name in names)
    assert all(heard.job(name)[-1] == heard.ends(name)[0] for name in names), "something came after the end"
