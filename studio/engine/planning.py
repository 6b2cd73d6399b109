"""How a job is set about: what it will take, against what is free, decides the rung of the ladder it starts on.

A job's need is its weights, known from their files, and the work of the largest of its parts: pictures are made one at
a time whatever the batch, because in a batch a picture's bytes would depend on its neighbours. The work grows with the
latents or pixels and with the width of the network's first blocks. The factors were measured, as the rise of resident
memory, on networks of real size on a CPU (bfloat16 and float32, 256 to 1024 pixels a side); whole jobs then took 0.8 to
1.4 times the estimate, the most in a worker that has just begun. What this machine measures corrects it
(`Run.memory_factor`).
"""

import functools
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.model_files import recognise, weight_files
from studio.domain.plan import Plan, Rung
from studio.domain.recipe import Recipe
from studio.domain.tensor_files import read_header
from studio.engine.device import DevicePlan
from studio.engine.failures import while_loading
from studio.engine.loading import config_folder
from studio.engine.mapped import has_room
from studio.engine.upscale import FEATURES, TILE

# Times latents × channels of the first block: hidden states, skip connections, wide feed-forward layers.
_UNET = {Family.STARTER: 36.0, Family.SD1: 38.0, Family.SDXL: 24.0}
_TRANSFORMER = 18.0  # times tokens × width
_AUTOENCODER = 6.0  # times pixels × channels of the last block
_TINY_AUTOENCODER = 3.0
_FIXED = 2**26  # bytes that any part takes
_PICTURE = 32  # bytes a pixel of a finished picture: as numbers, as pixels, as a file
_UPSCALER = 32.0  # bytes of a tile, times its pixels × channels
# The share of what is free that an estimate may have. An accelerator says when it is full; a processor's system may end
# the program instead.
_ACCELERATOR_SHARE, _PROCESSOR_SHARE = 1.05, 0.9
_PATCH = 2  # latents a side that make a token of Stable Diffusion 3
_TEXT_TOKENS = 333
TILE_SIDE = 512  # pixels of a picture that is decoded in one piece


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a job takes: its weights, and the work of each part besides them.

    `tiled` is decoding on tiles of `tile` pixels a side, both 0 for pictures no larger than one. `network` is the
    largest of the networks, and `tensor` the largest of their weights.
    """

    weights: int = 0
    network: int = 0
    tensor: int = 0
    denoise: int = 0
    decode: int = 0
    tiled: int = 0
    tile: int = 0
    upscale: int = 0

    def work(self, rung: Rung) -> int:
        """The largest part on this rung."""
        on_tiles = rung >= Rung.TILED and self.tile
        return max(self.denoise, self.tiled if on_tiles else self.decode, self.upscale)


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes: what is `free` on the device and, for the last rung, on the `processor`; what models of `others` and the
    job's `own`, if they are loaded, would leave.
    """

    free: int
    processor: int = 0
    others: int = 0
    own: int = 0

    def on(self, rung: Rung) -> int:
        """What the job may take on this rung beyond what it holds then."""
        if rung is Rung.CPU:
            return self.processor
        freed = (self.others if rung >= Rung.ALONE else 0) + (self.own if rung >= Rung.OFFLOADED else 0)
        return self.free + freed


