"""Where a denoising stands, as bytes that it can be gone on from: safetensors, never a pickle.

A checkpoint names the picture and the place (device, number format, versions) that its bits come from. Whoever
goes on from one of the same picture and place gets the bits of a run that was never stopped; every other one is left
out of account.
"""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save

import studio
from studio.domain.codec import to_json
from studio.domain.recipe import Recipe
from studio.engine.device import DevicePlan
from studio.engine.inpainting import Hole
from studio.engine.libraries import torch, versions
from studio.engine.models import LoadedModel

VERSION = "1"
_DIGEST = hashlib.sha256().digest_size
_PLAIN = (type(None), bool, int, float, str)
_LATENTS, _GENERATOR, _ABOUT = "latents", "generator", "safelight.checkpoint"
_MAX_HEADER = 2**16  # bytes


@dataclass(frozen=True, slots=True)
class State:
    """All that decides how a denoising goes on once `step` steps are done.

    `latents` (1, C, h, w) are in the denoiser's scale and format. `memory` is what the scheduler has come to remember,
    by the names of its attributes: numbers, texts, None, tensors and lists of these. `generator` is its state, uint8.
    """

    step: int
    latents: torch.Tensor
    memory: dict[str, Any]
    generator: torch.Tensor


def capture(
    scheduler: Any, before: dict[str, Any], step: int, latents: torch.Tensor, generator: torch.Generator
) -> State:
    """The state after `step` steps; `before` are the scheduler's attributes as they were at the first.

    Tensors are held, not copied: schedulers replace theirs and change none in place.
    """
    changed = {
        name: list(value) if isinstance(value, list) else value
        for name, value in vars(scheduler).items()
        if isinstance(value, list) or value is not before.get(name, before)
    }
    return State(step, latents, {name: v for name, v in changed.items() if _is_data(v)}, generator.get_state())


def restore(state: State, scheduler: Any, generator: torch.Generator, dtype: torch.dtype) -> None:
    """Put the state into a scheduler whose steps are set, and into a generator.

    What is remembered in the latents' number format comes in `dtype`, which is another one on another device.
    """
    fresh = {name: _in_format(value, state.latents.dtype, dtype) for name, value in state.memory.items()}
    vars(scheduler).update(fresh)
    generator.set_state(state.generator)


def _in_format(value: Any, old: torch.dtype, new: torch.dtype) -> Any:
    if isinstance(value, list):
        return [_in_format(item, old, new) for item in value]
    return value.to(new) if isinstance(value, torch.Tensor) and value.dtype is old else value


def _is_data(value: Any) -> bool:
    """Objects are left out: the one that changes, a tree of Brownian noise, grows again from its seed bit by bit."""
    if isinstance(value, list):
        return all(_is_data(item) for item in value)
    return isinstance(value, (*_PLAIN, torch.Tensor))


# ------------------------------------------------------------------------------------------------ identity


