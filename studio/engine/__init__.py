"""Diffusion itself, on torch and diffusers; imported only inside a worker."""
