"""Engines that do what a recipe's prompt says, with no diffusion in them."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from studio.domain.errors import ErrorKind, JobCancelled, JobPaused, StudioError
from studio.domain.jobs import Cost
from studio.domain.messages import Checkpoint, Event, Finished, Log, Phase, Preview, Progress, Ready, Run, WorkerOptions

Emit = Callable[[Event], None]
Poll = Callable[[], None]

LONG = 600.0  # seconds; far longer than any test waits


class OutOfMemoryError(RuntimeError):
    """Named like torch's."""


class Scripted:
    """Carries out one of the methods below, by the name in the prompt."""

    def __init__(self, options: WorkerOptions) -> None:
        self.options = options
        self.freed = 0

    def describe(self) -> Ready:
        return Ready(self.options.device, "none", "float32", self.options.threads, 0, {"pid": str(os.getpid())})

    def run(self, command: Run, emit: Emit, poll: Poll) -> Finished:
        getattr(self, "do_" + command.recipe.prompt.replace(" ", "_"))(command, emit, poll)
        return Finished(command.job_id, Cost())

    def free(self) -> None:
        self.freed += 1

    def do_steps(self, command: Run, emit: Emit, poll: Poll) -> None:
        """As many steps as the recipe says, each with a preview."""
        for step in range(command.recipe.sampling.steps):
            poll()
            emit(Progress(command.job_id, Phase.DENOISE, step + 1, command.recipe.sampling.steps))
            emit(Preview(command.job_id, 0, step + 1, 1, 1, bytes(3)))

    def do_forever(self, command: Run, emit: Emit, poll: Poll) -> None:
        """Steps without end; answers polls."""
        step = 0
        while True:
            step += 1
            emit(Progress(command.job_id, Phase.DENOISE, step, 0))
            poll()
            time.sleep(0.005)

    def do_load(self, command: Run, emit: Emit, poll: Poll) -> None:
        """A model load that takes no commands for a while that no test outlasts."""
        emit(Progress(command.job_id, Phase.LOAD, 0, 0))
        time.sleep(LONG)

    def do_load_until_released(self, command: Run, emit: Emit, poll: Poll) -> None:
        """The same, but a test in this process can end it; what follows must not reach anybody."""
        emit(Progress(command.job_id, Phase.LOAD, 0, 0))
        RELEASE.wait(LONG)
        emit(Log(command.job_id, "too late"))

    def do_go_on(self, command: Run, emit: Emit, poll: Poll) -> None:
        """As many steps as the recipe says, from the checkpoint on; keeps one, as large as a real one, when paused."""
        step, steps = int(command.checkpoint or b"0"), command.recipe.sampling.steps
        try:
            while step < steps:
                poll()
                step += 1
                emit(Progress(command.job_id, Phase.DENOISE, step, steps))
                time.sleep(0.005)
        except JobPaused:
            emit(Checkpoint(command.job_id, 0, step, (b"%d" % step).rjust(1_000_000)))
            raise

    def do_quiet(self, command: Run, emit: Emit, poll: Poll) -> None:
        """Takes a while, and says nothing but does not hold Python's lock."""
        time.sleep(command.recipe.sampling.steps)

    def do_hang(self, command: Run, emit: Emit, poll: Poll) -> None:
        """A native call that holds Python's lock, so that no thread of the worker goes on."""
        emit(Progress(command.job_id, Phase.LOAD, 0, 0))
        ctypes.PyDLL(None).sleep(int(LONG))

    def do_swallow_once(self, command: Run, emit: Emit, poll: Poll) -> None:
        """A library on the way that catches everything, once."""
        try:
            self.do_forever(command, emit, poll)
        except JobCancelled:
            self.do_forever(command, emit, poll)

    def do_refuse(self, command: Run, emit: Emit, poll: Poll) -> None:
        raise StudioError(ErrorKind.MODEL, "The model is damaged.", "Download it again.", "model")

    def do_break(self, command: Run, emit: Emit, poll: Poll) -> None:
        raise KeyError("latents")

    def do_exhaust(self, command: Run, emit: Emit, poll: Poll) -> None:
        raise OutOfMemoryError("CUDA out of memory.")

    def do_emit_nonsense(self, command: Run, emit: Emit, poll: Poll) -> None:
        """An event that no pipe can carry; a thread does not mind."""
        emit(Log(command.job_id, lambda: "not a string"))  # type: ignore[arg-type]

    def do_report(self, command: Run, emit: Emit, poll: Poll) -> None:
        """Tell where it runs and how often memory was freed."""
        emit(Log(command.job_id, f"{os.getpid()} {self.freed}"))

    def do_environment(self, command: Run, emit: Emit, poll: Poll) -> None:
        emit(Log(command.job_id, " ".join(f"{name}={value}" for name, value in os.environ.items())))

    def do_print(self, command: Run, emit: Emit, poll: Poll) -> None:
        """A chatty library, and a native one."""
        print("chatter", flush=True)
        os.write(1, b"native chatter\n")

    def do_interrupt(self, command: Run, emit: Emit, poll: Poll) -> None:
        """Ctrl-C reaches the worker too."""
        os.kill(os.getpid(), signal.SIGINT)

    def do_exit(self, command: Run, emit: Emit, poll: Poll) -> None:
        os.write(2, b"these are my last words\n")
        os._exit(7)

    def do_kill(self, command: Run, emit: Emit, poll: Poll) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def do_segfault(self, command: Run, emit: Emit, poll: Poll) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def do_start_a_program(self, command: Run, emit: Emit, poll: Poll) -> None:
        """Start a program that stays, as a compiler or a video encoder would be."""
        program = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({LONG})"])
        emit(Log(command.job_id, str(program.pid)))

    def do_start_a_program_and_load(self, command: Run, emit: Emit, poll: Poll) -> None:
        self.do_start_a_program(command, emit, poll)
        self.do_load(command, emit, poll)

    def do_start_a_program_and_exit(self, command: Run, emit: Emit, poll: Poll) -> None:
        self.do_start_a_program(command, emit, poll)
        os._exit(7)

    def do_leave(self, command: Run, emit: Emit, poll: Poll) -> None:
        """End the thread the loop runs in."""
        raise SystemExit(9)


RELEASE = threading.Event()


def scripted(options: WorkerOptions) -> Scripted:
    """The usual engine."""
    return Scripted(options)


def missing_library(options: WorkerOptions) -> Scripted:
    """An installation without its libraries."""
    raise ModuleNotFoundError("No module named 'torch'", name="torch")


def unusable_device(options: WorkerOptions) -> Scripted:
    """An engine that knows what is wrong."""
    raise StudioError(ErrorKind.ENVIRONMENT, "There is no CUDA device.", "Choose the CPU.")


def dies_at_birth(options: WorkerOptions) -> Scripted:
    """Native code that crashes while it is loaded; leaves a byte in the file TALLY names."""
    with Path(os.environ["TALLY"]).open("ab") as tally:
        tally.write(b".")
    os._exit(5)


def takes_ages(options: WorkerOptions) -> Scripted:
    """Imports that do not end, but for a test in this process."""
    RELEASE.wait(LONG)
    return Scripted(options)
