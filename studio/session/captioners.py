"""Who can write captions: file names, and plugins that offer more."""

import functools
import re
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.resources import plugins as shipped_plugins
from studio.session import plugins
from studio.session.paths import Paths

GROUP = "safelight.captioners"  # entry points, each a class or function without arguments that makes a Captioner


@runtime_checkable
class Captioner(Protocol):
    """Says in words what a picture shows. `caption` is called in a thread of its own and may take its time.

    It raises StudioError when it cannot caption a picture; the others go on.
    """

    title: str

    def caption(self, path: Path) -> str:
        """One sentence about the picture at `path`."""


class FileNames:
    """The built-in one: `red_fox-03.jpg` becomes "red fox"."""

    title = "File names"

    def caption(self, path: Path) -> str:
        """The words in the file's name, without the number that counts copies of it."""
        words = re.sub(r"[\W_]+", " ", path.stem).strip()
        return re.sub(r"(?:\s*\(?\b\d+\)?)+$", "", words).strip() or words


class FromPlugin:
    """The captioner of a plugin: what it raises becomes a StudioError, and what it says one line of text."""

    def __init__(self, name: str, path: Path | None, made: Captioner | ModuleType) -> None:
        self.title = str(made.title)
        self._name, self._path, self._made = name, path, made

    def caption(self, path: Path) -> str:
        """See `Captioner`."""
        said: Any = plugins.guarded(self._name, self._path, lambda: self._made.caption(path))
        if isinstance(said, str):
            return " ".join(said.split())
        raise StudioError(
            ErrorKind.ENVIRONMENT,
            f"The plugin “{self._name}” cannot be used: its caption is a {type(said).__name__}, not a text.",
            f"Mend {self._path}." if self._path else "Update it, or uninstall it.",
        )


def plugin_folders(paths: Paths) -> tuple[Path, ...]:
    """Where plugins lie: those that ship with Safelight, and the user's."""
    return shipped_plugins(), paths.data / plugins.FOLDER


def captioners(folders: tuple[Path, ...]) -> tuple[tuple[Captioner, ...], tuple[Problem, ...]]:
    """All captioners, ours first, and what is wrong with the plugins that could not be loaded.

    Runs the plugins in `folders` and those that are installed as packages: call it away from the window's thread.
    """
    found = plugins.load(folders)
    made = [FromPlugin(plugin.name, plugin.path, plugin.module) for plugin in found if plugin.module]
    installed, wrong = _installed()
    problems = (*(plugin.problem for plugin in found if plugin.problem), *wrong)
    return (FileNames(), *made, *installed), problems


def _installed() -> tuple[list[FromPlugin], list[Problem]]:
    """The captioners of installed packages, and what is wrong with the others."""
    from importlib.metadata import entry_points  # slow to load, and the window must open fast

    made, wrong = [], []
    for point in entry_points(group=GROUP):
        try:
            made.append(
                FromPlugin(point.name, None, plugins.guarded(point.name, None, functools.partial(_made, point)))
            )
        except StudioError as error:
            wrong.append(error.problem)
    return made, wrong


def _made(point: Any) -> Captioner:
    """What an entry point makes. Raises whatever it raises, and TypeError for what is no captioner."""
    factory = point.load()
    made = factory() if callable(factory) else factory
    if isinstance(made, Captioner):
        return made
    raise TypeError(f"{point.name} has no title or no caption method")
