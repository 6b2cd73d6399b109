"""The ×4 upscaler that ships with Safelight: from a drawn picture of 256² a sharp one of 1024².

The network is small and purely convolutional: residual blocks without normalisation (EDSR, Lim et al. 2017,
https://arxiv.org/abs/1707.02921) on the small picture, sub-pixel convolution at the end (Shi et al. 2016,
https://arxiv.org/abs/1609.05158), in a compact width as in SRVGGNetCompact of Real-ESRGAN (Wang et al. 2021,
https://arxiv.org/abs/2107.10833). It adds detail to the bicubic enlargement, so an untrained one is bicubic.
It sees contrasts to the surroundings only and has no biases (Mohan et al. 2020, https://arxiv.org/abs/1906.05478): a
plain colour stays exactly what it is, and an edge is sharpened alike whether its contrast is strong or weak.

Large pictures are worked on in tiles with a margin as wide as the network can see, so that memory is bounded and the
seams are exact. `studio.engine.train.upscaler` trains it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.torch import load_file, save_file

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.model_digest import model_digest
from studio.engine.device import DevicePlan
from studio.engine.failures import while_loading
from studio.engine.libraries import torch
from studio.imaging.pixels import Pixels
from studio.resources import resources

SCALE = 4
FEATURES = 32
BLOCKS = 6
_SURROUNDINGS = 9  # side of the square, in pixels, whose mean a pixel is compared to
TILE = 256  # side of a tile without its margin, in pixels of the small picture
WEIGHTS = "upscaler.safetensors"
OnTile = Callable[[int, int], None]


class ResidualBlock(torch.nn.Module):
    """x + convolve(activate(convolve(x))), all at one width."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(features, features, 3, padding=1, bias=False)
        self.second = torch.nn.Conv2d(features, features, 3, padding=1, bias=False)
        torch.nn.init.normal_(self.second.weight, std=0.01)  # near identity: deep stacks start calmly

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, features, h, w) to the same shape."""
        activated = torch.nn.functional.leaky_relu(self.first(x), 0.1)
        changed: torch.Tensor = self.second(activated)
        return x + changed


class UpscalerNetwork(torch.nn.Module):
    """RGB (N, 3, h, w) in 0 to 1 to (N, 3, 4h, 4w), about 0 to 1, always in float32.

    What it sees around a pixel reaches `reach` pixels to each side.
    """

    def __init__(self, features: int = FEATURES, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.head = torch.nn.Conv2d(3, features, 3, padding=1, bias=False)
        self.body = torch.nn.ModuleList(ResidualBlock(features) for _ in range(blocks))
        self.tail = torch.nn.Conv2d(features, 3 * SCALE**2, 3, padding=1, bias=False)
        torch.nn.init.zeros_(self.tail.weight)

    @property
    def reach(self) -> int:
        """Pixels to each side that decide a pixel: one for each 3×3 convolution, and half the surroundings' side."""
        return 2 + 2 * len(self.body) + _SURROUNDINGS // 2

    def forward(self, small: torch.Tensor) -> torch.Tensor:
        """The enlarged pictures."""
        small = small.float()
        start: torch.Tensor = self.head(_contrast(small).to(self.head.weight.dtype))
        x = start
        for block in self.body:
            x = block(x)
        detail = torch.nn.functional.pixel_shuffle(self.tail(x + start), SCALE)
        return enlarged(small, SCALE) + detail.float()


def _contrast(pictures: torch.Tensor) -> torch.Tensor:
    """The difference to the mean of the surroundings, at the borders to that of the part that is there."""
    half = _SURROUNDINGS // 2
    return pictures - torch.nn.functional.avg_pool2d(pictures, _SURROUNDINGS, 1, half, count_include_pad=False)


def enlarged(pictures: torch.Tensor, scale: int) -> torch.Tensor:
    """(N, C, h, w) enlarged by the bicubic kernel (Keys 1981), pixel areas aligned."""
    return torch.nn.functional.interpolate(pictures, scale_factor=scale, mode="bicubic", align_corners=False)


