"""The workspace Animate: the project's timeline and its player, and all that makes, measures and exports clips."""
