"""Measure clips by the shipped model: `python -m studio.engine.sequences.bench [cost|seam|consistency] [--json]`.

- `cost`: the CPU seconds of a loop of 24 frames, as a share of 24 × one picture, timed in turn in one run.
- `seam`: figures of the exported WebM of a loop at default settings for each of ten prompts, by `seam` beside this.
- `consistency`: a drawn clip and a prompt ring, held together and rendered frame by frame, by the program's measures.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from studio.domain.codec import from_json
from studio.domain.geometry import Size
from studio.domain.messages import Event, PictureDone, Run, WorkerOptions
from studio.domain.recipe import STARTER, Recipe, Sampling, SourceImage
from studio.domain.sequence import Consistency, Footage, FrameSequence, Method, PromptKey, usual_consistency
from studio.engine.device import plan_for
from studio.engine.libraries import quiet
from studio.engine.run import StudioEngine
from studio.engine.sequences.seam import Seam, seam_of
from studio.imaging.blobs import BlobStore
from studio.imaging.metrics import measure
from studio.imaging.pixels import Pixels, decode, encode_png
from studio.imaging.video.presets import preset_for
from studio.imaging.video.writing import write_clip
from studio.resources import resources

Figures = dict[str, float]
Table = dict[str, Figures]
PROMPTS = (
    "sunset over the sea", "mountains at golden hour", "green hills under a blue sky", "a fox in snowy mountains",
    "a rocket on a purple background", "a castle on green hills", "a volcano with lava", "a meadow with flowers",
    "a lake at night", "clouds over a desert",
)  # fmt: skip
FRAMES, RATE = 24, Fraction(12)
VIDEOS = (  # what a clip shows, and what is drawn on it: the same in another light, and twice something else
    ("mountains at golden hour", "mountains at golden hour"),
    ("green hills under a blue sky", "green hills at sunset"),
    ("a castle on green hills", "a castle on green hills"),
    ("mountains at golden hour", "a volcano with lava"),
    ("sunset over the sea", "a snowy mountain at night"),
)
RING_PROMPTS = ("mountains at golden hour", "a lake at night")


@dataclass
class Bench:
    """The measurements, with files in `folder`."""

    model: Path
    folder: Path
    rounds: int
    prompts: Sequence[str]
    strength: float

    def __post_init__(self) -> None:
        self.engine = StudioEngine(plan_for(WorkerOptions(spare_core=False)))
        card = json.loads((self.model / "safelight.json").read_text("utf-8"))
        self.size = from_json(Size, card["size"])
        self.sampling = from_json(Sampling, card["sampling"])

    def measurements(self) -> dict[str, Callable[[], Table]]:
        """By name."""
        return {"cost": self.cost, "seam": self.seam, "consistency": self.consistency}

    def recipe(self, prompt: str, seed: int = 7) -> Recipe:
        """A picture as the model likes it best."""
        return Recipe(prompt, model=STARTER, size=self.size, sampling=self.sampling, seed=seed)

    def frames(self, task: FrameSequence | Recipe) -> list[Pixels]:
        """What the engine makes of a request, in order."""
        events: list[Event] = []
        store = self.folder / "store"
        self.engine.run(Run("bench", task, str(self.model), str(store), previews=False), events.append, lambda: None)
        done = [event.picture for event in events if isinstance(event, PictureDone)]
        return [decode(BlobStore(store).get(each.digest)) for each in sorted(done, key=lambda each: each.index)]

    # ------------------------------------------------------------------------------------------------ cost

    def cost(self) -> Table:
        """CPU seconds, medians of rounds in which one follows the other; the first of each warms up."""
        recipe = self.recipe(PROMPTS[0])
        loops, pictures = [], []
        for _ in range(self.rounds + 1):
            loops.append(self._seconds(FrameSequence(recipe, FRAMES, RATE)))
            pictures.append(statistics.median(self._seconds(recipe) for _ in range(3)))
        loop, picture = statistics.median(loops[1:]), statistics.median(pictures[1:])
        ratios = [one / (FRAMES * other) for one, other in zip(loops[1:], pictures[1:], strict=True)]
        return {
            f"loop of {FRAMES} frames": {"loop s": loop, "picture s": picture, "ratio": statistics.median(ratios),
                                         "worst": max(ratios)}
        }  # fmt: skip

    def _seconds(self, task: FrameSequence | Recipe) -> float:
        before = time.process_time()
        self.frames(task)
        return time.process_time() - before

    # ------------------------------------------------------------------------------------------------ seam

    def seam(self) -> Table:
        """One row for each prompt, and the median, least and most of all."""
        rows = {}
        for number, prompt in enumerate(self.prompts):
            frames = self.frames(FrameSequence(self.recipe(prompt, seed=number), FRAMES, RATE))
            rows[prompt] = _figures(seam_of(self._webm(f"{number}.webm", frames)))
        found = list(rows.values())
        for name, of in (("median", statistics.median), ("least", min), ("most", max)):
            rows[name] = {key: float(of([row[key] for row in found])) for key in found[0]}
        return rows

    def _webm(self, name: str, frames: list[Pixels]) -> Path:
        preset = preset_for(".webm", closed=True)
        assert preset is not None
        return write_clip(self.folder / name, frames, self.size, RATE, preset.id).path

    # ------------------------------------------------------------------------------------------------ consistency

    def consistency(self) -> Table:
        """What is held together, of the same frames each by itself: same model, words, seed, strength and noise."""
        rows = {f"video: {shown} → {drawn}": self._anew(shown, drawn) for shown, drawn in VIDEOS}
        found = list(rows.values())
        rows["video, median"] = {key: float(statistics.median(row[key] for row in found)) for key in found[0]}
        return rows | {"prompt ring": self._ring()}

    def _anew(self, shown: str, drawn: str) -> Figures:
        clip = panned(self.frames(self.recipe(shown))[0], FRAMES)
        source = self._stills(clip)
        recipe = self.recipe(drawn)
        usual = usual_consistency(Method.VIDEO)
        task = FrameSequence(
            recipe, FRAMES, RATE, method=Method.VIDEO, consistency=usual, source=Footage(source), strength=self.strength
        )
        alone = [replace(recipe, source=SourceImage(path, self.strength)) for path in source]
        found = _compared(self.frames(task), [self.frames(one)[0] for one in alone])
        return found | {"warp error of the clip": measure(clip, closed=True).warp_error}

    def _ring(self) -> Figures:
        keys = tuple(PromptKey(at / len(RING_PROMPTS), prompt) for at, prompt in enumerate(RING_PROMPTS))
        task = FrameSequence(self.recipe(RING_PROMPTS[0]), FRAMES, RATE, prompts=keys)
        alone = replace(task, common=0.0, consistency=Consistency(steady=False, colour=False))
        return _compared(self.frames(task), self.frames(alone))

    def _stills(self, frames: list[Pixels]) -> tuple[str, ...]:
        paths = [self.folder / f"{number:03}.png" for number in range(len(frames))]
        for path, frame in zip(paths, frames, strict=True):
            path.write_bytes(encode_png(frame))
        return tuple(map(str, paths))


def panned(picture: Pixels, count: int) -> list[Pixels]:
    """A closed clip whose motion is known: `picture` enlarged by a fifth to a third and moved round an ellipse, and a
    disc that crosses it and comes back.
    """
    height, width = picture.shape[:2]
    frames = []
    for angle in 2 * np.pi * np.arange(count) / count:
        zoom = 1.27 + 0.07 * np.sin(angle)
        right, down = 0.07 * width * np.cos(angle), 0.05 * height * np.sin(angle)
        place = np.array([
            [zoom, 0, (1 - zoom) * width / 2 + right], [0, zoom, (1 - zoom) * height / 2 + down],
        ], np.float32)  # fmt: skip
        frame = cv2.warpAffine(picture, place, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        at = round(width * (0.5 - 0.3 * np.cos(angle))), round(height * (0.35 + 0.1 * np.sin(angle)))
        cv2.circle(frame, at, height // 12, (230, 60, 40), -1, cv2.LINE_AA)
        frames.append(np.asarray(frame, np.uint8))
    return frames


def _figures(seam: Seam) -> Figures:
    return {key: float(value) for key, value in asdict(seam).items()}


def _compared(together: list[Pixels], alone: list[Pixels]) -> Figures:
    ours, theirs = measure(together, closed=True), measure(alone, closed=True)
    sharp = [float(np.median(each.series.sharpness)) for each in (ours, theirs)]
    return {
        "warp error": ours.warp_error, "alone": theirs.warp_error,
        "warp error ratio": ours.warp_error / max(theirs.warp_error, 1e-9),
        "sharpness ratio": sharp[0] / max(sharp[1], 1e-9),
        "edges ratio": ours.sharpness / max(theirs.sharpness, 1e-9),
        "dynamic degree": ours.dynamic_degree,
        "dynamic degree ratio": ours.dynamic_degree / max(theirs.dynamic_degree, 1e-9),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen measurements and print them."""
    parser = argparse.ArgumentParser(prog="python -m studio.engine.sequences.bench", description="Measure clips.")
    parser.add_argument("what", nargs="?", choices=["cost", "seam", "consistency"])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=3, help="loops timed for the cost, after one to warm up")
    parser.add_argument("--prompts", type=int, default=len(PROMPTS), help="loops whose seam is measured")
    parser.add_argument("--strength", type=float, default=0.5, help="of video to video")
    parser.add_argument("--model", type=Path, default=resources() / "models" / STARTER, help="another model folder")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, quiet():
        bench = Bench(options.model, Path(folder), options.rounds, PROMPTS[: options.prompts], options.strength)
        wanted = [options.what] if options.what else list(bench.measurements())
        found = {name: bench.measurements()[name]() for name in wanted}
    _write(found, options.json)
    return 0


def _write(found: dict[str, Table], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return
    for name, rows in found.items():
        heads = list(dict.fromkeys(key for row in rows.values() for key in row))
        sys.stdout.write(f"{name:34s}" + "".join(f"{head:>24s}" for head in heads) + "\n")
        for title, row in rows.items():
            sys.stdout.write(
                f"  {title:32s}" + "".join(f"{row.get(head, float('nan')):24.3f}" for head in heads) + "\n"
            )


if __name__ == "__main__":
    raise SystemExit(main())
