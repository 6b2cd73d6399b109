"""The loop alone, with its commands laid out beforehand: no threads, so every order is exact."""

import queue

from studio.domain.jobs import Cost
from studio.domain.messages import (
    Cancel,
    Cancelled,
    Checkpoint,
    Command,
    Event,
    Finished,
    FreeMemory,
    Log,
    Pause,
    Paused,
    Phase,
    Preview,
    Progress,
    Quit,
    Ready,
    Started,
    Unavailable,
    WorkerOptions,
)
from studio.worker.loop import EXIT_UNAVAILABLE, Channel, serve
from tests.worker import engines
from tests.worker.recorder import run


class Script:
    """Feeds commands to the loop: some beforehand, some when it says a certain event."""

    def __init__(self, *commands: Command) -> None:
        self.said: list[Event] = []
        self.answers: list[tuple[Event, tuple[Command, ...]]] = []
        self.inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self.put(*commands)

    def put(self, *commands: Command) -> None:
        for command in commands:
            self.inbox.put(command)

    def on(self, event: Event, *commands: Command) -> "Script":
        self.answers.append((event, commands))
        return self

    def hear(self, event: Event) -> None:
        self.said.append(event)
        for awaited, commands in self.answers:
            if awaited == event:
                self.put(*commands)

    def play(self) -> list[Event]:
        """What the loop says after Ready."""
        assert serve(Channel(self.inbox, self.hear), engines.scripted, WorkerOptions()) == 0
        assert isinstance(self.said[0], Ready)
        return self.said[1:]


def progress(job_id: str, step: int) -> Progress:
    return Progress(job_id, Phase.DENOISE, step, 0)


def test_quit_ends_an_idle_loop() -> None:
    assert Script(Quit()).play() == []


def test_quit_starts_nothing_more() -> None:
    assert Script(run("a", "steps"), Quit()).play() == []


def test_a_cancel_takes_effect_within_the_step() -> None:
    script = Script(run("a", "forever")).on(progress("a", 3), Cancel("a")).on(Cancelled("a"), Quit())
    assert script.play() == [Started("a"), *[progress("a", step) for step in (1, 2, 3)], Cancelled("a")]


def test_a_cancel_of_the_backlog_is_answered_while_another_job_runs() -> None:
    script = Script(run("a", "forever"), run("b", "steps"))
    script.on(progress("a", 2), Cancel("b")).on(progress("a", 4), Cancel("a")).on(Cancelled("a"), Quit())
    steps = [progress("a", step) for step in (1, 2, 3, 4)]
    assert script.play() == [Started("a"), *steps[:2], Cancelled("b"), *steps[2:], Cancelled("a")]


def test_a_cancel_before_the_start_leaves_no_trace_of_the_job() -> None:
    assert Script(run("a", "steps"), Cancel("a"), Quit()).play() == [Cancelled("a")]


def test_a_cancel_of_an_ended_or_unknown_job_means_nothing() -> None:
    script = Script(run("a", "report"), Cancel("x"))
    finished = Finished("a", Cost())
    script.on(finished, Cancel("a"), run("b", "report"))
    script.on(Started("b"), Quit())
    assert [type(event) for event in script.play()] == [Started, Log, Finished] * 2


def test_quit_pauses_what_runs_and_says_nothing_of_what_waits() -> None:
    script = Script(run("a", "forever"), run("b", "steps")).on(progress("a", 1), run("c", "steps"), Quit())
    assert script.play() == [Started("a"), progress("a", 1), Paused("a")]


def test_quit_cancels_what_is_cancelled_already() -> None:
    script = Script(run("a", "forever")).on(progress("a", 1), Cancel("a"), Quit())
    assert script.play() == [Started("a"), progress("a", 1), Cancelled("a")]


def test_a_pause_takes_effect_within_the_step_with_a_checkpoint() -> None:
    script = Script(run("a", "go on", steps=100)).on(Progress("a", Phase.DENOISE, 3, 100), Pause("a"))
    script.on(Paused("a"), Quit())
    *_, last, checkpoint, paused = script.play()
    assert last == Progress("a", Phase.DENOISE, 3, 100) and paused == Paused("a")
    assert isinstance(checkpoint, Checkpoint) and int(checkpoint.data) == 3


def test_a_pause_of_the_backlog_is_answered_while_another_job_runs() -> None:
    script = Script(run("a", "forever"), run("b", "steps"))
    script.on(progress("a", 1), Pause("b")).on(progress("a", 2), Quit())
    assert script.play() == [Started("a"), progress("a", 1), Paused("b"), progress("a", 2), Paused("a")]


def test_a_pause_is_for_its_own_job_only() -> None:
    script = Script(run("a", "steps", steps=1), run("b", "report")).on(Started("a"), Pause("x"))
    script.on(Finished("a", Cost()), Pause("a")).on(Started("b"), Quit())
    assert [type(event) for event in script.play()] == [Started, Progress, Preview, Finished, Started, Log, Finished]


def test_memory_is_freed_once_and_not_under_a_running_job() -> None:
    script = Script(run("a", "report"), run("b", "report")).on(Started("a"), FreeMemory(), FreeMemory())
    script.on(Started("b"), Quit())
    said = script.play()
    assert [event.message.split()[1] for event in said if isinstance(event, Log)] == ["0", "1"]


def test_a_failing_factory_is_the_only_thing_said() -> None:
    said: list[Event] = []
    code = serve(Channel(queue.SimpleQueue(), said.append), engines.missing_library, WorkerOptions())
    assert code == EXIT_UNAVAILABLE
    assert [type(event) for event in said] == [Unavailable]
