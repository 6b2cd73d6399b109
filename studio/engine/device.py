"""Which device, number format and memory layout to compute with."""

import os
import platform
from dataclasses import dataclass

import psutil

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.messages import WorkerOptions
from studio.engine.libraries import torch

_BFLOAT16_FLAGS = ("amx_bf16", "amx_tile", "avx512_bf16", "avx10_2", "sve_bf16", "arm_bf16")


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """How to compute. `upcast_vae` is for autoencoders that overflow in `dtype`; `memory` is the device's, in bytes."""

    device: str
    name: str
    dtype: torch.dtype
    upcast_vae: torch.dtype
    threads: int
    channels_last: bool
    memory: int

    @property
    def dtype_name(self) -> str:
        """The number format as users know it: "bfloat16", "float32"..."""
        return str(self.dtype).removeprefix("torch.")

    @property
    def memory_format(self) -> torch.memory_format:
        """The layout of the convolution weights."""
        return torch.channels_last if self.channels_last else torch.contiguous_format


def plan_for(options: WorkerOptions) -> DevicePlan:
    """The plan for this machine. Raises StudioError (ENVIRONMENT) when the wanted device is not there."""
    wanted = options.device.strip().lower()
    kind, _, index = wanted.partition(":")
    if wanted == "auto":
        kind = _best_kind()
    if kind == "cuda" and _is_there(kind, index):
        return _cuda_plan(int(index or 0), _thread_count(options))
    if kind == "mps" and _is_there(kind, index):
        return _mps_plan(_thread_count(options))
    if kind == "cpu" and not index:
        return cpu_plan(_thread_count(options))
    raise StudioError(
        ErrorKind.ENVIRONMENT,
        f"There is no device “{options.device[:40]}” for computing here.",
        "Choose “auto” or “cpu”, or install the drivers and the torch build for that device.",
    )


def apply_threads(plan: DevicePlan) -> None:
    """Tell torch how many threads to use."""
    torch.set_num_threads(plan.threads)


def _best_kind() -> str:
    return next((kind for kind in ("cuda", "mps") if _is_there(kind, "")), "cpu")


def _is_there(kind: str, index: str) -> bool:
    if kind == "cuda":
        return torch.cuda.is_available() and (index or "0").isdigit() and int(index or 0) < torch.cuda.device_count()
    return kind == "mps" and not index and torch.backends.mps.is_available()


def _thread_count(options: WorkerOptions) -> int:
    cores = _core_count()
    if options.threads > 0:
        return min(options.threads, 4 * cores)
    return max(1, cores - 1 if options.spare_core else cores)


def _core_count() -> int:
    """Physical cores this process may use: hyperthreads do not speed up matrix work."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, psutil.cpu_count(logical=False) or allowed)


def cpu_plan(threads: int) -> DevicePlan:
    """How this machine's processor computes."""
    dtype = torch.bfloat16 if has_native_bfloat16() else torch.float32
    name = platform.processor() or platform.machine()
    return DevicePlan(
        "cpu", str(_capabilities().get("cpu_name") or name), dtype, dtype, threads, True, psutil.virtual_memory().total
    )


def has_native_bfloat16() -> bool:
    """Does the processor multiply bfloat16 itself? Then it is 2 to 4 times faster than float32, else slower."""
    found = _capabilities()
    return any(bool(found.get(name)) for name in _BFLOAT16_FLAGS)


def _capabilities() -> dict[str, object]:
    """What torch says about the processor; empty where it says nothing."""
    probe = getattr(torch.cpu, "get_capabilities", None)
    return dict(probe()) if probe is not None else {}


def _cuda_plan(index: int, threads: int) -> DevicePlan:
    properties = torch.cuda.get_device_properties(index)
    wide = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return DevicePlan(f"cuda:{index}", properties.name, torch.float16, wide, threads, True, properties.total_memory)


def _mps_plan(threads: int) -> DevicePlan:
    return DevicePlan(
        "mps",
        platform.processor() or "Apple GPU",
        torch.float16,
        torch.float32,
        threads,
        False,
        int(torch.mps.recommended_max_memory()),
    )
