"""A batch with the model that ships with the program, killed in the middle of a denoise."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.cli import main
from studio.domain.messages import Event, Phase, Progress
from studio.imaging.pictures import load_picture
from studio.resources import resources
from studio.session.journal import Journal
from studio.session.paths import HOME_VARIABLE
from studio.session.queue import JobQueue
from tests.cli.test_processes import wait_for

pytestmark = [
    pytest.mark.skipif(not (resources() / "models" / "starter").is_dir(), reason="the starter model is not here"),
    pytest.mark.skipif(sys.platform == "win32", reason="ends processes by POSIX signals"),
    pytest.mark.timeout(300),
]
EAGER = (
    "import sys; from studio.cli import main; from studio.session import dispatch; dispatch.CHECKPOINT_SECONDS = 0.0; "
    "sys.exit(main())"
)
PROJECT = Path(__file__).resolve().parents[2]
LINES: tuple[dict[str, Any], ...] = (
    {"prompt": "a boat on the sea", "seed": 5, "steps": 40, "sampler": "dpmpp-2m", "output": "boat.png"},
    {"prompt": "a boat in a storm", "seed": 6, "steps": 4, "image": "boat.png", "output": "storm.png"},
    {"prompt": "a red lighthouse", "seed": 7, "steps": 2, "batch": 2},
)


def prepare(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "jobs.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in LINES))


def begun(journal: Path) -> bool:
    """Is there a checkpoint of the first line's picture?"""
    if not journal.exists():
        return False
    opened = Journal.open(journal)
    try:
        known = opened.jobs()
        return bool(known and opened.checkpoint(known[0].id, 0))
    finally:
        opened.close()


def heard(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What the worker says from now on."""
    events: list[Event] = []
    handle = JobQueue.handle

    def note(queue: JobQueue, event: Event) -> None:
        events.append(event)
        handle(queue, event)

    monkeypatch.setattr(JobQueue, "handle", note)
    return events


@pytest.mark.slow
def test_a_killed_batch_makes_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    arguments = ["batch", "jobs.jsonl", "--device", "cpu"]
    prepare(tmp_path / "whole", monkeypatch)
    assert main(arguments) == 0
    prepare(tmp_path / "killed", monkeypatch)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen([sys.executable, "-c", EAGER, *arguments], env=environment)
    try:
        wait_for(lambda: begun(Path("jobs.safelight")), "checkpoint", 120)
    finally:
        process.kill()
        process.wait()
    assert not Path("boat.png").exists()
    events = heard(monkeypatch)
    assert main(arguments) == 0
    steps = [each.step for each in events if isinstance(each, Progress) and each.phase is Phase.DENOISE]
    assert steps[0] > 1, "it went on from the checkpoint"
    pictures = sorted(path.name for path in Path().glob("*.png"))
    assert pictures == ["a-red-lighthouse-7.png", "a-red-lighthouse-8.png", "boat.png", "storm.png"]
    for name in pictures:
        assert (load_picture(Path(name)) == load_picture(tmp_path / "whole" / name)).all(), name
