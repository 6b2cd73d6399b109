"""A sketch, and live painting around it: the clock is turned by hand, and the worker does nothing by itself."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studio.domain.catalog import Family, Library, LoraInfo, ModelInfo
from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import INTENTS, Intent
from studio.domain.jobs import Cost, Picture
from studio.domain.messages import Event, Finished, Phase, PictureDone, Progress, Run, Started, WorkerOptions
from studio.domain.recipe import Recipe, Sampling
from studio.imaging.blobs import BlobStore
from studio.imaging.compose import Compositor
from studio.imaging.pictures import load_picture
from studio.imaging.pixels import encode_png
from studio.imaging.tiles import MemoryBlobs, TileStore
from studio.session.live_painting import QUIET, LivePainting
from studio.session.live_requests import Painted, Request, Sketch, asked
from studio.session.live_state import LiveState
from studio.session.paths import Paths
from studio.session.studio import Errand, Studio

SIDE = 32
FRAME = Rect(SIDE, 0, SIDE, SIDE)
TINY = ModelInfo("tiny", "/models/tiny", Family.STARTER, 0, size=Size(SIDE, SIDE))
FAST = LoraInfo("quick", "/loras/quick", Family.STARTER, 0, sampling=Sampling("euler", 4, 1.0))
LIBRARY = Library((TINY,), (), (FAST,))


class Worker:
    """Does nothing by itself."""

    def __init__(self, post: Callable[[Event], None], options: WorkerOptions) -> None:
        self.runs: list[Run] = []
        self.cancelled: list[str] = []

    def start(self) -> None:
        """There is nothing to start."""

    def close(self, timeout: float = 1.0) -> None:
        """There is nothing to end."""

    def submit(self, run: Run) -> None:
        self.runs.append(run)

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)

    def pause(self, job_id: str) -> None:
        raise AssertionError("nothing here can be paused")


@dataclass
class HandClock:
    """A clock that stands still until it is turned."""

    time: float = 0.0
    alarm: tuple[float, Callable[[], None]] | None = None

    def now(self) -> float:
        return self.time

    def ring_in(self, seconds: float, ring: Callable[[], None]) -> None:
        self.alarm = (self.time + seconds, ring)

    def stop(self) -> None:
        self.alarm = None

    def turn(self, seconds: float) -> None:
        self.time += seconds
        if self.alarm is not None and self.alarm[0] <= self.time + 1e-9:
            ring, self.alarm = self.alarm[1], None
            ring()


@dataclass
class Bench:
    """A sketch of one colour in the frame, and everything around live painting."""

    studio: Studio
    worker: Worker
    live: LivePainting
    clock: HandClock
    store: TileStore
    tasks: list[Errand]
    document: Document
    at_once: bool = True
    strength: float = 0.5
    prompt: str = "a boat"
    seen: list[Painted | None] = field(default_factory=list)
    states: list[LiveState] = field(default_factory=list)

    def paint(self, value: int, x: int = SIDE) -> None:
        """Fill a square of the frame's size at `x`."""
        (layer,) = self.document.layers
        assert isinstance(layer, PaintLayer)
        colour = np.full((SIDE, SIDE, 4), (value, value, value, 255), np.uint8)
        tiles = self.store.painted(layer.tiles, Rect(x, 0, SIDE, SIDE), colour)
        self.document = dataclasses.replace(self.document, layers=(dataclasses.replace(layer, tiles=tiles),))
        self.live.change()

    def look(self, blobs: BlobStore) -> Callable[[], Request]:
        recipe = Recipe(prompt=self.prompt, model="tiny", seed=7)
        seam = dataclasses.replace(INTENTS[Intent.FILL], grow=0, feather=2)
        held = Sketch(Compositor(self.store), self.store, self.document, recipe, self.strength, seam)
        return lambda: asked(self.studio, held, blobs)

    def begin(self) -> None:
        self.live.begin(self.look)
        self.work()

    def quiet(self) -> None:
        self.clock.turn(QUIET)
        self.work()

    def work(self) -> None:
        while self.at_once and self.tasks:
            self.tasks.pop(0)()()

    def say(self, event: Event) -> None:
        self.studio.handle(event)
        self.work()

    @property
    def run(self) -> Run:
        return self.worker.runs[-1]

    def load(self, run: Run | None = None) -> None:
        job_id = (run or self.run).job_id
        for event in (Started(job_id), Progress(job_id, Phase.LOAD, 0, 0), Progress(job_id, Phase.ENCODE, 0, 0)):
            self.say(event)

    def finish(self, value: int = 200) -> None:
        run = self.run
        self.load()
        pixels = np.full((run.recipe.size.height, run.recipe.size.width, 3), value, np.uint8)
        digest = BlobStore(Path(run.store)).put(encode_png(pixels))
        self.say(PictureDone(run.job_id, Picture(0, run.recipe.seed, digest, SIDE, SIDE)))
        self.say(Finished(run.job_id, Cost()))

    def colour(self) -> int:
        """Of the sketch, as the newest job was given it."""
        source = self.run.recipe.source
        assert source is not None
        return int(load_picture(Path(source.path))[0, 0, 0])


@contextmanager
def a_bench(folder: Path, *, at_once: bool = True, library: Library = LIBRARY) -> Iterator[Bench]:
    made: list[Worker] = []

    def factory(post: Callable[[Event], None], options: WorkerOptions) -> Worker:
        made.append(Worker(post, options))
        return made[0]

    studio = Studio(Paths(folder / "data", folder / "config", folder / "pictures"), factory, lambda _event: None)
    studio.scan = lambda: library
    studio.refresh_library()
    clock, tasks = HandClock(), list[Errand]()
    live = LivePainting(made[0], studio.queue, clock, tasks.append)
    studio.takers.append(live.handle)
    store = TileStore(MemoryBlobs())
    document = Document(Size(4 * SIDE, SIDE), (PaintLayer(tiles=EMPTY),), frame=FRAME)
    bench = Bench(studio, made[0], live, clock, store, tasks, document, at_once)
    live.shown.connect(bench.seen.append)
    live.changed.connect(bench.states.append)
    yield bench
    live.close()
    while tasks:
        tasks.pop(0)()()
