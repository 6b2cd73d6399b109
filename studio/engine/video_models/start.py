"""What a clip begins with: its words, its noise, and the frames that are there already."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from studio.domain.geometry import Size
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence, PromptKey, words_at
from studio.engine.conditioning import Conditioner, Conditioning
from studio.engine.libraries import torch
from studio.engine.source import covering
from studio.engine.video_models.coding import Coder
from studio.engine.video_models.conduct import Conduct
from studio.engine.video_models.course import Known
from studio.engine.video_models.extent import Extent
from studio.engine.video_models.noise import clip_noise, reused_noise
from studio.imaging.pictures import load_picture
from studio.imaging.pixels import Pixels

Log = Callable[[str], None]


def keys_of(sequence: FrameSequence) -> tuple[PromptKey, ...]:
    """The prompts of a clip; the recipe's own where it has no others."""
    recipe = sequence.recipe
    return sequence.prompts or (PromptKey(0.0, recipe.prompt, recipe.negative),)


def first_words(recipe: Recipe, key: PromptKey, conditioner: Conditioner, log: Log) -> Conditioning:
    """What the whole clip is told in the networks that take one text."""
    return conditioner.encode(key.prompt, key.negative, recipe.sampling.guidance > 1, log)


def words_by_frame(sequence: FrameSequence, conditioner: Conditioner, log: Log) -> torch.Tensor | None:
    """The prompt ring: states (1 or 2, F, tokens, width) for each frame, the negative prompt's first where there is
    guidance; None where there is one prompt only.
    """
    keys, guided = keys_of(sequence), sequence.recipe.sampling.guidance > 1
    if len(keys) == 1:
        return None
    read = [conditioner.encode(key.prompt, key.negative, guided, log) for key in keys]
    embeddings = [[each.negative, each.positive] if each.negative else [each.positive] for each in read]
    longest = max(embedding.states.shape[1] for row in embeddings for embedding in row)
    states = [torch.cat([conditioner.padded(each, longest).states for each in row]) for row in embeddings]
    frames = []
    for index in range(sequence.frames):
        before, after, share = words_at(keys, index / sequence.frames, sequence.closed)
        frames.append(torch.lerp(states[before].float(), states[after].float(), share))
    return torch.stack(frames, 1)


def noise_of(
    sequence: FrameSequence, conduct: Conduct, shape: tuple[int, ...], generator: torch.Generator
) -> torch.Tensor:
    """The starting noise (1, C, F, h, w), float32."""
    if not (sequence.windows.reuse_noise and conduct.windowed):
        return clip_noise(shape, generator)
    return reused_noise(shape, conduct.length, conduct.length - conduct.overlap, generator)


# ------------------------------------------------------------------------------------------------ frames


def picture(path: str, size: Size) -> Pixels:
    """The picture in a file, cropped to `size`. Raises StudioError when it cannot be read."""
    return covering(load_picture(Path(path)), size)


def as_image(path: str, size: Size) -> Image.Image | None:
    """The same as an image of Pillow; None for no path."""
    return Image.fromarray(picture(path, size)) if path else None


def source_latents(frames: Sequence[Pixels], extent: Extent, coder: Coder) -> torch.Tensor:
    """Clean latents of a clip to draw anew, RGB frames of its size: stretched to a loop's length, or cut or held at the
    end of an open one.
    """
    count = len(frames)

    def taken(index: int) -> int:
        return index * count // extent.frames if extent.closed else min(index, count - 1)

    fitted = [frames[taken(extent.shown_by(drawn))] for drawn in range(extent.drawn)]
    return coder.encode(fitted, extent)


def held_latents(held: Mapping[int, Pixels], extent: Extent, coder: Coder) -> Known | None:
    """Clean latents of the frames that stay, and which latents hold nothing but such frames; None where there are none.

    Frames between them are filled with their neighbours before all are coded together.
    """
    shown = [extent.shown_by(drawn) for drawn in range(extent.drawn)]
    which = tuple(
        latent for latent in range(extent.latents) if all(shown[drawn] in held for drawn in extent.within(latent))
    )
    if not which:
        return None
    frames = [held[min(held, key=lambda index: abs(index - number))] for number in shown]
    return Known(coder.encode(frames, extent), which)


def digest(*tensors: torch.Tensor | None) -> str:
    """What tells one start from another, as text."""
    found = hashlib.sha256()
    for tensor in tensors:
        found.update(b"" if tensor is None else tensor.contiguous().numpy().tobytes())
    return found.hexdigest()