@dataclass(frozen=True, slots=True)
class Planner:
    """Chooses among the rungs that change something for one job; FULL is always one of them.

    `computing` is the device of all rungs but the last, `processor` that one's. `factor` is in the need already.
    """

    need: Need
    room: Room
    size: Size
    computing: DevicePlan
    processor: DevicePlan
    rungs: tuple[Rung, ...] = (Rung.FULL,)
    factor: float = 1.0

    def device(self, rung: Rung) -> DevicePlan:
        """What computes on this rung."""
        return self.processor if rung is Rung.CPU else self.computing

    def first(self, wanted: Rung) -> Plan:
        """The first rung from `wanted` on that the job fits on; the last one when it fits on none."""
        start = max(rung for rung in self.rungs if rung <= wanted)
        rungs = [rung for rung in self.rungs if rung >= start]
        chosen = next((rung for rung in rungs if self.fits(rung)), rungs[-1])
        return self._plan(chosen, self._reason(chosen))

    def after(self, rung: Rung, doing: str) -> Plan | None:
        """The plan for the next rung, when memory ran out while the job was `doing` something; None after the last."""
        rest = [other for other in self.rungs if other > rung]
        return self._plan(rest[0], f"The memory ran out while {doing}: {self._done(rest[0])}.") if rest else None

    def takes(self, rung: Rung) -> int:
        """Bytes beyond those that the job holds already."""
        need, work = self.need, self.need.work(rung)
        if rung is Rung.OFFLOADED:
            return work + (need.network if self.computing.device == "cpu" else 2 * need.tensor)
        if rung is Rung.CPU:
            scale = self.processor.dtype.itemsize / self.computing.dtype.itemsize
            return int(scale * (need.weights + work))
        return work + (0 if self.room.own else need.weights)

    def fits(self, rung: Rung) -> bool:
        """Is there enough memory on this rung, as far as can be told?"""
        share = _PROCESSOR_SHARE if self.device(rung).device == "cpu" else _ACCELERATOR_SHARE
        return self.takes(rung) <= share * self.room.on(rung)

    def _plan(self, rung: Rung, reason: str) -> Plan:
        device = self.device(rung)
        return Plan(rung, device.device, device.dtype_name, self.takes(rung), self.room.on(rung), reason=reason)

    def _reason(self, rung: Rung) -> str:
        takes, free = gigabytes(self.takes(rung)), gigabytes(self.room.on(rung))
        if rung is not Rung.FULL and self.fits(Rung.FULL):
            return f"It goes on as it began: {self._done(rung)}."
        if not self.fits(rung):
            return f"This may not fit: it takes about {takes}, and {free} are free."
        if rung is Rung.FULL:
            return f"Fits: about {takes} of {free} free."
        whole, room = gigabytes(self.takes(Rung.ALONE)), gigabytes(self.room.on(Rung.ALONE))
        if rung is Rung.ALONE:
            return f"Fits without what earlier jobs left in memory: about {takes} of {free}."
        if rung is Rung.TILED:
            piece = gigabytes(self.need.decode)
            return (
                f"The autoencoder works on tiles, whose borders may differ by a shade: decoding {self.size} in one "
                f"piece would take {piece}, all together {whole}, and {room} are free."
            )
        done = self._done(rung)
        return f"{done[0].upper()}{done[1:]}: with everything on the device it takes {whole}, and {room} are free."

    def _done(self, rung: Rung) -> str:
        """What the rung does, and that those above are in effect too."""
        on_tiles = rung > Rung.TILED and self.need.tile
        return _DONE[rung] + (f", and {_DONE[Rung.TILED]}" if on_tiles else "")


_DONE = {
    Rung.ALONE: "what earlier jobs left in memory was dropped",
    Rung.TILED: "the autoencoder works on tiles, whose borders may differ by a shade",
    Rung.OFFLOADED: "the weights are read layer by layer now, which is slower",
    Rung.CPU: "the processor computes now, which is slower and may change details",
}


_TRIED = {
    Rung.ALONE: "without what earlier jobs left in memory",
    Rung.TILED: "with the autoencoder on tiles",
    Rung.OFFLOADED: "with weights read layer by layer",
    Rung.CPU: "on the processor",
}


def also_tried(rungs: list[Rung]) -> str:
    """A sentence to follow a problem, "" where there was but one way."""
    ways = [_TRIED[rung] for rung in rungs if rung in _TRIED]
    return f" It was also tried {', '.join(ways)}." if ways else ""


def gigabytes(size: float) -> str:
    """Bytes as people say them: “1.9 GB”, “40 MB”."""
    return f"{size / 2**30:.1f} GB" if size >= 0.95 * 2**30 else f"{size / 2**20:.0f} MB"


def rungs_for(need: Need, room: Room, plan: DevicePlan, folder: Path) -> tuple[Rung, ...]:
    """The rungs that change something for a job on the device of `plan`; `folder` could take a processor's weights.

    An Apple GPU shares its memory with the processor, so that nothing is gained by bringing layers to it.
    """
    processor = plan.device == "cpu"
    offloads = need.weights > 0 and (has_room(folder, need.weights) if processor else plan.device != "mps")
    found = {
        Rung.FULL: True,
        Rung.ALONE: room.others > 0,
        Rung.TILED: need.tile > 0,
        Rung.OFFLOADED: offloads,
        Rung.CPU: not processor,
    }
    return tuple(rung for rung, changes in found.items() if changes)


