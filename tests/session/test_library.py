"""Finding models: what is usable, what is not and why."""

import json
import shutil
from pathlib import Path

import pytest

from studio.domain.catalog import Library
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.resources import resources
from studio.session.library import find, scan


def test_a_missing_folder_is_an_empty_library(tmp_path: Path) -> None:
    assert scan((tmp_path / "nowhere",)) == Library()


def test_an_unusable_model_is_listed_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "notes.txt").write_text("no model")
    library = scan((tmp_path,))
    assert [bad.name for bad in library.unusable] == ["broken"]
    assert "empty" in library.unusable[0].reason
    with pytest.raises(StudioError) as caught:
        find(library, "broken")
    assert "empty" in caught.value.problem.message


def test_an_unknown_name_lists_the_known_ones() -> None:
    library = scan((resources() / "models",))
    with pytest.raises(StudioError) as caught:
        find(library, "sdxl-turbo")
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert "starter" in caught.value.problem.hint


def test_a_missing_path_says_so() -> None:
    with pytest.raises(StudioError, match="There is no model at"):
        find(Library(), "/no/such/model")


def test_the_shipped_starter_describes_itself() -> None:
    starter = find(scan((resources() / "models",)), "starter")
    card = json.loads((resources() / "models" / "starter" / "safelight.json").read_text("utf-8"))
    assert starter.title == card["title"]
    assert starter.default_size == Size(256, 256)
    assert len(starter.examples) >= 4
    assert starter.licence == "Apache-2.0"
    assert starter.bytes <= 150e6


def test_no_name_breaks_the_search(tmp_path: Path) -> None:
    for name in ("x" * 5000, f"/{'x' * 5000}", "~no-such-user/model", "a\0b", "a\0/b"):
        with pytest.raises(StudioError):
            find(Library(), name)
    assert scan((tmp_path / ("x" * 300),)) == Library()


def test_a_card_that_recommends_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "starter"
    shutil.copytree(resources() / "models" / "starter", folder)
    card = json.loads((folder / "safelight.json").read_text("utf-8"))
    (folder / "safelight.json").write_text(json.dumps({**card, "sampling": {"sampler": "no-such-sampler"}}), "utf-8")
    (bad,) = scan((tmp_path,)).unusable
    assert "safelight.json is damaged" in bad.reason
    assert "no-such-sampler" in bad.reason


def test_what_helps_other_models_is_no_model(tmp_path: Path) -> None:
    for name, card in (("helper", '{"role": "upscaler"}'), ("broken", '{"title": "A model"}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "safelight.json").write_text(card)
    assert [bad.name for bad in scan((tmp_path,)).unusable] == ["broken"]
    assert scan((resources() / "models",)).unusable == ()
