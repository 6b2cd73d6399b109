"""A worker that says what a test tells it to, and pictures that need no model."""

import math
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QTimer
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QRadialGradient

from studio.domain.catalog import Family, Library, LoraInfo, ModelInfo
from studio.domain.errors import ErrorKind, Problem
from studio.domain.geometry import Size
from studio.domain.jobs import Cost, Picture
from studio.domain.messages import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loaded,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Ready,
    Run,
    Started,
    WorkerOptions,
)
from studio.imaging.blobs import BlobStore
from studio.session.paths import Paths
from studio.session.studio import Studio
from studio.ui.bridge import Bridge

Post = Callable[[Event], None]
EXAMPLES = (
    "a red lighthouse at dusk",
    "a fox in the snow, watercolour",
    "still life with pears",
    "a glass city at night",
)
STARTER = ModelInfo(
    "starter",
    "/models/starter",
    Family.STARTER,
    120 * 2**20,
    "Safelight starter",
    "Small and quick.",
    examples=EXAMPLES,
)
BIG = ModelInfo("big", "/models/big", Family.SDXL, 6 * 2**30, "Big model", examples=("a castle",))
INK = LoraInfo("ink", "/models/loras/ink.safetensors", Family.STARTER, 2**20, "Ink wash", "inkwash", 8)
MOSS = LoraInfo("moss", "/models/loras/moss.safetensors", Family.STARTER, 2**20, "Moss", "", 4)
FILM = LoraInfo("film", "/models/loras/film.safetensors", Family.SDXL, 2**27, "Film grain", "filmgrain", 32)
READY = Ready("cpu", "Test CPU", "bfloat16", 1, 2**33, {"torch": "2.13.0"})


def picture(size: Size, turn: float = 0.0, blur: float = 1.0) -> QImage:
    """A landscape of gradients that changes with `turn` and gets clearer as `blur` goes to 0."""
    image = QImage(size.width, size.height, QImage.Format.Format_RGB888)
    painter = QPainter(image)
    sky = QLinearGradient(0, 0, 0, size.height)
    for at, hue in ((0.0, 0.58), (0.55, 0.05), (1.0, 0.68)):
        sky.setColorAt(
            at, QColor.fromHslF((hue + turn) % 1.0, 0.45 * (1 - 0.6 * blur), 0.25 + 0.35 * at * (1 - at) * 4)
        )
    painter.fillRect(image.rect(), sky)
    x, y, r = size.width * (0.5 + 0.3 * math.cos(6.3 * turn)), size.height * 0.42, size.height * (0.12 + 0.3 * blur)
    sun = QRadialGradient(x, y, r)
    sun.setColorAt(0.0, QColor(255, 236, 200))
    sun.setColorAt(0.5 * (1 - blur) + 0.05, QColor(255, 214, 150, 220))
    sun.setColorAt(1.0, QColor(255, 200, 140, 0))
    painter.fillRect(image.rect(), sun)
    painter.end()
    return image


def rgb(image: QImage) -> bytes:
    """The bytes of a preview, without padding."""
    line = image.width() * 3
    data = bytes(image.constBits())
    return b"".join(data[row * image.bytesPerLine() :][:line] for row in range(image.height()))


def png(image: QImage) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())


