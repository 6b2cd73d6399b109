"""Settings survive a restart, and no file keeps the program from starting."""

from pathlib import Path

import pytest

from studio.domain.recipe import Recipe, SourceImage
from studio.session.settings import Settings, SettingsFile


def test_changes_survive_a_restart(tmp_path: Path) -> None:
    draft = Recipe(prompt="the sea, “quoted” — שלום 🌊", source=SourceImage("/a.png", 0.5))
    SettingsFile(tmp_path / "settings.json").change(draft=draft, seed_locked=True)
    again = SettingsFile(tmp_path / "settings.json").value
    assert again.draft == draft
    assert again.seed_locked


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"draft": 3}', b'{"unknown": 1}', b"[" * 100_000]
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    assert SettingsFile(path).value == Settings()
    assert (tmp_path / "settings.damaged.json").read_bytes() == content


def test_an_unwritable_folder_costs_the_saving_only(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    settings = SettingsFile(tmp_path / "config" / "settings.json")
    settings.change(seed_locked=True)
    assert settings.value.seed_locked


def test_half_a_character_costs_nothing_else(tmp_path: Path) -> None:
    SettingsFile(tmp_path / "settings.json").change(draft=Recipe(prompt="a\ud800b"), seed_locked=True)
    again = SettingsFile(tmp_path / "settings.json").value
    assert again.draft == Recipe(prompt="a?b")
    assert again.seed_locked