# ------------------------------------------------------------------------------------------------ what a job takes


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a model decides how much memory it takes. `networks` has the numbers of each weight, by network.

    `denoising` is `_denoiser`'s; `decoding` the numbers a pixel that decoding takes, `scale` the pixels along a latent.
    """

    networks: tuple[tuple[int, ...], ...]
    denoising: tuple[float, float]
    decoding: float
    scale: int
    tiles: bool


def need_of(recipe: Recipe, path: Path, itemsize: int, factor: float = 1.0) -> Need:
    """The need of a recipe with the model at `path`, whose numbers take `itemsize` bytes when they are computed with.

    `factor` corrects the work. Raises StudioError (MODEL) when the model is unsafe, unknown or damaged.
    """
    with while_loading(path):
        shape = _shape(path, _stamp(path))
    tile = TILE_SIDE if shape.tiles and max(recipe.size.width, recipe.size.height) > TILE_SIDE else 0
    pixels = recipe.size.pixels
    passes = 2 if recipe.sampling.guidance > 1 else 1
    each, always = shape.denoising

    def work(numbers: float) -> int:
        return int(factor * (numbers * itemsize + _FIXED))

    return Need(
        weights=sum(map(sum, shape.networks)) * itemsize,
        network=max(map(sum, shape.networks), default=0) * itemsize,
        tensor=max(map(max, shape.networks), default=0) * itemsize,
        denoise=work((each * pixels / shape.scale**2 + always) * passes),
        decode=work(shape.decoding * pixels) + _PICTURE * pixels,
        tiled=work(shape.decoding * tile**2) + _PICTURE * pixels if tile else 0,
        tile=tile,
        upscale=upscaling_need(recipe.result_size.pixels).upscale if recipe.upscale != 1 else 0,
    )


def upscaling_need(pixels: int) -> Need:
    """The need of an upscaling to so many pixels: the network works on tiles of always the same size."""
    return Need(upscale=int(_UPSCALER * TILE**2 * FEATURES) + _PICTURE * pixels)


def _stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes with a model's weights; empty where they cannot be seen, which loading will report."""
    try:
        states = [(file.name, file.stat()) for file in weight_files(path)]
    except OSError:
        return ()
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


@functools.lru_cache(maxsize=16)
def _shape(path: Path, _stamp: tuple[tuple[str, int, int], ...]) -> Shape:
    family = recognise(path)
    if FAMILIES[family].video:
        raise StudioError(
            ErrorKind.INPUT,
            f"{path.name} draws clips, and no single pictures.",
            "Choose another model, or draw a clip with this one.",
            "model",
        )
    folder = path if path.is_dir() else config_folder(family)
    autoencoder = _config(folder / "vae")
    tiny = autoencoder.get("_class_name") == "AutoencoderTiny"
    channels = autoencoder.get("decoder_block_out_channels" if tiny else "block_out_channels", [1])
    return Shape(
        networks_of(path),
        _denoiser(family, folder),
        (_TINY_AUTOENCODER if tiny else _AUTOENCODER) * channels[0],
        2 ** (len(channels) - 1),
        tiles=not tiny,  # diffusers 0.42 takes each tiny autoencoder for one of 8 pixels a latent
    )


def _denoiser(family: Family, folder: Path) -> tuple[float, float]:
    """Numbers that one pass through the denoiser takes, for each latent, and besides."""
    if family is Family.SD3:
        config = _config(folder / "transformer")
        width = config.get("num_attention_heads", 1) * config.get("attention_head_dim", 1)
        return _TRANSFORMER * width / _PATCH**2, _TRANSFORMER * width * _TEXT_TOKENS
    return _UNET[family] * _config(folder / "unet").get("block_out_channels", [1])[0], 0.0


def networks_of(path: Path) -> tuple[tuple[int, ...], ...]:
    """How many numbers each weight of each network has, its shards together; of several variants the plain one's."""
    files = weight_files(path)
    plain = {file.parent for file in files if "." not in file.stem}
    found: dict[Path, list[int]] = {}
    for file in files:
        if "." not in file.stem or file.parent not in plain:
            sizes = (math.prod(tensor.shape) for tensor in read_header(file).values())
            found.setdefault(file.parent, [0]).extend(sizes)
    return tuple(map(tuple, found.values()))


def _config(folder: Path) -> dict[str, Any]:
    """A config that was checked before; empty where a part's is missing, which loading will report."""
    try:
        found = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
