"""LoRAs as A1111 and Forge name them inside the prompt: `<lora:name:weight>`."""

import math
import re
from pathlib import PurePath

from studio.domain.recipe import MAX_LORAS, Lora

_TAG = r"<lora:([^<>:\n]+)(?::([^<>\n]*))?>"
_AT_THE_END = re.compile(rf"(?: ?{_TAG})+\s*\Z")  # where we put them
_IN_A_LIST = re.compile(rf",[ \t]*{_TAG}(?=[ \t]*(?:,|$))", re.MULTILINE)
_ANYWHERE = re.compile(rf"{_TAG}[ \t]*")


def tagged(prompt: str, loras: tuple[Lora, ...]) -> str:
    """The prompt with a tag for each LoRA at its end."""
    return " ".join([prompt, *(f"<lora:{_plain(lora.name)}:{lora.weight:.12g}>" for lora in loras)])


def untagged(prompt: str) -> tuple[str, tuple[Lora, ...], tuple[str, ...]]:
    """The prompt without its tags, the LoRAs they name, and a sentence for each that cannot be used as it stands."""
    loras: dict[str, Lora] = {}
    warnings = []
    for name, settings in re.findall(_TAG, prompt):
        weight = _weight(settings)
        if weight is None:
            warnings.append(f"The LoRA “{name.strip()[:40]}” has the weight “{settings[:40]}”; 1 is taken instead.")
        loras.setdefault(name.strip(), Lora(name.strip(), 1.0 if weight is None else weight))
    if len(loras) > MAX_LORAS:
        warnings.append(f"Of {len(loras)} LoRAs only the first {MAX_LORAS} are taken.")
    for pattern in (_AT_THE_END, _IN_A_LIST, _ANYWHERE):
        prompt = pattern.sub("", prompt)
    return prompt, tuple(loras.values())[:MAX_LORAS], tuple(warnings)


def _weight(settings: str) -> float | None:
    """The first number, which is that of the text encoder where two are named; None when there is none."""
    if not settings:
        return 1.0
    first = settings.split(":")[0].rpartition("=")[2]
    try:
        weight = float(first)
    except ValueError:
        return None
    return weight if math.isfinite(weight) else None


def _plain(name: str) -> str:
    """A name that the tag can hold; of a path, that of the file."""
    path = PurePath(name)
    short = path.stem if path.suffix == ".safetensors" else path.name
    return re.sub(r"[<>:]", "_", " ".join(short.split())) or "_"
