"""The virtual environment in `.venv`: what state it is in, and how it gets into the right one."""

import errno
import hashlib
import json
import os
import re
import sys
import tomllib
from dataclasses import asdict, dataclass
from enum import Enum, auto
from pathlib import Path

from bootstrapping.host import Host, SetupError
from bootstrapping.lock import only_setup
from bootstrapping.system import apt_install, install_command

GIB = 1 << 30
NEEDED_BYTES = 3 * GIB  # the CPU build of everything, with room for pip's temporary files


class Plan(Enum):
    """What has to be done to the environment."""

    NOTHING = auto()
    INSTALL = auto()
    REBUILD = auto()


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a finished environment was made from."""

    interpreter: str
    root: str
    sources: str
    dev: bool


@dataclass(frozen=True, slots=True)
class Environment:
    """The places of one checkout's environment."""

    root: Path
    platform: str

    @property
    def folder(self) -> Path:
        """The environment itself."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / ("Scripts/python.exe" if self.platform == "win32" else "bin/python")

    @property
    def log(self) -> Path:
        """Everything pip printed."""
        return self.folder / "bootstrap.log"

    @property
    def lock(self) -> Path:
        """Beside the environment, because rebuilding empties it."""
        return self.root / ".venv.lock"

    @property
    def stamp_file(self) -> Path:
        """Present only when the environment is whole."""
        return self.folder / "bootstrap.json"

    def sources(self) -> str:
        """Hash of what decides which packages belong in."""
        digest = hashlib.sha256()
        for path in (self.root / "pyproject.toml", self.root / "packaging" / "constraints.txt"):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def stamp(self, *, dev: bool) -> Stamp:
        """The stamp that a finished environment would have now."""
        # The resolved interpreter changes when the system moves `python3` to another version; the root
        # changes when the folder is moved, which breaks the editable install.
        return Stamp(os.path.realpath(self.python), str(self.root), self.sources(), dev)

    def read_stamp(self) -> Stamp | None:
        """The stamp left by the last finished setup."""
        try:
            return Stamp(**json.loads(self.stamp_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write_stamp(self, stamp: Stamp) -> None:
        """Declare the environment finished."""
        self.stamp_file.write_text(json.dumps(asdict(stamp)), encoding="utf-8")


def plan(environment: Environment, *, dev: bool, was_cut_off: bool = False) -> Plan:
    """Compare the environment with what it should be. Reads three small files and starts nothing."""
    if was_cut_off or not environment.python.exists():
        return Plan.REBUILD
    found, wanted = environment.read_stamp(), environment.stamp(dev=dev)
    if found is None:
        return Plan.INSTALL
    if (found.interpreter, found.root) != (wanted.interpreter, wanted.root):
        return Plan.REBUILD
    return Plan.NOTHING if found.sources == wanted.sources and found.dev >= dev else Plan.INSTALL


def ensure(host: Host, environment: Environment, *, dev: bool) -> None:
    """Bring the environment into the wanted state; does nothing when it is. Raises SetupError."""
    with only_setup(environment.lock, host.say) as setup:
        todo = plan(environment, dev=dev, was_cut_off=setup.was_cut_off)
        if todo is Plan.NOTHING:
            return
        if todo is Plan.INSTALL and host.run([str(environment.python), "-m", "pip", "--version"]).code != 0:
            todo = Plan.REBUILD
        previous = environment.read_stamp()
        if previous is None:
            check_space(host, environment)
        dev = dev or (previous is not None and previous.dev)  # a developer's tools stay
        environment.stamp_file.unlink(missing_ok=True)
        setup.begin()
        if todo is Plan.REBUILD:
            if environment.folder.exists():
                host.say("The environment in .venv is unfinished or belongs elsewhere; building it anew.")
            create(host, environment)
        try:
            install(host, environment, dev=dev)
        except SetupError:
            setup.end()  # pip ended by itself and takes back what it began: no need to build anew
            raise
        environment.write_stamp(environment.stamp(dev=dev))
        setup.end()


def check_space(host: Host, environment: Environment) -> None:
    """Refuse early rather than fill the disk. Raises SetupError."""
    free = host.free_bytes(environment.root)
    if free < NEEDED_BYTES:
        raise SetupError(
            f"Safelight's packages need about {NEEDED_BYTES // GIB} GB (about 8 GB with NVIDIA's libraries), but only "
            f"{free / GIB:.1f} GB are free in {environment.root}. Free some space, or move the folder to another disk, "
            "then run the same command again."
        )


def create(host: Host, environment: Environment) -> None:
    """Make an empty environment, replacing what is there. Raises SetupError."""
    host.say("Creating the Python environment …")
    done = host.run([*maker(host), "--clear", str(environment.folder)])
    if done.code != 0:
        said = " ".join(done.output.split()[-60:])
        raise SetupError(f"The Python environment in {environment.folder} could not be created; Python said: {said}")


def maker(host: Host) -> tuple[str, ...]:
    """The command that makes an environment. Raises SetupError when Python was installed without one."""
    standard = (str(host.python), "-m", "venv")
    if host.has_module("venv") and host.has_module("ensurepip"):
        return standard
    if host.has_module("virtualenv"):
        return (str(host.python), "-m", "virtualenv")
    if tool := host.which("virtualenv"):
        return (tool, "--python", str(host.python))
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if host.which("apt-get") and apt_install(host, (package,)):
        return standard
    hint = f"`{install_command((package,))}`" if host.which("apt-get") else "your system's package of `venv`"
    raise SetupError(
        f"This Python ({host.python}) came without the parts that make an environment (venv and ensurepip). "
        f"Install them with {hint}, then run the same command again."
    )


def torch_requirement(root: Path) -> str:
    """The pinned torch, as pyproject.toml names it."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return next(str(line) for line in project["dependencies"] if re.match(r"torch\b", line))


