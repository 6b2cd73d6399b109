"""From key press to pixels, as a user does it: a real window, a real keyboard, the starter model."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest

from studio.domain.recipe import Recipe, Sampling
from studio.imaging import metadata
from studio.session.paths import Paths
from studio.session.settings import SettingsFile
from tests.e2e.screen import Program, Screen, studio_window, virtual_screen, wait_for

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"),
]


def saved(home: Path) -> list[Path]:
    return sorted((home / "pictures").rglob("*.png"))


def prepare(home: Path, prompt: str, steps: int) -> None:
    """Leave a draft as an earlier session would."""
    paths = Paths(home / "data", home / "config", home / "pictures")
    draft = Recipe(prompt=prompt, sampling=Sampling(steps=steps))
    SettingsFile(paths.config / "settings.json").change(draft=draft)


def count_looks(program: Program, until: Path, before: int) -> int:
    """How many different pictures the middle of the screen shows until a further file is saved."""
    looks: list[bytes] = []

    def done() -> bool:
        middle = program.screen.pixels()[200:700:4, 500:1000:4]
        look = np.ascontiguousarray(middle >> 3).tobytes()
        if not looks or looks[-1] != look:
            looks.append(look)
        return len(saved(until)) > before

    wait_for(done, "the picture")
    return len(looks)


@pytest.mark.timeout(240)
def test_a_first_picture_then_a_cancelled_one_then_another(tmp_path: Path) -> None:
    home, buffer = tmp_path / "home", tmp_path / "screen"
    buffer.mkdir()
    prepare(home, "", 40)
    with virtual_screen(buffer) as screen, studio_window(screen, home) as program:
        program.type("sunset over the sea")
        program.keys("ctrl+Return")
        assert count_looks(program, home, 0) >= 4, "previews change the picture while it is made"
        (first,) = saved(home)
        recipe = metadata.read(first).recipe
        assert recipe is not None
        assert (recipe.prompt, recipe.sampling.steps, recipe.model) == ("sunset over the sea", 40, "starter")
        assert recipe.model_hash

        program.keys("ctrl+Return")
        wait_for(lambda: _busy(program), "the second picture to begin")
        program.keys("Escape")
        wait_for(lambda: not _busy(program), "the cancel", 5)
        program.keys("ctrl+Return")
        wait_for(lambda: len(saved(home)) == 2, "the third picture")
        assert len(saved(home)) == 2, "the cancelled one left no file"

        workers = program.children()
        assert workers
        program.keys("ctrl+q")
        assert program.process.wait(20) == 0
        psutil.wait_procs(workers, timeout=10)
        assert not [p for p in workers if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def _busy(program: Program) -> bool:
    """Does the worker compute?"""
    return any(p.cpu_percent(0.15) > 40 for p in program.children())


@pytest.mark.timeout(180)
def test_what_was_typed_survives_a_kill(tmp_path: Path) -> None:
    home, buffer = tmp_path / "home", tmp_path / "screen"
    buffer.mkdir()
    prepare(home, "", 12)
    with virtual_screen(buffer) as screen:
        with studio_window(screen, home) as program:
            program.type("a lighthouse in fog")
            draft = SettingsFile(home / "config" / "settings.json")
            wait_for(lambda: _draft(draft.path) == "a lighthouse in fog", "the draft on disk", 10)
            workers = program.children()
            program.process.kill()
            program.process.wait(10)
            _, alive = psutil.wait_procs(workers, timeout=10)
            assert not alive, "the worker ends when the window is killed"
        _kept_and_usable(screen, home)


def _kept_and_usable(screen: Screen, home: Path) -> None:
    with studio_window(screen, home) as program:
        program.keys("ctrl+Return")
        wait_for(lambda: saved(home), "the picture of the restored prompt")
    recipe = metadata.read(saved(home)[0]).recipe
    assert recipe is not None
    assert recipe == dataclasses.replace(recipe, prompt="a lighthouse in fog")


def _draft(path: Path) -> str:
    draft = SettingsFile(path).value.draft
    return draft.prompt if draft else ""
