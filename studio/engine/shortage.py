"""Memory that runs out on command, so that tests see what is done then.

$SAFELIGHT_TEST_OOM names places, parted by commas: `denoise@3:2` is after the third denoising step of a job, for the
first 2 times that it comes there. Without a step any word of the phase counts, without a number of times it is once.
Places are those of `Progress`, and each job has all of them anew.
"""

import os
import re
from collections.abc import Mapping

from studio.domain.messages import Event, Phase, Progress
from studio.engine.libraries import torch

VARIABLE = "SAFELIGHT_TEST_OOM"
_PLACE = re.compile(r"(?P<phase>[a-z]+)(@(?P<step>\d+))?(:(?P<times>\d+))?")


class Shortage:
    """The places of one job where memory runs out; without the variable there are none. Raises ValueError for a text
    that cannot be understood.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._left = dict(_place(text) for text in environment.get(VARIABLE, "").split(",") if text.strip())

    def reach(self, event: Event) -> None:
        """Raise torch.OutOfMemoryError when `event` tells that such a place is reached."""
        if not self._left or not isinstance(event, Progress):
            return
        for step in (None, event.step):
            place = (event.phase, step)
            if self._left.get(place, 0) > 0:
                self._left[place] -= 1
                raise torch.OutOfMemoryError(f"{VARIABLE}: {event.phase} {event.step}")


def _place(text: str) -> tuple[tuple[Phase, int | None], int]:
    found = _PLACE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{VARIABLE} has no place {text!r}")
    step = None if found["step"] is None else int(found["step"])
    return (Phase(found["phase"]), step), int(found["times"] or 1)
