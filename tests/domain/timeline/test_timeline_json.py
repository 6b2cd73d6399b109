"""Timelines as parts that are named by their content."""

import dataclasses
import hashlib
import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.document import Document
from studio.domain.document.document_json import Decoder, Encoder, maps_of, takes_in, timeline_of
from studio.domain.document.layers import PaintLayer
from studio.domain.timeline import requests as ask
from studio.domain.timeline.model import Generated, Take, Timeline
from studio.domain.timeline.timeline_json import runs_of, tracks_of
from tests.domain.document.documents import documents
from tests.domain.timeline.timelines import BEGUN, carried_out, edits, many, timelines
from tests.examples import few


@settings(max_examples=few(30))
@given(documents, timelines, edits)
def test_versions_with_timelines_come_back(document: Document, timeline: Timeline, found: list[Any]) -> None:
    encoder, parts = Encoder(), dict[str, bytes]()
    versions = [document]
    for edit in [*found, (0, 0, 0, 0)]:
        timeline = carried_out(timeline, edit)
        versions.append(dataclasses.replace(document, timeline=timeline))
    for version in (*versions, *reversed(versions)):
        encoded = encoder.encode(version)
        assert all(hashlib.sha256(data).hexdigest() == digest for digest, data in encoded.parts.items())
        parts |= encoded.parts
        assert Decoder(parts.__getitem__).decode(encoded.digest) == version


@settings(max_examples=few(25))
@given(timelines)
def test_what_a_timeline_names_is_found_without_reading_it(timeline: Timeline) -> None:
    encoded = Encoder().encode(Document(timeline=timeline))
    named, takes = {encoded.digest}, set()
    if (root := timeline_of(encoded.parts[encoded.digest])) is not None:
        tracks = tracks_of(encoded.parts[root])
        runs = [run for track in tracks for run in runs_of(encoded.parts[track])]
        named |= {root, *tracks, *runs}
        takes = {take for run in runs for take in takes_in(encoded.parts[run])}
    assert named == {*encoded.parts}
    generated = [c.media for t in timeline.tracks for c in t.clips if isinstance(c.media, Generated)]
    assert takes == {take.id for media in generated for take in media.takes}


def test_a_document_without_a_timeline_is_what_it_was() -> None:
    encoded = Encoder().encode(Document())
    assert len(encoded.parts) == 1 and b"timeline" not in encoded.parts[encoded.digest]
    assert timeline_of(encoded.parts[encoded.digest]) is None


def test_parts_of_other_kinds_name_no_takes() -> None:
    encoded = Encoder().encode(Document(timeline=ask.request_add_take(BEGUN, "c0", Take("t1", 24))))
    named = {digest: takes_in(data) for digest, data in encoded.parts.items()}
    assert sorted(named.values()) == [[], [], [], [], [], ["t1"]]
    assert [takes_in(data) for data in (b"", b"\xff" * 33, b"3", b"[3]", b"[" * 10**5, b'[{"media":{"takes":7}}]')] == [
        []
    ] * 6


def test_a_stroke_leaves_the_timeline_and_an_edit_the_other_clips() -> None:
    encoder = Encoder()
    document = Document(timeline=many(2000))
    everything = encoder.encode(document).parts
    assert sum(map(len, everything.values())) > 500_000
    stroke = encoder.encode(dataclasses.replace(document, layers=(PaintLayer(name="stroke"),)))
    assert len(stroke.parts) == 2 and sum(map(len, stroke.parts.values())) < 1000
    edited = dataclasses.replace(document, timeline=ask.request_trim_end(document.timeline, "2-250", -1))
    parts = encoder.encode(edited).parts
    assert len(parts) == 4  # a run, a track, the timeline, the document
    assert sum(map(len, parts.values())) < 40_000
    decoder = Decoder({**everything, **stroke.parts, **parts}.__getitem__)
    before, after = (decoder.decode(Encoder().encode(each).digest).timeline for each in (document, edited))
    assert sum(a is b for a, b in zip(before.tracks, after.tracks, strict=True)) == 3
    same = [a is b for a, b in zip(before.tracks[2].clips, after.tracks[2].clips, strict=True)]
    assert same.count(False) <= 64  # the clips of a run are read again


Path = tuple[str | int, ...]


