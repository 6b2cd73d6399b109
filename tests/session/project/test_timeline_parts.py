"""Timelines in a project file: what of them stays, and what is swept."""

import dataclasses
import sqlite3
from pathlib import Path

from studio.domain.document.document import Document
from studio.domain.document.document_json import Encoder
from studio.domain.timeline import requests as ask
from studio.domain.timeline.model import Take, Timeline
from studio.session.canvas import CanvasSession
from studio.session.project.ledger import Ledger
from tests.domain.timeline.timelines import BEGUN, many


def _parts(path: Path) -> set[bytes]:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    with connection:
        found = {digest for (digest,) in connection.execute("SELECT digest FROM parts")}
    connection.close()
    return found


def _document(timeline: Timeline) -> Document:
    return Document(timeline=timeline)


def test_a_ledger_counts_what_timelines_name() -> None:
    encoder, parts, sizes = Encoder(), dict[bytes, bytes](), dict[bytes, int]()
    with_take = ask.request_add_take(BEGUN, "c0", Take("t1", 24))
    versions = [BEGUN, with_take, ask.request_move_clips(with_take, ["c3"], 5)]
    digests = []
    for timeline in versions:
        encoded = encoder.encode(_document(timeline))
        parts |= {bytes.fromhex(digest): data for digest, data in encoded.parts.items()}
        digests.append(bytes.fromhex(encoded.digest))
    ledger = Ledger(parts.__getitem__, sizes)
    for version, digest in enumerate(digests):
        assert not ledger.set(version, digest).parts
    assert all(map(ledger.holds_part, parts)) and ledger.holds_take("t1")
    assert ledger.named_by(digests).parts == {*parts}
    assert ledger.named_by(digests[:1]).takes == set() and ledger.named_by(digests[1:]).takes == {"t1"}
    gone = ledger.set(1, None)
    assert gone.takes == set() and digests[1] in gone.parts
    assert not {part for part in parts if not ledger.holds_part(part)} ^ gone.parts
    assert ledger.set(2, None).takes == {"t1"} and not ledger.holds_take("t1")
    assert ledger.named_by(digests[:1]).parts == {part for part in parts if ledger.holds_part(part)}
    assert ledger.set(0, None).parts and not any(map(ledger.holds_part, parts))


def test_a_timeline_comes_back_with_its_project_and_what_no_step_names_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "clips.safelight"
    session = CanvasSession.create(path, _document(many(200)))
    begun = session.document
    for _ in range(7):
        timeline = ask.request_trim_end(session.document.timeline, "1-7", -1)
        session.commit("Trim", dataclasses.replace(session.document, timeline=timeline), merge="drag")
    last = session.document
    session.close()
    assert _parts(path) >= _expected(begun, last)

    again = CanvasSession.open(path)
    assert again.document == last and again.document.timeline.length == begun.timeline.length
    again.compact().result(60)  # nor is it lost when the file is made small
    assert _parts(path) == _expected(begun, last), "the steps of the drag are gone"
    assert again.undo() is not None and again.document == begun
    again.close()


def _expected(*documents: Document) -> set[bytes]:
    return {bytes.fromhex(digest) for document in documents for digest in Encoder().encode(document).parts}
