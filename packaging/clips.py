"""The loops in the documentation, made by the program's own commands: `python packaging/clips.py --home FOLDER`.

Each is written into `docs/loops/` with a row of its frames in the contact sheet, `sheet.jpg`, and the traffic light of
`safelight measure` is printed. `--only circle,prompts,flow,video` makes some of them anew; what another begins
with must be there.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from PIL import Image, ImageDraw, ImageFont  # noqa: E402  # the project must be on the path first

from studio.imaging.video.notes import clip_text  # noqa: E402
from studio.imaging.video.reading import VideoReader  # noqa: E402
from studio.imaging.video.writing import write_clip  # noqa: E402

FOLDER, RATE = "docs/loops", Fraction(12)
SIDE, SHOWN, MARGIN, TITLE = 160, 8, 4, 20  # pixels of a frame on the sheet, frames in a row, gaps, the row's words
GROUND, INK = (24, 22, 22), (220, 214, 210)


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop: what it shows, and the arguments of `safelight loop` for it. FILE in them is a path in the folder."""

    title: str
    arguments: tuple[str, ...]


STILL = ("generate", "clouds over a meadow with flowers", "--seed", "3")  # what flows, above the land
LAND = 120 / 256  # where it begins, a share of the still's height
LOOPS = {
    "circle": Loop("sunset over the sea", ("sunset over the sea", "--seed", "2")),
    "prompts": Loop(  # a part of the way takes the longer the more changes on it
        "mountains at dawn, by day, at sunset, at night",
        (
            *("mountains at dawn", "--prompt-at", "0.14", "mountains under a blue sky"),
            *("--prompt-at", "0.42", "mountains at sunset", "--prompt-at", "0.64", "mountains at night"),
            *("--frames", "36", "--seed", "7"),
        ),
    ),
    "flow": Loop(
        "a picture whose clouds flow along three arrows",
        (
            *("clouds over a meadow", "--method", "flow", "--image", "FILE/still.png", "--freeze", "FILE/freeze.png"),
            *("--arrow", "0.15,0.15,0.07,0", "--arrow", "0.7,0.1,0.07,0", "--arrow", "0.55,0.3,0.07,0"),
        ),
    ),
    "video": Loop(
        "the same, drawn anew: a desert under clouds at sunset",
        (
            *("a desert under clouds at sunset", "--method", "video", "--video", "FILE/flow.webp"),
            *("--strength", "0.6", "--seed", "6"),
        ),
    ),
}


def safelight(home: Path, *arguments: str) -> str:
    """What a command prints on standard output. A command that fails ends this program with its words."""
    environ = {**os.environ, "SAFELIGHT_HOME": str(home), "PYTHONPATH": str(PROJECT), "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-m", "studio", *arguments]
    done = subprocess.run(command, env=environ, cwd=home, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"safelight {' '.join(arguments)} ended with {done.returncode}.")
    return done.stdout


def draw_still(folder: Path, home: Path) -> None:
    """What flows, and white where it stands still."""
    still = folder / "still.png"
    if not still.exists():
        safelight(home, *STILL, "-o", str(still))
    with Image.open(still) as picture:
        freeze = Image.new("L", picture.size, 0)
    freeze.paste(255, (0, round(LAND * freeze.height), freeze.width, freeze.height))
    freeze.save(folder / "freeze.png")


def make(name: str, folder: Path, home: Path) -> str:
    """One loop's file anew; what is to be said of it."""
    path = folder / f"{name}.webp"
    with tempfile.TemporaryDirectory(dir=home) as aside:
        if name == "flow":
            draw_still(folder, home)
        exact, new = Path(aside) / f"{name}.png", Path(aside) / path.name
        arguments = [argument.replace("FILE", str(folder)) for argument in LOOPS[name].arguments]
        safelight(home, "loop", *arguments, "-o", str(exact))
        with VideoReader(exact) as reader:
            recipe = clip_text(exact).replace(str(folder), FOLDER)  # not where it lies on this machine
            write_clip(new, reader.frames(), reader.info.size, RATE, "webp", metadata=recipe)
        report = json.loads(safelight(home, "measure", str(new), "--json"))
        new.replace(path)
    return f"{path}: {report['light']}: {'; '.join(report['reasons'])}"


def sheet(names: Sequence[str], folder: Path) -> Path:
    """A row of frames for each of these loops, evenly from its course."""
    row = TITLE + SIDE + MARGIN
    page = Image.new("RGB", (MARGIN + SHOWN * (SIDE + MARGIN), len(names) * row + MARGIN), GROUND)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    for number, name in enumerate(names):
        top = number * row
        draw.text((MARGIN, top + 3), LOOPS[name].title, INK, font)
        with VideoReader(folder / f"{name}.webp") as reader:
            for column in range(SHOWN):
                frame = Image.fromarray(reader.frame(column * len(reader) // SHOWN)[:, :, :3])
                small = frame.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
                page.paste(small, (MARGIN + column * (SIDE + MARGIN), top + TITLE))
    path = folder / "sheet.jpg"
    page.save(path, quality=88)
    return path


def main() -> int:
    """Make the loops."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder of this session's data, made if need be")
    parser.add_argument("--out", type=Path, default=PROJECT / FOLDER, help="where the loops go")
    parser.add_argument("--only", default=",".join(LOOPS), help=f"some of {', '.join(LOOPS)}")
    options = parser.parse_args()
    wanted = options.only.split(",")
    if unknown := set(wanted) - set(LOOPS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    home, folder = options.home.resolve(), options.out.resolve()
    for path in (home, folder):
        path.mkdir(parents=True, exist_ok=True)
    for name in (name for name in LOOPS if name in wanted):
        print(make(name, folder, home), flush=True)
    print(sheet([name for name in LOOPS if (folder / f"{name}.webp").exists()], folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
