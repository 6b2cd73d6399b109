"""How often a job looks at its inbox while a network works."""

import time

from studio.engine.models import Poll

POLL_SECONDS = 0.004  # a network has hundreds of blocks, and asking may cost a system call


class NowAndThen:
    """A poll that asks another one at most every `POLL_SECONDS`."""

    def __init__(self, poll: Poll) -> None:
        self._poll, self._polled = poll, float("-inf")

    def __call__(self) -> None:
        """Ask, unless it has just been done."""
        now = time.monotonic()
        if now - self._polled >= POLL_SECONDS:
            self._polled = now
            self._poll()
