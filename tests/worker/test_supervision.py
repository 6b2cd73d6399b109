"""Signs of life: a worker that falls silent, one that cannot even be killed, and what it said before its end."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import psutil
import pytest

from studio.domain.jobs import Cost, Picture
from studio.domain.messages import (
    Beat,
    Cancelled,
    Checkpoint,
    Command,
    Died,
    Event,
    Finished,
    Interrupted,
    Paused,
    PictureDone,
    Progress,
    Quit,
    Ready,
    Run,
    Started,
    WorkerOptions,
)
from studio.worker import problems, wire
from studio.worker.host import Deliver, Host, Line
from studio.worker.host_process import ProcessHost
from studio.worker.patience import Patience
from tests.worker.recorder import AT_ONCE, PATIENCE, SLOW, Recorder, alive, engine, run

WATCHFUL = Patience(grace=600.0, pause=600.0, silence=2.5, backoff=AT_ONCE, relapse=AT_ONCE)

Open = Callable[..., tuple[ProcessHost, Recorder]]


@pytest.fixture
def open_host() -> Iterator[Open]:
    hosts: list[ProcessHost] = []

    def open_(patience: Patience = WATCHFUL, name: str = "scripted") -> tuple[ProcessHost, Recorder]:
        recorder = Recorder()
        hosts.append(ProcessHost(engine(name), recorder, patience=patience))
        hosts[-1].start()
        return hosts[-1], recorder

    yield open_
    for host in hosts:
        host.close(timeout=0.2)


def pid_of(host: ProcessHost) -> int:
    pid = host.pid
    assert pid is not None
    return pid


def test_a_worker_beats_before_its_engine_is_there() -> None:
    command = [sys.executable, "-P", "-m", "studio.worker.child"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, start_new_session=True) as child:
        commands, events = cast(BinaryIO, child.stdin), cast(BinaryIO, child.stdout)
        limit = threading.Timer(PATIENCE, child.kill)
        limit.start()
        wire.write(commands, wire.Setup(engine("takes_ages"), WorkerOptions()))
        assert [wire.read(events) for _ in range(3)] == [Beat()] * 3
        limit.cancel()
        limit.join()
        commands.close()


def test_beats_are_for_the_host_alone_and_a_quiet_job_is_let_alone(open_host: Open) -> None:
    host, heard = open_host(Patience(silence=4.0))
    host.submit(run("a", "quiet", steps=6))
    assert isinstance(heard.wait_for_end("a"), Finished)
    assert [type(event) for event in heard.events] == [Ready, Started, Finished]


def test_a_worker_that_is_stopped_in_a_job_is_replaced_and_the_queue_goes_on(open_host: Open) -> None:
    host, heard = open_host()
    for name, script in (("a", "forever"), ("b", "steps"), ("c", "steps")):
        host.submit(run(name, script))
    heard.wait_for(Progress, "a")
    first, before = pid_of(host), time.monotonic()
    os.kill(first, signal.SIGSTOP)
    lost = heard.wait_for_end("a")
    assert 1.0 < time.monotonic() - before < 30
    assert isinstance(lost, Interrupted) and lost.problem == problems.of_silence(2.5)
    assert "did not answer for 2.5 s" in lost.problem.message
    assert heard.events[heard.events.index(lost) - 1] == Died(-signal.SIGKILL) and not alive(first)
    heard.wait_for_ends("bc")
    assert isinstance(heard.ends("b")[0], Finished) and isinstance(heard.ends("c")[0], Finished)


def test_a_native_call_that_never_returns_python_s_lock_is_silence(open_host: Open) -> None:
    host, heard = open_host()
    host.submit(run("a", "hang"))
    heard.wait_for(Progress, "a")
    lost = heard.wait_for_end("a")
    assert isinstance(lost, Interrupted) and lost.problem == problems.of_silence(2.5)
    host.submit(run("a", "steps"))
    assert isinstance(heard.wait_for_end("a", 2), Finished)


def test_a_worker_that_is_stopped_between_jobs_is_replaced(open_host: Open) -> None:
    host, heard = open_host()
    heard.wait_for(Ready)
    os.kill(pid_of(host), signal.SIGSTOP)
    host.submit(run("a", "steps"))
    assert isinstance(heard.wait_for_end("a"), Finished)
    assert heard.of(Died) == [Died(-signal.SIGKILL)]


def test_a_worker_has_longer_while_its_engine_is_imported(open_host: Open) -> None:
    host, heard = open_host(Patience(silence=600.0, birth=2.5, backoff=AT_ONCE), "takes_ages")
    host.submit(run("a", "steps"))
    while host.pid is None:
        time.sleep(0.01)
    first = pid_of(host)
    os.kill(first, signal.SIGSTOP)
    assert heard.wait_for(Died) == Died(-signal.SIGKILL) and not alive(first)
    assert not heard.job("a"), "a job that was not begun goes to the next worker"


def test_a_machine_that_slept_does_not_take_its_worker_for_silent() -> None:
    """The program and its worker stand still together for longer than the patience."""
    program = f"""
