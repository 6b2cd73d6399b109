"""The gallery: pictures are saved with their recipe, found again in order, and never lost or overwritten."""

import datetime
import errno
import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.jobs import Picture
from studio.domain.messages import Ready
from studio.domain.recipe import Recipe
from studio.domain.upscaling import Upscaling
from studio.imaging import metadata
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import decode, encode_png
from studio.session.gallery import Entry, Gallery, upscaled_name

ENGINE = Ready("cpu", "a processor", "bfloat16", 2, 2**30, {"torch": "2.13.0"})
NOON = datetime.datetime(2026, 3, 4, 12, 0, 0)
RECIPE = Recipe(prompt="Sea at night", seed=7, size=Size(4, 4))


class Clock:
    """Local time that tests set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime.datetime:
        return self.now

    def tick(self, **delta: int) -> None:
        self.now += datetime.timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gallery(tmp_path: Path, clock: Clock) -> Gallery:
    return Gallery(tmp_path / "pictures", BlobStore(tmp_path / "blobs"), clock)


def finished(gallery: Gallery, shade: int = 0, index: int = 0) -> Picture:
    """A picture as an engine leaves it."""
    digest = gallery.store.put(encode_png(np.full((4, 4, 3), shade, np.uint8)))
    return Picture(index, 7 + index, digest, 4, 4)


def blobs(gallery: Gallery) -> list[Path]:
    return [path for path in gallery.store.folder.rglob("*") if path.is_file()]


def test_a_picture_is_saved_by_day_with_its_recipe(gallery: Gallery) -> None:
    entry = gallery.add(RECIPE, finished(gallery, shade=9), ENGINE)
    assert entry.path == gallery.folder / "2026-03-04" / "120000-sea-at-night-7.png"
    assert entry.created == NOON
    info = entry.info()
    assert info.recipe == RECIPE
    assert info.capsule is not None
    assert info.capsule.versions == ENGINE.versions
    assert (decode(entry.path.read_bytes()) == 9).all()
    assert blobs(gallery) == []


def test_equal_names_do_not_overwrite(gallery: Gallery) -> None:
    paths = [gallery.add(RECIPE, finished(gallery, shade), None).path for shade in range(3)]
    assert [path.name[7:] for path in paths] == ["sea-at-night-7.png", "sea-at-night-7-2.png", "sea-at-night-7-3.png"]
    assert [int(decode(path.read_bytes())[0, 0, 0]) for path in paths] == [0, 1, 2]


def test_equal_pixels_in_a_batch_are_saved_each(gallery: Gallery) -> None:
    first, second = finished(gallery, index=0), finished(gallery, index=1)
    assert first.digest == second.digest
    for picture in (first, second):
        assert gallery.add(RECIPE.for_picture(picture.index), picture, None).path.is_file()


def test_a_lost_blob_is_a_clear_error(gallery: Gallery) -> None:
    picture = finished(gallery)
    gallery.store.discard(picture.digest)
    with pytest.raises(StudioError, match="is gone"):
        gallery.add(RECIPE, picture, None)


def test_what_cannot_be_saved_is_kept_and_the_error_says_where(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = finished(gallery, shade=5)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StudioError, match="No space left") as caught:
        gallery.add(RECIPE, picture, None)
    assert caught.value.problem.kind is ErrorKind.DISK
    (kept,) = blobs(gallery)
    assert str(kept) in caught.value.problem.hint
    assert (decode(kept.read_bytes()) == 5).all()
    assert [path for path in gallery.folder.rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    assert gallery.add(RECIPE, picture, None).path.is_file()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".PNG"])
def test_save_as_takes_the_format_from_the_name(gallery: Gallery, tmp_path: Path, suffix: str) -> None:
    entry = gallery.save_as(RECIPE, finished(gallery, 128), ENGINE, tmp_path / f"mine{suffix}")
    info = entry.info()
    assert info.format == {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}.get(suffix, "PNG")
    assert (info.prompt, info.parameters["Seed"]) == ("Sea at night", "7")
    assert info.software.startswith("Safelight")
    with Image.open(io.BytesIO(entry.path.read_bytes())) as image:
        assert abs(int(np.asarray(image.convert("RGB")).mean()) - 128) <= 2


def test_save_as_overwrites_only_when_asked(gallery: Gallery, tmp_path: Path) -> None:
    path, picture = tmp_path / "mine.png", finished(gallery, 3)
    path.write_bytes(b"old")
    with pytest.raises(StudioError, match="exists and is not overwritten") as caught:
        gallery.save_as(RECIPE, picture, None, path)
    assert caught.value.problem.kind is ErrorKind.INPUT
    assert path.read_bytes() == b"old"
    gallery.save_as(RECIPE, picture, None, path, overwrite=True)
    assert (decode(path.read_bytes()) == 3).all()


@pytest.mark.parametrize("name", ["mine.gif", "mine", "mine.png.exe"])
def test_other_formats_are_refused_and_nothing_is_lost(gallery: Gallery, tmp_path: Path, name: str) -> None:
    with pytest.raises(StudioError) as caught:
        gallery.save_as(RECIPE, finished(gallery), None, tmp_path / name)
    assert ".png" in caught.value.problem.hint
    assert len(blobs(gallery)) == 1


def test_a_prompt_too_long_for_a_jpeg_is_refused(gallery: Gallery, tmp_path: Path) -> None:
    long = Recipe(prompt="x" * 50_000, size=Size(4, 4))
    with pytest.raises(StudioError, match="too long for the metadata of a JPEG"):
        gallery.save_as(long, finished(gallery), None, tmp_path / "mine.jpg")


def test_entries_come_newest_first_and_no_more_than_asked(gallery: Gallery, clock: Clock) -> None:
    saved = []
    for shade in range(6):
        saved.append(gallery.add(RECIPE, finished(gallery, shade), None))
        clock.tick(hours=9)
    assert gallery.entries(100) == tuple(reversed(saved))
    assert gallery.entries(2) == tuple(reversed(saved))[:2]
    assert gallery.entries(0) == ()


def test_within_a_second_a_batch_keeps_its_order(gallery: Gallery) -> None:
    batch = Recipe(prompt="sea", seed=8, batch=4, size=Size(4, 4))
    saved = [gallery.add(batch.for_picture(i), finished(gallery, i, i), None) for i in range(4)]
    assert [entry.path.name[-6:] for entry in saved] == ["-8.png", "-9.png", "10.png", "11.png"]
    assert gallery.entries() == tuple(reversed(saved))


def test_a_gallery_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Gallery(tmp_path / "nowhere", BlobStore(tmp_path)).entries() == ()
    (tmp_path / "file").touch()
    assert Gallery(tmp_path / "file", BlobStore(tmp_path)).entries() == ()


def test_strange_files_do_not_disturb(gallery: Gallery, clock: Clock) -> None:
    mine = gallery.add(RECIPE, finished(gallery), None)
    for name in (
        "2026-03-04/notes.txt",
        "2026-03-04/.new-1.png",
        "2026-99-99/126060-a.png",
        "other/1.png",
        "2026-03-05",
    ):
        (gallery.folder / name).parent.mkdir(exist_ok=True)
        (gallery.folder / name).touch()
    renamed = gallery.folder / "2026-03-04" / "my favourite.jpg"
    renamed.touch()
    os.utime(renamed, (NOON.timestamp() - 60, NOON.timestamp() - 60))
    entries = gallery.entries()
    assert [entry.path.name for entry in entries] == ["126060-a.png", mine.path.name, "my favourite.jpg"]
    with pytest.raises(StudioError):
        Entry(renamed, NOON).info()


def test_ten_thousand_pictures_are_listed_at_once(gallery: Gallery) -> None:
    for day in range(1, 11):
        folder = gallery.folder / f"2026-01-{day:02}"
        folder.mkdir(parents=True)
        for i in range(1000):
            (folder / f"{i // 3600:02}{i // 60 % 60:02}{i % 60:02}-sea-{i}.png").touch()
    began = time.thread_time()
    first = gallery.entries(200)
    assert time.thread_time() - began < 1.5  # its own time; to look into the files would take many times that
    assert len(first) == 200
    assert first[0].path.name == "001639-sea-999.png"
    assert len(gallery.entries(20_000)) == 10_000


def test_the_picture_of_a_job_is_found_again(gallery: Gallery, clock: Clock) -> None:
    made = [gallery.add(RECIPE, finished(gallery, shade), ENGINE, f"ab12#{shade}") for shade in range(3)]
    assert [entry.info().job for entry in made] == ["ab12#0", "ab12#1", "ab12#2"]
    since = NOON.timestamp()
    assert gallery.find("ab12#1", since, "sea-at-night-7.png") == made[1]
    assert gallery.find("ab12#2", since) == made[2]
    assert gallery.find("ab12#3", since) is None
    assert gallery.find("ab12#1", since, "sea-at-night-8.png") is None


def test_older_days_are_not_searched(gallery: Gallery, clock: Clock) -> None:
    entry = gallery.add(RECIPE, finished(gallery), ENGINE, "ab12#0")
    day = datetime.timedelta(days=1)
    assert gallery.find("ab12#0", (NOON + day).timestamp()) == entry
    assert gallery.find("ab12#0", (NOON + 2 * day).timestamp()) is None
    assert gallery.find("ab12#0", 0.0) == entry


def test_only_files_of_that_name_are_looked_into(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("other-7.png", "sea-at-night-77.png", "sea-at-night-7-2.png", "sea-at-night-7.png")
    (gallery.folder / "2026-03-04").mkdir(parents=True)
    for name in names:
        (gallery.folder / "2026-03-04" / f"120000-{name}").write_bytes(encode_png(np.zeros((4, 4, 3), np.uint8)))
    looked: list[str] = []

    def read(path: Path) -> metadata.PictureInfo:
        looked.append(path.name)
        return metadata.PictureInfo("PNG", Size(4, 4))

    monkeypatch.setattr(metadata, "read", read)
    gallery.find("ab12#0", NOON.timestamp(), "sea-at-night-7.png")
    assert sorted(looked) == ["120000-sea-at-night-7-2.png", "120000-sea-at-night-7.png"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_the_picture_of_a_job_is_known_under_the_name_its_user_gave_it(gallery: Gallery, suffix: str) -> None:
    path = gallery.folder / f"mine{suffix}"
    entry = gallery.save_as(RECIPE, finished(gallery), ENGINE, path, "ab12#0")
    found = gallery.look(path, "ab12#0")
    assert found is not None
    assert found.path == entry.path
    assert gallery.look(path, "cd34#0") is None
    assert gallery.look(gallery.folder / "other.png", "ab12#0") is None


def test_numbers_that_were_added_to_a_name_are_followed(gallery: Gallery) -> None:
    path = gallery.folder / "sea.png"
    for job in ("ab12#0", "ab12#1", "cd34#0"):
        gallery.save_numbered(RECIPE, finished(gallery), ENGINE, path, job)
    found = gallery.look(path, "cd34#0", numbered=True)
    assert found is not None
    assert found.path.name == "sea-3.png"
    assert gallery.look(path, "cd34#0") is None


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("ours", [True, False])
def test_an_enlarged_picture_says_which_job_made_it(gallery: Gallery, tmp_path: Path, suffix: str, ours: bool) -> None:
    if ours:
        before = gallery.add(RECIPE, finished(gallery), ENGINE, "ab12#0").path
    else:
        before = tmp_path / "photo.png"
        before.write_bytes(encode_png(np.zeros((4, 4, 3), np.uint8)))
    task = Upscaling(str(before), 2)
    entry = gallery.save_upscaled_as(task, finished(gallery, 1), ENGINE, tmp_path / f"large{suffix}", "cd34#0")
    assert entry.info().job == "cd34#0"
    again = Upscaling(str(entry.path), 2)
    larger = gallery.save_upscaled_as(again, finished(gallery, 2), ENGINE, tmp_path / "larger.png", "ef56#0")
    assert larger.info().job == "ef56#0"


def test_an_enlarged_picture_is_found_again_in_the_gallery(gallery: Gallery) -> None:
    before = gallery.add(RECIPE, finished(gallery), ENGINE, "ab12#0").path
    task = Upscaling(str(before), 2)
    entry = gallery.add_upscaled(task, finished(gallery, 1), ENGINE, "cd34#0")
    assert gallery.find("cd34#0", NOON.timestamp(), upscaled_name(task)) == entry


def test_an_enlarged_jpeg_claims_no_recipe_that_would_make_it(gallery: Gallery, tmp_path: Path) -> None:
    before = gallery.save_as(RECIPE, finished(gallery), ENGINE, tmp_path / "mine.jpg").path
    entry = gallery.save_upscaled_as(Upscaling(str(before), 2), finished(gallery, 1), ENGINE, tmp_path / "large.png")
    assert entry.info().capsule is None
    assert entry.info().prompt == "Sea at night"
