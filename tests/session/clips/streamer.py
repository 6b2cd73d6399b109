"""Frames that stream into a project until the program is killed.

Run as a program, it waits for lines with a folder and lets a forked copy of itself go on with what is in it: a project,
and a journal with the job that makes the project's take. It says "kept N" of each frame that is in the project.
"""

import os
import random
import sys
import time
from pathlib import Path

from studio.domain.jobs import JobState
from studio.session.canvas import CanvasSession
from studio.session.clips import generating
from studio.session.clips.sources import take_of
from studio.session.clips.streaming import ClipJobs
from tests.session.clips.desk import (
    DOCUMENT,
    FRAMES,
    RATE,
    Worker,
    clip_of,
    edits,
    finish,
    noise,
    send,
    start,
    studio_in,
)


def stream(folder: Path) -> None:
    """Go on until killed."""
    path, worker = folder / "work.safelight", Worker()
    session = CanvasSession.open(path) if path.exists() else CanvasSession.create(path, DOCUMENT)
    studio = studio_in(folder, worker, folder / "data" / "queue.safelight")
    jobs = ClipJobs(studio)
    jobs.frame_kept.connect(lambda take, number: os.write(1, f"kept {take} {number}\n".encode()))
    studio.start()
    assert studio.journal is not None
    studio.journal.flush()
    jobs.adopt(session, edits(session))
    while True:
        waiting = [job for job in studio.queue.jobs if take_of(job) and not job.state.final]
        if not waiting:
            jobs.begin(generating.generation(clip_of(session), RATE))
            continue
        job = waiting[0]
        if job.state is not JobState.RUNNING:
            start(studio, job)
        made = {picture.index for picture in job.pictures}
        left = [number for number in range(FRAMES) if number not in made]
        random.shuffle(left)
        for number in left:
            send(studio, job, number, value=noise)
            time.sleep(random.random() * 0.01)
        finish(studio, job)


def main() -> None:
    """Fork a streamer for each line."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            stream(Path(line.strip()))
        os.write(1, f"streaming {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"killed\n")


if __name__ == "__main__":
    main()
