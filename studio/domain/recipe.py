"""The whole request for pictures in one tree.

A recipe holds everything that decides the pixels: equal recipe, equal model weights and equal device give
equal bytes. It is a value: edit it with `dataclasses.replace`, keep it, compare it, send it, write it to JSON.
"""

import dataclasses
import math
from dataclasses import dataclass, field

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.geometry import Size
from studio.domain.inpainting import Inpaint, inpainting_problems
from studio.domain.samplers import SAMPLERS

SEED_LIMIT = 2**63  # torch's CPU generator takes 64 bit seeds; half of it keeps every carrier of metadata happy
MAX_STEPS = 1000  # the training timesteps of every family in use
MAX_SIDE = 4096
MAX_PIXELS = 4096 * 2048
MAX_BATCH = 64
UPSCALES = (1, 2, 4)
MAX_RESULT_SIDE = 8192  # after upscaling
MAX_PROMPT = 100_000  # characters
MAX_GUIDANCE = 100.0
MAX_LORAS = 8
MAX_LORA_WEIGHT = 4.0
MAX_BRANCHES = 16
STARTER = "starter"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the reverse process is solved.

    `sampler` is an id of `studio.domain.samplers`; `steps` ≥ 1; `guidance` is the classifier-free guidance
    scale w of Ho & Salimans 2022 in the diffusers convention, where 1 means no guidance.
    """

    sampler: str = "dpmpp-2m"
    steps: int = 12
    guidance: float = 4.0


@dataclass(frozen=True, slots=True)
class SourceImage:
    """The picture an image-to-image run starts from.

    `path` names a file on disk; `strength` in (0, 1] is the share of the steps that is run on the noised picture
    (SDEdit, Meng et al. 2021): 1 ignores the picture, small values stay close to it.
    """

    path: str
    strength: float = 0.6


@dataclass(frozen=True, slots=True)
class RingNoise:
    """A place on a circle of starting noise, so that frames around it make a loop without a seam.

    The initial latents are √(1−r²)·c + r·(cos θ·a + sin θ·b) with a, b, c ~ N(0, I) drawn from the seed,
    θ = 2π·`turn` and r = `motion`: unit variance for every r. `turn` in [0, 1), `motion` in (0, 1].
    """

    turn: float
    motion: float = 0.35


@dataclass(frozen=True, slots=True)
class Lora:
    """A low-rank change of the model's weights, W + `weight`·(α/r)·BA (Hu et al. 2021).

    `name` is that of a LoRA in the library or the path of its file; `weight` in [-4, 4], where 0 turns it off exactly.
    `hash` is empty in a request and filled in by the engine: the content hash of the file.
    """

    name: str
    weight: float = 1.0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A turn on the way from noise to picture: after `step` steps it goes on with other words, guidance or chance.

    `step` ≥ 1 counts the network's calls that are done, as previews do, of those that the recipe runs: fewer than those
    of its sampling when it starts from a picture. Text, guidance and seed are those from there on; the seed decides
    only what samplers that draw noise still draw, and None goes on with the draws of before.
    """

    step: int
    prompt: str = ""
    negative: str = ""
    guidance: float = 4.0
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A request for `batch` pictures; picture i uses the seed `seed + i`.

    `model` is the name of a model in the library or the path of a model folder or file. `model_hash` is empty
    in a request and filled in by the engine in what it reports back: the content hash of the weights. `upscale`, one of
    `UPSCALES`, enlarges what the model drew at `size` by Safelight's own upscaler; 1 leaves it as it is. With
    `inpaint`, a part of a picture is made anew, and `size` is what the model works at, whatever that picture has.
    `branches` turn the way of every picture, in the order of their steps.
    """

    prompt: str = ""
    negative: str = ""
    model: str = STARTER
    size: Size = Size(256, 256)
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    batch: int = 1
    source: SourceImage | None = None
    ring: RingNoise | None = None
    loras: tuple[Lora, ...] = ()
    upscale: int = 1
    model_hash: str = ""
    inpaint: Inpaint | None = None
    branches: tuple[Branch, ...] = ()

    @property
    def result_size(self) -> Size:
        """The size of the finished pictures."""
        return Size(self.size.width * self.upscale, self.size.height * self.upscale)

    def for_picture(self, index: int) -> "Recipe":
        """The recipe that makes picture `index` of this batch alone."""
        return dataclasses.replace(self, seed=self.seed + index, batch=1)

    def carried_out(self, model_hash: str, lora_hashes: tuple[str, ...] = ()) -> "Recipe":
        """The same with the content hashes that an engine found; those of LoRAs in their order."""
        hashes = {lora.name: found for lora, found in zip(self.loras, lora_hashes, strict=False)}
        loras = tuple(dataclasses.replace(lora, hash=hashes.get(lora.name, "")) for lora in self.loras)
        return dataclasses.replace(self, loras=loras, model_hash=model_hash)

    def requested(self) -> "Recipe":
        """The same request, without what an engine filled in."""
        return self.carried_out("")


def validate(recipe: Recipe, multiple: int = 8) -> tuple[Problem, ...]:
    """Everything wrong with a recipe, most important first; empty when it can be run.

    `multiple` is the model's size granularity in pixels (`ModelInfo.size_multiple`).
    """
    checks = (
        _check_text,
        _check_numbers,
        _check_source,
        _check_inpaint,
        _check_ring,
        _check_loras,
        _check_upscale,
        _check_branches,
    )
    return (*_check_size(recipe.size, multiple), *(problem for check in checks for problem in check(recipe)))


def require_valid(recipe: Recipe, multiple: int = 8) -> None:
    """Raise the first of `validate`'s problems as a StudioError."""
    for problem in validate(recipe, multiple):
        raise StudioError(problem.kind, problem.message, problem.hint, problem.field)


