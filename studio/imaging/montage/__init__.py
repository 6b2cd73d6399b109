"""Pictures laid on top of each other for one frame of a timeline."""
