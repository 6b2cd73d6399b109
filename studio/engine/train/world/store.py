"""A folder of samples for training: the pictures in one array file, their captions and facts line by line."""

import dataclasses
import json
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.domain.errors import ErrorKind, StudioError
from studio.engine.train.world.sampler import SIZE, Split, sample

PICTURES, CAPTIONS, SOURCE = "pictures.npy", "captions.jsonl", "source.json"
BATCH = 64  # samples between two points from which writing can go on after a kill


def write(
    folder: Path,
    split: Split,
    count: int,
    processes: int | None = None,
    report: Callable[[int], None] = lambda done: None,
) -> None:
    """Draw the first `count` samples of a split into `folder`, in worker processes, and go on where a kill left it.

    `pictures.npy` holds (count, 256, 256, 3) 8-bit sRGB values; line i of `captions.jsonl` is an object with the
    "captions" and "facts" of picture i. `report` is called with the number of samples that are safely on the disk.
    A folder begun with another split or count is refused with a StudioError; so is a disk that cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        done = _begin(folder, split, count)
        pictures = np.lib.format.open_memmap(folder / PICTURES, mode="r+")
        spawning = multiprocessing.get_context("spawn")  # a fork would copy the locks of torch's threads
        with (
            ProcessPoolExecutor(processes, mp_context=spawning) as pool,
            (folder / CAPTIONS).open("a", -1, "utf-8") as lines,
        ):
            report(done)
            for start in range(done, count, BATCH):
                stop = min(start + BATCH, count)
                for i, (pixels, line) in enumerate(pool.map(partial(_draw, split), range(start, stop), chunksize=4)):
                    pictures[start + i] = pixels
                    lines.write(line + "\n")
                pictures.flush()
                lines.flush()
                os.fsync(lines.fileno())
                report(stop)
    except OSError as error:
        hint = "Free some space on the disk or choose another folder; what is written already is kept."
        raise StudioError(ErrorKind.DISK, f"The training pictures cannot be written ({error}).", hint) from error


def _draw(split: Split, index: int) -> tuple[NDArray[np.uint8], str]:
    drawn = sample(split, index)
    facts = {"kind": drawn.facts.kind, **dataclasses.asdict(drawn.facts)}
    return drawn.pixels, json.dumps({"captions": drawn.captions, "facts": facts})


def _begin(folder: Path, split: Split, count: int) -> int:
    """Make the files of a new folder, or check those of an old one; the number of samples that are complete."""
    source, captions = {"split": split.value, "count": count}, folder / CAPTIONS
    stated = folder / SOURCE
    if not stated.exists():
        shape = (count, SIZE, SIZE, 3)
        np.lib.format.open_memmap(folder / PICTURES, mode="w+", dtype=np.uint8, shape=shape).flush()
        captions.write_bytes(b"")
        part = folder / f"{SOURCE}.part"
        part.write_text(json.dumps(source), "utf-8")
        part.replace(stated)  # last and at once: a folder that has it is whole
        return 0
    if json.loads(stated.read_text("utf-8")) != source:
        raise StudioError(
            ErrorKind.INPUT,
            "The folder holds training pictures of another split or number.",
            "Choose an empty folder.",
            "folder",
        )
    # A picture reaches the disk before the line of its captions; a line without an end was cut off by a kill.
    whole = captions.read_bytes().rpartition(b"\n")
    captions.write_bytes(whole[0] + whole[1])
    return whole[0].count(b"\n") + bool(whole[1])
