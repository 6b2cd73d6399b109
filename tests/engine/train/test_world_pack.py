"""The pack of object pictures, and the folder of samples."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from studio.domain.errors import StudioError
from studio.engine.train.world.compose import STYLE_WEIGHTS
from studio.engine.train.world.objects import MAX_PICTURE_BYTES, ObjectPack, shipped_pack
from studio.engine.train.world.sampler import Split, sample
from studio.engine.train.world.store import write
from studio.resources import resources

ENTRY: dict[str, object] = {
    "id": "7",
    "noun": "cat",
    "plural": "cats",
    "style": "3d",
    "colour": "",
    "home": "land",
    "source": "s",
    "licence": "MIT",
    "author": "a",
}


def archive(path: Path, entry: dict[str, object], picture: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("index.json", json.dumps([entry]))
        pack.writestr(f"{entry['id']}.webp", picture)
    return path


def webp(size: tuple[int, int]) -> bytes:
    stream = io.BytesIO()
    PIL.Image.new("RGBA", size, (200, 10, 10, 128)).save(stream, "WEBP")
    return stream.getvalue()


def test_the_shipped_pack_is_small_attributed_and_complete() -> None:
    folder = resources() / "training"
    assert (folder / "objects.zip").stat().st_size <= 4_000_000
    licences = (folder / "LICENSES.md").read_text("utf-8")
    objects = shipped_pack().objects
    for source, author, style in {(item.source, item.author, item.style) for item in objects}:
        assert source in licences
        assert author in licences
        assert style in STYLE_WEIGHTS
    assert {item.licence for item in objects} == {"MIT", "Apache-2.0", "CC-BY-4.0"}
    assert len({item.noun for item in objects}) >= 120
    assert len({item.id for item in objects}) == len(objects)


def test_pictures_have_transparency() -> None:
    for item in shipped_pack().objects[::60]:
        image = shipped_pack().picture(item)
        assert image.mode == "RGBA"
        assert image.size == (192, 192)
        assert image.getchannel("A").getextrema() == (0, 255)


def test_a_pack_is_read(tmp_path: Path) -> None:
    pack = ObjectPack(archive(tmp_path / "a.zip", ENTRY, webp((8, 8))))
    assert pack.objects[0].noun == "cat"
    assert pack.picture(pack.objects[0]).size == (8, 8)


@pytest.mark.parametrize(
    ("entry", "picture"),
    [
        (ENTRY | {"id": "../../evil"}, webp((8, 8))),
        (ENTRY | {"home": "nowhere"}, webp((8, 8))),
        (ENTRY | {"extra": 1}, webp((8, 8))),
        ({"id": "7"}, webp((8, 8))),
        (ENTRY, b"\0" * (MAX_PICTURE_BYTES + 1)),
    ],
    ids=["path", "home", "field", "missing", "bomb"],
)
def test_a_bad_pack_is_refused(tmp_path: Path, entry: dict[str, object], picture: bytes) -> None:
    with pytest.raises(StudioError, match=r"Install the program again"):
        ObjectPack(archive(tmp_path / "a.zip", entry, picture))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_a_broken_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(StudioError, match=r"cannot be read"):
        ObjectPack(tmp_path / "a.zip")


def test_a_picture_that_is_no_webp_or_too_large_is_refused(tmp_path: Path) -> None:
    for name, picture in (("text", b"not a picture"), ("large", webp((600, 4)))):
        pack = ObjectPack(archive(tmp_path / f"{name}.zip", ENTRY, picture))
        with pytest.raises(StudioError, match=r"Install the program again"):
            pack.picture(pack.objects[0])


def test_samples_are_written_and_go_on_after_a_kill(tmp_path: Path) -> None:
    reported: list[int] = []
    write(tmp_path, Split.TRAIN, 6, processes=1, report=reported.append)
    assert reported == [0, 6]
    whole = (tmp_path / "captions.jsonl").read_bytes()
    lines = whole.splitlines(keepends=True)

    (tmp_path / "captions.jsonl").write_bytes(b"".join(lines[:4]) + lines[4][:20])
    pictures = np.load(tmp_path / "pictures.npy", mmap_mode="r+")
    pictures[4:] = 0
    pictures.flush()
    reported.clear()
    write(tmp_path, Split.TRAIN, 6, processes=1, report=reported.append)
    assert reported == [4, 6]

    assert (tmp_path / "captions.jsonl").read_bytes() == whole
    for index in range(6):
        drawn = sample(Split.TRAIN, index)
        assert np.array_equal(np.load(tmp_path / "pictures.npy", mmap_mode="r")[index], drawn.pixels)
        entry = json.loads(lines[index])
        assert tuple(entry["captions"]) == drawn.captions
        assert entry["facts"]["kind"] == drawn.facts.kind
    with pytest.raises(StudioError, match=r"another split"):
        write(tmp_path, Split.SCORER, 6, processes=1)
