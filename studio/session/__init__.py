"""Application state without Qt."""
