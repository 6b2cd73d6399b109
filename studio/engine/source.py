"""The picture an image-to-image run starts from."""

from pathlib import Path

import numpy as np
from PIL import Image

from studio.domain.geometry import Size
from studio.domain.recipe import SourceImage
from studio.engine.libraries import torch
from studio.imaging.pictures import load_picture
from studio.imaging.pixels import Pixels


def source_tensor(source: SourceImage, size: Size) -> torch.Tensor:
    """The source as (1, 3, height, width), float32 in 0 to 1, scaled to cover `size` and cropped about its centre.

    Raises StudioError when the file cannot be read.
    """
    pixels = covering(load_picture(Path(source.path)), size)
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def covering(pixels: Pixels, size: Size, resampling: Image.Resampling = Image.Resampling.LANCZOS) -> Pixels:
    """RGB or grey `pixels` scaled to fill `size`, keeping their shape; what sticks out is cut off evenly."""
    height, width = pixels.shape[:2]
    scale = max(size.width / width, size.height / height)
    left, top = (width - size.width / scale) / 2, (height - size.height / scale) / 2
    box = (max(0.0, left), max(0.0, top), min(width, left + size.width / scale), min(height, top + size.height / scale))
    image = Image.fromarray(pixels).resize((size.width, size.height), resampling, box=box)
    return np.asarray(image)


def effective_strength(steps: int, strength: float) -> float:
    """The strength to hand to diffusers, which runs int(steps * strength) of the steps: at least one of them."""
    return strength if int(steps * strength) >= 1 else min(1.0, (1 + 1e-6) / steps)


def strength_rounded_up(steps: int, strength: float) -> float:
    """The strength that gives as many steps in a pipeline that rounds them up, as that of Stable Diffusion 3 does."""
    return (max(1, int(steps * strength)) - 1e-6) / steps
