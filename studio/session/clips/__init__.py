"""Clips of a project in a session: their takes and frames, the media they show, and the jobs that make them."""
