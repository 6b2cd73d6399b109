"""What was measured, against its limit."""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

Note = float | int | str


@dataclass(frozen=True, slots=True)
class Figure:
    """A measurement in `unit`. `wall` is what a user would feel; `cpu` is what this program itself computed for it,
    which other programs do not lengthen. Both are to stay within `limit`."""

    name: str
    wall: float
    cpu: float
    limit: float
    unit: str = "s"
    notes: Mapping[str, Note] = field(default_factory=dict)

    @property
    def met(self) -> str:
        """ "yes", "by its own computing" where only other programs can have made it longer, or "no"."""
        if self.wall <= self.limit:
            return "yes"
        return "by its own computing" if self.cpu <= self.limit else "no"

    def as_json(self) -> dict[str, object]:
        """Everything but the name."""
        values = asdict(self)
        del values["name"], values["notes"]
        return {**values, "met": self.met, **self.notes}


class Samples:
    """How long the same thing took again and again, in seconds."""

    def __init__(self, computed: Callable[[], float] = time.thread_time) -> None:
        """`computed` is the clock for `cpu`: this thread's, or `time.process_time` for all threads of the program."""
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self._computed = computed

    @contextmanager
    def one(self) -> Iterator[None]:
        """Measure the block."""
        start, computed = time.perf_counter(), self._computed()
        yield
        self.cpu.append(self._computed() - computed)
        self.wall.append(time.perf_counter() - start)

    def figure(self, name: str, limit: float, **notes: Note) -> Figure:
        """The 99th percentiles (the worst of less than a hundred), with the middle and the worst beside them."""
        found: dict[str, Note] = {
            "median_wall": statistics.median(self.wall),
            "median_cpu": statistics.median(self.cpu),
            "worst_wall": max(self.wall),
            "worst_cpu": max(self.cpu),
            "count": len(self.wall),
        }
        return Figure(name, nearly_all(self.wall), nearly_all(self.cpu), limit, notes={**found, **notes})


def nearly_all(values: Sequence[float]) -> float:
    """What 99 of 100 do not exceed."""
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]


def text(figures: Sequence[Figure]) -> str:
    """A table for people: milliseconds, or plain ratios."""
    rows = [("", "wall", "own cpu", "limit", "met")]
    for figure in figures:
        numbers = (_number(value, figure.unit) for value in (figure.wall, figure.cpu, figure.limit))
        rows.append((figure.name, *numbers, figure.met))  # type: ignore[arg-type]
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _number(value: float, unit: str) -> str:
    return f"{value * 1000:.1f} ms" if unit == "s" else f"{value:.2f}"