@dataclass(frozen=True, slots=True)
class Upscaler:
    """A loaded network and how to compute with it."""

    network: UpscalerNetwork
    plan: DevicePlan


def shipped_upscaler() -> Path:
    """The folder of the upscaler that comes with the program."""
    return resources() / "models" / "upscaler"


@cache
def versions() -> dict[str, str]:
    """The content hash of the shipped weights, which decide the pixels as the libraries do; empty without them."""
    weights = shipped_upscaler() / WEIGHTS
    return {"upscaler": model_digest(weights)} if weights.is_file() else {}


def load_upscaler(plan: DevicePlan, folder: Path) -> Upscaler:
    """The upscaler in `folder`, ready for `plan`. Raises StudioError (MODEL) when the file is missing or damaged."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise StudioError(
            ErrorKind.MODEL, "The upscaler's weights are missing.", "Install Safelight again, or choose no upscaling."
        )
    with while_loading(path):
        network: Any = UpscalerNetwork()
        network.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    network.eval().requires_grad_(False)
    return Upscaler(network.to(plan.device, plan.dtype, memory_format=plan.memory_format), plan)


def save_upscaler(network: UpscalerNetwork, folder: Path) -> Path:
    """Write the weights in half precision to `folder` and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().half().contiguous() for name, tensor in network.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    return folder / WEIGHTS


def upscale(
    upscaler: Upscaler, pixels: Pixels, factor: int, on_tile: OnTile = lambda done, total: None, tile: int = TILE
) -> Pixels:
    """`pixels` (h × w × 3 or × 4) enlarged by 2 or 4. An alpha channel is enlarged by the bicubic kernel.

    For 2, each 2×2 pixels of the fourfold picture are averaged. `on_tile(done, total)` is called before the first and
    after each tile, and what it raises ends the work; `tile` is a tile's side in pixels and changes no pixel.
    """
    height, width = pixels.shape[:2]
    result = np.empty((height * factor, width * factor, pixels.shape[2]), np.uint8)
    tiles = list(_tiles(width, height, tile))
    on_tile(0, len(tiles))
    for done, box in enumerate(tiles, 1):
        left, top, right, bottom = (side * factor for side in box)
        result[top:bottom, left:right, :3] = _tile(upscaler, pixels[..., :3], factor, box)
        on_tile(done, len(tiles))
    if pixels.shape[2] == 4:
        alpha = Image.fromarray(np.ascontiguousarray(pixels[..., 3]))
        result[..., 3] = np.asarray(alpha.resize((width * factor, height * factor), Image.Resampling.BICUBIC))
    return result


def _tiles(width: int, height: int, side: int) -> Iterator[tuple[int, int, int, int]]:
    """Boxes (left, top, right, bottom) that cover the picture once."""
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield left, top, min(width, left + side), min(height, top + side)


@torch.inference_mode()
def _tile(upscaler: Upscaler, pixels: Pixels, factor: int, box: tuple[int, int, int, int]) -> Pixels:
    """The enlarged part of the picture inside `box`, computed with the margin that decides it."""
    reach, (left, top, right, bottom) = upscaler.network.reach, box
    x, y = max(0, left - reach), max(0, top - reach)
    part = pixels[y : bottom + reach, x : right + reach].copy()
    small = torch.from_numpy(part).to(upscaler.plan.device).permute(2, 0, 1)[None].float() / 255
    small = small.contiguous(memory_format=upscaler.plan.memory_format)
    large = upscaler.network(small).clamp(0, 1)
    if factor != SCALE:
        large = torch.nn.functional.avg_pool2d(large, SCALE // factor)
    inner = large[0, :, (top - y) * factor : (bottom - y) * factor, (left - x) * factor : (right - x) * factor]
    found = (inner.permute(1, 2, 0) * 255).round().to(torch.uint8).cpu().numpy()
    return np.asarray(found, dtype=np.uint8)
