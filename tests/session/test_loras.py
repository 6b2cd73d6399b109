"""Finding LoRAs: what fits a model, what is unusable and why, and what is new."""

import dataclasses
from pathlib import Path

import pytest

from studio.domain.catalog import Family, Library, ModelInfo
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.messages import ModelDone
from studio.domain.recipe import Lora, Recipe
from studio.resources import resources
from studio.session.library import scan
from studio.session.loras import find_lora
from studio.session.studio import Studio
from tests.domain.loras import KOHYA, write_lora
from tests.session.test_studio import studio as studio

STARTER = ModelInfo("starter", "/models/starter", Family.STARTER, 1)


def test_loras_are_found_beside_the_models_and_in_folders_inside(tmp_path: Path) -> None:
    write_lora(tmp_path / "loras" / "wash.safetensors", metadata={"modelspec.title": "A wash"})
    write_lora(tmp_path / "loras" / "people" / "ann.safetensors", 768)
    (tmp_path / "loras" / "notes.txt").write_text("no LoRA")
    library = scan((tmp_path, tmp_path / "nowhere"))
    assert [(lora.name, lora.family) for lora in library.loras] == [("wash", Family.STARTER), ("ann", Family.SD1)]
    assert library.loras_for(Family.SD1) == library.loras[1:]
    assert library.unusable == (), "the folder of LoRAs is no broken model"


def test_the_unusable_are_listed_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "loras"
    write_lora(folder / "flux.safetensors", 4096)
    (folder / "old.pt").write_bytes(b"PK\3\4" + bytes(100))
    write_lora(folder / "a" / "ink.safetensors")
    write_lora(folder / "b" / "ink.safetensors")
    library = scan((tmp_path,))
    reasons = {bad.name: f"{bad.reason} {bad.hint}" for bad in library.unusable}
    assert set(reasons) == {"flux", "old", "ink"}
    assert "another kind of model" in reasons["flux"]
    assert "pickle" in reasons["old"]
    assert f"Another LoRA has the name “ink”: {folder / 'a' / 'ink.safetensors'}" in reasons["ink"]
    assert [Path(lora.path).parent.name for lora in library.loras] == ["a"]


def problem_of(library: Library, name: str) -> str:
    with pytest.raises(StudioError) as caught:
        find_lora(library, name, STARTER)
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert caught.value.problem.field == "loras"
    return str(caught.value)


def test_a_wish_that_cannot_be_met_says_what_there_is(tmp_path: Path) -> None:
    write_lora(tmp_path / "loras" / "wash.safetensors")
    write_lora(tmp_path / "loras" / "ann.safetensors", 768)
    write_lora(tmp_path / "loras" / "flux.safetensors", 4096)
    library = scan((tmp_path,))
    assert "There is no LoRA “ink”. These fit starter: wash." in problem_of(library, "ink")
    assert "“ann” was made for Stable Diffusion 1" in problem_of(library, "ann")
    assert "These fit starter: wash" in problem_of(library, "ann")
    assert "another kind of model" in problem_of(library, "flux")
    assert "There is none for starter yet" in problem_of(Library(), "ink")
    assert f"There is no LoRA at {tmp_path / 'x'}" in problem_of(library, str(tmp_path / "x"))
    for odd in ("x" * 5000, "~no-such-user/a", "a\0b", "/a\0/b"):
        problem_of(library, odd)


def test_a_path_serves_as_well_as_a_name(tmp_path: Path) -> None:
    file = write_lora(tmp_path / "elsewhere" / "ink.safetensors", layer=KOHYA)
    assert find_lora(Library(), str(file), STARTER).path == str(file)


def test_what_is_shipped_can_be_used() -> None:
    library = scan((resources() / "models",))
    assert not [bad for bad in library.unusable if "loras" in Path(bad.path).parts]
    for lora in library.loras:
        assert lora.family is Family.STARTER and Path(lora.path).stat().st_mode & 0o044 == 0o044, "all may read it"
        assert lora.sampling is not None or not lora.name.endswith("-fast"), "else fast mode cannot find it"


def test_a_recipe_is_checked_with_its_loras_before_a_job_is_queued(studio: Studio) -> None:
    folder = studio.paths.models / "loras"
    recipe = dataclasses.replace(Recipe(prompt="sea"), loras=(Lora("wash", 0.5), Lora("ann")))
    write_lora(folder / "wash.safetensors")
    write_lora(folder / "ann.safetensors", 768)
    studio.refresh_library()
    with pytest.raises(StudioError, match="“ann” was made for"):
        studio.submit(recipe)
    assert studio.queue.jobs == ()
    write_lora(folder / "ann.safetensors", 384)
    studio.refresh_library()
    studio.submit(recipe)
    assert [lora.path for lora in studio.loras(recipe, studio.model("starter"))] == [
        str(folder / "wash.safetensors"),
        str(folder / "ann.safetensors"),
    ]


def test_a_rescan_tells_of_changes_and_only_of_those(studio: Studio) -> None:
    told: list[Library] = []
    studio.library_changed.connect(told.append)
    studio.refresh_library()
    assert told == []
    write_lora(studio.paths.models / "loras" / "wash.safetensors")
    studio.refresh_library()
    assert "wash" in [lora.name for lora in told[-1].loras]
    assert studio.library == told[-1]


def test_what_a_training_made_is_there_when_it_is_told(studio: Studio) -> None:
    file = write_lora(studio.paths.models / "loras" / "dog.safetensors")
    assert "dog" not in [lora.name for lora in studio.library.loras]
    studio.handle(ModelDone("job", str(file)))
    assert "dog" in [lora.name for lora in studio.library.loras]
