"""What this machine has shown of itself: seconds and memory of jobs, by what they were; kept over sessions."""

import contextlib
import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from studio.domain.codec import from_json, to_json
from studio.imaging.files import save_over

LIMIT = 1000  # cases that are remembered, the latest
_DAMAGED = ".damaged.json"


@dataclass(frozen=True, slots=True)
class Case:
    """What was measured: a `quantity` (seconds of a step, of decoding a picture …; see `studio.session.pace`) of jobs
    with this device, model, size of pictures in pixels, and guidance. `family` is the model's, "" if unknown.
    """

    device: str
    quantity: str
    model: str = ""
    pixels: int = 0
    guided: bool = False
    family: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Lesson:
    """The value that a case has had of late."""

    case: Case
    value: float


@dataclass(frozen=True, slots=True)
class _Document:
    device: str = ""
    lessons: tuple[Lesson, ...] = ()


class Experience:
    """Values by case, and the `device` of the last job; in the file `path`, or with None only in memory.

    A damaged file is set aside; a disk that cannot be written costs what was learned, nothing else.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        document = self._read()
        self.device = document.device
        self._values = {lesson.case: lesson.value for lesson in document.lessons}
        self._changed: set[Case] = set()

    def get(self, case: Case) -> float | None:
        """The value of just this case."""
        return self._values.get(case)

    def like(self, case: Case) -> Iterable[tuple[Case, float]]:
        """Cases of the same device and quantity, the latest first."""
        for other in reversed(self._values):
            if (other.device, other.quantity) == (case.device, case.quantity):
                yield other, self._values[other]

    def learn(self, case: Case, value: float, weight: float) -> None:
        """Move the value of a case towards what was measured now, by `weight` of the difference."""
        before = self._values.pop(case, value)
        self._values[case] = before + weight * (value - before)
        self._changed.add(case)

    def save(self) -> None:
        """Write the file, if anything is new; what other processes have learned meanwhile stays."""
        if self._path is None or not self._changed:
            return
        news = {case: self._values[case] for case in self._values if case in self._changed}
        others = {lesson.case: lesson.value for lesson in self._read().lessons if lesson.case not in news}
        lessons = [Lesson(case, value) for case, value in (others | news).items()][-LIMIT:]
        text = json.dumps(to_json(_Document(self.device, tuple(lessons))), indent=1)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            save_over(self._path, text.encode())
            self._changed.clear()

    def _read(self) -> _Document:
        if self._path is None:
            return _Document()
        try:
            document = from_json(_Document, json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return _Document()
        except (OSError, ValueError, RecursionError):
            with contextlib.suppress(OSError):
                self._path.replace(self._path.with_suffix(_DAMAGED))
            return _Document()
        sound = tuple(lesson for lesson in document.lessons if lesson.value > 0)  # leaves out what is no number, too
        return dataclasses.replace(document, lessons=sound)
