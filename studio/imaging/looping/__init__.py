"""Loops and frames between frames without a model: what makes a clip close, or more of it.

`eulerian` sets a still in motion, `loopify` closes a clip, `interpolation` puts frames between frames, `smoothing` lets
them follow each other's motion, `padding` makes other tools loop-safe and holds colours. On a ring of N frames the one
after the last is the first. Frames are arrays as in `studio.imaging.pixels`.
"""
