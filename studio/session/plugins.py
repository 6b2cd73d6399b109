"""Plugins: Python files of the user's, and those that ship with Safelight, found, loaded and kept from doing harm.

A plugin is `NAME.py` or a folder `NAME` with an `__init__.py`. What it offers is told by the names that it defines; so
far that is a captioner: a text `title` and a function `caption(path)` (see `plugins/README.md`). Its first line of
documentation says what it does. Plugins are other people's code: whatever they raise becomes a `StudioError` that says
in which file and line, so that the program goes on.
"""

import importlib.util
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from studio.domain.errors import ErrorKind, Problem, StudioError

FOLDER = "plugins"  # inside the user's folder of data
_SPACE = "safelight_plugin_"  # before the names under which plugins are known to Python
_SHOWN = 200  # characters of an error of theirs

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that was looked at. `module` is None and `problem` says why where it cannot be used."""

    name: str
    path: Path
    module: ModuleType | None = None
    problem: Problem | None = None

    @property
    def title(self) -> str:
        """What a menu calls it."""
        return str(getattr(self.module, "title", self.name))

    @property
    def about(self) -> str:
        """The first line of its documentation."""
        return next(iter(((self.module and self.module.__doc__) or "").strip().splitlines()), "")


def load(folders: tuple[Path, ...]) -> tuple[Plugin, ...]:
    """The plugins in these folders by name, loaded; of one name the last folder's, so that a user's replaces ours.

    Runs their code: call it away from the window's thread. Folders that are missing or closed to us hold nothing.
    """
    found = {name: path for folder in folders for name, path in _files(folder)}
    return tuple(_load(name, path) for name, path in sorted(found.items()))


def guarded(name: str, path: Path | None, action: Callable[[], T]) -> T:
    """What `action`, a piece of the plugin `name` in `path`, returns.

    Raises StudioError: its own as it is, ENVIRONMENT with file and line for whatever else it raises.
    """
    try:
        return action()
    except StudioError:
        raise
    except (Exception, SystemExit) as error:
        raise _refusal(name, path, _told(error, path)) from error


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Names and Python files of what may be plugins; not of what begins with a point or an underscore."""
    try:
        entries = sorted(folder.iterdir())
        found = [(entry.stem if entry.is_file() else entry.name, entry) for entry in entries]
        packages = {name: entry / "__init__.py" for name, entry in found if (entry / "__init__.py").is_file()}
        files = {name: entry for name, entry in found if entry.suffix == ".py" and entry.is_file()}
    except OSError:
        return []
    return [(name, path) for name, path in {**files, **packages}.items() if not name.startswith((".", "_"))]


def _load(name: str, path: Path) -> Plugin:
    try:
        module = guarded(name, path, lambda: _executed(name, path))
        if not isinstance(getattr(module, "title", None), str) or not callable(getattr(module, "caption", None)):
            raise _refusal(name, path, "it has no text “title” or no function “caption”")
    except StudioError as error:
        _forget(_known_as(name))
        return Plugin(name, path, problem=error.problem)
    return Plugin(name, path, module)


def _executed(name: str, path: Path) -> ModuleType:
    """The module at `path`, run anew. Raises whatever it raises."""
    known = _known_as(name)
    _forget(known)
    inside = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(known, path, submodule_search_locations=inside)
    assert spec is not None and spec.loader is not None  # it ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[known] = module  # dataclasses and imports among its own files look there
    spec.loader.exec_module(module)
    return module


def _known_as(name: str) -> str:
    return _SPACE + re.sub(r"\W", "_", name)


def _forget(known: str) -> None:
    """Let a plugin and its own files be read anew, or be as if they had never been."""
    for module in [one for one in sys.modules if one == known or one.startswith(f"{known}.")]:
        del sys.modules[module]


def _told(error: BaseException, path: Path | None) -> str:
    """The error in a line: its kind, its words, and where in the plugin it was raised."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)  # a syntax error's text names its place too
    words = " ".join(message.split())[:_SHOWN].rstrip(".")
    return f"{type(error).__name__}{f': {words}' if words else ''}{_place(error, path)}"


def _place(error: BaseException, path: Path | None) -> str:
    """“ (FILE, line N)” of the last place inside the plugin; nothing where it was not in it."""
    if path is None:
        return ""
    root = path.parent if path.name == "__init__.py" else path
    places: list[tuple[Any, Any]] = [(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        places.append((error.filename, error.lineno))
    inside = [(Path(file), line) for file, line in places if file and Path(file).is_relative_to(root)]
    return f" ({inside[-1][0].name}, line {inside[-1][1]})" if inside else ""


def _refusal(name: str, path: Path | None, why: str) -> StudioError:
    hint = f"Mend {path}, or take it away." if path else "Update it, or uninstall it."
    return StudioError(ErrorKind.ENVIRONMENT, f"The plugin “{name}” cannot be used: {why}.", hint)
