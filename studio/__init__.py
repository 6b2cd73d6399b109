"""Safelight: a desktop studio for image and video diffusion."""

__version__ = "0.1.0"
