"""Clips drawn as a whole: a motion module on a model of the library, and models made for video."""