def _hostile(part: str, path: Path, value: object) -> tuple[dict[str, bytes], str]:
    """The parts of a sound document of which one value in one part is another; and the document's digest."""
    timeline = ask.request_add_take(BEGUN, "c0", Take("t1", 24))
    timeline = ask.request_set_key(timeline, "c0", "opacity", Fraction(1), 0.5)
    timeline = ask.request_set_key(timeline, "c0", "opacity", Fraction(2), 0.5)
    timeline = ask.request_add_marker(ask.request_zone(timeline, 0, 9), 3)
    document = Encoder().encode(Document(timeline=timeline))
    parts = dict(document.parts)
    root = str(timeline_of(parts[document.digest]))
    track = tracks_of(parts[root])[0]
    run = runs_of(parts[track])[0]
    data = {each: json.loads(parts[digest]) for each, digest in (
        ("run", run), ("track", track), ("timeline", root), ("document", document.digest))}  # fmt: skip
    place = data[part]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value

    def put(value: Any) -> str:
        text = json.dumps(value).encode()
        parts[digest := hashlib.sha256(text).hexdigest()] = text
        return digest

    if part == "run":
        data["track"]["clips"][0] = put(data["run"])
    if part in ("run", "track"):
        data["timeline"]["tracks"][0] = put(data["track"])
    if part != "document":
        data["document"]["timeline"] = put(data["timeline"])
    return parts, put(data["document"])


HOSTILE: list[tuple[str, Path, object]] = [
    ("run", (0, "length"), 0),
    ("run", (0, "length"), 25),  # overlaps
    ("run", (0, "length"), 10**12),
    ("run", (0, "start"), -1),
    ("run", (1, "start"), 60),  # unsorted
    ("run", (0, "start"), 0.5),
    ("run", (1, "id"), "c0"),
    ("run", (0, "id"), ""),
    ("run", (0, "speed"), "0"),
    ("run", (0, "speed"), "1/0"),
    ("run", (0, "offset"), "9" * 10**5),
    ("run", (0, "offset"), float("nan")),
    ("run", (0, "media"), None),
    ("run", (0, "media", "kind"), "spell"),
    ("run", (0, "media", "rate"), "-3"),
    ("run", (0, "media", "frames"), 0),
    ("run", (0, "media", "size", "width"), 0),
    ("run", (0, "media", "unknown"), 1),
    ("run", (0, "media", "task"), {"kind": "recipe", "value": {}}),
    ("run", (0, "media", "task"), {"kind": ["recipe"]}),
    ("run", (0, "media", "active"), "t2"),
    ("run", (0, "media", "takes"), [{"id": "t1", "frames": 1}] * 2),
    ("run", (0, "media", "takes"), 3),
    ("run", (0, "media", "takes"), [{"id": "t1", "frames": 0}]),
    ("run", (0, "media", "takes", 0, "made"), float("inf")),
    ("run", (0, "lanes", 0, "parameter"), "tempo"),
    ("run", (0, "lanes", 0, "keys", 0, "value"), float("nan")),
    ("run", (0, "lanes", 0, "keys", 0, "at"), "3"),  # unsorted
    ("run", (0, "lanes", 0, "keys", 0, "ease"), {"x1": 2}),
    ("run", (0, "words"), [{"at": "2"}, {"at": "1"}]),
    ("run", (0,), "clip"),
    ("track", ("opacity",), 1e999),
    ("track", ("opacity",), 1.5),
    ("track", ("kind",), "audio"),
    ("track", ("clips",), ["0" * 64]),
    ("track", ("clips",), [3]),
    ("track", ("clips",), {}),
    ("timeline", ("rate",), "0"),
    ("timeline", ("rate",), "1e9"),
    ("timeline", ("ring",), -1),
    ("timeline", ("ring",), 40),
    ("timeline", ("zone",), {"start": 5, "end": 5}),
    ("timeline", ("markers",), [{"at": 5}, {"at": 5}]),
    ("timeline", ("tracks",), "none"),
    ("timeline", ("length",), 7),
    ("document", ("timeline",), {"rate": "12"}),
    ("document", ("timeline",), "0" * 64),
]


@pytest.mark.parametrize(("part", "path", "value"), HOSTILE, ids=[f"{h[0]}-{h[1]}-{h[2]}"[:60] for h in HOSTILE])
def test_a_hostile_timeline_is_refused(part: str, path: Path, value: object) -> None:
    parts, digest = _hostile(part, path, value)

    def read(name: str) -> bytes:
        if name not in parts:
            raise ValueError("it is missing")
        return parts[name]

    with pytest.raises(ValueError):
        Decoder(read).decode(digest)


def test_two_tracks_cannot_share_their_clips() -> None:
    parts, _ = _hostile("track", ("name",), "V")
    sound, digest = _hostile("timeline", ("markers",), [])
    assert Decoder(sound.__getitem__).decode(digest).timeline.tracks[0].clips
    track = tracks_of(sound[str(timeline_of(sound[digest]))])[0]
    parts, digest = _hostile("timeline", ("tracks",), [track, track])
    with pytest.raises(ValueError, match="one id"):
        Decoder({**sound, **parts}.__getitem__).decode(digest)


def test_a_timeline_names_no_tile_maps() -> None:
    encoded = Encoder().encode(Document(timeline=BEGUN))
    assert maps_of(encoded.parts[encoded.digest]) == []


@settings(max_examples=few(20))
@given(st.binary(max_size=40))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    for read in (tracks_of, runs_of):
        with pytest.raises(ValueError):
            read(data)
