"""How a worker sets about a job: chosen before it starts, and again when memory runs out."""

from dataclasses import dataclass
from enum import IntEnum


class Rung(IntEnum):
    """The ladder that is climbed down when memory runs out; each rung holds all above it, and is slower."""

    FULL = 0  # as fast as the device can
    ALONE = 1  # without the models that were kept for the next job
    TILED = 2  # the autoencoder works on tiles
    OFFLOADED = 3  # the networks' weights come to the device layer by layer
    CPU = 4  # computed by the processor


LAST = max(Rung)


@dataclass(frozen=True, slots=True)
class Plan:
    """The choice and its reason.

    `memory` are the bytes that the job is expected to take beyond what the worker holds already, of `available`, and
    `seconds` what it is expected to last; 0 where nothing is known. `reason` is a sentence for the user.
    """

    rung: Rung = Rung.FULL
    device: str = ""
    dtype: str = ""
    memory: int = 0
    available: int = 0
    seconds: float = 0.0
    reason: str = ""
