"""Files that are damaged or meant to do harm: each is refused in words, in little time and memory."""

import io
import json
import logging
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.domain.document.adjustments import Curves, Levels
from studio.domain.document.document import Document, Guide
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, PaintLayer
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.exchange import read, write
from studio.imaging.exchange.png_rows import chunk
from studio.imaging.png import SIGNATURE
from studio.imaging.tiles import MemoryBlobs, TileStore
from tests.imaging.exchange.documents import STORE, masked, painted

KINDS = ("ora", "psd", "png", "tiff", "jpg", "webp")
STACK = '<?xml version="1.0"?><image w="8" h="8"><stack><layer src="data/a.png"/></stack></image>'


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # psd-tools and tifffile tell of each fault they meet
    yield
    logging.disable(logging.NOTSET)


def sound(folder: Path, kind: str) -> bytes:
    """A small file of a kind with something of everything in it."""
    inner = GroupLayer(children=(PaintLayer(tiles=painted(3, Rect(1, 1, 8, 8)), clipped=True),))
    layers = (
        PaintLayer(name="a", tiles=painted(1, Rect(0, 0, 9, 9)), mask=masked(2, Rect(0, 0, 5, 5))),
        *((inner, AdjustmentLayer(adjustment=Curves()), AdjustmentLayer(adjustment=Levels())) if kind == "psd" else ()),
    )
    write(folder / f"sound.{kind}", Document(Size(12, 10), layers, guides=(Guide(1.0, True),)), STORE)
    return (folder / f"sound.{kind}").read_bytes()