import os, sys, threading
from studio.domain.messages import Progress
from studio.worker.host_process import ProcessHost
from studio.worker.patience import Patience
from tests.worker.recorder import Recorder, engine, run
heard = Recorder()
host = ProcessHost({engine("scripted")!r}, heard, patience=Patience(silence=4.0))
host.start()
host.submit(run("a", "forever"))
heard.wait_for(Progress)
print(host.pid, flush=True)
sys.stdin.read()
host.cancel("a")
heard.wait_for_end("a")
print(*[type(event).__name__ for event in heard.events if type(event).__name__ != "Progress"], flush=True)
host.close()
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True, env=environment) as it:
        assert it.stdin and it.stdout
        worker = psutil.Process(int(it.stdout.readline()))
        worker.suspend()
        it.send_signal(signal.SIGSTOP)
        time.sleep(5.5)  # there is no event in something that stands still
        it.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        worker.resume()
        it.stdin.close()
        assert it.stdout.readline().split() == ["Ready", "Started", "Cancelled"]


@pytest.mark.parametrize("state", ["loads", "hangs", "is stopped", "is stopped with a full pipe"])
def test_a_cancel_is_answered_in_two_seconds_and_the_next_job_begins(open_host: Open, state: str) -> None:
    host, heard = open_host(Patience())
    host.submit(run("a", {"loads": "load", "hangs": "hang"}.get(state, "forever")))
    heard.wait_for(Progress, "a")
    if "stopped" in state:
        os.kill(pid_of(host), signal.SIGSTOP)
    if "full" in state:
        host.submit(Run("big", run("big", "steps").task, "", "", checkpoint=bytes(2**20)))
        host.cancel("big")
    host.submit(run("b", "steps"))
    before = time.monotonic()
    host.cancel("a")
    assert heard.wait_for_end("a") == Cancelled("a")
    took = time.monotonic() - before
    assert 1.2 <= took < 10, "the bound is 2 s on an idle machine"
    assert heard.wait_for(Started, "b") and isinstance(heard.wait_for_end("b"), Finished)
    assert not heard.of(Died)


# ------------------------------------------------------------------------------------ a worker that a test speaks for


class Puppet:
    """A worker that says what a test lets it say; `ending` is what it says when it is killed."""

    pid = 1
    beats = True

    def __init__(self, deliver: Deliver, ending: tuple[Event, ...]) -> None:
        self.say, self._ending = deliver, ending
        self.told: queue.SimpleQueue[Command] = queue.SimpleQueue()

    def send(self, command: Command) -> None:
        self.told.put(command)

    def kill(self) -> bool:
        for event in self._ending:
            self.say(event)
        self._ending = ()
        return True

    def join(self, timeout: float) -> None:
        pass

    def last_words(self) -> str:
        return "last words"

    def begin(self, job_id: str) -> None:
        """Take up the next command, which is that job."""
        command = self.told.get(timeout=PATIENCE)
        assert isinstance(command, Run) and command.job_id == job_id
        self.say(Started(job_id))


