"""How many examples a test takes whose examples cost much."""

from hypothesis import settings

USUAL = 100  # examples that hypothesis takes where nothing else is said


def few(count: int) -> int:
    """So many in the usual run, and as many times more as the profile asks for (`--hypothesis-profile slow`)."""
    return count * settings().max_examples // USUAL