@dataclass(frozen=True, slots=True)
class Identity:
    """What decides the bits of one picture: its recipe, with the contents of all files in place of their names."""

    recipe: Recipe
    contents: tuple[str, ...]
    place: str

    def within(self, text: str) -> "Identity":
        """The identity of a larger work, which `text` describes, that begins with this one's recipe and files."""
        return dataclasses.replace(self, contents=(*self.contents, hashlib.sha256(text.encode()).hexdigest()))

    @classmethod
    def of(
        cls, model: LoadedModel, plan: DevicePlan, recipe: Recipe, source: torch.Tensor | None, hole: Hole | None
    ) -> "Identity":
        """The identity of `recipe`, that of one picture, on a model that carries its LoRAs.

        `source` is the picture it starts from (1, 3, H, W).
        """
        loras = (f"{adapter.digest} {adapter.weight!r}" for adapter in model.adapters)
        begin = () if source is None else (source,)
        pictures = begin if hole is None else (hole.picture, hole.mask)
        format_ = str(model.denoiser.dtype)
        program = f"safelight {studio.__version__}"
        libraries = _sorted(versions())
        place = (plan.device, plan.name, format_, str(plan.channels_last), str(plan.threads), program, *libraries)
        schedule = to_json(dict(model.schedule.settings))
        contents = (model.digest, json.dumps(schedule, sort_keys=True), *loras, *map(_digest, pictures))
        return cls(recipe, contents, "\n".join(place))

    def picture(self, step: int) -> str:
        """What decides the state after `step` steps, as a digest: branches that come later do not."""
        recipe = self.recipe
        decisive = dataclasses.replace(
            recipe,
            model="",
            model_hash="",
            batch=1,
            upscale=1,
            loras=(),
            source=recipe.source and dataclasses.replace(recipe.source, path=""),
            inpaint=recipe.inpaint and dataclasses.replace(recipe.inpaint, image="", mask=""),
            branches=tuple(branch for branch in recipe.branches if branch.step < step),
        )
        text = json.dumps([VERSION, to_json(decisive), self.contents], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def where(self) -> str:
        """The place as a digest."""
        return hashlib.sha256(self.place.encode()).hexdigest()


def _sorted(found: dict[str, str]) -> list[str]:
    return [f"{name} {found[name]}" for name in sorted(found)]


def _digest(tensor: torch.Tensor) -> str:
    return hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()


# ------------------------------------------------------------------------------------------------ bytes


class UnusableError(Exception):
    """A checkpoint cannot be gone on from; the text says why, to follow "what was kept of it"."""


def pack(state: State, identity: Identity) -> bytes:
    """The state as bytes that end with their own digest."""
    tensors = {_GENERATOR: state.generator}
    about = {
        "step": state.step,
        "picture": identity.picture(state.step),
        "place": identity.where(),
        "latents": _packed(state.latents, _LATENTS, tensors),
        "memory": {name: _packed(value, name, tensors) for name, value in state.memory.items()},
    }
    body: bytes = save(tensors, {_ABOUT: json.dumps(about)})
    return body + hashlib.sha256(body).digest()


def unpack(
    data: bytes, identity: Identity, shape: tuple[int | None, ...], device: Any, anywhere: bool = False
) -> State:
    """What `pack` wrote, with latents of `shape` (None: any number) for a network on `device`; `anywhere` takes it from
    other places too, with other bits then.

    A checkpoint may come from a stranger's project. Raises UnusableError when it is damaged, or of another picture or
    place.
    """
    about, tensors = _read(data)
    try:
        if about["picture"] != identity.picture(about["step"]):
            raise UnusableError("is of another recipe or another model")
        if about["place"] != identity.where() and not anywhere:
            raise UnusableError("was made on another device or by other versions of the program")
        state = State(
            about["step"],
            _unpacked(about["latents"], tensors, device),
            {name: _unpacked(value, tensors, device) for name, value in about["memory"].items()},
            tensors[_GENERATOR],
        )
        torch.Generator().set_state(state.generator)
        if type(state.step) is not int or state.step < 1 or not _fits(state.latents, shape):
            raise ValueError("no state of this picture")
        return state
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise UnusableError("is damaged") from error


def _fits(latents: torch.Tensor, shape: tuple[int | None, ...]) -> bool:
    sides = tuple(latents.shape)
    return len(sides) == len(shape) and all(want in (None, side) for side, want in zip(sides, shape, strict=True))


def _read(data: bytes) -> tuple[Any, dict[str, torch.Tensor]]:
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    length = int.from_bytes(body[:8], "little")
    if len(body) < 8 or length > _MAX_HEADER or hashlib.sha256(body).digest() != digest:
        raise UnusableError("is damaged")
    try:
        tensors = load(body)
        header = json.loads(body[8 : 8 + length])["__metadata__"]
        return json.loads(header[_ABOUT]), tensors
    except (SafetensorError, KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise UnusableError("is damaged") from error


def _packed(value: Any, name: str, tensors: dict[str, torch.Tensor]) -> Any:
    """JSON for `value`; its tensors are copied into `tensors`, and the JSON tells where and how they lay."""
    if isinstance(value, list):
        return [_packed(item, f"{name}.{i}", tensors) for i, item in enumerate(value)]
    if not isinstance(value, torch.Tensor):
        return value
    tensors[name] = value.detach().to("cpu", copy=True).contiguous()
    by_pixel = value.ndim == 4 and not value.is_contiguous() and value.is_contiguous(memory_format=torch.channels_last)
    return {"tensor": name, "on_device": value.device.type != "cpu", "channels_last": by_pixel}


def _unpacked(value: Any, tensors: dict[str, torch.Tensor], device: Any) -> Any:
    if isinstance(value, list):
        return [_unpacked(item, tensors, device) for item in value]
    if not isinstance(value, dict):
        return value
    layout = torch.channels_last if value["channels_last"] else torch.contiguous_format
    return tensors[value["tensor"]].to(device if value["on_device"] else "cpu", memory_format=layout)
