"""Weights in a file that is mapped into memory: the system reads what is used, and may drop it when memory is short.

What a processor's offloading is: group offloading of diffusers 0.42 to disk refuses weights whose channels lie last and
gives others another layout, hence other bits. Here a weight keeps its type, its layout and every bit.
"""

import contextlib
import mmap
import shutil
import tempfile
from pathlib import Path

from studio.engine.libraries import torch

_ALIGNMENT = 64  # bytes, as torch's own allocator
_SMALL = 2**12  # bytes below which a weight stays where it is
_SPARE = 2**30  # bytes that stay free on the disk


def has_room(folder: Path, size: int) -> bool:
    """Can `size` bytes of weights be kept in `folder`, or in the one where it will be made?"""
    with contextlib.suppress(OSError, StopIteration):
        there = next(place for place in (folder, *folder.parents) if place.is_dir())
        return shutil.disk_usage(there).free >= size + _SPARE
    return False


def map_weights(network: torch.nn.Module, folder: Path) -> int:
    """Let the large weights of `network`, on the CPU, lie in a file in `folder`; return how many bytes those are.

    The file has no name, or goes with its last user, so that it ends with the weights and with a process that is
    killed. Raises OSError.
    """
    weights = [weight for weight in network.parameters() if _fits(weight)]
    if not weights:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        places = []
        for weight in weights:
            file.write(bytes(-file.tell() % _ALIGNMENT))
            places.append(file.tell())
            _flat(weight).view(torch.uint8).numpy().tofile(file)
        size = file.tell()
        file.flush()
        mapped = torch.frombuffer(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY), dtype=torch.uint8)
    for weight, place in zip(weights, places, strict=True):
        part = mapped[place : place + weight.numel() * weight.element_size()].view(weight.dtype)
        weight.data = part.as_strided(weight.shape, weight.stride())
    return size


def _fits(weight: torch.Tensor) -> bool:
    dense = weight.is_contiguous() or weight.is_contiguous(memory_format=_layout(weight))
    return dense and weight.device.type == "cpu" and weight.numel() * weight.element_size() >= _SMALL


def _layout(weight: torch.Tensor) -> torch.memory_format:
    return torch.channels_last if weight.ndim == 4 else torch.contiguous_format


def _flat(weight: torch.Tensor) -> torch.Tensor:
    """All numbers in the order in which they lie."""
    return weight.detach().as_strided((weight.numel(),), (1,), weight.storage_offset())
