"""PNG texts: what is written is read by us and by others, and hostile chunks harm nobody."""

import io
import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio.imaging import png
from studio.imaging.pixels import decode, encode_png

PLAIN = encode_png(np.full((3, 4, 3), 200, np.uint8))
KEYWORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=79)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def chunk(kind: bytes, content: bytes, length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    return struct.pack(">I", size) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def read(*chunks: bytes) -> png.Texts:
    return png.read(io.BytesIO(png.with_chunks(PLAIN, chunks)))


@given(st.dictionaries(KEYWORDS, VALUES, max_size=4), st.sampled_from([png.text, png.international]))
def test_texts_survive_and_pixels_stay(texts: dict[str, str], write: Callable[[str, str], bytes]) -> None:
    data = png.with_chunks(PLAIN, [write(keyword, value) for keyword, value in texts.items()])
    assert png.read(io.BytesIO(data)) == png.Texts(texts)
    assert (decode(data) == 200).all()
    assert png.without_texts(data) == PLAIN


@pytest.mark.parametrize("value", ["plain", "two\nlines", "höhe", "海 🌊", "שלום"])
def test_pillow_reads_our_texts(value: str) -> None:
    data = png.with_chunks(PLAIN, [png.text("parameters", value), png.international("safelight", value)])
    with Image.open(io.BytesIO(data)) as image:
        assert image.info == {"parameters": value, "safelight": value}


def test_unpaired_surrogates_and_zeros_are_replaced() -> None:
    assert read(png.text("a", "x\udcffy\0z")).fields == {"a": "x?yz"}


@pytest.mark.parametrize("keyword", ["", "x" * 80, "a\0b"])
def test_a_bad_keyword_is_an_error(keyword: str) -> None:
    with pytest.raises(ValueError, match="keyword"):
        png.international(keyword, "")


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(100), PLAIN[:20]])
def test_only_a_png_takes_chunks(data: bytes) -> None:
    with pytest.raises(ValueError, match="no PNG"):
        png.with_chunks(data, [])


def test_compressed_texts_are_read() -> None:
    texts = read(
        chunk(b"zTXt", b"a\0\0" + zlib.compress("é".encode("latin-1"))),
        chunk(b"iTXt", b"b\0\1\0en\0\0" + zlib.compress("é".encode())),
        chunk(b"tEXt", b"c\0" + "é".encode()),
        chunk(b"tEXt", b"a\0second of its name"),
    )
    assert texts == png.Texts({"a": "é", "b": "é", "c": "é"})


@pytest.mark.parametrize(
    ("hostile", "says"),
    [
        (chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(50_000_000))), "inflates beyond"),
        (chunk(b"iTXt", b"x\0\1\0\0\0" + zlib.compress(bytes(50_000_000))), "inflates beyond"),
        (chunk(b"zTXt", b"x\0\0garbage"), "compressed data is damaged"),
        (chunk(b"tEXt", b"x\0" + bytes(png.MAX_TEXT)), "bytes"),
        (chunk(b"tEXt", b"no separator"), "no keyword"),
        (chunk(b"tEXt", b"\0no keyword"), "no keyword"),
        (chunk(b"iTXt", b"x\0\0"), "cut short"),
        (chunk(b"iTXt", b"x\0\0\0en"), "cut short"),
        (chunk(b"tEXt", b"x\0text", length=2**31), "cut short"),
        (struct.pack(">I", 3) + b"tEXtx\0y\0\0\0\0", "wrong checksum"),
    ],
)
def test_hostile_texts_become_warnings(hostile: bytes, says: str) -> None:
    texts = read(png.text("good", "text"), hostile)
    assert texts.fields["good"] == "text"
    assert any(says in warning for warning in texts.warnings)


def test_a_flood_of_texts_ends() -> None:
    began = time.perf_counter()
    assert "more text" in read(*[chunk(b"tEXt", b"%d\0" % i + bytes(2**20)) for i in range(40)]).warnings[-1]
    assert "more parts" in read(*[chunk(b"teST", b"")] * (png.MAX_CHUNKS + 1)).warnings[-1]
    assert time.perf_counter() - began < 10


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for content in (data, png.SIGNATURE + data, PLAIN[:33] + data):
        png.read(io.BytesIO(content))
        png.without_texts(content)


def test_what_is_no_png_says_so() -> None:
    assert png.read(io.BytesIO(b"GIF89a")).warnings == ("This is no PNG file.",)
    assert png.without_texts(b"GIF89a") == b"GIF89a"
