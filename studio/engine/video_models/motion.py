"""AnimateDiff (Guo et al. 2023): a motion module between the layers of a Stable Diffusion 1 model of the library."""

import dataclasses
from pathlib import Path
from typing import Any

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.model_digest import model_digest
from studio.domain.module_files import recognise_module
from studio.engine.device import DevicePlan
from studio.engine.failures import while_loading
from studio.engine.libraries import diffusers, quiet, torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.sampling import NoiseSchedule, placeholder

SEEN = 16  # frames that motion modules were trained on, and see at a time unless somebody wants otherwise


@dataclasses.dataclass(frozen=True, slots=True)
class Moved:
    """A Stable Diffusion 1 model with a motion module in it: the pipeline, the module's own layers, its content hash,
    and the number of frames it can see at once.

    The model's layers, with the LoRAs that it carries, are those of the model itself, not copies.
    """

    pipe: Any
    layers: torch.nn.Module
    digest: str
    frames: int

    @property
    def network(self) -> Any:
        """The denoiser of (B, 4, F, h, w)."""
        return self.pipe.unet


def set_in_motion(model: LoadedModel, path: Path, plan: DevicePlan, poll: Poll) -> Moved:
    """Put the motion module in the folder `path` between the layers of `model`.

    Raises StudioError (MODEL) when the module is damaged, unsafe or made for other models.
    """
    family, frames = recognise_module(path)
    if family is not model.family or model.inpaints:
        raise StudioError(
            ErrorKind.MODEL,
            f"The motion module {path.name} moves plain Stable Diffusion 1 models, and {model.path.name} is none.",
            "Choose a model that it fits.",
            "module",
        )
    poll()
    with while_loading(path, "motion module"), quiet():
        digest = model_digest(path, poll)
        adapter, found = diffusers.MotionAdapter.from_pretrained(
            path, local_files_only=True, use_safetensors=True, torch_dtype=plan.dtype, output_loading_info=True
        )
        if found["missing_keys"]:
            raise ValueError(f"its weights lack {len(found['missing_keys'])} tensors")
        poll()
        adapter = adapter.eval().requires_grad_(False).to(model.denoiser.device)
        network = _grafted(model.denoiser, adapter)
        pipe = diffusers.AnimateDiffPipeline(
            vae=model.vae,
            text_encoder=model.text_to_image.text_encoder,
            tokenizer=model.text_to_image.tokenizer,
            unet=network,
            motion_adapter=None,
            scheduler=placeholder(),
        )
    pipe.set_progress_bar_config(disable=True)
    return Moved(pipe, adapter, digest, frames)


def linear(schedule: NoiseSchedule) -> NoiseSchedule:
    """The model's schedule with the linear betas that motion modules were trained with."""
    kept = {name: value for name, value in schedule.settings.items() if name != "trained_betas"}
    return NoiseSchedule({**kept, "beta_schedule": "linear"})


def _grafted(unet: Any, adapter: Any) -> Any:
    """A motion UNet made of the layers of `unet` and `adapter` themselves: no weight is copied.

    Raises ValueError when they do not fit together.
    """
    with torch.device("meta"):
        motion = diffusers.UNetMotionModel.from_unet2d(unet, adapter, load_weights=False)
    for name in ("conv_in", "time_proj", "time_embedding", "conv_norm_out", "conv_act", "conv_out"):
        setattr(motion, name, getattr(unet, name))
    groups = ((motion.down_blocks, unet.down_blocks, adapter.down_blocks),
              (motion.up_blocks, unet.up_blocks, adapter.up_blocks),
              ((motion.mid_block,), (unet.mid_block,), (adapter.mid_block,)))  # fmt: skip
    for ours, theirs, modules in groups:
        for block, own, moves in zip(ours, theirs, modules, strict=True):
            _adopt(block, own, moves)
    left = [name for name, weight in motion.named_parameters() if weight.is_meta]
    if left:
        raise ValueError(f"it does not fit the model: nothing stands for {left[0]}")
    return motion.eval()


def _adopt(block: Any, own: Any, moves: Any) -> None:
    for name in ("resnets", "attentions", "downsamplers", "upsamplers"):
        if getattr(block, name, None) is not None:
            setattr(block, name, getattr(own, name))
    if getattr(block, "motion_modules", None) is not None:
        found = moves.motion_modules
        wide = [layer.norm.num_channels for layer in block.motion_modules]
        if [layer.norm.num_channels for layer in found] != wide:
            raise ValueError("its layers have another width than those of the model")
        block.motion_modules = found
