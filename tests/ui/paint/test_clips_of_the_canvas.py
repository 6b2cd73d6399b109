"""From the canvas to the timeline and back, in the window."""

from pathlib import Path

import numpy as np

from studio.domain.document.flow import with_flow
from studio.domain.geometry import Size
from studio.domain.timeline.model import Generated
from studio.domain.treatment import Arrow, FlowLoop
from studio.imaging.pictures import load_picture
from studio.imaging.pixels import encode_png
from studio.session.clips.takes import Made
from studio.ui.animate.page import AnimatePage
from studio.ui.paint.page import PaintPage
from tests.ui.desk import Desk


def test_a_loop_goes_to_the_timeline_and_a_frame_of_it_comes_back_to_be_repaired(desk: Desk) -> None:
    spaces = desk.window.workspaces
    spaces.show_page("paint")
    page = spaces.page("paint")
    assert isinstance(page, PaintPage)
    page.begin(Size(64, 64), True)
    page.editor.desk.edit("Arrow", lambda document: with_flow(document, (Arrow(0.2, 0.5, 0.4, 0.0),)))
    page.editor.desk.set_options(flow_frames=4)
    page.editor.desk.loop_wanted.emit()
    desk.bot.waitUntil(lambda: spaces.current == "animate", timeout=20_000)
    desk.bot.waitUntil(lambda: bool(desk.worker.runs), timeout=20_000)
    task = desk.worker.runs[-1].task
    assert isinstance(task, FlowLoop)
    assert load_picture(Path(task.path)).shape == (64, 64, 3)

    (clip,) = page.editor.desk.document.timeline.tracks[0].clips
    assert isinstance(clip.media, Generated)
    take = clip.media.active
    made = [Made(n, encode_png(np.full((64, 64, 3), 40 * n, np.uint8))) for n in range(4)]
    page.editor.session.takes.keep_all(take, made).result(10)
    animate = spaces.page("animate")
    assert isinstance(animate, AnimatePage)
    animate.editor.repair_wanted.emit(clip.id, take, 2)
    desk.bot.waitUntil(lambda: spaces.current == "paint", timeout=20_000)
    desk.bot.waitUntil(lambda: page.editor.frames.repair is not None, timeout=20_000)
    page.editor.frame_bar.back_button.click()
    desk.bot.waitUntil(lambda: spaces.current == "animate", timeout=20_000)
    (clip,) = page.editor.desk.document.timeline.tracks[0].clips
    assert isinstance(clip.media, Generated)
    assert len(clip.media.takes) == 2
    assert page.editor.session.takes.numbers(clip.media.active) == {0, 1, 2, 3}
