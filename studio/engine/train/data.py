"""What a run learns from: pictures and captions, encoded once, in an order that the seed decides."""

import contextlib
import dataclasses
import functools
import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from safetensors import SafetensorError, safe_open

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.training import MAX_PICTURES, Training
from studio.engine.latents import to_denoiser
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.train.checkpoint import write_tensors
from studio.engine.train.world.sampler import USUAL, Mixture, Split, sample
from studio.imaging.pictures import load_picture, picture_size
from studio.imaging.pixels import Pixels
from studio.imaging.training_set import MAX_CAPTION, caption_file, problems, scan, warnings
from studio.imaging.training_set import Example as Captioned

# `Training.folder` "world:16000": so many pictures of the built-in world; "world:16000:single=3,scene=1": of these
# kinds alone, in these shares.
WORLD = "world:"
STRETCH = 256  # pictures that are kept in one file
RATIOS = (1.0, 4 / 3, 3 / 4, 3 / 2, 2 / 3, 16 / 9, 9 / 16, 2.0, 0.5)

Note = Callable[[str], None]
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """One picture to learn from: the size it is used at, and `load` for its pixels and captions.

    `key` tells whether it is still the same picture.
    """

    name: str
    key: str
    size: Size
    load: Callable[[], tuple[Pixels, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Example:
    """An encoded picture: `latents` (V, C, h, w) in float16, V being 2 where its mirror image is used too."""

    captions: tuple[str, ...]
    latents: torch.Tensor


def sources(training: Training, multiple: int, note: Note) -> list[Source]:
    """The pictures of a run. `note` hears of each file that is left out and of what else is doubtful.

    Raises StudioError: INPUT when there is nothing to learn from, DISK when the folder cannot be read.
    """
    if training.folder.startswith(WORLD):
        return _world(training)
    found = scan(Path(training.folder))
    for problem in problems(found, training):
        raise StudioError(problem.kind, problem.message, problem.hint, problem.field)
    for warning in warnings(found, training):
        note(warning)
    for example in found.examples:
        if not example.usable:
            note(f"{example.path.name} is left out: {example.problem}")
        elif example.caption_problem:
            note(f"{caption_file(example.path).name}: {example.caption_problem}")
    return [_source(example, training, multiple) for example in found.examples if example.usable]


def digest(found: Sequence[Source]) -> str:
    """A digest of the pictures, captions and sizes, to tell whether a checkpoint belongs to this set."""
    lines = (f"{source.name}\0{source.size}\0{source.key}" for source in found)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@torch.no_grad()
def encode(
    found: Sequence[Source], model: LoadedModel, flip: bool, note: Note, told: Told, cache: Path | None
) -> list[Example]:
    """The pictures as the model's autoencoder sees them; one that cannot be read now is left out with a note.

    Finished stretches are kept in the folder `cache`, if there is one, and found there again. Raises StudioError
    (INPUT) when nothing is left.
    """
    examples: list[Example] = []
    for start in range(0, len(found), STRETCH):
        stretch = found[start : start + STRETCH]
        kept = None if cache is None else cache / f"{digest(stretch)[:16]}-{model.digest[:16]}-{flip:d}.safetensors"
        known = None if kept is None else _kept(kept)
        if known is None:
            known = [
                example
                for index, source in enumerate(stretch)
                if (example := _encoded(source, model, flip, note, functools.partial(told, start + index, len(found))))
            ]
            if kept is not None:
                _keep(kept, known)
        examples += known
    told(len(found), len(found))
    if not examples:
        raise StudioError(
            ErrorKind.INPUT, "None of the pictures can be read any more.", "Look at the folder.", "folder"
        )
    return examples


def _encoded(source: Source, model: LoadedModel, flip: bool, note: Note, told: Callable[[], None]) -> Example | None:
    told()
    try:
        pixels, captions = source.load()
    except StudioError as error:
        note(f"{source.name} is left out: {error.problem.message}")
        return None
    views = [pixels, np.ascontiguousarray(pixels[:, ::-1])] if flip else [pixels]
    return Example(captions, torch.cat([latents_of(model, view) for view in views]).half().cpu())


def _kept(path: Path) -> list[Example] | None:
    try:
        with safe_open(path, "pt") as file:
            captions = json.loads(file.metadata()["captions"])
            return [Example(tuple(texts), file.get_tensor(str(i))) for i, texts in enumerate(captions)]
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):  # not there, or cut off
        return None


def _keep(path: Path, examples: Sequence[Example]) -> None:
    """What cannot be kept is encoded again the next time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {str(i): example.latents for i, example in enumerate(examples)}
        write_tensors(path, tensors, {"captions": json.dumps([example.captions for example in examples])})


@torch.no_grad()
def latents_of(model: LoadedModel, pixels: Pixels) -> torch.Tensor:
    """The mean latents (1, C, h, w) of a picture, in the scale of the denoiser, float32."""
    vae = model.vae
    picture = torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
    encoded = vae.encode(picture.to(vae.device, vae.dtype))
    latents = encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else encoded.latents
    return to_denoiser(vae, latents).float()


class Order:
    """Which pictures are in which batch: each epoch once through all, batches of one size, shuffled by the seed.

    A batch that its size cannot fill is filled with pictures of the same size from the epoch's beginning.
    """

    def __init__(self, shapes: Sequence[tuple[int, ...]], batch: int, seed: int) -> None:
        groups: dict[tuple[int, ...], list[int]] = {}
        for index, shape in enumerate(shapes):
            groups.setdefault(shape, []).append(index)
        self._groups, self._batch, self._seed = list(groups.values()), batch, seed
        self.per_epoch = sum(math.ceil(len(group) / batch) for group in self._groups)
        self._epoch = -1
        self._batches: list[list[int]] = []

    def batch(self, number: int) -> list[int]:
        """The pictures of batch `number`, counted over all epochs from 0."""
        epoch, place = divmod(number, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._shuffled(np.random.default_rng([self._seed, epoch]))
        return self._batches[place]

    def _shuffled(self, rng: np.random.Generator) -> list[list[int]]:
        batches = []
        for group in self._groups:
            order = [group[i] for i in rng.permutation(len(group))]
            for start in range(0, len(order), self._batch):
                chosen = order[start : start + self._batch]
                batches.append([*chosen, *(order[i % len(order)] for i in range(self._batch - len(chosen)))])
        return [batches[i] for i in rng.permutation(len(batches))]


def bucket(size: Size, side: int, multiple: int) -> Size:
    """The training size of about `side`² pixels whose shape is nearest to the picture's."""
    ratio = min(RATIOS, key=lambda one: abs(math.log(one * size.height / size.width)))
    width, height = side * math.sqrt(ratio), side / math.sqrt(ratio)
    return Size(max(multiple, round(width / multiple) * multiple), max(multiple, round(height / multiple) * multiple))


def _source(example: Captioned, training: Training, multiple: int) -> Source:
    file = example.path
    side = max(multiple, training.side // multiple * multiple)
    size = bucket(picture_size(file), side, multiple) if training.buckets else Size(side, side)
    caption = " ".join(example.caption.split())[:MAX_CAPTION]
    text = ", ".join(part for part in (training.trigger.strip(), caption) if part)
    return Source(file.name, f"{file.stat().st_mtime_ns} {text}", size, lambda: (fitted(file, size), (text,)))


def fitted(file: Path, size: Size) -> Pixels:
    """The picture scaled to cover `size` and cropped at its middle, on white where it is transparent."""
    cover = ImageOps.fit(Image.fromarray(load_picture(file)), (size.width, size.height), Image.Resampling.LANCZOS)
    return np.asarray(cover, dtype=np.uint8)


def _world(training: Training) -> list[Source]:
    count, _, shares = training.folder.removeprefix(WORLD).partition(":")
    side = training.side
    if not count.isdecimal() or not 1 <= int(count) <= MAX_PICTURES:
        raise StudioError(
            ErrorKind.INPUT,
            f"“{training.folder}” names no number of pictures.",
            "Write for example world:4000.",
            "folder",
        )

    mixture = _mixture(shares) if shares else USUAL

    def load(index: int) -> tuple[Pixels, tuple[str, ...]]:
        made = sample(Split.TRAIN, index, side, mixture)
        return made.pixels, made.captions

    return [
        Source(f"world {index}", shares, Size(side, side), functools.partial(load, index))
        for index in range(int(count))
    ]


def _mixture(text: str) -> Mixture:
    """The kinds of "single=3,scene=1". Raises StudioError (INPUT)."""
    none = Mixture(0.0, 0.0, 0.0, 0.0)
    try:
        pairs = [part.partition("=") for part in text.split(",")]
        shares = {name.strip(): float(share) for name, _, share in pairs}
        mixture = dataclasses.replace(none, **shares)
    except (ValueError, TypeError) as error:
        raise _no_mixture(text) from error
    if not all(math.isfinite(share) and share >= 0 for share in shares.values()) or mixture == none:
        raise _no_mixture(text)
    return mixture


def _no_mixture(text: str) -> StudioError:
    kinds = ", ".join(field.name for field in dataclasses.fields(Mixture))
    return StudioError(
        ErrorKind.INPUT,
        f"“{text[:80]}” does not say in which shares the kinds of pictures are mixed.",
        f"Write for example world:4000:single=3,scene=1. The kinds are {kinds}.",
        "folder",
    )
