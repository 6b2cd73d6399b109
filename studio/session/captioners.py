"""Who can write captions: file names, and plugins that offer more."""

import re
from pathlib import Path
from typing import Protocol, runtime_checkable

from studio.domain.errors import ErrorKind, Problem, StudioError

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


def captioners() -> tuple[tuple[Captioner, ...], tuple[Problem, ...]]:
    """All captioners, ours first, and what is wrong with the plugins that could not be loaded."""
    from importlib.metadata import entry_points  # slow to load, and the window must open fast

    made: list[Captioner] = [FileNames()]
    wrong = []
    for point in entry_points(group=GROUP):
        try:
            made.append(_load(point.load(), point.name))
        except (ImportError, AttributeError, StudioError) as error:
            wrong.append(
                Problem(ErrorKind.ENVIRONMENT, f"The captioner “{point.name}” cannot be used: {error}", "Update it.")
            )
    return tuple(made), tuple(wrong)


def _load(factory: object, name: str) -> Captioner:
    made = factory() if callable(factory) else factory
    if isinstance(made, Captioner):
        return made
    raise StudioError(ErrorKind.ENVIRONMENT, f"{name} has no title or no caption method.")
