"""Recognise a motion module on disk from its config and safetensors headers, without loading anything."""

from pathlib import Path

from studio.domain.catalog import Family
from studio.domain.config_files import is_motion_module, read_config
from studio.domain.model_files import check_part, require_inside
from studio.domain.tensor_files import refusal

_SDXL_BLOCKS = 3  # of a UNet, where Stable Diffusion 1 has four


def recognise_module(path: Path) -> tuple[Family, int]:
    """The family whose models the motion module in the folder `path` moves, and how many frames it can see at once.

    Raises StudioError (MODEL) when it is none, unsafe or of a kind that this version cannot use.
    """
    try:
        if not is_motion_module(path):
            raise refusal(
                f"{path.name} is no motion module.",
                "Choose a folder with the config.json and the weights of a MotionAdapter, as diffusers saves it.",
            )
        require_inside(path)
        check_part(path, "diffusion_pytorch_model")
        return _module_facts(path)
    except OSError as error:
        raise refusal(f"{path} cannot be read: {error.strerror}.", "Check its permissions and the disk.") from error


def _module_facts(path: Path) -> tuple[Family, int]:
    config = read_config(path / "config.json")
    blocks, frames = config.get("block_out_channels", [320, 640, 1280, 1280]), config.get("motion_max_seq_length", 32)
    if not isinstance(blocks, list) or type(frames) is not int or frames < 1:
        raise refusal(f"The config of {path.name} is damaged.", "Download the motion module again.")
    if len(blocks) == _SDXL_BLOCKS or config.get("conv_in_channels"):
        raise refusal(
            f"{path.name} is a motion module for another kind of model than Stable Diffusion 1.",
            "Use an AnimateDiff module for Stable Diffusion 1.",
        )
    return Family.SD1, frames
