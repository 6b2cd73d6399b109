"""Paths as people write them never raise."""

from pathlib import Path

from studio.domain.user_paths import exists, expanded


def test_the_tilde_is_the_home_where_it_is_known() -> None:
    assert expanded(Path("~/a.png")) == Path.home() / "a.png"
    assert expanded(Path("~no-such-user/a.png")) == Path("~no-such-user/a.png")


def test_impossible_names_do_not_exist(tmp_path: Path) -> None:
    assert exists(tmp_path)
    assert not exists(tmp_path / ("x" * 5000))
    assert not exists(tmp_path / "a\0b")