class Stage(Host):
    """Its first worker ends with `ending` when it is killed, the others at once."""

    def __init__(self, heard: Recorder, patience: Patience, *ending: Event) -> None:
        super().__init__("", heard, patience=patience)
        self._ending = ending
        self.puppets: queue.SimpleQueue[Puppet] = queue.SimpleQueue()

    def connect(self, deliver: Deliver) -> Line:
        puppet = Puppet(deliver, self._ending)
        self._ending = (Died(-9),)
        puppet.say(Ready("", "", "", 1, 0, {}))
        self.puppets.put(puppet)
        return puppet

    def puppet(self) -> Puppet:
        """The next worker."""
        return self.puppets.get(timeout=PATIENCE)


@pytest.fixture
def raise_curtain() -> Iterator[Callable[..., tuple[Stage, Recorder, Puppet]]]:
    stages: list[Stage] = []

    def raise_(patience: Patience, *ending: Event) -> tuple[Stage, Recorder, Puppet]:
        heard = Recorder()
        stage = Stage(heard, patience, *ending)
        stages.append(stage)
        stage.start()
        return stage, heard, stage.puppet()

    yield raise_
    for stage in stages:
        stage.close(timeout=0.0)


Raise = Callable[..., tuple[Stage, Recorder, Puppet]]
DRAWN = PictureDone("a", Picture(0, 1, "digest", 8, 8))


def test_a_worker_that_cannot_even_be_killed_holds_up_no_answer(raise_curtain: Raise) -> None:
    stage, heard, puppet = raise_curtain(Patience(grace=0.1, reap=600.0))
    stage.submit(run("a", "steps"))
    puppet.begin("a")
    heard.wait_for(Started, "a")
    stage.cancel("a")
    assert heard.wait_for_end("a") == Cancelled("a")
    stage.submit(run("b", "steps"))
    stage.cancel("b")
    assert heard.wait_for_end("b") == Cancelled("b")


def test_a_worker_that_cannot_even_be_killed_is_left_behind(raise_curtain: Raise) -> None:
    stage, heard, puppet = raise_curtain(Patience(grace=0.1, reap=0.1))
    stage.submit(run("a", "steps"))
    puppet.begin("a")
    heard.wait_for(Started, "a")
    stage.cancel("a")
    stage.submit(run("b", "steps"))
    following = stage.puppet()
    for event in (DRAWN, Started("b"), Finished("b", Cost()), Died(-9)):
        puppet.say(event)
    following.begin("b")
    following.say(Finished("b", Cost()))
    heard.wait_for_end("b")
    assert heard.job("a") == [Started("a"), Cancelled("a")]
    assert heard.job("b") == [Started("b"), Finished("b", Cost())] and not heard.of(Died)


def test_a_silent_worker_that_cannot_even_be_killed_is_left_behind(raise_curtain: Raise) -> None:
    stage, heard, puppet = raise_curtain(Patience(silence=0.4, reap=0.1, backoff=AT_ONCE, relapse=AT_ONCE))
    stage.submit(run("a", "steps"))
    puppet.begin("a")
    assert heard.wait_for_end("a") == Interrupted("a", problems.of_silence(0.4), "last words")
    stage.puppet()


def test_what_a_worker_said_before_it_was_killed_is_not_lost(raise_curtain: Raise) -> None:
    kept = Checkpoint("a", 1, 5, b"latents")
    patience = Patience(silence=0.4, backoff=AT_ONCE, relapse=AT_ONCE)
    stage, heard, puppet = raise_curtain(patience, DRAWN, kept, Died(-9))
    stage.submit(run("a", "steps"))
    puppet.begin("a")
    heard.wait_for_end("a")
    assert heard.job("a") == [Started("a"), DRAWN, kept, Interrupted("a", problems.of_silence(0.4), "last words")]
    assert heard.of(Died) == [Died(-9)]


