"""Files come as clips, lost ones are found again, and clips go out as files that were looked at."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from studio.domain.geometry import Size
from studio.domain.timeline.model import Still, TrackKind, Video
from studio.imaging.pixels import encode_png
from studio.imaging.video.info import probe
from studio.imaging.video.writing import write_clip
from studio.session.rendering import Report
from studio.ui.animate.export_dialog import ExportDialog
from tests.ui.animate.clips import SIDE, Stage, frame

# what the offscreen platform says of every dialog
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def film(path: Path, frames: int = 12) -> Path:
    write_clip(path, [frame(n, frames) for n in range(frames)], Size(SIDE, SIDE), Fraction(12), "gif")
    return path


def png(path: Path) -> Path:
    path.write_bytes(encode_png(frame(0, 4)))
    return path


def clips(stage: Stage) -> int:
    return sum(len(track.clips) for track in stage.timeline.tracks)


def test_media_become_clips_one_after_the_other(stage: Stage, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"nothing")
    stage.page.bring([str(film(tmp_path / "a.gif")), str(bad), str(png(tmp_path / "b.png"))])
    stage.bot.waitUntil(lambda: clips(stage) == 2)
    (track,) = stage.timeline.tracks
    first, second = track.clips
    assert isinstance(first.media, Video) and isinstance(second.media, Still)
    assert (first.start, first.end, second.start) == (0, first.length, first.length)
    assert stage.timeline.rate == first.media.rate and first.name == "a"
    assert any("bad.mp4" in note for note in stage.notes)
    assert stage.editor.desk.selected == {first.id, second.id}
    stage.editor.desk.undo()
    assert clips(stage) == 0


def test_files_dropped_on_a_track_lie_there(stage: Stage, tmp_path: Path) -> None:
    stage.page.bring([str(png(tmp_path / "a.png"))])
    stage.bot.waitUntil(lambda: clips(stage) == 1)
    end = stage.clip.end
    stage.editor.panel.dropped.emit([str(png(tmp_path / "b.png"))], end + 3, stage.timeline.tracks[0].id)
    stage.bot.waitUntil(lambda: clips(stage) == 2)
    assert stage.timeline.tracks[0].clips[1].start == end + 3
    stage.editor.panel.dropped.emit([str(png(tmp_path / "c.png"))], 0, "")
    stage.bot.waitUntil(lambda: clips(stage) == 3)
    assert len(stage.timeline.tracks) == 2 and stage.timeline.tracks[1].kind is TrackKind.VIDEO


@pytest.mark.slow
def test_numbered_pictures_are_the_frames_of_one_clip(stage: Stage, tmp_path: Path) -> None:
    paths = [str(png(tmp_path / f"shot.{n:04}.png")) for n in range(4)]
    stage.page.bring(paths)
    stage.bot.waitUntil(lambda: clips(stage) == 1)
    assert isinstance(stage.clip.media, Video) and stage.clip.media.frames == 4


def test_a_missing_file_is_told_of_and_found_again(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "a.gif")
    stage.page.bring([str(path)])
    stage.bot.waitUntil(lambda: clips(stage) == 1)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    path.rename(moved / "another name.gif")
    stage.editor.files.look_again()
    stage.bot.waitUntil(stage.page.missing.isVisible)
    assert "a.gif" in stage.page.missing.hint.text()
    assert stage.editor.panel.strip.facts.missing(stage.clip.media)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    stage.page.search_button.click()
    stage.bot.waitUntil(stage.page.missing.isHidden)
    assert isinstance(stage.clip.media, Video) and stage.clip.media.path == str(moved / "another name.gif")


@pytest.mark.slow
def test_one_file_is_relinked(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = film(tmp_path / "a.gif")
    stage.page.bring([str(path)])
    stage.bot.waitUntil(lambda: clips(stage) == 1)
    path.unlink()
    other = film(tmp_path / "b.gif", 8)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(other), ""))
    stage.editor.panel.relink_wanted.emit(str(path))
    stage.bot.waitUntil(lambda: getattr(stage.clip.media, "path", "") == str(other))


def exported(
    stage: Stage, path: Path, choose: Callable[[ExportDialog], None] = lambda _: None
) -> tuple[ExportDialog, object]:
    """What the dialog says after it has written."""
    stage.page.ask_export()
    (dialog,) = stage.page.findChildren(ExportDialog)
    choose(dialog)
    dialog.path.setText(str(path))
    found: list[object] = []
    for signal in (dialog.exporting.ended, dialog.exporting.failed, dialog.exporting.stopped):
        signal.connect(lambda *result: found.append(result[0] if result else None))
    dialog.export_button.click()
    assert dialog.pages.currentIndex() == 1
    stage.bot.waitUntil(lambda: bool(found), timeout=60_000)
    return dialog, found[0]


def test_a_loop_is_exported_verified_and_its_seam_told(stage: Stage, tmp_path: Path) -> None:
    stage.make(8)
    stage.editor.player.playback.stop()

    def gif(dialog: ExportDialog) -> None:
        assert dialog.what.currentText() == "The ring, one turn"
        dialog.preset.setCurrentIndex(dialog.preset.findData("gif"))
        assert dialog.path.text().endswith(".gif") and dialog.rate.count() == 6

    dialog, found = exported(stage, tmp_path / "out.gif", gif)
    assert isinstance(found, Report) and (found.frames, found.loops, found.closed) == (8, True, True)
    assert probe(tmp_path / "out.gif").frames == 8
    assert dialog.pages.currentIndex() == 2 and dialog.report.verdict.isVisible()
    assert dialog.folder_button.isVisible()
    dialog.close()


@pytest.mark.slow
def test_what_cannot_be_written_is_told_in_the_dialog(stage: Stage, tmp_path: Path) -> None:
    stage.make()
    stage.editor.player.playback.stop()
    (tmp_path / "no folder").write_text("a file")
    dialog, found = exported(stage, tmp_path / "no folder" / "out.webm")
    assert not isinstance(found, Report)
    assert dialog.problem.isVisible() and dialog.pages.currentIndex() == 0
    dialog.close()


@pytest.mark.slow
def test_the_export_can_be_stopped(stage: Stage, tmp_path: Path) -> None:
    stage.make()
    stage.editor.player.playback.stop()

    def stop(dialog: ExportDialog) -> None:
        dialog.turns.setValue(100)
        dialog.exporting.progressed.connect(lambda *_: dialog.cancel_button.click())

    dialog, found = exported(stage, tmp_path / "out.gif", stop)
    assert found is None and not list(tmp_path.glob("out*")) and "nothing was written" in dialog.problem.text()
    dialog.close()


@pytest.mark.slow
def test_a_timeline_goes_to_another_editor_and_comes_back(stage: Stage, tmp_path: Path) -> None:
    stage.make()
    stage.editor.player.playback.stop()
    path = tmp_path / "cut.otio"
    dialog, found = exported(stage, path, lambda dialog: dialog.preset.setCurrentIndex(dialog.preset.findData(".otio")))
    assert path.exists() and len(list((tmp_path / "cut media").rglob("*.png"))) == 6
    assert dialog.report.isVisible() and found is not None
    dialog.close()
    before = stage.timeline
    stage.editor.desk.select([stage.clip.id])
    stage.editor.panel.edits.delete()
    stage.page.bring([str(path)])
    stage.bot.waitUntil(lambda: clips(stage) == 1)
    assert stage.timeline.ring == before.ring and stage.clip.length == 6
