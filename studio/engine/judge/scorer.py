"""The scorer: a small image-text dual encoder of our own, after CLIP (Radford et al. 2021, arXiv:2103.00020).

It says how well a picture fits a sentence (the cosine of two unit vectors of 128 numbers), and its penultimate
activations are the space in which sets of pictures are compared. It is trained from nothing on rendered pictures with
exact captions (`training.py`), never on a model's own output, so that it takes no model's side.

The picture tower is a residual network of 1.1 M parameters on 64 × 64 RGB. The text tower is a small head on the mean
of the last hidden states of a frozen sentence encoder, the starter's MiniLM, as that encoder was trained to be read
(Reimers and Gurevych 2019, arXiv:1908.10084).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from studio.domain.errors import ErrorKind, StudioError
from studio.engine import libraries as lib
from studio.engine.libraries import torch
from studio.engine.train.checkpoint import write_tensors

SIDE = 64
FEATURES = 192
DIMENSIONS = 128
STATES = 384
TOKENS = 32
_STEM = 48
_WIDTHS = ((_STEM, 1), (96, 1), (FEATURES, 1))
_CHUNK = 64

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


class _Residual(torch.nn.Module):
    """Two 3 × 3 convolutions beside an identity (He et al. 2015, arXiv:1512.03385)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = _convolution(width, width), _convolution(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.second(torch.relu(self.first(x))))


def _convolution(inputs: int, outputs: int, stride: int = 1) -> torch.nn.Sequential:
    return torch.nn.Sequential(
        torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), torch.nn.BatchNorm2d(outputs)
    )


class ScorerNetwork(torch.nn.Module):
    """Both towers and the learned temperature."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[torch.nn.Module] = [torch.nn.Conv2d(3, _STEM, 7, 4, 3, bias=False), torch.nn.BatchNorm2d(_STEM)]
        before = _STEM
        for width, blocks in _WIDTHS:
            layers += [] if width == before else [_convolution(before, width, 2)]
            layers += [torch.nn.ReLU(), *(_Residual(width) for _ in range(blocks))]
            before = width
        self.tower = torch.nn.Sequential(*layers)
        self.picture_head = torch.nn.Linear(FEATURES, DIMENSIONS)
        self.text_head = torch.nn.Sequential(
            torch.nn.LayerNorm(STATES),
            torch.nn.Linear(STATES, FEATURES),
            torch.nn.GELU(),
            torch.nn.Linear(FEATURES, DIMENSIONS),
        )
        self.log_scale = torch.nn.Parameter(torch.tensor(2.66))  # exp(2.66) = 1/0.07, where CLIP starts

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """Activations (n, 192) of pictures (n, 3, 64, 64) in [0, 1]."""
        found: torch.Tensor = self.tower(pictures * 4 - 2).mean((2, 3))
        return found

    def forward(self, pictures: torch.Tensor, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Unit vectors (n, 128) of pictures (n, 3, 64, 64) in [0, 1] and of mean text states (n, 384)."""
        return self.place(self.features(pictures)), self.place_text(states)

    def place(self, features: torch.Tensor) -> torch.Tensor:
        """Unit vectors (n, 128) of picture features (n, 192)."""
        return torch.nn.functional.normalize(self.picture_head(features), dim=-1)

    def place_text(self, states: torch.Tensor) -> torch.Tensor:
        """Unit vectors (n, 128) of mean text states (n, 384)."""
        return torch.nn.functional.normalize(self.text_head(states), dim=-1)


