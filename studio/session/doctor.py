"""What this machine and this installation offer, and what is missing: one check after the other."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

import studio
from studio.domain.catalog import Library
from studio.domain.errors import StudioError
from studio.domain.messages import Ready
from studio.domain.recipe import STARTER
from studio.domain.user_paths import exists
from studio.imaging.files import require_writable
from studio.session.paths import Paths

GIB = 2**30
LITTLE_MEMORY = 2 * GIB  # below it the system starts to swap while a small model runs
LITTLE_DISK = 2 * GIB
NO_DISK = GIB // 5
LIBRARIES = (
    "torch", "diffusers", "transformers", "tokenizers", "safetensors", "accelerate", "peft", "scipy", "numpy",
    "opencv-python-headless", "pillow", "PySide6-Essentials", "psygnal", "psutil", "typer", "rich", "platformdirs",
)  # fmt: skip
_SETUP = "Set the program up again: python3 packaging/bootstrap.py setup"
_CPU_INFO = Path("/proc/cpuinfo")
_FEATURES = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_bf16": "AVX-512 bf16",
    "amx_bf16": "AMX bf16",
    "bf16": "bf16",
}


class State(StrEnum):
    """How a check ended. `WARN` costs comfort, `FAIL` means that something cannot work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, and what to do unless it is fine."""

    name: str
    state: State
    found: str
    advice: str = ""


def examine(
    paths: Paths, library: Library, engine: Callable[[], Ready], display: Callable[[], None]
) -> Iterator[Check]:
    """All checks, the quick ones first.

    `engine` starts a worker and waits for it, `display` asks for a screen; both raise StudioError when there is none.
    """
    yield from (_program(), _processor(), _memory(), _disk(paths.data))
    for name, folder in (("data", paths.data), ("settings", paths.config), ("pictures", paths.pictures)):
        yield _folder(f"{name} folder", folder)
    yield _models_folder(paths.models)
    yield from _models(library)
    yield from _libraries()
    yield _screen(display)
    yield _window()
    yield _engine(engine)


def _program() -> Check:
    where = f"Python {platform.python_version()}, {platform.platform()}"
    return Check("program", State.OK, f"Safelight {studio.__version__}, {where}")


def _processor() -> Check:
    flags = _cpu_flags()
    features = [title for flag, title in _FEATURES.items() if flag in flags]
    cores = f"{psutil.cpu_count(logical=False) or '?'} cores, {_usable_threads()} threads"
    return Check("processor", State.OK, ", ".join([platform.machine(), cores, *features]))


def _usable_threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu_flags() -> set[str]:
    """The processor's features where the system tells them (Linux)."""
    try:
        lines = _CPU_INFO.read_text("utf-8", "replace").splitlines()
    except OSError:
        return set()
    return next(
        (set(line.split(":", 1)[1].split()) for line in lines if line.lower().startswith(("flags", "features"))), set()
    )


def _memory() -> Check:
    memory = psutil.virtual_memory()
    found = f"{memory.total / GIB:.1f} GiB, {memory.available / GIB:.1f} GiB free"
    if memory.available < LITTLE_MEMORY:
        return Check("memory", State.WARN, found, "Close other programs before making large pictures.")
    return Check("memory", State.OK, found)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(_existing(folder)).free
    found = f"{free / GIB:.1f} GiB free for {folder}"
    if free < NO_DISK:
        return Check("disk", State.FAIL, found, "Free some space: pictures can hardly be saved.")
    if free < LITTLE_DISK:
        return Check("disk", State.WARN, found, "Free some space before adding models.")
    return Check("disk", State.OK, found)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if exists(place))


def _folder(name: str, folder: Path) -> Check:
    """Whether the folder could be written, without creating it."""
    try:
        require_writable(_existing(folder))
    except StudioError as error:
        return Check(name, State.FAIL, f"{folder}: {error.problem.message}", error.problem.hint)
    return Check(name, State.OK, str(folder))


def _models_folder(folder: Path) -> Check:
    return Check("models folder", State.OK, f"{folder}{'' if exists(folder) else ' (create it to add models)'}")


def _models(library: Library) -> Iterator[Check]:
    for model in library.models:
        yield Check("model", State.OK, f"{model.name}: {model.traits.title}, {model.bytes / 2**20:.0f} MiB")
    for bad in library.unusable:
        yield Check("model", State.WARN, f"{bad.name}: {bad.reason}", bad.hint)
    if not library.models:
        yield Check("model", State.FAIL, "none", f"{_SETUP}, or copy a model into the models folder.")
    elif all(model.name != STARTER for model in library.models):
        yield Check("model", State.WARN, "the built-in starter is missing", _SETUP)


def _libraries() -> Iterator[Check]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Check("library", State.FAIL, f"{name} is not installed", _SETUP)
    yield Check("libraries", State.OK, ", ".join(f"{name} {version}" for name, version in found.items()))


def _screen(display: Callable[[], None]) -> Check:
    try:
        display()
    except StudioError as error:
        return Check("screen", State.WARN, error.problem.message, error.problem.hint)
    return Check("screen", State.OK, "there is one")


def _window() -> Check:
    """Whether Qt loads; in a process of its own, because it needs system libraries that may be missing."""
    code = "import PySide6.QtWidgets, PySide6.QtSvg; print(PySide6.__version__)"
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("window", State.FAIL, f"Qt cannot be tried: {error}", _SETUP)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return Check("window", State.FAIL, f"Qt cannot be loaded: {reason}", _SETUP)
    return Check("window", State.OK, f"Qt {done.stdout.strip()} loads")


def _engine(engine: Callable[[], Ready]) -> Check:
    try:
        ready = engine()
    except StudioError as error:
        return Check("engine", State.FAIL, error.problem.message, error.problem.hint or _SETUP)
    return Check(
        "engine",
        State.OK,
        f"{ready.device_name} ({ready.device}), {ready.dtype}, {ready.threads} threads, {ready.memory / GIB:.1f} GiB",
    )
