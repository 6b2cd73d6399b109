"""The timeline of a project: tracks, clips, takes and keys as values."""