class Reader:
    """The frozen sentence encoder in a model folder: sentences in, mean states (n, 384) out."""

    def __init__(self, folder: Path) -> None:
        missing = [part for part in ("tokenizer", "text_encoder") if not (folder / part).is_dir()]
        if missing:
            raise StudioError(
                ErrorKind.INPUT,
                f"The scorer's sentence encoder is not in “{folder}”.",
                "Reinstall Safelight: the starter model that comes with it carries the encoder.",
            )
        self._tokenizer: Any = lib.BERT_TOKENIZER.from_pretrained(
            folder / "tokenizer", model_max_length=TOKENS, local_files_only=True
        )
        self._encoder: Any = lib.BERT.from_pretrained(
            folder / "text_encoder", dtype=torch.float32, local_files_only=True
        ).eval()

    @torch.no_grad()
    def read(self, sentences: Sequence[str]) -> Floats:
        """Mean of the last hidden states over each sentence's tokens; a sentence is cut after 32 tokens."""
        parts = []
        for start in range(0, len(sentences), _CHUNK):
            chunk = list(sentences[start : start + _CHUNK])
            tokens = self._tokenizer(chunk, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt")
            states = self._encoder(tokens.input_ids, attention_mask=tokens.attention_mask)[0]
            weights = tokens.attention_mask[:, :, None].float()
            parts.append((states * weights).sum(1) / weights.sum(1))
        return np.asarray(torch.cat(parts).numpy(), np.float32)


class Scorer:
    """A trained network with its sentence encoder."""

    def __init__(self, network: ScorerNetwork, reader: Reader) -> None:
        self._network, self._reader = network.float().eval(), reader

    @torch.no_grad()
    def features(self, pictures: Pixels) -> Floats:
        """Features (n, 192) of sRGB pictures (n, height, width, 3)."""
        parts = [
            self._network.features(fitted(torch.from_numpy(np.ascontiguousarray(pictures[start : start + _CHUNK]))))
            for start in range(0, len(pictures), _CHUNK)
        ]
        return np.asarray(torch.cat(parts).numpy(), np.float32)

    @torch.no_grad()
    def place(self, features: Floats) -> Floats:
        """Unit vectors (n, 128) of features (n, 192)."""
        return np.asarray(self._network.place(torch.from_numpy(features)).numpy(), np.float32)

    @torch.no_grad()
    def place_text(self, sentences: Sequence[str]) -> Floats:
        """Unit vectors (n, 128) of sentences."""
        states = torch.from_numpy(self._reader.read(sentences))
        return np.asarray(self._network.place_text(states).numpy(), np.float32)


def fitted(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (n, height, width, 3), uint8, as the scorer sees them: (n, 3, 64, 64) in [0, 1], the middle square,
    averaged over areas."""
    height, width = pictures.shape[1:3]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pictures[:, top : top + side, left : left + side].permute(0, 3, 1, 2).float() / 255
    return torch.nn.functional.interpolate(square, (SIDE, SIDE), mode="area")


def save_network(network: ScorerNetwork, path: Path, notes: dict[str, Any]) -> None:
    """Write half precision weights; `notes` (how it was trained) go into the header."""
    halves = {name: t.half().contiguous() for name, t in network.state_dict().items() if t.is_floating_point()}
    write_tensors(path, halves, {"training": json.dumps(notes)})


def load_scorer(weights: Path, encoder: Path) -> Scorer:
    """The scorer of a weights file and the model folder that holds its sentence encoder.

    Raises StudioError (INPUT) when either is missing or is something else.
    """
    network = ScorerNetwork()
    hint = "Reinstall Safelight: the file belongs to it."
    try:
        found = {name: tensor.float() for name, tensor in load_file(weights).items()}
        wanted = {name for name, tensor in network.state_dict().items() if tensor.is_floating_point()}
        if set(found) != wanted:
            raise StudioError(ErrorKind.INPUT, f"“{weights.name}” holds another network than the scorer.", hint)
        network.load_state_dict(found, strict=False)  # the batch counters are not kept: nothing reads them
    except FileNotFoundError as error:
        raise StudioError(ErrorKind.INPUT, f"The scorer's weights are missing: {weights}.", hint) from error
    except (SafetensorError, RuntimeError, OSError) as error:
        raise StudioError(ErrorKind.INPUT, f"“{weights.name}” cannot be read: {error}", hint) from error
    return Scorer(network, Reader(encoder))
