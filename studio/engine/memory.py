"""The memory of a device: what is free of it, what this process holds, and the most that some work came to."""

import contextlib
import ctypes
import gc
import re
import sys
from pathlib import Path

import psutil

from studio.engine.clock import peak_memory
from studio.engine.libraries import torch

# glibc keeps what lies between blocks in use: a quarter of a model that was loaded and dropped again.
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_FORGET_PEAK = "5"  # proc(5)
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


def free_memory(device: str) -> int:
    """Bytes that this process can still take on `device`, those among them that torch keeps for itself at present."""
    if device.startswith("cuda"):
        free, _ = torch.cuda.mem_get_info(device)
        return int(free) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device == "mps":
        return max(0, int(torch.mps.recommended_max_memory()) - int(torch.mps.current_allocated_memory()))
    return int(psutil.virtual_memory().available)


def give_back(device: str) -> None:
    """Return to the system what nobody holds any more: garbage, and what torch and the C library keep for the next."""
    gc.collect()
    trim(device)


def trim(device: str) -> None:
    """Return to the system what torch and the C library keep for the next who wants memory."""
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    if _trim is not None:
        _trim(0)


class Peak:
    """The most memory that work on a device takes, beyond what is held when this is made.

    `before` is the largest resident memory of the process until then, in bytes.
    """

    def __init__(self, device: str) -> None:
        self._cuda = device if device.startswith("cuda") else ""
        self.before = peak_memory()
        if self._cuda:
            torch.cuda.reset_peak_memory_stats(self._cuda)
            self._held = torch.cuda.memory_allocated(self._cuda)
        else:
            self._forgot = _forget_peak()
            self._held = int(psutil.Process().memory_info().rss)

    def bytes(self) -> int:
        """The difference so far; 0 where it cannot be known, because the system remembers a higher peak of before."""
        if self._cuda:
            return max(0, torch.cuda.max_memory_allocated(self._cuda) - self._held)
        highest = _peak_since() if self._forgot else peak_memory()
        return max(0, highest - self._held) if self._forgot or highest > self.before else 0


def _forget_peak() -> bool:
    """Let the system count the peak of this process anew; only Linux can, and not in every sandbox."""
    with contextlib.suppress(OSError):
        _FORGET.write_text(_FORGET_PEAK)
        return bool(_PEAK.search(_STATUS.read_text()))
    return False


def _peak_since() -> int:
    found = _PEAK.search(_STATUS.read_text())
    return int(found[1]) * 1024 if found else 0
