"""Where the files that come with Safelight are: icons, presets, licences, the starter model."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


@cache
def resources() -> Path:
    """The folder of shipped resources."""
    return _shipped("resources")


@cache
def plugins() -> Path:
    """The folder of shipped plugins."""
    return _shipped("plugins")


def _shipped(name: str) -> Path:
    # A wheel carries these folders inside the package; in a checkout they stay beside it.
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parent / name
