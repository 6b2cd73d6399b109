"""How much memory there is, and how much of it is ours."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: used by this program and its workers, free, and in all."""

    ours: int
    free: int
    total: int


def read_memory() -> Memory:
    """Ask the system; takes a few milliseconds."""
    whole, ours = psutil.virtual_memory(), 0
    this = psutil.Process()
    for process in (this, *this.children(recursive=True)):
        try:
            ours += process.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return Memory(ours, whole.available, whole.total)
