"""The projects that were open lately."""

import contextlib
import json
from pathlib import Path

from studio.domain.user_paths import exists
from studio.imaging.files import save_over

LIMIT = 20


class Recent:
    """Paths of projects in a JSON file, the latest first. Those that are gone are left out; a damaged file is an empty
    one, and an unwritable disk costs the remembering only.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def paths(self) -> tuple[Path, ...]:
        """The projects that are still there."""
        try:
            names = json.loads(self._path.read_bytes().decode("utf-8", "surrogateescape"))
        except (OSError, ValueError, RecursionError):
            return ()
        if not isinstance(names, list):
            return ()
        paths = [Path(name) for name in names if isinstance(name, str) and "\0" not in name]
        return tuple(path for path in dict.fromkeys(paths) if exists(path))[:LIMIT]

    def add(self, path: Path) -> None:
        """Put a project at the front."""
        self._write((path.absolute(), *self.paths))

    def remove(self, path: Path) -> None:
        """Forget a project."""
        self._write(tuple(each for each in self.paths if each != path.absolute()))

    def _write(self, paths: tuple[Path, ...]) -> None:
        text = json.dumps([str(each) for each in dict.fromkeys(paths)][:LIMIT], ensure_ascii=False, indent=1)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            save_over(self._path, text.encode("utf-8", "surrogateescape"))
