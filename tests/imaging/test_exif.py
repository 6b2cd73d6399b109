"""Texts in EXIF."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio.imaging.metadata import exif

TEXT = "a fox, 海\nSteps: 20"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff\ufffe"), min_size=1))
def test_reading_what_was_written_gives_the_same(comment: str) -> None:
    fields = exif.read(exif.write(f"Steps: {comment}", "Safelight"))
    assert fields == {"UserComment": f"Steps: {comment}", "Software": "Safelight"}


@pytest.mark.parametrize("name", ["JPEG", "WEBP"])
def test_pillow_keeps_and_reads_our_block(name: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, name, exif=exif.write(TEXT, "Safelight"))
    with Image.open(buffer) as image:
        tags = image.getexif()
        assert tags[exif.SOFTWARE] == "Safelight"
        assert tags.get_ifd(0x8769)[exif.USER_COMMENT] == b"UNICODE\0" + TEXT.encode("utf-16-be")


def block(comment: bytes, tag: int = exif.USER_COMMENT) -> bytes:
    tags = Image.Exif()
    if tag == exif.USER_COMMENT:
        tags.get_ifd(0x8769)[tag] = comment
    else:
        tags[tag] = comment
    return tags.tobytes()


@pytest.mark.parametrize(
    "comment",
    [
        b"UNICODE\0" + TEXT.encode("utf-16-be"),
        b"UNICODE\0" + TEXT.encode("utf-16-le"),
        b"UNICODE\0" + TEXT.encode("utf-16"),
        b"UNICODE\0" + TEXT.encode(),
        b"ASCII\0\0\0" + TEXT.encode(),
        bytes(8) + TEXT.encode(),
        TEXT.encode(),
    ],
)
def test_encodings_of_others_are_understood(comment: bytes) -> None:
    assert exif.read(block(comment))["UserComment"] == TEXT


def test_a_comment_in_the_first_folder_is_found() -> None:
    fields = exif.read(block(TEXT.encode(), exif.DESCRIPTION))
    assert fields == {"ImageDescription": TEXT}


@pytest.mark.parametrize("data", [b"", b"Exif\0\0", b"MM\0*", b"MM\0*\xff\xff\xff\xff", b"XX\0*\0\0\0\x08"])
def test_damage_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"damaged|cut short"):
        exif.read(data)


@given(st.binary(max_size=300), st.sampled_from([b"MM\0*\0\0\0\x08", b"II*\0\x08\0\0\0"]))
def test_no_bytes_break_the_reader(data: bytes, start: bytes) -> None:
    try:
        exif.read(start + data)
    except ValueError:
        return
