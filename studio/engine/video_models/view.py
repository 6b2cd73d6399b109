"""What a denoiser sees of a clip: all of it, or windows one after the other, whose predictions are blended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from studio.engine.libraries import torch
from studio.engine.video_models.course import Course
from studio.engine.video_models.windows import pyramid, windows_at

Call = dict[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """`length` latents are seen at a time, all of them where there are no more; windows overlap by `overlap`, and go
    round a `ring`. `words` (B, F, tokens, width) gives each frame its own text in the networks that take one for each.
    """

    course: Course
    name: str
    length: int
    overlap: int
    ring: bool
    words: torch.Tensor | None = None

    @contextmanager
    def through(self, network: Any) -> Iterator[None]:
        """While the block runs, `network` is called for the windows, and not at all in steps that pass."""
        forward, own = network.forward, "forward" in vars(network)

        def answer(*args: Any, **call: Any) -> Any:
            call |= dict(zip((self.name, "timestep"), args, strict=False))
            whole = call.pop("return_dict", True)
            found = self._seen(forward, call)
            return _Answer(found) if whole else (found,)

        network.forward = answer
        try:
            yield
        finally:
            if own:
                network.forward = forward
            else:
                del network.forward

    def _seen(self, forward: Any, call: Call) -> torch.Tensor:
        grid, latents = self.course.grid, call[self.name]
        if self.course.resting:
            passed: torch.Tensor = latents if grid.packed else latents[:, : grid.channels]
            return passed
        if self.words is not None:
            call = {**call, "encoder_hidden_states": self._words(latents).flatten(0, 1)}
        parts = windows_at(self.course.step, grid.frames, self.length, self.overlap, self.ring)
        if len(parts) == 1:
            found: torch.Tensor = forward(**call, return_dict=False)[0]
            return found
        return self._blended(forward, call, parts).to(latents.dtype)

    def _blended(self, forward: Any, call: Call, parts: tuple[tuple[int, ...], ...]) -> torch.Tensor:
        """The weighted mean of what the windows see, float32."""
        count, total, weights = self.course.grid.frames, None, torch.zeros(self.course.grid.frames)
        for part in parts:
            frames, share = torch.tensor(part), torch.tensor(pyramid(len(part))).float()
            here = frames.to(call[self.name].device)
            seen = self._by_frame(forward(**self._part(call, here), return_dict=False)[0], len(part)).float()
            if total is None:
                total = seen.new_zeros(*seen.shape[:2], count, *seen.shape[3:])
            total.index_add_(2, here, seen * _along_frames(share, seen))
            weights.index_add_(0, frames, share)
        assert total is not None
        return self._native(total / _along_frames(weights, total))

    def _words(self, like: torch.Tensor) -> torch.Tensor:
        assert self.words is not None
        return torch.roll(self.words, self.course.rolled, 1).to(like)

    def _by_frame(self, latents: torch.Tensor, frames: int) -> torch.Tensor:
        """With the frames on axis 2: (B, C, F, h, w), or (B, C, F, h · w) of tokens."""
        if not self.course.grid.packed:
            return latents
        by_frame: torch.Tensor = latents.unflatten(1, (frames, self.course.grid.places)).permute(0, 3, 1, 2)
        return by_frame

    def _native(self, by_frame: torch.Tensor) -> torch.Tensor:
        return by_frame.permute(0, 2, 3, 1).flatten(1, 2) if self.course.grid.packed else by_frame

    def _part(self, call: Call, frames: torch.Tensor) -> Call:
        """The call for one window: latents, and what else there is one of for each frame."""
        count = self.course.grid.frames
        whole = self._by_frame(call[self.name], count)
        found = {**call, self.name: self._native(whole[:, :, frames])}
        states, timestep = call.get("encoder_hidden_states"), call["timestep"]
        if self.name == "sample" and states is not None:
            found["encoder_hidden_states"] = states.unflatten(0, (-1, count))[:, frames].flatten(0, 1)
        if isinstance(timestep, torch.Tensor) and timestep.ndim == 2 and timestep.shape[1] > 1:
            found["timestep"] = timestep.unflatten(1, (count, -1))[:, frames].flatten(1)
        if "num_frames" in call:
            found["num_frames"] = len(frames)
        return found


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a network's caller takes apart by name."""

    sample: torch.Tensor


def _along_frames(weights: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """One number a frame, to be multiplied with latents that have the frames on axis 2."""
    return weights.to(like.device).view(1, 1, -1, *[1] * (like.ndim - 3))
