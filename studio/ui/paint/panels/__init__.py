"""The panels around the surface."""
