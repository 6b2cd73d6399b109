"""Media files: what they are, which are missing, and where they have gone."""

import shutil
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.timeline.model import Canvas, Clip, Media, Sound, Still, Timeline, Track, TrackKind, Video
from studio.imaging.video.writing import write_clip
from studio.session.clips.media import describe, digest_of, find_missing, relink, relinked, search
from tests.session.clips.desk import picture
from tests.session.clips.test_frames import film


def still(path: Path, value: int = 90) -> Path:
    Image.fromarray(picture(value)).save(path)
    return path


def sound(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.zeros(12_000, np.int16).tobytes())
    return path


def on_tracks(*media: Media) -> Timeline:
    """A timeline with a clip for each, sounds on a track of their own."""
    seen = [each for each in media if not isinstance(each, Sound)]
    heard = [each for each in media if isinstance(each, Sound)]
    clips = tuple(Clip(f"seen {n}", each, 10 * n, 10, offset=Fraction(n)) for n, each in enumerate(seen))
    sounds = tuple(Clip(f"heard {n}", each, 10 * n, 10) for n, each in enumerate(heard))
    return Timeline(tracks=(Track("v", clips=clips), Track("a", TrackKind.AUDIO, clips=sounds)))


def test_files_are_told_apart_by_their_content(tmp_path: Path) -> None:
    assert describe(still(tmp_path / "a.png")) == Still(
        str(tmp_path / "a.png"), Size(64, 64), digest_of(tmp_path / "a.png")
    )
    gif = describe(film(tmp_path / "b.gif"))
    assert isinstance(gif, Video) and (gif.frames, gif.rate, gif.size) == (5, Fraction(10), Size(64, 64))
    heard = describe(sound(tmp_path / "c.wav"))
    assert isinstance(heard, Sound) and heard.seconds == Fraction(3, 2)
    frames = [picture(n) for n in range(6)]
    write_clip(tmp_path / "d.mp4", frames, Size(64, 64), Fraction(12), "mp4-h264")
    video = describe(tmp_path / "d.mp4")
    assert isinstance(video, Video) and (video.frames, video.rate, video.sound) == (6, Fraction(12), False)
    shutil.copy(tmp_path / "d.mp4", tmp_path / "e.png")
    assert isinstance(describe(tmp_path / "e.png"), Video), "not by its name"


def test_numbered_stills_are_a_sequence_where_it_is_said(tmp_path: Path) -> None:
    for number in range(4):
        still(tmp_path / f"shot.{number:04}.png", 20 * number)
    first = tmp_path / "shot.0000.png"
    assert isinstance(describe(first), Still)
    sequence = describe(first, sequence=True)
    assert isinstance(sequence, Video) and sequence.frames == 4


def test_a_picture_on_its_side_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture(3)[:32]).save(tmp_path / "a.jpg", exif=exif)
    found = describe(tmp_path / "a.jpg")
    assert isinstance(found, Still) and found.size == Size(32, 64)


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_is_no_media_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(StudioError) as told:
        describe(tmp_path / "a.mp4")
    assert told.value.problem.kind is ErrorKind.INPUT
    with pytest.raises(StudioError):
        describe(tmp_path / "nowhere.mp4")


def test_a_digest_is_of_both_ends_and_the_length(tmp_path: Path) -> None:
    path, data = tmp_path / "large", bytearray(5 * 2**20)
    found = set()
    for place in (0, 2**20 - 1, 5 * 2**20 - 1):
        path.write_bytes(data)
        found.add(digest_of(path))
        data[place] = 1
    path.write_bytes(data + b"\0")
    assert len({*found, digest_of(path)}) == 4


def test_missing_files_are_found_with_their_clips(tmp_path: Path) -> None:
    here, gone = describe(still(tmp_path / "a.png")), describe(film(tmp_path / "b.gif"))
    heard = describe(sound(tmp_path / "c.wav"))
    timeline = on_tracks(here, gone, Canvas(), gone, heard)
    assert find_missing(timeline) == ()
    (tmp_path / "b.gif").unlink()
    (tmp_path / "c.wav").unlink()
    assert [(each.path, each.clips) for each in find_missing(timeline)] == [
        (str(tmp_path / "b.gif"), ("seen 1", "seen 3")),
        (str(tmp_path / "c.wav"), ("heard 0",)),
    ]


def test_a_moved_file_is_linked_in_all_its_clips(tmp_path: Path) -> None:
    gone, other = describe(film(tmp_path / "b.gif")), describe(still(tmp_path / "a.png"))
    timeline = on_tracks(gone, other, gone)
    (tmp_path / "b.gif").rename(tmp_path / "moved.gif")
    after = relink(timeline, gone.path, tmp_path / "moved.gif")
    assert find_missing(after) == () and after.tracks[1] is timeline.tracks[1]
    paths = [getattr(clip.media, "path", "") for clip in after.tracks[0].clips]
    assert [Path(path).name for path in paths] == ["moved.gif", "a.png", "moved.gif"]
    assert [(clip.start, clip.length, clip.offset) for clip in after.tracks[0].clips] == [
        (clip.start, clip.length, clip.offset) for clip in timeline.tracks[0].clips
    ], "the cuts stay"


def test_another_kind_of_file_is_not_linked(tmp_path: Path) -> None:
    gone = describe(film(tmp_path / "b.gif"))
    timeline = on_tracks(gone)
    with pytest.raises(StudioError, match="is a picture, not a video"):
        relink(timeline, gone.path, still(tmp_path / "a.jpg"))
    with pytest.raises(StudioError, match="No clip"):
        relink(timeline, "/nowhere", tmp_path / "b.gif")


def test_a_folder_is_searched_by_content_and_then_by_name(tmp_path: Path) -> None:
    films = [describe(film(tmp_path / f"{n}.gif", frames=n + 2)) for n in range(3)]
    nameless = Video(str(tmp_path / "old" / "KNOWN.gif"), Fraction(10), 3, Size(64, 64))
    timeline = on_tracks(*films, nameless)
    deep = tmp_path / "archive" / "2026"
    deep.mkdir(parents=True)
    (tmp_path / "0.gif").rename(deep / "0.gif")
    (tmp_path / "1.gif").rename(deep / "renamed.gif")
    (tmp_path / "2.gif").unlink()
    film(deep / "2.gif", frames=9)  # the same name, another content
    film(deep / "known.gif", frames=7)
    missing = find_missing(timeline)
    assert len(missing) == 4
    found = search(tmp_path / "archive", missing)
    assert {Path(old).name: Path(media.path).name for old, media in found.items()} == {
        "0.gif": "0.gif",
        "1.gif": "renamed.gif",
        "KNOWN.gif": "known.gif",
    }
    left = find_missing(relinked(timeline, found))
    assert [Path(each.path).name for each in left] == ["2.gif"]


def test_a_search_can_be_ended(tmp_path: Path) -> None:
    film(tmp_path / "a.gif")

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        search(tmp_path, (), stop)
