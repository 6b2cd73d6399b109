"""Timelines after edits at random, to other editors and back."""

import dataclasses
import tempfile
from pathlib import Path

import opentimelineio as otio
from hypothesis import assume, given, settings

from studio.domain.errors import StudioError
from studio.domain.timeline.model import Media, Timeline, Words
from studio.session.interchange.exact import text
from studio.session.interchange.files import export_timeline, import_timeline
from tests.domain.timeline.timelines import timelines
from tests.examples import few


def nothing(path: Path, *, sequence: bool = False) -> Media:
    raise AssertionError(path)


def written(timeline: Timeline) -> Timeline:
    """The same with texts that can be written as Unicode."""

    def words(found: tuple[Words, ...]) -> tuple[Words, ...]:
        return tuple(dataclasses.replace(each, prompt=text(each.prompt)) for each in found)

    tracks = (
        dataclasses.replace(
            track, clips=tuple(dataclasses.replace(clip, words=words(clip.words)) for clip in track.clips)
        )
        for track in timeline.tracks
    )
    return dataclasses.replace(timeline, tracks=tuple(tracks))


@given(timelines)
@settings(max_examples=few(30), deadline=None)
def test_nothing_is_lost_through_otio(timeline: Timeline) -> None:
    assume(any(track.clips for track in timeline.tracks))
    with tempfile.TemporaryDirectory() as folder:
        path = export_timeline(Path(folder) / "a.otio", timeline, "any").path
        found = import_timeline(path, nothing)
    assert found.timeline == written(timeline)
    assert found.notices == ()


@given(timelines)
@settings(max_examples=few(20), deadline=None)
def test_all_cuts_are_in_the_xml(timeline: Timeline) -> None:
    assume(any(track.clips for track in timeline.tracks))
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = export_timeline(Path(folder) / "a.xml", timeline, "any").path
        except StudioError as error:
            assert "timecode" in error.problem.message
            return
        found = otio.adapters.read_from_file(str(path))
    shown = [track for track in timeline.tracks if track.clips and not track.hidden]
    assert len(found.tracks) == len(shown)
    for track, before in zip(found.tracks, shown, strict=True):
        seen = sum(track.range_of_child(clip).duration.to_seconds() for clip in track.find_clips())
        enabled = sum(clip.length for clip in before.clips if clip.enabled)
        assert abs(seen - float(enabled / timeline.rate)) < 1e-6
