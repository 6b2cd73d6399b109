"""The bootstrap's commands: run, test, setup, doctor."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrapping.environment import Environment, Plan, ensure, plan
from bootstrapping.host import Host, SetupError, this_host
from bootstrapping.system import (
    EXTRAS,
    OFFSCREEN,
    TESTING,
    WINDOW,
    ensure_system,
    install_command,
    missing,
    offer_system,
    packages_for,
)

USAGE = """usage: python3 packaging/bootstrap.py COMMAND [ARGUMENTS …]

  run [ARGUMENTS …]    set everything up and start the studio; without a display, render the demo
  test [ARGUMENTS …]   set everything up for development and run the tests (arguments go to pytest)
  setup                set everything up and stop
  doctor               say what was found here, change nothing
"""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Launch:
    """A program to replace the bootstrap with."""

    argv: tuple[str, ...]
    environ: Mapping[str, str]
    folder: Path | None = None


Start = Callable[[Launch], int]


def child_environ(host: Host, *, offscreen: bool) -> dict[str, str]:
    """The environment for the studio and the tests; what the user has set stays."""
    # OpenMP's threads otherwise spin between operations and starve the window.
    preset = {"OMP_WAIT_POLICY": "PASSIVE"} | ({"QT_QPA_PLATFORM": "offscreen"} if offscreen else {})
    return {**preset, **host.environ}


def prepare(host: Host, environment: Environment) -> None:
    """Set up what the studio needs, and, only when something is set up at all, what is pleasant to have."""
    ensure_system(host, OFFSCREEN + (WINDOW if host.has_display else ()))
    if host.has_display and plan(environment, dev=False) is not Plan.NOTHING:
        offer_system(host, EXTRAS)
    ensure(host, environment, dev=False)


def studio(host: Host, environment: Environment, arguments: Sequence[str]) -> Launch:
    """The studio; the demo when nothing was asked for and no window can be shown."""
    asked = tuple(arguments) or (() if host.has_display else ("demo",))
    return Launch(
        (str(environment.python), "-m", "studio", *asked), child_environ(host, offscreen=not host.has_display)
    )


def tests(host: Host, environment: Environment, arguments: Sequence[str]) -> Launch:
    """The tests, always from the project's folder, and never with windows on a developer's screen.

    The whole suite runs in several processes of one thread each; tests of one file stay together, since they share
    what takes long to make. Files are dealt out in their order: by number of tests, those of few and long ones would
    come last, when the other processes have nothing left to do.
    """
    together = ("-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile", "--no-loadscope-reorder")
    argv = (str(environment.python), "-m", "pytest", *(arguments or together))
    single = {} if arguments else {"OMP_NUM_THREADS": "1"}
    return Launch(argv, {**single, **child_environ(host, offscreen=True)}, environment.root)


def start(launch: Launch) -> int:
    """Become the program, so that signals and exit codes need no forwarding; Windows can only wait for it."""
    if launch.folder:
        os.chdir(launch.folder)
    if sys.platform != "win32":
        os.execve(launch.argv[0], launch.argv, dict(launch.environ))
    return subprocess.call(launch.argv, env=dict(launch.environ))


def doctor(host: Host, environment: Environment) -> int:
    """Print what was found; exit code 1 when something is missing."""
    lacking = missing(host, OFFSCREEN + (WINDOW if host.has_display else ()))
    silent = missing(host, EXTRAS)
    state = plan(environment, dev=False)
    lines = {
        "system": platform.platform(),
        "python": f"{platform.python_version()} at {host.python}",
        "environment": f"{environment.folder}: {'ready' if state is Plan.NOTHING else 'needs setup'}",
        "display": "yes" if host.has_display else "none: `run` renders the demo",
        "sound": f"none: {silent[0].name} is missing" if silent else "yes, where there is a device",
        "NVIDIA driver": "yes" if host.which("nvidia-smi") else "not found",
        "free disk": f"{host.free_bytes(environment.root) / 2**30:.1f} GB",
        "missing": ", ".join(need.name for need in lacking) or "nothing",
    }
    for label, found in lines.items():
        print(f"{label + ':':<15}{found}")
    if (lacking or silent) and host.which("apt-get"):
        print(f"{'to install:':<15}{install_command(packages_for(host, lacking + silent))}")
    return 1 if lacking or state is not Plan.NOTHING else 0


def dispatch(host: Host, environment: Environment, argv: Sequence[str], start: Start) -> int:
    """Carry out one command line. Raises SetupError."""
    match list(argv):
        case ["run", *arguments]:
            prepare(host, environment)
            return start(studio(host, environment, arguments))
        case ["test", *arguments]:
            ensure_system(host, OFFSCREEN + WINDOW + TESTING)
            ensure(host, environment, dev=True)
            return start(tests(host, environment, arguments))
        case ["setup"]:
            prepare(host, environment)
            host.say("Safelight is set up. Start it with: python3 packaging/bootstrap.py run")
            return 0
        case ["doctor"]:
            return doctor(host, environment)
        case ["-h" | "--help" | "help"]:
            print(USAGE)
            return 0
        case _:
            host.say(USAGE)
            return 2


def main(argv: Sequence[str], host: Host | None = None, root: Path = ROOT, start: Start = start) -> int:
    """Run a command and turn every failure into one paragraph and an exit code."""
    host = host or this_host()
    try:
        return dispatch(host, Environment(root, host.platform), argv, start)
    except SetupError as error:
        host.say(f"error: {error}")
    except KeyboardInterrupt:
        host.say("Interrupted. Run the same command again to go on.")
        return 130
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        host.say(f"error: the system refused: {error.strerror}{where}. Mend that, then run the same command again.")
    return 1
