"""Moving pictures in and out of files.

In: `reading.VideoReader` (frames, exact), `info.probe` (what a file is), `sound` (samples, peaks), and the recipe that
a clip carries by `notes.clip_text`. Out: `presets.PRESETS`, `writing.write_clip`, `verifying.check`. Frames are arrays
as in `studio.imaging.pixels`: uint8, height × width × 3 (sRGB) or × 4 (with straight alpha).
"""
