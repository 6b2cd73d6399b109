"""The text that A1111 and Forge write into pictures, which most programs of the field read.

    a red fox, forest
    Negative prompt: blurry
    Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x768, Model hash: 6ce0161689, …

The format is ambiguous by nature: a prompt with a line that begins "Negative prompt:" is not read back as it was.
"""

import dataclasses
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import PurePath

from studio.domain.geometry import Size
from studio.domain.inpainting import Infill, Inpaint
from studio.domain.recipe import SEED_LIMIT, Recipe, Sampling
from studio.imaging.metadata.a1111_loras import tagged, untagged
from studio.imaging.metadata.a1111_samplers import names_of, sampler_of

KEYWORD = "parameters"
NEGATIVE = "Negative prompt:"
UPSCALER = "Safelight x4"  # our upscaler among those of other programs
HASH_LENGTH = 10  # hexadecimal digits that A1111 shows of a model's hash
_MIN_PAIRS = 3
_MAX_LINE = 100_000  # characters of the last line
# Bounded repetition: an unbounded one takes quadratic time on a long line without a colon.
_PAIR = re.compile(r'(\w[\w \-/]{1,60}):[ \t]*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')


@dataclass(frozen=True, slots=True)
class Parameters:
    """The text, taken apart; `fields` keeps every pair of the last line under its own name."""

    prompt: str = ""
    negative: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def write(recipe: Recipe, software: str) -> str:
    """The text for a recipe."""
    sampler, schedule = names_of(recipe.sampling.sampler)
    model = PurePath(recipe.model)
    start = recipe.inpaint or recipe.source
    pairs = {
        "Steps": str(recipe.sampling.steps),
        "Sampler": sampler,
        "Schedule type": schedule,
        "CFG scale": f"{recipe.sampling.guidance:.12g}",
        "Seed": str(recipe.seed),
        "Size": str(recipe.size),
        "Model hash": recipe.model_hash[:HASH_LENGTH],
        "Model": model.stem if model.suffix == ".safetensors" else model.name,
        "Denoising strength": f"{start.strength:.12g}" if start else "",
        **(_inpainting(recipe.inpaint) if recipe.inpaint else {}),
        "Hires upscale": str(recipe.upscale) if recipe.upscale != 1 else "",
        "Hires upscaler": UPSCALER if recipe.upscale != 1 else "",
        "Version": software,
    }
    last = ", ".join(f"{key}: {_quoted(value)}" for key, value in pairs.items() if value)
    negative = [f"{NEGATIVE} {recipe.negative}"] if recipe.negative else []
    return "\n".join([tagged(recipe.prompt, recipe.loras), *negative, last])


def _inpainting(inpaint: Inpaint) -> dict[str, str]:
    """What A1111 has names for. Its blur reaches about twice its number of pixels to either side of the mask's edge."""
    content = {Infill.NONE: "original", Infill.NOISE: "latent noise"}.get(inpaint.infill, "fill")
    return {
        "Mask blur": str(inpaint.feather // 2),
        "Masked content": content,
        "Inpaint area": "Only masked",
        "Masked area padding": "" if inpaint.padding is None else str(inpaint.padding),
    }


def parse(text: str) -> Parameters:
    """Take the text apart; never fails. Without a last line of at least three pairs, all of it is prompt."""
    *lines, last = text.strip().split("\n")
    pairs = _PAIR.findall(last) if len(last) <= _MAX_LINE else []
    if len(pairs) < _MIN_PAIRS:
        lines, pairs = [*lines, last], []
    lines = [line.strip() for line in lines]
    cut = next((i for i, line in enumerate(lines) if line.startswith(NEGATIVE)), len(lines))
    negative = "\n".join(line.removeprefix(NEGATIVE).strip() for line in lines[cut:])
    fields: dict[str, str] = {}
    for key, value in pairs:
        fields.setdefault(key.strip(), _unquoted(value.strip()))
    return Parameters("\n".join(lines[:cut]).strip(), negative.strip(), fields)


def recipe_of(parameters: Parameters) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe that the text describes as far as it can be run here, and a sentence for everything that was left out.

    What is missing takes the defaults of `Recipe`; model and LoRAs are named as there and may not be installed here.
    """
    reader = _Reader(parameters.fields)
    default = Recipe()
    prompt, loras, odd_loras = untagged(parameters.prompt)
    sampling = Sampling(
        reader.sampler(default.sampling.sampler),
        reader.integer("Steps", default.sampling.steps, 1, 10_000),
        reader.number("CFG scale", default.sampling.guidance),
    )
    recipe = dataclasses.replace(
        default,
        prompt=prompt.strip(),
        negative=parameters.negative,
        loras=loras,
        model=parameters.fields.get("Model", "").strip() or default.model,
        size=reader.size(default.size),
        sampling=sampling,
        seed=reader.integer("Seed", default.seed, 0, SEED_LIMIT - 1),
        upscale=reader.upscale(),
    )
    return recipe, (*reader.warnings, *odd_loras)


class _Reader:
    """Values of the last line, with a warning for each that cannot be used."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        self.warnings: list[str] = []

    def integer(self, key: str, default: int, least: int, most: int) -> int:
        text = self.fields.get(key)
        if text is None:
            return default
        if re.fullmatch(r"[0-9]{1,19}", text) and least <= int(text) <= most:
            return int(text)
        self._odd(key, text)
        return default

    def number(self, key: str, default: float) -> float:
        text = self.fields.get(key)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        self._odd(key, text)
        return default

    def size(self, default: Size) -> Size:
        text = self.fields.get("Size")
        if text is None:
            return default
        try:
            size = Size.parse(text)
        except ValueError:
            size = Size(0, 0)
        if size.width > 0 and size.height > 0:
            return size
        self._odd("Size", text)
        return default

    def sampler(self, default: str) -> str:
        name = self.fields.get("Sampler")
        if name is None:
            return default
        known = sampler_of(name, self.fields.get("Schedule type", ""))
        if known is None:
            self.warnings.append(f"The sampler “{name[:40]}” is not known here; {default} is named instead.")
        return known or default

    def upscale(self) -> int:
        """By our own upscaler; what others did is a second pass over the picture that cannot be run here."""
        name = self.fields.get("Hires upscaler")
        if name is None:
            return 1
        if name == UPSCALER:
            return self.integer("Hires upscale", 1, 1, 4)
        self.warnings.append(f"It was enlarged by the upscaler “{name[:40]}”, which is left out.")
        return 1

    def _odd(self, key: str, text: str) -> None:
        self.warnings.append(f"“{key}” has the value “{text[:40]}”, which cannot be used.")


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if any(c in value for c in ',:\n"') else value


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        text = json.loads(value)
    except ValueError:
        return value
    return text if isinstance(text, str) else value
