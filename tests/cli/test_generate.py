"""`safelight generate`: files, defaults, and errors before any work."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.geometry import Size
from studio.domain.recipe import Recipe, Sampling, SourceImage
from studio.imaging import metadata
from studio.imaging.pixels import decode
from studio.session.paths import HOME_VARIABLE, Paths
from tests.cli import fake_engine
from tests.cli.conftest import Call


def files(folder: Path | None = None) -> list[str]:
    return sorted(path.name for path in (folder or Path()).iterdir())


def recipe_in(path: Path) -> Recipe:
    recipe = metadata.read(path).recipe
    assert recipe is not None
    return recipe


def blobs() -> list[Path]:
    return [path for path in Paths.of_user().blobs.rglob("*") if path.is_file()]


def test_a_picture_is_made_and_its_path_printed(call: Call) -> None:
    done = call("generate", "Sea at night", "--seed", 7, "--size", "64x128", "-o", "sea.png")
    assert (done.code, done.out) == (0, "sea.png\n")
    assert "64x128, seed 7" in done.err
    assert files() == ["sea.png"]
    assert (decode(Path("sea.png").read_bytes()) == fake_engine.gradient(64, 128, 7)).all()
    recipe = recipe_in(Path("sea.png"))
    assert (recipe.prompt, recipe.seed, recipe.model) == ("Sea at night", 7, "starter")
    assert recipe.model_hash == fake_engine.MODEL_HASH
    assert blobs() == []


def test_json_tells_all_and_nothing_else_is_printed(call: Call) -> None:
    done = call(
        "generate",
        "sea",
        "--json",
        "--seed",
        3,
        "--steps",
        5,
        "--guidance",
        2.5,
        "--sampler",
        "euler",
        "--device",
        "cpu",
    )
    assert (done.code, done.err) == (0, "")
    report = done.json
    assert report["files"] == [str(Path("sea-3.png").absolute())]
    assert (report["seed"], report["steps"], report["guidance"], report["sampler"]) == (3, 5, 2.5, "euler")
    assert (report["model"], report["model_hash"], report["device"]) == ("starter", fake_engine.MODEL_HASH, "cpu")
    assert (report["dtype"], report["versions"], report["peak_memory"]) == ("float32", {"paint": "1.0"}, 1000)
    assert report["seconds"]["denoise"] == 0.5
    assert report["seconds"]["total"] > 0
    assert recipe_in(Path("sea-3.png")).sampling == Sampling("euler", 5, 2.5)


def test_defaults_come_from_the_model_and_the_seed_is_new_each_time(call: Call) -> None:
    reports = [call("generate", "sea", "--json").json for _ in range(2)]
    assert reports[0]["size"] == "256x256"
    assert reports[0]["seed"] != reports[1]["seed"]
    assert len(files()) == 2


def test_without_a_name_a_taken_name_gets_a_number(call: Call) -> None:
    for _ in range(2):
        assert call("generate", "sea", "--seed", 1, "--size", 64).code == 0
    assert files() == ["sea-1-2.png", "sea-1.png"]


def test_a_batch_is_numbered(call: Call) -> None:
    done = call("generate", "sea", "-o", "new/sea.png", "--batch", 3, "--seed", 5, "--size", 64)
    assert done.out.splitlines() == [str(Path("new") / f"sea-{i}.png") for i in (1, 2, 3)]
    assert [recipe_in(Path("new") / name).seed for name in files(Path("new"))] == [5, 6, 7]


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_other_formats_by_suffix(call: Call, suffix: str) -> None:
    assert call("generate", "sea", "-o", f"sea.{suffix}", "--size", 64).code == 0
    assert recipe_in(Path(f"sea.{suffix}")).prompt == "sea"


def test_into_a_folder(call: Call) -> None:
    Path("pictures").mkdir()
    assert call("generate", "sea", "-o", "pictures", "--seed", 2, "--size", 64).code == 0
    assert files(Path("pictures")) == ["sea-2.png"]


def test_previews_are_saved_where_asked(call: Call) -> None:
    assert call("generate", "sea", "--preview-dir", "steps", "--steps", 3, "--size", 64).code == 0
    assert files(Path("steps")) == [f"preview-1-00{step}.png" for step in (1, 2, 3)]


def test_remarks_of_the_engine_reach_the_user(call: Call) -> None:
    assert "note: The prompt was cut." in call("generate", "remark", "--size", 64).err


@pytest.mark.parametrize(
    "prompt", ["שקיעה מעל הים", "🌊🌋", "a\u202eb\u0007c", "", "x" * 5000, "-- --json", "100 % 'quotes' \"two\""]
)
def test_any_prompt_is_kept_and_named_safely(call: Call, prompt: str) -> None:
    done = call("generate", "--size", 64, "--seed", 1, "--", prompt)
    assert done.code == 0
    (name,) = files()
    assert name.endswith("-1.png")
    assert recipe_in(Path(name)).prompt == prompt


def picture(mode: str, size: tuple[int, int] = (9, 5)) -> bytes:
    buffer = io.BytesIO()
    kind = "TIFF" if mode == "CMYK" else "PNG"
    image = Image.fromarray(np.full(size, 40_000, np.uint16)) if mode == "I;16" else Image.new(mode, size)
    image.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("data", [picture("CMYK"), picture("I;16"), picture("RGBA"), picture("RGB", (1, 1))])
def test_any_picture_can_be_the_start(call: Call, data: bytes) -> None:
    Path("start.png").write_bytes(data)
    done = call("generate", "sea", "--image", "start.png", "--strength", 0.3, "-o", "b.png", "--size", 64)
    assert done.code == 0
    assert recipe_in(Path("b.png")).source == SourceImage(str(Path("start.png").absolute()), 0.3)


REFUSED: list[tuple[list[object], int, str]] = [
    (["--size", "100x100"], 2, "steps of"),
    (["--size", "big"], 2, "“big” is not a size"),
    (["--size", "-64x64"], 2, "no area"),
    (["--size", "99999x64"], 2, "too large"),
    (["--guidance", "nan"], 2, "nan"),
    (["--guidance", "inf"], 2, "inf"),
    (["--steps", 10**6], 2, "1,000,000 steps"),
    (["--steps", 0], 2, "0 steps"),
    (["--steps", "many"], 2, "--steps"),
    (["--batch", 1000], 2, "1,000 pictures"),
    (["--seed", -1], 2, "-1"),
    (["--seed", "9" * 30], 2, "out of range"),
    (["--sampler", "magic"], 2, "magic"),
    (["--sampler", "lms-karras"], 2, "cannot be sampled"),
    (["--strength", 0.5], 2, "--image"),
    (["--negative", "x" * 100_001], 2, "100,001 characters"),
    (["--image", "missing.png"], 2, "no picture at"),
    (["--image", "."], 2, "is a folder"),
    (["--image", "corrupt.png"], 2, "damaged"),
    (["--image", "text.png"], 2, "no picture in a format"),
    (["--model", "nothing"], 3, "no model “nothing”"),
    (["--model", "text.png"], 3, "text.png"),
    (["-o", "taken.png"], 2, "taken.png exists"),
    (["-o", "taken.png/inside.png"], 5, "taken.png"),
    (["-o", "sea.gif"], 2, ".gif"),
    (["-o", "sea"], 2, "no suffix"),
    (["-o", "x" * 300 + ".png"], 5, "too long"),
    (["--batch", 2, "-o", "batch.png"], 2, "batch-2.png exists"),
    (["--preview-dir", "taken.png"], 5, "taken.png"),
    (["--unknown"], 2, "--unknown"),
]


@pytest.mark.parametrize(("options", "code", "says"), REFUSED, ids=lambda value: str(value)[:40])
def test_mistakes_are_named_before_any_work(call: Call, options: list[object], code: int, says: str) -> None:
    Path("taken.png").write_bytes(b"mine")
    Path("batch-2.png").write_bytes(b"mine")
    Path("text.png").write_text("hello")
    Path("corrupt.png").write_bytes(picture("RGB", (50, 50))[:-30])
    before = files()
    done = call("generate", "sea", *options, engine="no.such:engine")  # an engine that is started would fail otherwise
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("error: ")
    assert says in done.err
    assert "Traceback" not in done.err
    assert files() == before
    assert Path("taken.png").read_bytes() == b"mine"


def test_a_hundred_thousand_words_are_refused(call: Call) -> None:
    done = call("generate", "word " * 100_000)
    assert (done.code, "500,000 characters" in done.err) == (2, True)


def test_a_prompt_too_long_for_a_jpeg_is_refused_before_any_work(call: Call) -> None:
    done = call("generate", "x" * 60_000, "-o", "a.jpg", engine="no.such:engine")
    assert (done.code, "JPEG" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("prompt", "code", "kind", "says"),
    [
        ("crash", 6, "crash", "ended"),
        ("refuse", 3, "model", "The model is damaged."),
        ("exhaust", 4, "memory", "memory"),
    ],
)
def test_failures_of_the_engine(call: Call, prompt: str, code: int, kind: str, says: str) -> None:
    done = call("generate", prompt, "--json")
    assert done.code == code
    error = done.json["error"]
    assert error["kind"] == kind
    assert says in error["message"]
    assert error["hint"]
    assert done.err.startswith("error: ")
    assert files() == []
    assert blobs() == []


@pytest.mark.parametrize("engine", [f"{fake_engine.__name__}:unavailable", "no.such:engine"])
def test_an_engine_that_is_not_there(call: Call, engine: str) -> None:
    done = call("generate", "sea", "--json", engine=engine)
    assert (done.code, done.json["error"]["kind"]) == (7, "environment")
    assert files() == []


def test_mistakes_in_options_are_json_too(call: Call) -> None:
    done = call("generate", "sea", "--json", "--steps", "many")
    assert (done.code, done.json["error"]["kind"]) == (2, "input")


def test_a_model_can_be_given_by_path(call: Call, home: Path) -> None:
    done = call("generate", "sea", "--model", home / "data" / "models" / "starter", "--size", "64", "-o", "a.png")
    assert done.code == 0
    assert recipe_in(Path("a.png")).size == Size(64, 64)


def test_a_home_that_cannot_be_written_is_named_before_any_work(
    call: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("taken").write_bytes(b"mine")
    monkeypatch.setenv(HOME_VARIABLE, str(Path("taken").absolute()))
    done = call("generate", "sea", "--model", home / "data" / "models" / "starter", engine="no.such:engine")
    assert (done.code, done.out) == (5, "")
    assert HOME_VARIABLE in done.err
