"""The real window and the real engine, killed in the middle of a denoise: the picture comes back, and is the same."""

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.jobs import Job, JobState
from studio.domain.recipe import Recipe, Sampling
from studio.imaging import metadata
from studio.session.journal import Journal
from studio.session.paths import Paths
from studio.session.settings import SettingsFile
from studio.session.workers import worker_factory
from tests.e2e.screen import Screen, studio_window, virtual_screen, wait_for
from tests.torture.real import Reference

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"),
]
STEPS = 120  # long enough for a checkpoint or two
REQUEST = Recipe(prompt="a red lighthouse", sampling=Sampling("euler-a", STEPS, 4.0), seed=7)


def prepare(home: Path) -> Path:
    """Leave a draft as an earlier session would; where the journal will be."""
    paths = Paths(home / "data", home / "config", home / "pictures")
    SettingsFile(paths.config / "settings.json").change(draft=REQUEST, seed_locked=True)
    return paths.queue


def jobs(path: Path) -> tuple[Job, ...]:
    """What the journal holds, as another process sees it."""
    if not path.exists():
        return ()
    journal = Journal.open(path)
    try:
        return journal.jobs()
    finally:
        journal.close()


def under_way(path: Path) -> bool:
    """Has the job a checkpoint, and is it not done?"""
    if not (found := jobs(path)) or found[0].state.final:
        return False
    journal = Journal.open(path)
    try:
        return bool(journal.checkpoint(found[0].id, 0))
    finally:
        journal.close()


def begin(screen: Screen, home: Path, path: Path, victim: str) -> None:
    """Start the window, ask for the picture, and kill the window or its worker in the middle of it."""
    with studio_window(screen, home) as program:
        if not jobs(path):
            program.keys("ctrl+Return")
        wait_for(lambda: under_way(path), "a checkpoint", 120)
        if victim == "worker":
            for worker in program.children():
                os.kill(worker.pid, signal.SIGKILL)
            wait_for(lambda: jobs(path)[0].state is JobState.DONE, "the end after the worker's", 200)
            program.keys("ctrl+q")
            assert program.process.wait(30) == 0
        else:
            program.process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["window", "worker"])
def test_a_kill_in_the_middle_of_a_denoise_costs_nothing(tmp_path: Path, victim: str) -> None:
    home, buffer = tmp_path / "home", tmp_path / "screen"
    buffer.mkdir()
    path = prepare(home)
    with virtual_screen(buffer) as screen:
        begin(screen, home, path, victim)
        if victim == "window":
            (job,) = jobs(path)
            assert not job.state.final
            with studio_window(screen, home) as program:
                wait_for(lambda: jobs(path)[0].state is JobState.DONE, "the end in the next session", 200)
                program.keys("ctrl+q")
                assert program.process.wait(30) == 0
    (job,) = jobs(path)
    (saved,) = sorted((home / "pictures").rglob("*.png"))
    assert [picture.path for picture in job.pictures] == [str(saved)]
    assert metadata.read(saved).job == f"{job.id}#0"
    with Image.open(saved) as image:
        made = np.asarray(image.convert("RGB"))
    reference = Reference(worker_factory(), spare_core=True)
    try:
        assert np.array_equal(made, reference(job.recipe.requested())), "another picture than without the kill"
    finally:
        reference.close()
