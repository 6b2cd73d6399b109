"""Videos named on the command line, or handed over by the desktop."""

from fractions import Fraction
from pathlib import Path

import pytest

from studio.domain.geometry import Size
from studio.domain.timeline.model import Video
from studio.imaging.video.writing import write_clip
from tests.ui.animate.clips import SIDE, frame
from tests.ui.desk import Desk


@pytest.mark.qt_log_ignore("does not support raise")
def test_a_video_of_a_later_start_is_a_clip(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "waves.MP4"
    write_clip(path, [frame(n, 6) for n in range(6)], Size(SIDE, SIDE), Fraction(12), "mp4-h264")
    desk.window.open_files([str(path)])
    assert desk.window.animate.current
    timeline_of = desk.window.animate.page().editor.desk
    desk.bot.waitUntil(lambda: any(track.clips for track in timeline_of.timeline.tracks))
    (clip,) = timeline_of.timeline.tracks[0].clips
    assert isinstance(clip.media, Video) and clip.media.path == str(path)