def install(host: Host, environment: Environment, *, dev: bool) -> None:
    """Install the packages and Safelight itself, editable. Raises SetupError."""
    root = environment.root
    constraints = ("-c", str(root / "packaging" / "constraints.txt"))
    # torch first and alone: by far the largest download, with its own message and its own failure.
    host.say("Installing torch (the largest part; several minutes on a slow line) …")
    pip(host, environment, *constraints, torch_requirement(root))
    host.say("Installing the other packages …")
    pip(host, environment, *constraints, "--editable", f"{root}[dev]" if dev else str(root))


def pip(host: Host, environment: Environment, *arguments: str) -> None:
    """Run `pip install` with the user's own pip settings (proxy, mirror, cache). Raises SetupError."""
    options = ("--prefer-binary", "--no-input", "--disable-pip-version-check")
    done = host.run([str(environment.python), "-m", "pip", "install", *options, *arguments], log=environment.log)
    if done.code != 0:
        raise SetupError(f"{explain(done.output)} The end of pip's log, {environment.log}:\n{last_lines(done.output)}")


def explain(output: str) -> str:
    """Say in a sentence or two why pip failed and what to do."""
    if os.strerror(errno.ENOSPC) in output:
        return "The disk is full. Free some gigabytes, then run the same command again."
    unreachable = r"name resolution|new connection|unreachable|timed? ?out|ProxyError|SSLError|getaddrinfo|RemoteDisc"
    if re.search(unreachable, output):
        return (
            "pip could not reach its package index. Check the network (and pip's proxy or mirror settings, which are "
            "honoured), then run the same command again; what was already downloaded is kept."
        )
    if "No matching distribution" in output:
        return (
            "pip found no fitting package. Either the package index that pip is set to use lacks it, or it offers "
            "none for this system and Python version; Python 3.12 on a 64-bit system is the safest choice."
        )
    return "pip could not install the packages. Run the same command again; if it fails again, see the log."


def last_lines(output: str, count: int = 12) -> str:
    """The end of a log, indented."""
    return "\n".join("    " + line for line in output.splitlines()[-count:])
