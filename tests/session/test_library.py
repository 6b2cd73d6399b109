"""Finding models: what is usable, what is not and why."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.catalog import Family, Library, ModelInfo
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.recipe import Recipe, validate
from studio.domain.sequence import FrameSequence, Method
from studio.resources import resources
from studio.session.library import find, find_module, require_motion, require_pictures, scan
from tests.domain.test_model_files import module_folder


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


def test_motion_modules_are_an_own_kind_of_entry(tmp_path: Path) -> None:
    module_folder(tmp_path / "mm-v3", motion_max_seq_length=32)
    (tmp_path / "mm-bad").mkdir()
    (tmp_path / "mm-bad" / "config.json").write_text(json.dumps({"_class_name": "MotionAdapter"}))
    library = scan((tmp_path,))
    assert [(module.name, module.frames, module.bytes > 0) for module in library.modules] == [("mm-v3", 32, True)]
    assert library.modules_for(Family.SD1) == library.modules
    assert not library.models
    assert [bad.name for bad in library.unusable] == ["mm-bad"]
    sd1 = ModelInfo("photo", "", Family.SD1, 0)
    assert find_module(library, "mm-v3", sd1).path == str(tmp_path / "mm-v3")
    assert find_module(Library(), str(tmp_path / "mm-v3"), sd1).name == "mm-v3"
    for name, model in (("mm-v3", ModelInfo("xl", "", Family.SDXL, 0)), ("mm-v9", sd1), ("mm-bad", sd1)):
        with pytest.raises(StudioError) as caught:
            find_module(library, name, model)
        assert caught.value.problem.field == "module"
        assert caught.value.problem.hint


def test_what_moves_a_clip_is_checked_before_it_is_queued(tmp_path: Path) -> None:
    module_folder(tmp_path / "mm-v3")
    library = scan((tmp_path,))
    sd1, wan = ModelInfo("photo", "", Family.SD1, 0), ModelInfo("wan", "", Family.WAN, 0)
    motion = FrameSequence(Recipe(), method=Method.MOTION)
    require_motion(library, motion, wan)
    require_motion(library, replace(motion, module="mm-v3"), sd1)
    require_motion(library, FrameSequence(Recipe()), sd1)
    wrong = ((motion, sd1, "module"), (replace(motion, module="mm-v9"), sd1, "module"))
    for sequence, model, field in (*wrong, (FrameSequence(Recipe()), wan, "method")):
        with pytest.raises(StudioError) as caught:
            require_motion(library, sequence, model)
        assert caught.value.problem.field == field
    with pytest.raises(StudioError) as caught:
        require_pictures(wan)
    assert caught.value.problem.field == "model"
    require_pictures(sd1)


def test_models_for_video_name_the_samplers_they_take() -> None:
    assert [sampler.id for sampler in ModelInfo("ltx", "", Family.LTX, 0).samplers()] == ["euler"]
    assert {"unipc", "dpmpp-2m", "euler"} <= {sampler.id for sampler in ModelInfo("wan", "", Family.WAN, 0).samplers()}
    for family in (Family.WAN, Family.LTX):
        model = ModelInfo("clips", "", family, 0)
        assert model.default_sampling.sampler in {sampler.id for sampler in model.samplers()}
        assert not validate(Recipe(size=model.default_size), model.traits.size_multiple)
