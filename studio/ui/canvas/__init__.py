"""The middle of the window: the picture as it comes into being, and as it is."""
