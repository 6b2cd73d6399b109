"""Settings as data: each field carries the label, help and range that forms and documentation are made from."""

import contextlib
import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.domain.codec import from_json, to_json
from studio.domain.messages import WorkerOptions
from studio.domain.recipe import Recipe


def _setting(default: Any, label: str, help_text: str, **extra: Any) -> Any:
    return field(default=default, metadata={"label": label, "help": help_text, **extra})


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How pictures are computed."""

    device: str = _setting(
        "auto", "Device", "Where the model runs: auto, cpu, cuda or mps.", choices=("auto", "cpu", "cuda", "mps")
    )
    threads: int = _setting(
        0, "CPU threads", "0 chooses: all cores but one, which the window keeps.", minimum=0, maximum=256
    )

    def options(self, *, spare_core: bool) -> WorkerOptions:
        """The options a worker is started with."""
        return WorkerOptions(self.device, self.threads, spare_core)


@dataclass(frozen=True, slots=True)
class CanvasSettings:
    """How canvases are kept."""

    undo_megabytes: int = _setting(
        2048, "Undo history", "Megabytes that the steps of one project may take in its file.", minimum=16, maximum=65536
    )


@dataclass(frozen=True, slots=True)
class DesktopSettings:
    """How Safelight speaks up outside its window."""

    notify: bool = _setting(
        True,
        "Notify when a long job ends",
        "Tell the desktop when a job that took more than 20 seconds ends while another window is in use.",
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, and the request as it was last left in the prompt panel."""

    worker: WorkerSettings = field(default_factory=WorkerSettings)
    canvas: CanvasSettings = field(default_factory=CanvasSettings)
    desktop: DesktopSettings = field(default_factory=DesktopSettings)
    draft: Recipe | None = None
    seed_locked: bool = False


class SettingsFile:
    """Settings in one JSON file, written atomically. A damaged file is set aside, never a reason not to start."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.value = self._read()

    def change(self, **changes: Any) -> None:
        """Replace fields and write the file; an unwritable disk costs the saving, not the session."""
        self.value = dataclasses.replace(self.value, **changes)
        text = json.dumps(to_json(self.value), indent=2, ensure_ascii=False)
        temporary = self.path.with_suffix(f".new-{os.getpid()}")
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                temporary.write_bytes(text.encode("utf-8", "replace"))  # a prompt may hold unpaired surrogates
                temporary.replace(self.path)
            except OSError:
                temporary.unlink(missing_ok=True)

    def _read(self) -> Settings:
        try:
            return from_json(Settings, json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return Settings()
        except (OSError, ValueError, RecursionError):
            self._set_aside()
            return Settings()

    def _set_aside(self) -> None:
        with contextlib.suppress(OSError):
            self.path.replace(self.path.with_suffix(".damaged.json"))
