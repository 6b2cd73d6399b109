"""The two scales of latents: the autoencoder's own, and the one of spread about 1 in which denoisers work."""

from typing import Any

from studio.engine.libraries import torch


def to_denoiser(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """What `vae` encoded, (z − shift) · scale; the older families have no shift."""
    scaled: torch.Tensor = (latents - _shift(vae)) * vae.config.scaling_factor
    return scaled


def to_autoencoder(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """What `vae` decodes, z / scale + shift: the inverse of `to_denoiser`."""
    unscaled: torch.Tensor = latents / vae.config.scaling_factor + _shift(vae)
    return unscaled


def _shift(vae: Any) -> float:
    return float(vae.config.get("shift_factor") or 0.0)
