"""Pixels and picture files: numpy, OpenCV, Pillow."""
