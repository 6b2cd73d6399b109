#!/usr/bin/env python3
"""Set Safelight up in this folder and start it: ``python3 packaging/bootstrap.py run``.

This file is deliberately written in old syntax, so that an old Python can still parse it and say what is
wrong. The work is done by the modules in ``bootstrapping/``, which need a supported Python.
"""

import os
import subprocess
import sys
from typing import Callable, List, Optional, Sequence, Tuple

OLDEST = (3, 11)
NEWEST = (3, 14)
PREFERRED = ("python3.12", "python3.13", "python3.11", "python3.14")


def is_supported(version: Sequence[int]) -> bool:
    """Tell whether Safelight runs on this (major, minor) version."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def refusal(version: Sequence[int]) -> str:
    """The message for a user whose Python does not fit and who has no other."""
    spoken = ".".join(str(part) for part in version[:3])
    oldest, newest = (".".join(str(part) for part in bound) for bound in (OLDEST, NEWEST))
    return (
        "Safelight needs Python " + oldest + " to " + newest + ", but this is Python " + spoken + " and no other was "
        "found on the PATH. Install one (Debian, Ubuntu: sudo apt-get install python3.12 python3.12-venv; macOS: "
        "brew install python@3.12; Windows: winget install Python.Python.3.12), then run the same command again."
    )


def version_of(python: str) -> Optional[Tuple[int, ...]]:
    """The (major, minor) version that an interpreter reports, or None when it does not run."""
    try:
        answer = subprocess.check_output(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], stderr=subprocess.DEVNULL
        )
        return tuple(int(part) for part in answer.split())
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def other_python(
    folders: Sequence[str], version_of: Callable[[str], Optional[Tuple[int, ...]]] = version_of
) -> Optional[str]:
    """The first supported interpreter in these folders (a name on the PATH may be a shim that does not run)."""
    suffix = ".exe" if os.name == "nt" else ""
    for name in (*PREFERRED, "python3", "python"):
        for folder in folders:
            path = os.path.join(folder, name + suffix)
            if os.path.isfile(path) and os.access(path, os.X_OK) and is_supported(version_of(path) or (0, 0)):
                return path
    return None


def main(argv: List[str]) -> int:
    """Hand over to the real program, under another Python when this one does not fit."""
    if is_supported(sys.version_info[:2]):
        from bootstrapping.commands import main as supported_main

        return supported_main(argv)
    here = os.path.abspath(__file__)
    venv = os.path.join(os.path.dirname(os.path.dirname(here)), ".venv")
    path = os.environ.get("PATH", "").split(os.pathsep)
    folders = [*path, os.path.join(venv, "bin"), os.path.join(venv, "Scripts")]
    python = other_python(folders)
    if python is None:
        print(refusal(sys.version_info[:3]), file=sys.stderr)
        return 2
    return subprocess.call([python, here, *argv])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
