"""The player: frames of the timeline from a cache, in real time, with sound where there is a device."""