def _problem(name: str, message: str, hint: str) -> Problem:
    return Problem(ErrorKind.INPUT, message, hint, name)


def _check_size(size: Size, multiple: int) -> list[Problem]:
    if size.width < 1 or size.height < 1:
        return [_problem("size", f"A picture of {size} pixels has no area.", "Choose a width and height above 0.")]
    if max(size.width, size.height) > MAX_SIDE or size.pixels > MAX_PIXELS:
        return [
            _problem(
                "size",
                f"{size} pixels is too large to generate in one piece.",
                f"Stay within {MAX_SIDE} pixels a side and {MAX_PIXELS // 2**20} megapixels.",
            )
        ]
    if size.width % multiple or size.height % multiple:
        return [
            _problem(
                "size",
                f"This model makes pictures in steps of {multiple} pixels, and {size} is none.",
                f"Use {size.rounded_to(multiple)}.",
            )
        ]
    return []


def _check_text(recipe: Recipe) -> list[Problem]:
    found = []
    for name, title, text in (
        ("prompt", "prompt", recipe.prompt),
        ("negative", "negative prompt", recipe.negative),
    ):
        if len(text) > MAX_PROMPT:
            found.append(
                _problem(
                    name,
                    f"The {title} has {len(text):,} characters, more than any model can read.",
                    f"Shorten it below {MAX_PROMPT:,} characters.",
                )
            )
    if not recipe.model.strip():
        found.append(_problem("model", "No model is chosen.", f"Choose one, for example “{STARTER}”."))
    return found


def _check_numbers(recipe: Recipe) -> list[Problem]:
    found, sampling = [], recipe.sampling
    if sampling.sampler not in SAMPLERS:
        found.append(
            _problem(
                "sampling.sampler",
                f"There is no sampler “{sampling.sampler[:40]}”.",
                f"Choose one of: {', '.join(SAMPLERS)}.",
            )
        )
    if not 1 <= sampling.steps <= MAX_STEPS:
        found.append(
            _problem(
                "sampling.steps",
                f"{sampling.steps:,} steps cannot be run.",
                f"Choose 1 to {MAX_STEPS}; 8 to 30 are usual.",
            )
        )
    if not math.isfinite(sampling.guidance) or not 0 <= sampling.guidance <= MAX_GUIDANCE:
        found.append(
            _problem(
                "sampling.guidance",
                f"A guidance scale of {sampling.guidance} cannot be used.",
                f"Choose 0 to {MAX_GUIDANCE:.0f}; 3 to 8 are usual, and 1 means no guidance.",
            )
        )
    if not 1 <= recipe.batch <= MAX_BATCH:
        found.append(
            _problem("batch", f"A batch of {recipe.batch:,} pictures cannot be run.", f"Choose 1 to {MAX_BATCH}.")
        )
    if not 0 <= recipe.seed <= SEED_LIMIT - MAX_BATCH:
        found.append(
            _problem("seed", f"The seed {recipe.seed} is out of range.", f"Choose 0 to {SEED_LIMIT - MAX_BATCH}.")
        )
    return found


def _check_upscale(recipe: Recipe) -> list[Problem]:
    if recipe.upscale not in UPSCALES:
        return [
            _problem(
                "upscale",
                f"A picture cannot be upscaled {recipe.upscale:,} times.",
                f"Choose {', '.join(map(str, UPSCALES[:-1]))} or {UPSCALES[-1]}.",
            )
        ]
    result = recipe.result_size
    if recipe.upscale > 1 and max(result.width, result.height) > MAX_RESULT_SIDE:
        return [
            _problem(
                "upscale",
                f"Upscaled {recipe.upscale} times, the picture would have {result} pixels, more than can be made.",
                f"Stay within {MAX_RESULT_SIDE:,} pixels a side: upscale less, or choose a smaller size.",
            )
        ]
    return []


