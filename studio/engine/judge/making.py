"""The evaluation's files made anew: `python -m studio.engine.judge.making REQUEST`, where `safelight train judge` is
the command for people.

The scorer learns from one stream of the world's pictures, the real pictures come from another, and the training
pictures, in which copies are looked for, from the one that the denoiser learns from. REQUEST is one JSON document (see
`Making`); the result is one on standard output, {"error": …} when it cannot be done.
"""

import json
import random
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.domain.codec import from_json, to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import STARTER
from studio.engine.judge import reference, training
from studio.engine.judge.reference import Known, Neighbours, Reference
from studio.engine.judge.scorer import Pixels, Reader, load_scorer, save_network
from studio.engine.judge.training import ScorerTraining
from studio.engine.train.world.asked import plan_prompt
from studio.engine.train.world.facts import Facts, SceneFacts
from studio.engine.train.world.heldout import Prompt, evaluation_prompts
from studio.engine.train.world.sampler import Split, plan, render, sample
from studio.imaging.files import require_writable
from studio.resources import resources

WEIGHTS = "scorer.safetensors"
SIDE = 96  # of the pictures, in pixels: what the scorer sees of them is cropped from it
CAPTIONS = 2  # of each picture, that the scorer learns from
BATCH = 128
REAL, CEILING = 8, 2  # real pictures of each prompt: to compare with, and to stand where a perfect model's would

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Making:
    """A folder for the files, which then replace `resources/evaluation`.

    The scorer learns for `steps` steps of 128 from `pictures` pictures. Copies are looked for among `kept` of the
    first `trained` training pictures: those closest to what the prompts ask for.
    """

    folder: str
    pictures: int = 9000
    steps: int = 450
    trained: int = 24000
    kept: int = 4000


def make(making: Making, encoder: Path, tell: Tell) -> dict[str, int]:
    """Make the files; the number of pictures in each. `encoder` is the folder of the scorer's sentence encoder.

    Raises StudioError: INPUT for numbers out of range, DISK when the folder cannot be written.
    """
    _check(making)
    folder = Path(making.folder)
    require_writable(folder)
    _learn(making, folder / WEIGHTS, Reader(encoder), tell)
    scorer = load_scorer(folder / WEIGHTS, encoder)
    prompts = folder / "prompts.json"
    if prompts.resolve() != (resources() / "evaluation" / "prompts.json").resolve():
        shutil.copyfile(resources() / "evaluation" / "prompts.json", prompts)
    owner = reference.digest(folder / WEIGHTS, prompts)
    tell("real pictures")
    real = real_pictures(evaluation_prompts(), REAL + CEILING)
    known = real[:, REAL:].reshape(-1, SIDE, SIDE, 3)
    groups = np.repeat(np.arange(len(real)), CEILING)
    ceiling = Known(scorer.features(known), reference.thumbnails(known), groups)
    compared = real[:, :REAL].reshape(-1, SIDE, SIDE, 3)
    reference.write_reference(folder / "reference.npz", Reference(scorer.features(compared), ceiling), owner)
    tell("training pictures")
    seen = _drawn(Split.TRAIN, related(evaluation_prompts(), making.trained, making.kept))
    neighbours = Neighbours(scorer.features(seen), reference.thumbnails(seen), making.trained)
    reference.write_neighbours(folder / "neighbours.npz", neighbours, owner)
    return {"scorer": making.pictures, "real": len(compared) + len(known), "training": len(seen)}


def real_pictures(prompts: Sequence[Prompt], each: int) -> Pixels:
    """Pictures (prompts, each, 96, 96, 3) of the prompts, the same ones each time."""
    found = []
    for number, prompt in enumerate(prompts):
        for copy in range(each):
            rng = random.Random(f"{Split.HELD_OUT.value}/asked/{number}/{copy}")
            found.append(np.asarray(render(plan_prompt(prompt, rng), SIDE, rng)))
    return np.stack(found).reshape(len(prompts), each, SIDE, SIDE, 3)


def related(prompts: Sequence[Prompt], trained: int, kept: int) -> list[int]:
    """Numbers of at most `kept` of the first `trained` training pictures, in order.

    Those that share an object, or place and time, with a prompt come first, since a copy would be found there.
    """
    nouns = {prompt.noun for prompt in prompts if prompt.noun}
    settings = {(prompt.place, prompt.time) for prompt in prompts if prompt.kind == "scene"}

    def close(facts: Facts) -> bool:
        return (facts.place, facts.time) in settings if isinstance(facts, SceneFacts) else facts.noun in nouns

    order = sorted(range(trained), key=lambda index: not close(plan(Split.TRAIN, index).facts))
    return sorted(order[:kept])


def _learn(making: Making, weights: Path, reader: Reader, tell: Tell) -> None:
    tell(f"{making.pictures} pictures for the scorer")
    samples = [sample(Split.SCORER, index, SIDE) for index in range(making.pictures)]
    captions = [caption for found in samples for caption in found.captions[:CAPTIONS]]
    unlike = sorted(set(captions), key=len)  # read side by side, sentences of one length need no padding
    states = dict(zip(unlike, reader.read(unlike), strict=True))
    options = ScorerTraining(making.steps)
    batches = training.pairs(
        np.stack([found.pixels for found in samples]),
        np.stack([states[caption] for caption in captions]).reshape(len(samples), CAPTIONS, -1),
        BATCH,
        options.seed,
        np.arange(len(samples)),
    )
    losses: list[float] = []

    def report(step: int, loss: float) -> None:
        losses.append(loss)
        if step % 50 == 0 or step == making.steps:
            tell(f"scorer: step {step} of {making.steps}, loss {np.mean(losses[-50:]):.3f}")

    network = training.train(batches, options, report)
    notes = {"pictures": making.pictures, "steps": making.steps, "batch": BATCH, "seed": options.seed}
    save_network(network, weights, {**notes, "final_loss": float(np.mean(losses[-50:]))})


def _drawn(split: Split, indices: Sequence[int]) -> Pixels:
    return np.stack([sample(split, index, SIDE).pixels for index in indices])


def _check(making: Making) -> None:
    lowest = {"pictures": BATCH, "steps": 1, "trained": 1, "kept": 1}
    for name, least in lowest.items():
        if getattr(making, name) < least:
            message = f"{getattr(making, name)} is too low for {name}."
            raise StudioError(ErrorKind.INPUT, message, f"Choose at least {least}.", name)


def main(arguments: Sequence[str]) -> int:
    """Carry out the request; the exit code is 1 when it could not be done."""
    try:
        making = from_json(Making, json.loads(arguments[0]))
        result = make(making, resources() / "models" / STARTER, lambda text: print(text, file=sys.stderr, flush=True))
    except StudioError as error:
        print(json.dumps({"error": to_json(error.problem)}))
        return 1
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
