"""Few-steps LoRAs of other makers, told by the names they are handed round under.

Their files say nothing about how they want to be sampled; their names do, and their model cards say the rest. Each
`Convention` names its source. Guidance 1 is none at all: the cards write 0 or 1 for it, which is the same to diffusers.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studio.domain.catalog import Family
from studio.domain.recipe import Sampling

MAX_STEPS = 16  # a name that says more is about something else
# Names of files that say nothing; those are told by the folder they were downloaded into.
_GENERIC = frozenset({"pytorch_lora_weights", "adapter_model", "diffusion_pytorch_model", "pytorch_model", "model"})
_HUB_CACHE = "models--"  # models--OWNER--NAME/snapshots/REVISION/FILE
_STEPS = re.compile(r"(?<![\w])(\d{1,2})-?steps?(?!\w)")
_OLD = (Family.SD1, Family.SDXL)


@dataclass(frozen=True, slots=True)
class Convention:
    """One way of making few-steps LoRAs: how its files are called, and how they are sampled.

    `pattern` is looked for in a name of small letters whose words are joined by "-". A number of steps in the name
    counts more than `steps`; with `steps` 0 the name must say one. `guided` is the guidance scale of those variants
    whose name has one of the words `guided_words`.
    """

    title: str
    pattern: re.Pattern[str]
    families: tuple[Family, ...]
    sampler: str
    steps: int
    guided_words: tuple[str, ...] = ()
    guided: float = 1.0


# The first that fits is taken. Samplers of fewer than ten steps are spaced from the noisiest time on ("trailing", see
# `studio.engine.sampling`), as all of these want it.
CONVENTIONS = (
    # Wang et al. 2024, "Phased Consistency Models"; card of wangfuyun/PCM_Weights: DDIM or Euler, the steps of the
    # name. pcm_sd15_smallcfg_4step_converted, pcm_sdxl_normalcfg_8step_converted; the LCM-like ones are sampled as LCM.
    Convention("PCM, like LCM", re.compile(r"\bpcm-(sd15|sdxl)-lcmlike"), _OLD, "lcm", 4),
    Convention("PCM", re.compile(r"\bpcm-(sd15|sdxl)\b"), _OLD, "ddim", 0, ("normalcfg",), 7.5),
    # Ren et al. 2024, "Hyper-SD"; card of ByteDance/Hyper-SD: TCD for the one-step LoRA, DDIM for the others; those
    # with CFG in their name keep guidance, 5 to 8. Hyper-SD15-8steps-CFG-lora, Hyper-SDXL-4steps-lora. Those for SD3
    # are left out: they are to be used at a weight of 0.125.
    Convention("Hyper-SD, one step", re.compile(r"\bhyper-?sd(15|xl)-1-?step"), _OLD, "tcd", 1),
    Convention("Hyper-SD", re.compile(r"\bhyper-?sd(15|xl)\b"), _OLD, "ddim", 0, ("cfg",), 5.0),
    # Lin et al. 2024, "SDXL-Lightning"; card of ByteDance/SDXL-Lightning: Euler, the steps of the name.
    # sdxl_lightning_4step_lora.
    Convention("SDXL-Lightning", re.compile(r"\blightning\b"), (Family.SDXL,), "euler", 0),
    # Yin et al. 2024, "Improved Distribution Matching Distillation"; card of tianweiy/DMD2: LCM at 999, 749, 499, 249.
    # dmd2_sdxl_4step_lora_fp16.
    Convention("DMD2", re.compile(r"\bdmd2\b"), (Family.SDXL,), "lcm", 4),
    # Zheng et al. 2024, "Trajectory Consistency Distillation"; cards of h1t/TCD-SD15-LoRA, h1t/TCD-SDXL-LoRA: TCD with
    # η 0.3, 4 steps.
    Convention("TCD", re.compile(r"\btcd-(sd15|sdxl|lora)|\b(sd15|sdxl)-tcd\b"), _OLD, "tcd", 4),
    # Chadebec et al. 2024, "Flash Diffusion"; cards of jasperai/flash-sd, jasperai/flash-sdxl: LCM, 4 steps.
    Convention("Flash Diffusion", re.compile(r"\bflash-sd(xl|15)?\b"), _OLD, "lcm", 4),
    # Sauer et al. 2023, "Adversarial Diffusion Distillation", as a LoRA; card of shiroppo/sd_xl_turbo_lora: LCM, 4
    # steps or more. sd_xl_turbo_lora_v1.
    Convention("SDXL Turbo", re.compile(r"\bsd-?xl-turbo\b"), (Family.SDXL,), "lcm", 4),
    # Luo et al. 2023, "LCM-LoRA"; cards of latent-consistency/lcm-lora-sdv1-5 and lcm-lora-sdxl: LCM, 2 to 8 steps.
    Convention("LCM", re.compile(r"\blcm-(lora|sd|xl|weights)|\b(sd15|sdv1-5|sdxl)-lcm\b"), _OLD, "lcm", 4),
)


def told_name(path: Path) -> str:
    """What a LoRA at `path` is called: its file's name, or its folder's where that of the file says nothing.

    `flash-sdxl/pytorch_lora_weights.safetensors` is flash-sdxl. Files in the folder "loras" itself, or in none, keep
    their names.
    """
    if path.stem.lower() not in _GENERIC:
        return path.stem
    cached = next((parent.name for parent in list(path.parents)[:3] if parent.name.startswith(_HUB_CACHE)), "")
    folder = cached.rpartition("--")[2] or path.parent.name
    return path.stem if folder.lower() in ("", "loras", "lora") else folder


def few_steps_of(names: Iterable[str], family: Family) -> Sampling | None:
    """The settings that a LoRA of these names is made for; None where none of them is that of a few-steps LoRA."""
    found = (_sampling(_plain(name), family) for name in names)
    return next((sampling for sampling in found if sampling is not None), None)


def _sampling(name: str, family: Family) -> Sampling | None:
    convention = next((one for one in CONVENTIONS if family in one.families and one.pattern.search(name)), None)
    if convention is None:
        return None
    told = _STEPS.search(name)
    steps = int(told[1]) if told else convention.steps
    if not 1 <= steps <= MAX_STEPS:
        return None
    words = name.split("-")
    guidance = convention.guided if any(word in words for word in convention.guided_words) else 1.0
    return Sampling(convention.sampler, steps, guidance)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")
