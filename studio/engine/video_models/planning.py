"""What a clip takes that is drawn as a whole: its weights, and roughly the work of the frames seen at a time."""

import dataclasses
from pathlib import Path

from studio.domain.model_files import draws_clips, recognise
from studio.domain.module_files import recognise_module
from studio.domain.sequence import FrameSequence, Method
from studio.engine.failures import while_loading
from studio.engine.planning import Need, need_of, networks_of
from studio.engine.video_models.motion import SEEN


def draws_whole(sequence: FrameSequence, path: Path) -> bool:
    """Is this a clip for `ClipJob`: one that a motion module or the video model at `path` draws?"""
    anew = sequence.method is Method.VIDEO and bool(sequence.module)
    return sequence.method is Method.MOTION or anew or draws_clips(path)


def need_of_clip(sequence: FrameSequence, path: Path, module_path: str, itemsize: int, factor: float = 1.0) -> Need:
    """The need of a clip with the model at `path`, as `need_of` counts it; autoencoders do not work on tiles.

    Raises StudioError (MODEL) when the model or the motion module is unsafe, unknown or damaged.
    """
    if draws_clips(path):
        with while_loading(path):
            recognise(path)
            return _of_weights(networks_of(path), itemsize)
    picture = need_of(sequence.recipe, path, itemsize, factor)
    seen = min(sequence.frames, sequence.windows.length or SEEN)
    module = Need()
    if module_path:
        with while_loading(Path(module_path), "motion module"):
            recognise_module(Path(module_path))
            module = _of_weights(networks_of(Path(module_path)), itemsize)
    weights, tensor = picture.weights + module.weights, max(picture.tensor, module.tensor)
    network = picture.network + module.network
    return dataclasses.replace(
        picture, weights=weights, network=network, tensor=tensor, denoise=picture.denoise * seen, tile=0, tiled=0
    )


def _of_weights(networks: tuple[tuple[int, ...], ...], itemsize: int) -> Need:
    sizes = [sum(network) * itemsize for network in networks]
    tensor = max((max(network, default=0) for network in networks), default=0) * itemsize
    return Need(weights=sum(sizes), network=max(sizes, default=0), tensor=tensor)