def test_what_a_worker_said_before_the_close_is_not_lost(raise_curtain: Raise) -> None:
    stage, heard, puppet = raise_curtain(SLOW, DRAWN, Paused("a"), Died(-9))
    stage.submit(run("a", "steps"))
    stage.submit(run("b", "steps"))
    puppet.begin("a")
    heard.wait_for(Started, "a")
    stage.close(timeout=0.0)
    assert heard.job("a") == [Started("a"), DRAWN, Paused("a")]
    assert heard.job("b") == [Interrupted("b", problems.of_quit())] and not heard.of(Died)
    assert [puppet.told.get(timeout=PATIENCE) for _ in range(2)] == [run("b", "steps"), Quit()]


def test_a_job_that_a_worker_begins_while_it_is_killed_begins_once(raise_curtain: Raise) -> None:
    """The worker let go of a stuck job in the last moment."""
    stage, heard, puppet = raise_curtain(Patience(grace=0.1), Cancelled("a"), Started("b"), Died(-9))
    stage.submit(run("a", "steps"))
    stage.submit(run("b", "steps"))
    puppet.begin("a")
    heard.wait_for(Started, "a")
    stage.cancel("a")
    following = stage.puppet()
    following.begin("b")
    following.say(Finished("b", Cost()))
    heard.wait_for_end("b")
    assert heard.job("b") == [Started("b"), Finished("b", Cost())] and heard.ends("a") == [Cancelled("a")]


def test_a_job_goes_on_in_the_next_worker_after_the_first_was_lost(raise_curtain: Raise) -> None:
    stage, heard, puppet = raise_curtain(Patience(relapse=(0.0,)))
    stage.submit(run("a", "steps"))
    stage.submit(run("b", "steps"))
    puppet.begin("a")
    puppet.say(Died(1))
    assert heard.wait_for_end("a") == Interrupted("a", problems.of_crash(1), "last words")
    stage.submit(run("a", "steps", checkpoint=b"5"))
    following = stage.puppet()
    following.begin("b")
    following.say(Finished("b", Cost()))
    following.begin("a")
    following.say(Finished("a", Cost()))
    assert heard.wait_for_end("a", 2) == Finished("a", Cost())


def test_a_finished_job_is_a_reason_to_start_the_next_worker_at_once(raise_curtain: Raise) -> None:
    stage, heard, puppet = raise_curtain(Patience(relapse=(0.0, 600.0)))
    for name in "abc":
        stage.submit(run(name, "steps"))
    puppet.begin("a")
    puppet.say(Died(1))
    following = stage.puppet()
    following.begin("b")
    following.say(Finished("b", Cost()))
    following.begin("c")
    following.say(Died(1))
    heard.wait_for_ends("abc")
    stage.puppet()


def test_workers_that_die_under_each_job_are_started_later_and_later(raise_curtain: Raise) -> None:
    stage, heard, puppet = raise_curtain(Patience(relapse=(0.0, 600.0)))
    stage.submit(run("a", "steps"))
    puppet.begin("a")
    puppet.say(Died(1))
    heard.wait_for_end("a")
    stage.submit(run("b", "steps"))
    following = stage.puppet()
    following.begin("b")
    following.say(Died(1))
    heard.wait_for_end("b")
    stage.submit(run("c", "steps"))
    stage.submit(run("d", "steps"))
    stage.cancel("d")
    assert heard.wait_for_end("d") == Cancelled("d")
    with pytest.raises(queue.Empty):
        stage.puppets.get_nowait()
    stage.close(timeout=600.0)
    assert heard.job("c") == [Interrupted("c", problems.of_quit())]
