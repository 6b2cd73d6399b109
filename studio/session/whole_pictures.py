"""Making a part of a picture file anew, from files to file: the model gets the part, and the file the whole picture.

A queued job names the picture and the mask as its user did. `Cutting` cuts out what the model is to see when the job
reaches the worker, and `keep` puts back what it made, so that such a job is as safe in a journal as any other.
"""

import dataclasses
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from studio.domain.catalog import ModelInfo
from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.domain.inpainting import Inpaint
from studio.domain.jobs import Job, JobState, Picture
from studio.domain.messages import Event, Failed, Ready, Run
from studio.domain.recipe import Recipe
from studio.imaging import masks, pictures, placing
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, decode, encode_png
from studio.imaging.placing import Exactness
from studio.session import inpainting, results
from studio.session.gallery import Entry, Gallery
from studio.session.inpainting import Placed, Prepared
from studio.session.studio import Worker

EXACT_SUFFIX = ".png"  # of files that hold every pixel as it is
FindModel = Callable[[str], ModelInfo]


@dataclass(frozen=True, slots=True)
class Work:
    """A picture as its file holds it, (h, w, 3) or (h, w, 4) with straight alpha, the mask (h, w), and what to do."""

    picture: Pixels
    mask: Pixels
    settings: Inpaint

    @property
    def size(self) -> Size:
        """The size of the whole picture."""
        return Size(self.picture.shape[1], self.picture.shape[0])

    def prepared(self, model: ModelInfo) -> Prepared:
        """What a model is to see of it. Raises StudioError (INPUT)."""
        return inpainting.prepare(placing.premultiplied(self.picture), self.mask, None, self.settings, model)

    def put_back(self, placed: Placed) -> tuple[Pixels, Exactness]:
        """The finished picture as a file holds it, compared with what it was. Raises StudioError (INTERNAL)."""
        after = placing.over_file(self.picture, placed.pixels, placed.rect)
        mask = np.zeros(after.shape[:2], np.uint8)
        rect = placed.rect
        mask[rect.y : rect.bottom, rect.x : rect.right] = placed.pixels[..., 3]
        exactness = placing.verify(self.picture, after, mask)
        exactness.require()
        return after, exactness


def opened(settings: Inpaint) -> Work:
    """The picture and the mask that settings name. Raises StudioError when a file cannot be used."""
    picture, mask = pictures.load_layered(Path(settings.image)), masks.load_mask(Path(settings.mask))
    masks.require_mask(mask, Size(picture.shape[1], picture.shape[0]))
    return Work(picture, mask, settings)


def opaque(pixels: Pixels) -> Pixels:
    """On white, as formats without transparency show it."""
    return pixels if pixels.shape[2] == 3 else placing.on_white(placing.premultiplied(pixels))


def names_files(task: object, store: BlobStore) -> bool:
    """Does a task make a part of a user's picture anew? One that was cut out of it already lies in the store."""
    if not isinstance(task, Recipe) or task.inpaint is None:
        return False
    return not Path(task.inpaint.image).is_relative_to(store.folder)


class Cutting:
    """A worker that is given what the model is to see, in place of the picture that a job names."""

    def __init__(self, worker: Worker, post: Callable[[Event], None], store: BlobStore, find_model: FindModel) -> None:
        self._worker, self._post, self._store, self._find_model = worker, post, store, find_model
        self._last: Recipe | None = None

    def start(self) -> None:
        """As `Worker.start`."""
        self._worker.start()

    def close(self, timeout: float = 1.0) -> None:
        """As `Worker.close`."""
        self._worker.close(timeout)
        self._forget()

    def cancel(self, job_id: str) -> None:
        """As `Worker.cancel`."""
        self._worker.cancel(job_id)

    def pause(self, job_id: str) -> None:
        """As `Worker.pause`."""
        self._worker.pause(job_id)

    def submit(self, run: Run) -> None:
        """Carry out a job; one whose picture cannot be cut fails."""
        self._forget()
        if names_files(run.task, self._store):
            try:
                self._last = self._cut(run.recipe)
            except StudioError as error:
                self._post(Failed(run.job_id, error.problem))
                return
            run = replace(run, task=self._last)
        self._worker.submit(run)

    def _cut(self, recipe: Recipe) -> Recipe:
        assert recipe.inpaint is not None  # as its file is named
        prepared = opened(recipe.inpaint).prepared(self._find_model(recipe.model))
        return inpainting.job_recipe(prepared, recipe, self._store)

    def _forget(self) -> None:
        if self._last is not None:
            inpainting.forget(self._last, self._store)
            self._last = None


def keep(gallery: Gallery, find_model: FindModel, job: Job, picture: Picture, engine: Ready | None) -> Entry:
    """`results.keep`, with the whole picture for a job that makes a part of one anew."""
    if not names_files(job.task, gallery.store) or results.found(gallery, job, picture):
        return results.keep(gallery, job, picture, engine)
    recipe = job.recipe
    assert recipe.inpaint is not None  # as its file is named
    work = opened(recipe.inpaint)
    prepared = work.prepared(find_model(recipe.model))
    after, _ = work.put_back(inpainting.finish(prepared, decode(gallery.store.get(picture.digest))))
    output = Path(job.output)
    if job.output and not output.is_dir() and output.suffix.lower() != EXACT_SUFFIX:
        after = opaque(after)
    digest = gallery.store.put(encode_png(after))
    whole = replace(picture, digest=digest, width=work.size.width, height=work.size.height)
    as_made = replace(job, task=dataclasses.replace(recipe, size=prepared.placement.size))
    entry = results.keep(gallery, as_made, whole, engine)
    gallery.store.discard(picture.digest)
    return entry


def without_loose_parts(job: Job, store: BlobStore) -> Job:
    """A job from before a kill, without pictures that were not put back yet: they are made again."""
    if not names_files(job.task, store) or all(picture.path for picture in job.pictures):
        return job
    kept = tuple(itertools.takewhile(lambda picture: bool(picture.path), job.pictures))
    state = JobState.QUEUED if job.state is JobState.DONE else job.state
    return replace(job, pictures=kept, state=state)
