"""A training as the engine would do it: events, and the files of its run folder."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QImage, QPainter

from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, Problem
from studio.domain.geometry import Size
from studio.domain.jobs import Cost
from studio.domain.messages import (
    CheckpointKept,
    Event,
    Failed,
    Finished,
    ModelDone,
    Paused,
    Phase,
    Progress,
    Run,
    Sheet,
    Started,
    TrainingStep,
    Validated,
    WorkerOptions,
)
from studio.domain.training import Training, run_folder
from studio.imaging.blobs import BlobStore
from tests.ui.fakes import FakeWorker, PlayingWorker, Post, picture, png


def loss_at(step: int) -> float:
    """A loss that falls and jumps about."""
    return 0.06 + 0.16 * math.exp(-step / 120) + 0.05 * math.sin(step * 12.9898) * math.cos(step * 78.233)


def sheet_at(step: int, total: int, side: int = 128) -> bytes:
    """Four pictures side by side that get clearer."""
    sheet = QImage(4 * side, side, QImage.Format.Format_RGB888)
    sheet.fill(QColor("black"))
    painter = QPainter(sheet)
    for at in range(4):
        painter.drawImage(at * side, 0, picture(Size(side, side), 0.21 * at, max(0.0, 1 - step / total)))
    painter.end()
    return png(sheet)


def write_run(training: Training, steps: int, checkpoint: int, sheets: Sequence[int] = ()) -> Path:
    """A run folder as it lies on the disk after `steps` steps."""
    folder = run_folder(training.output)
    (folder / "sheets").mkdir(parents=True, exist_ok=True)
    (folder / "training.json").write_text(json.dumps(to_json(training)))
    lines: list[dict[str, object]] = []
    for step in range(1, steps + 1):
        lines.append({"step": step, "loss": loss_at(step), "learning_rate": 5e-4, "seconds": 0.5})
        if step % 100 == 0:
            lines.append({"step": step, "validation": loss_at(step) + 0.02, "bits": 3.1})
        if step in sheets:
            (folder / "sheets" / f"{step:06}.png").write_bytes(sheet_at(step, training.steps))
            lines.append({"step": step, "sheet": f"sheets/{step:06}.png"})
        if step == checkpoint:
            lines.append({"step": step, "checkpoint": True})
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def make_pictures(folder: Path, count: int, captions: int = 0) -> Path:
    """A folder of pictures, the first ones with captions."""
    folder.mkdir(parents=True, exist_ok=True)
    for at in range(count):
        picture(Size(96, 64 if at % 2 else 128), at * 0.13, 0.0).save(str(folder / f"zwx_cat-{at + 1:02}.png"))
        if at < captions:
            (folder / f"zwx_cat-{at + 1:02}.txt").write_text(f"a cat on a red sofa, number {at + 1}\n")
    return folder


class Trainer:
    """Makes a fake worker carry out the training it was given last."""

    def __init__(self, worker: FakeWorker) -> None:
        self.worker = worker

    @property
    def training(self) -> Training:
        task = self.worker.run.task
        assert isinstance(task, Training)
        return task

    @property
    def job(self) -> str:
        return self.worker.run.job_id

    def post(self, *events: Event) -> None:
        for event in events:
            self.worker.post(event)

    def begin(self) -> None:
        self.post(Started(self.job), Progress(self.job, Phase.PREPARE, 0, 0))

    def step(self, step: int, loss: float | None = None, seconds: float = 0.5) -> None:
        total, loss = self.training.steps, loss_at(step) if loss is None else loss
        self.post(Progress(self.job, Phase.TRAIN, step, total))
        self.post(TrainingStep(self.job, step, total, loss, 5e-4, seconds))

    def steps(self, first: int, last: int) -> None:
        for step in range(first, last + 1):
            self.step(step)

    def validated(self, step: int, loss: float) -> None:
        self.post(Validated(self.job, step, loss, 3.2))

    def sheet(self, step: int) -> None:
        digest = BlobStore(Path(self.worker.run.store)).put(sheet_at(step, self.training.steps))
        self.post(Sheet(self.job, step, digest))

    def checkpoint(self, step: int) -> None:
        write_run(self.training, step, step)
        self.post(CheckpointKept(self.job, step))

    def paused(self, step: int) -> None:
        self.checkpoint(step)
        self.post(Paused(self.job))

    def fail(self, kind: ErrorKind, message: str, hint: str) -> None:
        self.post(Failed(self.job, Problem(kind, message, hint), "Traceback: the details"))

    def finish(self) -> str:
        """Write the result, as far as a test looks at it; returns its path."""
        path = Path(self.training.output)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"weights")
        self.checkpoint(self.training.steps)
        self.post(ModelDone(self.job, str(path)), Finished(self.job, Cost({"train": 9.0}, 2**30)))
        return str(path)


class TrainingWorker(PlayingWorker):
    """Plays trainings by itself too, for looking at the window."""

    def __init__(self, post: Post, options: WorkerOptions) -> None:
        super().__init__(post, options)
        self._trainer, self._at = Trainer(self), 0
        self._clock = QTimer(interval=25)
        self._clock.timeout.connect(self._train)

    def submit(self, run: Run) -> None:
        if not isinstance(run.task, Training):
            super().submit(run)
            return
        FakeWorker.submit(self, run)
        log = run_folder(run.task.output) / "log.jsonl"
        self._at = sum('"loss"' in line for line in log.read_text().splitlines()) if log.exists() else 0
        self._trainer.begin()
        self._clock.start()

    def pause(self, job_id: str) -> None:
        super().pause(job_id)
        self._clock.stop()
        self._trainer.paused(self._at)

    def cancel(self, job_id: str) -> None:
        self._clock.stop()
        super().cancel(job_id)

    def close(self, timeout: float = 1.0) -> None:
        self._clock.stop()
        super().close(timeout)

    def _train(self) -> None:
        self._at += 1
        self._trainer.step(self._at)
        if self._at % 40 == 0:
            self._trainer.validated(self._at, loss_at(self._at) + 0.02)
        if self._at % 60 == 0 or self._at == 1:
            self._trainer.sheet(self._at)
        if self._at == self._trainer.training.steps:
            self._clock.stop()
            self._trainer.finish()
