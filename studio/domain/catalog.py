"""What a model is: its family, where it lies, what it can do, and the settings it likes."""

from dataclasses import dataclass, field
from enum import StrEnum

from studio.domain.geometry import Size
from studio.domain.recipe import Sampling
from studio.domain.samplers import SAMPLERS, Sampler


class Family(StrEnum):
    """Model families the engine can drive."""

    STARTER = "starter"
    SD1 = "sd1"
    SDXL = "sdxl"
    SD3 = "sd3"
    WAN = "wan"
    LTX = "ltx"


@dataclass(frozen=True, slots=True)
class FamilyTraits:
    """What all models of a family share.

    `size_multiple` is the granularity of picture sizes in pixels; `flow` families predict a velocity (rectified flow)
    and take only samplers with `flow_options`, some only those named in `samplers`. `video` families draw clips and no
    single pictures, `frames_per_latent` frames in each latent after the first, which holds one.
    """

    title: str
    size_multiple: int
    flow: bool
    size: Size
    sampling: Sampling
    samplers: tuple[str, ...] = ()
    video: bool = False
    frames_per_latent: int = 1


FAMILIES: dict[Family, FamilyTraits] = {
    Family.STARTER: FamilyTraits("Safelight starter", 32, True, Size(256, 256), Sampling("dpmpp-2m", 12, 4.0)),
    Family.SD1: FamilyTraits("Stable Diffusion 1", 8, False, Size(512, 512), Sampling("dpmpp-2m", 25, 7.0)),
    Family.SDXL: FamilyTraits("Stable Diffusion XL", 8, False, Size(1024, 1024), Sampling("dpmpp-2m", 30, 6.0)),
    Family.SD3: FamilyTraits("Stable Diffusion 3", 16, True, Size(1024, 1024), Sampling("dpmpp-2m", 28, 4.5)),
    Family.WAN: FamilyTraits(
        "Wan", 16, True, Size(832, 480), Sampling("unipc", 30, 5.0), video=True, frames_per_latent=4
    ),
    Family.LTX: FamilyTraits(
        "LTX-Video", 32, True, Size(704, 480), Sampling("euler", 40, 3.0), ("euler",), video=True, frames_per_latent=8
    ),
}

PICTURE_FAMILIES = tuple(family for family, traits in FAMILIES.items() if not traits.video)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A usable model on disk. `path` is a diffusers folder or a safetensors file; `bytes` its weights' size on disk.

    `inpainting` models were made to fill holes: they see the mask and the picture around it. Others can do it too.
    """

    name: str
    path: str
    family: Family
    bytes: int
    title: str = ""
    summary: str = ""
    licence: str = ""
    examples: tuple[str, ...] = ()
    size: Size | None = None
    sampling: Sampling | None = None
    inpainting: bool = False

    @property
    def traits(self) -> FamilyTraits:
        """What the model's family brings."""
        return FAMILIES[self.family]

    @property
    def default_size(self) -> Size:
        """The picture size the model was trained for."""
        return self.size or self.traits.size

    @property
    def default_sampling(self) -> Sampling:
        """Sampler, steps and guidance that suit the model."""
        return self.sampling or self.traits.sampling

    def samplers(self) -> tuple[Sampler, ...]:
        """The samplers this model can use."""
        traits = self.traits
        fitting = (s for s in SAMPLERS.values() if s.flow_options is not None or not traits.flow)
        return tuple(s for s in fitting if not traits.samplers or s.id in traits.samplers)


@dataclass(frozen=True, slots=True)
class LoraInfo:
    """A usable LoRA on disk: a safetensors file whose largest rank is `rank`.

    `trigger` is the word it was trained to answer to, and `sampling` the settings it was made for, if its file or
    its name tells: a LoRA that tells them makes its model need few steps. One that `waits` acts only where the prompt
    has its trigger.
    """

    name: str
    path: str
    family: Family
    bytes: int
    title: str = ""
    trigger: str = ""
    rank: int = 0
    sampling: Sampling | None = None
    waits: bool = False

    def called_by(self, prompt: str) -> bool:
        """Whether the prompt has its trigger, in small letters or large ones."""
        return bool(self.trigger) and self.trigger.casefold() in prompt.casefold()

    def acts_on(self, prompt: str) -> bool:
        """Whether it changes what this prompt draws."""
        return not self.waits or self.called_by(prompt)


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """A usable motion module on disk: the layers between frames that make a model of `family` draw clips.

    It can see `frames` frames at a time.
    """

    name: str
    path: str
    family: Family
    bytes: int
    frames: int = 32


@dataclass(frozen=True, slots=True)
class UnusableModel:
    """Something that looks like a model, a LoRA or a motion module and cannot be used, with the reason."""

    name: str
    path: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """All models, LoRAs and motion modules found on disk."""

    models: tuple[ModelInfo, ...] = ()
    unusable: tuple[UnusableModel, ...] = field(default=())
    loras: tuple[LoraInfo, ...] = field(default=())
    modules: tuple[ModuleInfo, ...] = field(default=())

    def loras_for(self, family: Family) -> tuple[LoraInfo, ...]:
        """The LoRAs that fit models of this family."""
        return tuple(lora for lora in self.loras if lora.family is family)

    def modules_for(self, family: Family) -> tuple[ModuleInfo, ...]:
        """The motion modules that fit models of this family."""
        return tuple(module for module in self.modules if module.family is family)

    def fast_lora(self, family: Family) -> LoraInfo | None:
        """The LoRA by which models of this family need the fewest steps; None where there is none."""
        found = [(lora.sampling.steps, lora) for lora in self.loras_for(family) if lora.sampling is not None]
        return min(found, key=lambda entry: entry[0])[1] if found else None
