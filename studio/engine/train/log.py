"""The diary of a run: one JSON object a line, for the curve that the window draws, also after a restart."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.training import Training
from studio.imaging.files import save_over

NAME = "log.jsonl"


class Diary:
    """Writes `training.json`, `log.jsonl` and `sheets/` in a run's folder. All raise StudioError (DISK)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: list[str] = []

    def begin(self, training: Training, step: int) -> None:
        """Begin or go on after `step`: what was noted beyond it is of steps that are made again."""
        with _on_disk(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            save_over(self._folder / "training.json", json.dumps(to_json(training), indent=1).encode())
            log = self._folder / NAME
            kept = [line for line in _lines(log) if line.get("step", 0) <= step]
            save_over(log, "".join(json.dumps(line) + "\n" for line in kept).encode())

    def note(self, **values: Any) -> None:
        """Add a line; it is on disk after the next `flush`."""
        self._lines.append(json.dumps(values) + "\n")

    def sheet(self, step: int, png: bytes) -> None:
        """Keep a sheet of samples."""
        with _on_disk(self._folder):
            name = f"sheets/{step:06d}.png"
            (self._folder / "sheets").mkdir(exist_ok=True)
            save_over(self._folder / name, png)
            self.note(step=step, sheet=name)

    def flush(self) -> None:
        """Write what was noted."""
        with _on_disk(self._folder), (self._folder / NAME).open("a", encoding="utf-8") as file:
            file.write("".join(self._lines))
        self._lines = []


def _lines(path: Path) -> list[dict[str, Any]]:
    """The lines that can be read; the last may be cut off."""
    found = []
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


@contextmanager
def _on_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The training cannot write into {folder}: {error.strerror}.",
            "Free some space or choose another folder, and continue: the last checkpoint is kept.",
            "output",
        ) from error
