"""The timeline's panel: tracks, clips, keys, and the hands that move them."""
