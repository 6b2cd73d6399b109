"""The command line with the model that ships with the program."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.cli import main
from studio.imaging import metadata
from studio.imaging.pictures import load_picture
from studio.resources import resources
from studio.session.paths import HOME_VARIABLE

pytestmark = [
    pytest.mark.skipif(not (resources() / "models" / "starter").is_dir(), reason="the starter model is not here"),
    pytest.mark.timeout(300),
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def generate(prompt: str, name: str, *options: str) -> Path:
    assert main(["generate", prompt, "-o", name, "--seed", "5", "--steps", "6", "--device", "cpu", *options]) == 0
    return Path(name)


def test_a_recipe_gives_the_same_pixels_again() -> None:
    first, second = generate("sunset over the sea", "a.png"), generate("sunset over the sea", "b.png")
    assert (load_picture(first) == load_picture(second)).all()
    recipe = metadata.read(first).recipe
    assert recipe is not None
    assert recipe == metadata.read(second).recipe
    assert recipe.model_hash
    assert load_picture(first).std() > 10, "not one colour"


def test_a_picture_can_start_from_another() -> None:
    Image.new("CMYK", (300, 200), (0, 200, 0, 0)).save("start.jpg")
    path = generate("sunset over the sea", "b.png", "--image", "start.jpg", "--strength", "0.4")
    assert load_picture(path).shape == (256, 256, 3)


@pytest.mark.slow
def test_the_loop_of_the_demo_has_no_seam() -> None:
    assert main(["demo", "-o", "demo", "--device", "cpu"]) == 0
    with Image.open("demo/loop.webp") as image:
        frames = []
        for i in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(i)
            frames.append(np.asarray(image.convert("RGB")).astype(float))
    steps = [abs(frames[i] - frames[i - 1]).mean() for i in range(len(frames))]
    assert 0.5 < steps[0] / np.median(steps[1:]) < 1.6, "the step over the seam is like the others"