class FakeWorker:
    """Remembers what it was told; a test makes it speak."""

    def __init__(self, post: Post, options: WorkerOptions) -> None:
        self.post, self.options = post, options
        self.runs: list[Run] = []
        self.cancelled: list[str] = []
        self.paused: list[str] = []
        self.started = self.closed = False

    def start(self) -> None:
        self.started = True
        self.post(READY)

    def close(self, timeout: float = 0.0) -> None:
        self.closed = True

    def submit(self, run: Run) -> None:
        self.runs.append(run)

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)
        self.post(Cancelled(job_id))

    def pause(self, job_id: str) -> None:
        self.paused.append(job_id)

    @property
    def run(self) -> Run:
        """The newest job."""
        return self.runs[-1]

    def begin(self, step: int = 0) -> None:
        """Up to the denoising."""
        job = self.run.job_id
        for event in (Started(job), Progress(job, Phase.LOAD, 0, 0), Loaded(job, "abc")):
            self.post(event)
        self.progress(step)

    def progress(self, step: int) -> None:
        self.post(Progress(self.run.job_id, Phase.DENOISE, step, self.run.recipe.sampling.steps))

    def preview(self, step: int, colour: str = "", index: int = 0) -> None:
        size = self.run.recipe.size.fitted_into(Size(128, 128))
        image = picture(size, 0.1, 1 - step / self.run.recipe.sampling.steps)
        if colour:
            image.fill(QColor(colour))
        self.post(Preview(self.run.job_id, index, step, size.width, size.height, rgb(image)))

    def picture(self, index: int = 0, colour: str = "") -> None:
        recipe = self.run.recipe
        image = picture(recipe.result_size, (recipe.seed + index) * 0.137 % 1.0, 0.0)
        if colour:
            image.fill(QColor(colour))
        digest = BlobStore(Path(self.run.store)).put(png(image))
        self.post(
            PictureDone(self.run.job_id, Picture(index, recipe.seed + index, digest, image.width(), image.height()))
        )

    def finish(self, colour: str = "") -> None:
        for index in range(self.run.recipe.batch):
            self.picture(index, colour)
        self.post(Finished(self.run.job_id, Cost({"denoise": 1.0}, 2**30)))

    def fail(self, message: str = "The model ran out of memory.", hint: str = "Choose a smaller size.") -> None:
        self.post(Failed(self.run.job_id, Problem(ErrorKind.MEMORY, message, hint), "Traceback: the details"))


class PlayingWorker(FakeWorker):
    """Plays each job by itself, for looking at the window."""

    def __init__(self, post: Post, options: WorkerOptions, interval: int = 150) -> None:
        super().__init__(post, options)
        self._step = -3
        self._timer = QTimer(interval=interval)
        self._timer.timeout.connect(self._play)

    def submit(self, run: Run) -> None:
        super().submit(run)
        self._step, self._index = -3, 0
        self.post(Started(run.job_id))
        self._timer.start()

    def cancel(self, job_id: str) -> None:
        self._timer.stop()
        super().cancel(job_id)

    def close(self, timeout: float = 0.0) -> None:
        self._timer.stop()
        super().close(timeout)

    def _play(self) -> None:
        self._step += 1
        if "fail" in self.run.recipe.prompt and self._step == 3:
            self._timer.stop()
            self.fail("The device has too little memory for 1024 × 1024 pixels: 6.1 GB are needed, 4.0 GB are free.")
        elif self._step == 0:
            self.post(Loaded(self.run.job_id, "abc"))
            self.post(Progress(self.run.job_id, Phase.ENCODE, 0, 0))
        elif 0 < self._step <= self.run.recipe.sampling.steps:
            self.progress(self._step)
            self.preview(self._step, index=self._index)
        elif self._step > self.run.recipe.sampling.steps:
            self._over()

    def _over(self) -> None:
        self.picture(self._index)
        self._index, self._step = self._index + 1, 0
        if self._index == self.run.recipe.batch:
            self._timer.stop()
            self.post(Finished(self.run.job_id, Cost()))


def library() -> Library:
    return Library((STARTER, BIG), (), (FILM, INK, MOSS))


def make_studio(
    home: Path, bridge: Bridge, kind: type[FakeWorker] = FakeWorker, journal: Path | None = None
) -> tuple[Studio, FakeWorker]:
    """A session under `home` with a fake worker, two models and three LoRAs; its jobs are kept in `journal`, if any."""
    made: list[FakeWorker] = []

    def factory(post: Post, options: WorkerOptions) -> FakeWorker:
        made.append(kind(post, options))
        return made[0]

    paths = Paths(home / "data", home / "config", home / "pictures")
    studio = Studio(paths, factory, bridge.post, journal=journal)
    studio.scan = library
    studio.refresh_library()
    return studio, made[0]