def is_read_or_refused(path: Path, data: bytes) -> bool:
    path.write_bytes(data)
    try:
        read(path, TileStore(MemoryBlobs()))
    except StudioError as error:
        assert error.problem.kind in (ErrorKind.INPUT, ErrorKind.MEMORY)
        assert error.problem.hint
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.timeout(300)
def test_every_cut(tmp_path: Path, kind: str) -> None:
    whole = sound(tmp_path, kind)
    assert is_read_or_refused(tmp_path / "a", whole)
    step = max(1, len(whole) // 60)
    taken = [is_read_or_refused(tmp_path / "a", whole[:length]) for length in range(0, len(whole), step)]
    # A flat picture may miss its last bytes; a document with half of its layers would be a loss.
    assert sum(taken) <= (0 if kind == "ora" else len(taken) // 2)


def flipped(folder: Path, kind: str, count: int, seed: int) -> None:
    whole, random = sound(folder, kind), np.random.default_rng(seed)
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(random.integers(1, 4)):
            data[random.integers(len(data))] ^= 1 << random.integers(8)
        is_read_or_refused(folder / "a", bytes(data))


# 2,000 in all; many more of each with `-m slow`.
@pytest.mark.parametrize(("kind", "count"), [("ora", 700), ("psd", 300), ("png", 600), ("tiff", 400)])
@pytest.mark.timeout(600)
def test_flipped_bits(tmp_path: Path, kind: str, count: int) -> None:
    flipped(tmp_path, kind, count, seed=5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.timeout(3600)
def test_many_flipped_bits(tmp_path: Path, kind: str) -> None:
    flipped(tmp_path, kind, 10_000, seed=6)


def archive(*members: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as out:
        out.writestr("mimetype", "image/openraster")
        for name, content in members:
            out.writestr(name, content)
    return file.getvalue()


def stack(text: str) -> bytes:
    return archive(("stack.xml", text.encode()), ("data/a.png", png(4, 4)))


def png(width: int, height: int, data: bytes | None = None, *more: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = bytes((3 * width + 1) * height) if data is None else data
    body = chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")
    return SIGNATURE + chunk(b"IHDR", header) + b"".join(more) + body


def doctype(declarations: str, use: str = "&e;") -> bytes:
    return stack(f'<!DOCTYPE image [{declarations}]><image w="8" h="8"><stack name="{use}"/></image>')


def psd(width: int, height: int, layers: bytes = b"", channels: int = 3, mode: int = 3) -> bytes:
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, height, width, 8, mode) + struct.pack(">II", 0, 0)
    section = struct.pack(">I", len(layers)) + layers if layers else b""
    return head + struct.pack(">I", len(section)) + section + struct.pack(">H", 1)


def psd_layer(rect: tuple[int, int, int, int], data: bytes, compression: int) -> bytes:
    channels = b"".join(struct.pack(">hI", number, len(data) + 2) for number in (-1, 0, 1, 2))
    extra = struct.pack(">II", 0, 0) + b"\0\0\0\0"
    record = struct.pack(">4iH", *rect, 4) + channels + b"8BIMnorm\xff\0\0\0" + struct.pack(">I", len(extra)) + extra
    return struct.pack(">h", 1) + record + (struct.pack(">H", compression) + data) * 4


def tiff(data: bytes, **tags: int) -> bytes:
    usual = {256: 16, 257: 16, 258: 8, 259: 1, 262: 1, 273: 200, 277: 1, 278: 16, 279: len(data)}
    usual |= {int(name[1:]): value for name, value in tags.items()}
    entries = sorted(usual.items())
    table = b"".join(struct.pack("<HHII", name, 4, 1, value) for name, value in entries)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + struct.pack("<I", 0)
    return head.ljust(200, b"\0") + data


LAUGHS = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))

HOSTILE: dict[str, Callable[[], bytes]] = {
    "entities.ora": lambda: doctype(f'<!ENTITY e0 "ha">{LAUGHS}<!ENTITY e "&e9;">'),
    "external-entity.ora": lambda: doctype('<!ENTITY e SYSTEM "file:///etc/hostname">'),
    "parameter-entity.ora": lambda: doctype('<!ENTITY % p SYSTEM "http://localhost/x.dtd"> %p;', "x"),
    "document-type.ora": lambda: stack('<!DOCTYPE image SYSTEM "file:///dev/zero"><image w="8" h="8"><stack/></image>'),
    "long-stack.ora": lambda: stack(STACK + " " * 2**25),
    "deep.ora": lambda: stack('<image w="8" h="8">' + "<stack>" * 5000 + "</stack>" * 5000 + "</image>"),
    "deep-but-parsed.ora": lambda: stack('<image w="8" h="8">' + "<stack>" * 90 + "</stack>" * 90 + "</image>"),
    "many-layers.ora": lambda: stack('<image w="8" h="8"><stack>' + "<layer/>" * 200_000 + "</stack></image>"),
    "absurd-canvas.ora": lambda: stack('<image w="1000000000" h="8"><stack/></image>'),
    "negative-canvas.ora": lambda: stack('<image w="-8" h="8"><stack/></image>'),
    "no-number.ora": lambda: stack('<image w="nan" h="8"><stack/></image>'),
    "far-layer.ora": lambda: stack(STACK.replace('a.png"', 'a.png" x="2000000000"')),
    "infinite-layer.ora": lambda: stack(STACK.replace('a.png"', 'a.png" x="inf"')),
    "infinite-opacity.ora": lambda: stack(STACK.replace('a.png"', 'a.png" opacity="1e999"')),
    "no-stack.ora": lambda: stack('<image w="8" h="8"/>'),
    "empty-stack.ora": lambda: archive(("stack.xml", b"")),
    "no-xml.ora": lambda: stack("\0\1\2"),
    "no-document.ora": lambda: archive(("a.txt", b"hello")),
    "our-lies.ora": lambda: stack(
        '<image w="8" h="8"><stack><layer src="data/a.png" safelight:matrix="1" safelight:size="8 8"/></stack></image>'
    ),
    "our-adjustment.ora": lambda: stack(
        '<image w="8" h="8"><stack><layer src="data/a.png" safelight:adjustment="{}"/></stack></image>'
    ),
    "our-recursion.ora": lambda: stack(
        '<image w="8" h="8"><stack><layer safelight:adjustment="' + "[" * 100_000 + '"/></stack></image>'
    ),
    "our-mask.ora": lambda: stack(
        '<image w="8" h="8"><stack><layer safelight:mask="stack.xml" safelight:mask-outside="0"/></stack></image>'
    ),
    "absurd-picture.ora": lambda: archive(
        ("stack.xml", STACK.encode()), ("data/a.png", png(2**31 - 1, 2**31 - 1, b""))
    ),
    "large-empty-picture.ora": lambda: archive(("stack.xml", STACK.encode()), ("data/a.png", png(30_000, 30_000, b""))),
    "no-picture.ora": lambda: archive(("stack.xml", STACK.encode()), ("data/a.png", b"x" * 2**20)),
    "packed-otherwise.ora": lambda: archive(("stack.xml", STACK.encode()), how=zipfile.ZIP_LZMA),
    "many-members.ora": lambda: archive(*((str(n), b"") for n in range(40_000))),
    "lying-size.ora": lambda: _with_size(archive(("stack.xml", STACK.encode())), 2**31),
    "bad-offsets.ora": lambda: _with_offset(stack(STACK), 2**31),
    "absurd.png": lambda: png(2**31 - 1, 2**31 - 1, b""),
    "claims-much.png": lambda: png(16_384, 16_384, bytes(1000)),
    "no-width.png": lambda: png(0, 8, b""),
    "cut-short.png": lambda: png(64, 64, bytes(100)),
    "bad-filter.png": lambda: png(4, 4, b"\x09" * 52),
    "no-palette.png": lambda: SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 3, 0, 0, 0)),
    "absurd.psd": lambda: psd(300_000, 300_000),
    "no-size.psd": lambda: psd(0, 8),
    "multichannel.psd": lambda: psd(8, 8, mode=7),
    "no-pixels.psd": lambda: psd(16_384, 16_384),
    "huge-layer.psd": lambda: psd(8, 8, psd_layer((0, 0, 30_000, 30_000), b"\0" * 64, 1)),
    "absurd-layer.psd": lambda: psd(8, 8, psd_layer((-(2**31), -(2**31), 2**31 - 1, 2**31 - 1), b"\0" * 64, 1)),
    "bomb-layer.psd": lambda: psd(8, 8, psd_layer((0, 0, 30_000, 30_000), zlib.compress(bytes(2**27)), 2)),
    "many-layers.psd": lambda: psd(8, 8, struct.pack(">h", -32_768)),
    "long-section.psd": lambda: psd(8, 8)[:30] + struct.pack(">I", 2**32 - 1) + bytes(100),
    "absurd.tiff": lambda: tiff(bytes(256), t256=2**32 - 1, t257=2**32 - 1),
    "huge-strip.tiff": lambda: tiff(bytes(256), t256=16_384, t257=16_384, t278=16_384),
    "bad-offset.tiff": lambda: tiff(bytes(256), t273=2**32 - 16),
    "many-samples.tiff": lambda: tiff(bytes(256), t277=65_535),
    "cut-short.tiff": lambda: tiff(bytes(8)),
    "huge-tiles.tiff": lambda: tiff(bytes(256), t322=2**31, t323=2**31, t324=200, t325=256),
    "claims-much.webp": lambda: b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f" + bytes(9),
    "claims-much.gif": lambda: (
        b"GIF89a\xff\xff\xff\xff\xf7\0\0" + bytes(768) + b",\0\0\0\0\xff\xff\xff\xff\0\x08\1\0\0;"
    ),
    "claims-much.bmp": lambda: (
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0)
    ),
}


