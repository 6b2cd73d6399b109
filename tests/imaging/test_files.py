"""Files appear whole or not at all, and never in place of another."""

import errno
import os
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from studio.domain.errors import ErrorKind, StudioError
from studio.imaging.files import require_writable, save_new, save_numbered, save_over

as_root = pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".new-*")]


def test_a_new_file_is_written_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.png"
    save_new(path, b"pixels")
    assert path.read_bytes() == b"pixels"
    assert leftovers(tmp_path) == []


def test_others_may_read_it_as_the_user_has_set(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        save_new(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_an_existing_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        save_new(path, b"new")
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        save_new(tmp_path / "a", b"new")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("links", [True, False], ids=["with hard links", "without hard links"])
def test_of_many_writers_exactly_one_wins(tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: _refuse(errno.EPERM))
    won: list[bytes] = []

    def write(data: bytes) -> None:
        try:
            save_new(tmp_path / "a", data)
        except FileExistsError:
            return
        won.append(data)

    threads = [threading.Thread(target=write, args=(bytes([i]) * 100_000,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(tmp_path / "a").read_bytes()] == won
    assert leftovers(tmp_path) == []


def _refuse(number: int) -> None:
    raise OSError(number, os.strerror(number))


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    paths = [save_numbered(tmp_path / "sea.png", bytes([i])) for i in range(3)]
    assert [path.name for path in paths] == ["sea.png", "sea-2.png", "sea-3.png"]
    assert [path.read_bytes() for path in paths] == [b"\0", b"\1", b"\2"]


def test_replacing_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    save_over(path, b"old")
    monkeypatch.setattr(os, "fsync", lambda _: _refuse(errno.EIO))
    with pytest.raises(OSError, match="Input/output"):
        save_over(path, b"new")
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing(
    tmp_path: Path, interruption: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise interruption

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(interruption):
        save_new(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    """The limit on file size ends a write in the middle, as a full disk does."""
    code = f"""
import resource
from pathlib import Path
from studio.domain.errors import StudioError
from studio.imaging.files import save_new
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save_new(Path({str(tmp_path)!r}) / "a.png", bytes(10_000_000))
except StudioError as error:
    print(error.problem.kind, error.problem.message)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("disk ")
    assert "a.png could not be written" in done.stdout
    assert list(tmp_path.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1000


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "file/inside.png"])
def test_an_impossible_path_is_a_clear_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StudioError) as caught:
        save_new(tmp_path / name, b"")
    assert caught.value.problem.kind is ErrorKind.DISK
    assert caught.value.problem.hint
    assert leftovers(tmp_path) == []


@as_root
def test_a_folder_without_permission_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StudioError, match="Permission denied"):
        save_new(tmp_path / "a", b"")
    with pytest.raises(StudioError, match="Permission denied"):
        require_writable(tmp_path)


def test_a_writable_folder_is_created_and_left_empty(tmp_path: Path) -> None:
    require_writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/inside"])
def test_a_file_is_no_folder_to_write_in(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(StudioError) as caught:
        require_writable(tmp_path / name)
    assert caught.value.problem.kind is ErrorKind.DISK
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_the_fallback_gives_up_its_reservation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda *_: _refuse(errno.EPERM))
    monkeypatch.setattr(Path, "replace", lambda *_: _refuse(errno.EIO))
    with pytest.raises(StudioError):
        save_new(tmp_path / "a", b"")
    assert list(tmp_path.iterdir()) == []
