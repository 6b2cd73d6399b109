"""Paths as people write them."""

from pathlib import Path


def expanded(path: Path) -> Path:
    """`path` with `~` as the user's home; as it is where no such user is known, which is how shells treat it."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def exists(path: Path) -> bool:
    """Whether something lies at `path`; False for a name that no file can have, and where looking is not allowed."""
    try:
        return path.exists()
    except OSError:
        return False
