"""A project with a clip in it, a studio without a worker, and frames as a worker would send them."""

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from studio.domain.catalog import Family, Library, ModelInfo
from studio.domain.document.document import Document
from studio.domain.geometry import Size
from studio.domain.jobs import Cost, Job, Picture
from studio.domain.messages import Event, Finished, PictureDone, Run, Started, WorkerOptions
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence, Provenance
from studio.domain.timeline.model import Clip, Generated, Take, Timeline, Track
from studio.imaging.pixels import Pixels, encode_png
from studio.session.canvas import CanvasSession
from studio.session.clips.provenance import write_provenance
from studio.session.paths import Paths
from studio.session.studio import Studio

RATE = Fraction(8)
SIZE = Size(64, 64)
FRAMES = 8
TASK = FrameSequence(Recipe(prompt="sea", size=SIZE), frames=FRAMES, rate=Fraction(8))
CLIP = Clip("clip", Generated(TASK, Fraction(8), FRAMES, SIZE), 0, FRAMES)
TIMELINE = Timeline(Fraction(8), (Track("track", clips=(CLIP,)),), ring=FRAMES)
DOCUMENT = Document(SIZE, timeline=TIMELINE)


def picture(value: int) -> Pixels:
    """A plain picture."""
    return np.full((SIZE.height, SIZE.width, 3), value, np.uint8)


def png(value: int) -> bytes:
    """The same as a file."""
    return encode_png(picture(value))


def noise(seed: int) -> bytes:
    """A PNG that no compression makes small: 48 KiB."""
    return encode_png(np.random.default_rng(seed).integers(0, 256, (128, 128, 3), dtype=np.uint8))


def about(seed: int) -> str:
    """A provenance."""
    return write_provenance(Provenance("circle", seed))


def edits(session: CanvasSession) -> Callable[[str, Callable[[Timeline], Timeline]], bool]:
    """The way for edits of a timeline into a session's history."""

    def edit(label: str, change: Callable[[Timeline], Timeline]) -> bool:
        document = session.document
        session.commit(label, dataclasses.replace(document, timeline=change(document.timeline)))
        return True

    return edit


def clip_of(session: CanvasSession) -> Clip:
    """The clip as it is now."""
    clip = session.document.timeline.clip("clip")
    assert clip is not None
    return clip


def takes_of(session: CanvasSession) -> tuple[Take, ...]:
    """The takes of the clip as they are now."""
    media = clip_of(session).media
    assert isinstance(media, Generated)
    return media.takes


def with_take(session: CanvasSession, take: str, *, alone: bool = False) -> None:
    """Name a take in the timeline, as one step; `alone` in place of the others."""
    clip = clip_of(session)
    media = clip.media
    assert isinstance(media, Generated)
    media = dataclasses.replace(media, takes=(*(() if alone else media.takes), Take(take, FRAMES, TASK)), active=take)
    track = Track("track", clips=(dataclasses.replace(clip, media=media),))
    timeline = dataclasses.replace(session.document.timeline, tracks=(track,))
    session.commit(f"take {take}", dataclasses.replace(session.document, timeline=timeline))


class Worker:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    def __call__(self, post: Callable[[Event], None], options: WorkerOptions) -> "Worker":
        return self

    def start(self) -> None:
        pass

    def close(self, timeout: float = 1.0) -> None:
        pass

    def submit(self, run: Run) -> None:
        self.runs.append(run)

    def cancel(self, job_id: str) -> None:
        pass

    def pause(self, job_id: str) -> None:
        pass


def studio_in(folder: Path, worker: Worker, journal: Path | None = None) -> Studio:
    """A studio that knows the starter model; with a journal, one that keeps its jobs."""
    model = folder / "starter"
    model.mkdir(parents=True, exist_ok=True)
    paths = Paths(folder / "data", folder / "config", folder / "pictures")
    studio = Studio(paths, worker, lambda _event: None, journal=journal)
    studio.scan = lambda: Library((ModelInfo("starter", str(model), Family.SD1, 1),))
    studio.refresh_library()
    return studio


def send(studio: Studio, job: Job, *numbers: int, value: Callable[[int], bytes] = png) -> list[Picture]:
    """Let frames of a job come from the worker."""
    sent = []
    for number in numbers:
        digest = studio.gallery.store.put(value(number))
        made = Picture(number, number, digest, SIZE.width, SIZE.height, about=about(number))
        studio.handle(PictureDone(job.id, made))
        sent.append(made)
    return sent


def start(studio: Studio, job: Job) -> None:
    """Let the worker take a job up."""
    studio.handle(Started(job.id))


def finish(studio: Studio, job: Job) -> None:
    """Let a job be done."""
    studio.handle(Finished(job.id, Cost()))