def _with_size(data: bytes, size: int) -> bytes:
    """The list of members claims another size for stack.xml."""
    at = data.rindex(b"PK\1\2")
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


def _with_offset(data: bytes, offset: int) -> bytes:
    """The list of members points elsewhere for its last member."""
    at = data.rindex(b"PK\1\2")
    return data[: at + 42] + struct.pack("<I", offset) + data[at + 46 :]


READ_ALL = """
import json, logging, resource, sys, time
from pathlib import Path
logging.disable(logging.CRITICAL)
from studio.domain.errors import StudioError
from studio.imaging.exchange import psd, read, tiff
from studio.imaging.tiles import MemoryBlobs, TileStore
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
found = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    before, start = peak(), time.process_time()
    try:
        read(path, TileStore(MemoryBlobs()))
        said = ["read", "", ""]
    except StudioError as error:
        said = [error.problem.kind, error.problem.message, error.problem.hint]
    found[path.name] = [*said, peak() - before, time.process_time() - start]
print(json.dumps(found))
"""


@pytest.mark.timeout(600)
def test_what_is_meant_to_harm_is_refused_within_limits(tmp_path: Path) -> None:
    """In a process of their own, where the memory that each file needs can be seen."""
    for name, content in HOSTILE.items():
        (tmp_path / name).write_bytes(content())
    command = [sys.executable, "-c", READ_ALL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found.keys() == HOSTILE.keys()
    wrong = {
        name: outcome
        for name, outcome in found.items()
        if outcome[0] not in ("input", "memory") or not outcome[1] or not outcome[2]
    }
    assert not wrong
    assert not {name: outcome for name, outcome in found.items() if outcome[3] > 400}, "too much memory"
    assert not {name: outcome for name, outcome in found.items() if outcome[4] > 5}, "too much time"


def test_surplus_is_ignored(tmp_path: Path) -> None:
    """What unpacks to more than the picture holds is not unpacked."""
    bombs = {
        "rows.png": png(8, 8, bytes(2**26)),
        "profile.png": png(8, 8, None, chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(2**26)))),
        "strip.tiff": tiff(zlib.compress(bytes(2**26)), t259=8),
        "layer.psd": psd(8, 8, psd_layer((0, 0, 8, 8), zlib.compress(bytes(2**26)), 2)),
    }
    for name, content in bombs.items():
        (tmp_path / name).write_bytes(content)
        try:
            assert read(tmp_path / name, STORE).document.size.width <= 16
        except StudioError as error:
            assert error.problem.kind is ErrorKind.INPUT


def test_the_content_decides_not_the_suffix(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(png(5, 4))
    assert read(tmp_path / "photo.jpg", STORE).document.size == Size(5, 4)
    (tmp_path / "a.ora").write_bytes(b"no picture at all")
    with pytest.raises(StudioError, match="no picture in a format"):
        read(tmp_path / "a.ora", STORE)
    with pytest.raises(StudioError, match="There is no picture"):
        read(tmp_path / "missing.psd", STORE)
    with pytest.raises(StudioError, match="is a folder"):
        read(tmp_path, STORE)
    with zipfile.ZipFile(tmp_path / "a.kra", "w") as file:
        file.writestr("mimetype", "application/x-krita")
    with pytest.raises(StudioError, match="not OpenRaster"):
        read(tmp_path / "a.kra", STORE)