def _check_ring(recipe: Recipe) -> list[Problem]:
    ring = recipe.ring
    if ring is None:
        return []
    if recipe.source is not None:
        return [
            _problem(
                "ring",
                "A frame of a noise loop cannot start from a picture.",
                "Leave out the picture to start from, or the place on the noise circle.",
            )
        ]
    if 0 <= ring.turn < 1 and 0 < ring.motion <= 1:
        return []
    return [
        _problem(
            "ring",
            "The place on the noise circle is out of range.",
            "A turn lies in 0 to below 1, the amount of motion above 0 and up to 1.",
        )
    ]


def _check_loras(recipe: Recipe) -> list[Problem]:
    found, seen = [], set[str]()
    if len(recipe.loras) > MAX_LORAS:
        found.append(
            _problem("loras", f"{len(recipe.loras)} LoRAs cannot be used at once.", f"Choose at most {MAX_LORAS}.")
        )
    for lora in recipe.loras:
        name = lora.name[:80]
        if not lora.name.strip():
            found.append(_problem("loras", "A LoRA has no name.", "Name one of the library, or the path of its file."))
        elif lora.name in seen:
            found.append(
                _problem("loras", f"The LoRA “{name}” is named twice.", "Name it once, with the weight it shall have.")
            )
        if not math.isfinite(lora.weight) or abs(lora.weight) > MAX_LORA_WEIGHT:
            found.append(
                _problem(
                    "loras",
                    f"The LoRA “{name}” cannot have the weight {lora.weight}.",
                    f"Choose {-MAX_LORA_WEIGHT:.0f} to {MAX_LORA_WEIGHT:.0f}; 0.5 to 1 are usual, and 0 turns it off.",
                )
            )
        seen.add(lora.name)
    return found


def _check_inpaint(recipe: Recipe) -> list[Problem]:
    inpaint = recipe.inpaint
    if inpaint is None:
        return []
    found = inpainting_problems(inpaint)
    if recipe.source is not None or recipe.ring is not None:
        found.append(
            _problem(
                "inpaint",
                "A part of a picture is made anew from that picture alone.",
                "Leave out the other picture to start from, and the place on the noise circle.",
            )
        )
    if recipe.upscale != 1:
        found.append(
            _problem(
                "upscale",
                "What is put back into a picture cannot be upscaled.",
                "Upscale the finished picture.",
            )
        )
    return found


def _check_source(recipe: Recipe) -> list[Problem]:
    source = recipe.source
    if source is None:
        return []
    found = []
    if not source.path:
        found.append(_problem("source.path", "No picture to start from is given.", "Choose an image file."))
    if not math.isfinite(source.strength) or not 0 < source.strength <= 1:
        found.append(
            _problem(
                "source.strength",
                f"A strength of {source.strength} cannot be used.",
                "Choose above 0 (keep the picture) up to 1 (ignore it); 0.4 to 0.7 are usual.",
            )
        )
    return found


def _check_branches(recipe: Recipe) -> list[Problem]:
    """Sorted by step, each within the steps, and what it asks for as it could be asked for by itself."""
    found, before = [], 0
    sampler = SAMPLERS.get(recipe.sampling.sampler)
    steps = sampler.calls(recipe.sampling.steps) if sampler else recipe.sampling.steps
    if len(recipe.branches) > MAX_BRANCHES:
        hint = f"Choose at most {MAX_BRANCHES}."
        found.append(_problem("branches", f"{len(recipe.branches)} branches cannot follow one another.", hint))
    for branch in recipe.branches:
        if not before < branch.step < steps:
            found.append(
                _problem(
                    "branches",
                    f"A branch after step {branch.step:,} does not fit into {steps:,} steps.",
                    f"Branches lie in 1 to {steps - 1}, each after the one before.",
                )
            )
        before = branch.step
        alone = dataclasses.replace(
            recipe,
            prompt=branch.prompt,
            negative=branch.negative,
            sampling=dataclasses.replace(recipe.sampling, guidance=branch.guidance),
            seed=recipe.seed if branch.seed is None else branch.seed,
            branches=(),
        )
        found += [
            dataclasses.replace(problem, field="branches")
            for check in (_check_text, _check_numbers)
            for problem in check(alone)
        ]
    return found
