"""The blob store."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.errors import ErrorKind, StudioError
from studio.imaging.blobs import BlobStore


def test_what_was_put_is_got(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = BlobStore(tmp_path_factory.mktemp("blobs") / "store")

    @given(st.binary())
    def check(data: bytes) -> None:
        assert store.get(store.put(data)) == data

    check()


def test_equal_content_is_stored_once(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    assert store.put(b"a") == store.put(b"a") != store.put(b"b")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2


def test_a_discarded_blob_leaves_no_trace(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    digest = store.put(b"a")
    store.discard(digest)
    store.discard(digest)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StudioError, match="is gone") as caught:
        store.get(digest)
    assert caught.value.problem.kind is ErrorKind.DISK


def test_damage_is_noticed(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    digest = store.put(b"pixels")
    store.path(digest).write_bytes(b"pixel")
    with pytest.raises(StudioError, match="damaged"):
        store.get(digest)


@pytest.mark.parametrize("digest", ["", "../../secret", "AB" * 32, "a" * 63, "a" * 65])
def test_a_digest_cannot_lead_out_of_the_store(tmp_path: Path, digest: str) -> None:
    with pytest.raises(ValueError, match="no digest"):
        BlobStore(tmp_path).path(digest)


def test_a_store_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StudioError, match="could not be stored") as caught:
        BlobStore(tmp_path / "file").put(b"a")
    assert caught.value.problem.kind is ErrorKind.DISK
