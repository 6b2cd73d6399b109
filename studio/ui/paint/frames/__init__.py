"""The canvas and the clips of its project: set in motion along arrows, and a frame repaired on it."""
