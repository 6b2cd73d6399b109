"""What only a process can promise: it dies alone, is replaced, and never outlives the program."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

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
    Progress,
    Ready,
    Started,
)
from studio.worker.host_process import ProcessHost
from studio.worker.patience import Patience
from tests.worker.recorder import AT_ONCE, QUICK, Recorder, alive, engine, run, wait_until_gone

Open = Callable[..., tuple[ProcessHost, Recorder]]


@pytest.fixture
def open_host() -> Iterator[Open]:
    hosts: list[ProcessHost] = []

    def open_(name: str = "scripted", patience: Patience | None = None) -> tuple[ProcessHost, Recorder]:
        recorder = Recorder()
        host = ProcessHost(engine(name), recorder, patience=patience or QUICK)
        hosts.append(host)
        host.start()
        return host, recorder

    yield open_
    for host in hosts:
        host.close(timeout=0.2)


def ready_pid(heard: Recorder, count: int = 1) -> int:
    """The process of the `count`th worker."""
    return int(heard.wait_for(Ready, count=count).versions["pid"])


@pytest.mark.parametrize(("script", "code"), [("exit", 7), ("kill", -9), ("segfault", -11)])
def test_a_crash_interrupts_its_job_and_the_queue_goes_on(open_host: Open, script: str, code: int) -> None:
    host, heard = open_host()
    for name, what in (("a", "steps"), ("b", script), ("c", "steps"), ("d", "steps")):
        host.submit(run(name, what))
    heard.wait_for_ends("abcd")
    lost = heard.ends("b")[0]
    assert isinstance(lost, Interrupted) and lost.problem.kind is ErrorKind.CRASH and lost.problem.hint
    assert heard.events[heard.events.index(lost) - 1] == Died(code)
    assert all(isinstance(heard.ends(name)[0], Finished) for name in "acd")
    assert heard.events.index(heard.ends("c")[0]) < heard.events.index(heard.ends("d")[0])
    assert ready_pid(heard, 1) != ready_pid(heard, 2)


def test_a_crash_tells_the_last_words(open_host: Open) -> None:
    host, heard = open_host()
    for name, script in (("a", "exit"), ("b", "segfault")):
        host.submit(run(name, script))
    assert "these are my last words" in heard.wait_for(Interrupted, "a").details
    assert "do_segfault" in heard.wait_for(Interrupted, "b").details, "the native crash left no Python traceback"


def test_every_job_crashing_is_no_reason_to_give_up(open_host: Open) -> None:
    host, heard = open_host()
    names = [f"job {i}" for i in range(5)]
    for name in names:
        host.submit(run(name, "exit"))
    heard.wait_for_ends(names)
    assert {lost.problem.kind for lost in heard.of(Interrupted)} == {ErrorKind.CRASH}


def test_a_worker_that_dies_between_jobs_is_replaced(open_host: Open) -> None:
    host, heard = open_host()
    os.kill(ready_pid(heard), signal.SIGKILL)
    assert heard.wait_for(Died) == Died(-signal.SIGKILL)
    heard.wait_for(Ready, count=2)
    host.submit(run("a", "steps"))
    assert isinstance(heard.wait_for_end("a"), Finished)


def test_a_cancelled_job_whose_worker_crashes_is_cancelled(open_host: Open) -> None:
    host, heard = open_host(patience=Patience(grace=600))
    host.submit(run("a", "load"))
    heard.wait_for(Progress, "a")
    host.cancel("a")
    os.kill(ready_pid(heard), signal.SIGKILL)
    assert heard.wait_for_end("a") == Cancelled("a")


def test_cancelling_a_stuck_job_kills_its_process_and_keeps_the_queue(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "load"))
    host.submit(run("b", "report"))
    heard.wait_for(Progress, "a")
    host.cancel("a")
    assert heard.wait_for_end("a") == Cancelled("a")
    assert heard.log("b").split()[0] == str(ready_pid(heard, 2))
    assert not alive(ready_pid(heard, 1))


def test_a_worker_that_is_stopped_does_not_stop_its_host(open_host: Open) -> None:
    """More commands than a pipe holds, to a process that reads none."""
    host, heard = open_host()
    host.submit(run("a", "forever"))
    heard.wait_for(Progress, "a")
    os.kill(ready_pid(heard), signal.SIGSTOP)
    names = [f"job {i}" for i in range(500)]
    for name in names:
        host.submit(run(name, "steps", steps=1))
    host.cancel(names[-1])
    assert heard.wait_for_end(names[-1]) == Cancelled(names[-1])
    host.cancel("a")
    heard.wait_for_ends(["a", *names])
    assert len(heard.of(Finished)) == 499


def test_prints_do_not_disturb_the_protocol(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "print"))
    assert isinstance(heard.wait_for_end("a"), Finished)


def test_a_file_in_the_working_folder_is_no_library(
    open_host: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "struct.py").write_text("raise SystemExit('a homework')")
    monkeypatch.chdir(tmp_path)
    _, heard = open_host()
    heard.wait_for(Ready)


def test_an_event_that_cannot_be_sent_fails_its_job_only(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "emit nonsense"))
    host.submit(run("b", "steps"))
    failed = heard.wait_for_end("a")
    assert isinstance(failed, Failed) and failed.problem.kind is ErrorKind.INTERNAL
    assert isinstance(heard.wait_for_end("b"), Finished)


def test_the_worker_ignores_an_interrupt(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "interrupt"))
    assert isinstance(heard.wait_for_end("a"), Finished)
    assert os.getpgid(ready_pid(heard)) != os.getpgid(0), "Ctrl-C in the terminal would reach the worker"


def test_a_worker_that_cannot_live_is_tried_three_times(
    open_host: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = tmp_path / "tally"
    monkeypatch.setenv("TALLY", str(tally))
    host, heard = open_host("dies_at_birth")
    host.submit(run("a", "steps"))
    failed = heard.wait_for_end("a")
    assert isinstance(failed, Failed) and failed.problem.kind is ErrorKind.ENVIRONMENT
    assert "exit code 5" in failed.problem.message
    assert heard.of(Died) == [Died(5)] * 3 and not heard.of(Started)
    assert tally.read_bytes() == b"..."
    host.submit(run("b", "steps"))
    heard.wait_for_end("b")
    host.close()
    assert tally.read_bytes() == b"....", "one more attempt for one more job"


def test_jobs_can_be_cancelled_while_the_host_waits_to_try_again(
    open_host: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLY", str(tmp_path / "tally"))
    host, heard = open_host("dies_at_birth", Patience(backoff=(600.0, 600.0)))
    heard.wait_for(Died)
    host.submit(run("a", "steps"))
    host.cancel("a")
    assert heard.wait_for_end("a") == Cancelled("a")


def test_an_interpreter_that_cannot_be_started_is_a_problem_of_the_environment(
    open_host: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    host, heard = open_host()
    host.submit(run("a", "steps"))
    failed = heard.wait_for_end("a")
    assert isinstance(failed, Failed) and failed.problem.kind is ErrorKind.ENVIRONMENT


def test_a_storm_with_crashes_pauses_and_stuck_jobs_gives_each_life_of_a_job_one_end() -> None:
    """What is paused or interrupted is submitted again under its id, as a queue does."""
    lives: Counter[str] = Counter()
    dice = random.Random(7)
    heard = Recorder()
    host = ProcessHost(engine("scripted"), heard, patience=Patience(0.1, 0.1, backoff=AT_ONCE, relapse=AT_ONCE))

    def submit(name: str, script: str) -> None:
        lives[name] += 1
        host.submit(run(name, script))

    host.start()
    names: list[str] = []
    for i in range(40):
        names.append(f"job {i}")
        submit(names[-1], dice.choice(["steps", "forever", "load", "exit", "kill", "refuse", "hang"]))
        if dice.random() < 0.3:
            heard.wait_for(Started, count=len(heard.of(Started)) or 1)
        dice.choice([host.cancel, host.pause])(dice.choice(names))
        again = dice.choice(names)
        if len(heard.ends(again)) == lives[again] and isinstance(heard.ends(again)[-1], Paused | Interrupted):
            submit(again, "steps")
    for name in names:
        host.cancel(name)
    for name in names:
        heard.wait_for_end(name, lives[name])
    host.close(timeout=30)
    assert max(lives.values()) > 1
    assert all(len(heard.ends(name)) == lives[name] for name in names)
    assert all(heard.job(name)[-1] == heard.ends(name)[-1] for name in names)


@pytest.mark.parametrize("script", ["steps", "forever", "load"])
def test_closing_leaves_no_process_and_no_thread(open_host: Open, script: str) -> None:
    before = set(threading.enumerate())
    host, heard = open_host()
    host.submit(run("a", script))
    heard.wait_for(Progress, "a")
    pid = host.pid
    host.close(timeout=0.2)
    assert pid is not None and not alive(pid) and host.pid is None
    assert set(threading.enumerate()) == before


def test_closing_while_the_engine_is_imported_leaves_no_process(open_host: Open) -> None:
    host, heard = open_host("takes_ages")
    host.submit(run("a", "steps"))
    host.cancel("a")
    heard.wait_for_end("a")
    pid = host.pid
    host.close(timeout=0.1)
    assert pid is not None and not alive(pid)


@pytest.mark.parametrize("script", ["start a program", "start a program and load", "start a program and exit"])
def test_what_the_worker_started_ends_with_it(open_host: Open, script: str) -> None:
    host, heard = open_host()
    host.submit(run("a", script))
    pid = int(heard.log("a"))
    host.cancel("a")
    heard.wait_for_end("a")
    host.close()
    wait_until_gone(pid)


# Starts the job its argument names, tells the process of its worker, and then ends in one way or another.
_PROGRAM = f"""
import sys, time
from studio.domain.messages import Log, Progress
from studio.worker.host_process import ProcessHost
from tests.worker.recorder import Recorder, engine, run
heard = Recorder()
host = ProcessHost({engine("scripted")!r}, heard)
host.start()
host.submit(run("a", sys.argv[1]))
heard.wait_for(Progress)
print(host.pid, *[log.message for log in heard.of(Log)], flush=True)
{{}}
"""


def start_program(script: str, ending: str) -> tuple["subprocess.Popen[str]", list[int]]:
    """The program and the processes of its worker, which is in the middle of a job."""
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(ending), script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert program.stdout
    return program, [int(pid) for pid in program.stdout.readline().split()]


@pytest.mark.parametrize("script", ["forever", "load", "start a program and load"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_worker_ends_when_the_program_is_killed(script: str, how: signal.Signals) -> None:
    program, pids = start_program(script, "time.sleep(600)")
    assert all(alive(pid) for pid in pids)
    with program:
        program.send_signal(how)
    for pid in pids:
        wait_until_gone(pid)


@pytest.mark.parametrize("ending", ["pass", "sys.exit(1)", "1 / 0", "import os; os._exit(0)"])
def test_the_worker_ends_with_a_program_that_forgets_to_close(ending: str) -> None:
    program, pids = start_program("load", ending)
    with program:
        program.wait()
    for pid in pids:
        wait_until_gone(pid)


def test_no_event_of_a_killed_worker_arrives(open_host: Open) -> None:
    host, heard = open_host()
    for i in range(5):
        host.submit(run(f"stuck {i}", "load"))
        heard.wait_for(Progress, f"stuck {i}")
        host.cancel(f"stuck {i}")
        host.submit(run(f"next {i}", "report"))
        heard.wait_for_end(f"next {i}")
        assert heard.job(f"stuck {i}")[-1] == Cancelled(f"stuck {i}")
    assert not heard.of(Died) and len(heard.of(Log)) == 5
