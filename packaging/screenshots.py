"""The pictures in the documentation, taken from the program itself: `python packaging/screenshots.py --home FOLDER`.

Opens the window on a home of its own, works in it as a user does, with the real engine, and grabs the window into
`docs/`. `--only generate,paint,animate,lab,train` takes some of them; training lasts longest. Without a screen, set
QT_QPA_PLATFORM=offscreen.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from PySide6.QtCore import Qt, QTimer  # noqa: E402  # the project must be on the path first
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from studio.domain.document.document import Document  # noqa: E402
from studio.domain.document.edits import with_selection  # noqa: E402
from studio.domain.easing import PRESETS as EASES  # noqa: E402
from studio.domain.inpainting import INTENTS, Intent  # noqa: E402
from studio.domain.timeline.model import Clip, Timeline  # noqa: E402
from studio.domain.timeline.requests import request_set_key, request_set_words  # noqa: E402
from studio.domain.training import PRESETS  # noqa: E402
from studio.engine.train.world.compose import BACKGROUNDS, Placement, gradient, paste  # noqa: E402
from studio.engine.train.world.objects import shipped_pack  # noqa: E402
from studio.imaging.selections import Combination, combined, ellipse  # noqa: E402
from studio.session.loras import LORAS  # noqa: E402
from studio.session.paths import Paths  # noqa: E402
from studio.session.studio import Studio  # noqa: E402
from studio.session.workers import worker_factory  # noqa: E402
from studio.ui.animate.export_dialog import ExportDialog  # noqa: E402
from studio.ui.animate.page import AnimatePage  # noqa: E402
from studio.ui.application import create_application  # noqa: E402
from studio.ui.bridge import Bridge  # noqa: E402
from studio.ui.lab.page import LabPage  # noqa: E402
from studio.ui.paint.page import PaintPage  # noqa: E402
from studio.ui.train.page import TrainPage  # noqa: E402
from studio.ui.window import MainWindow  # noqa: E402

PATIENCE = 3600.0  # seconds for one wait
SIZE = (1440, 900)
SEA, BOAT = "sunset over the sea", "a sailboat on the sea at sunset"
STROKES = (  # birds, as shares of the canvas's sides
    ((0.14, 0.24), (0.17, 0.20), (0.195, 0.235), (0.22, 0.20), (0.25, 0.24)),
    ((0.27, 0.15), (0.29, 0.12), (0.31, 0.145), (0.33, 0.12), (0.35, 0.15)),
    ((0.10, 0.37), (0.12, 0.34), (0.14, 0.365), (0.16, 0.34), (0.18, 0.37)),
)
EVENING, MORNING = SEA, "sunrise over the sea"  # between which a loop goes to and fro
MOTION, COMMON = 0.5, 0.5  # how much changes in that loop, and how many of its steps are the same for all frames
LEARNT, STEPS, EVERY = "teapot", 120, 24  # what a LoRA is taught, in how many steps, with samples after so many


class Photographer:
    """Drives the window as a user does, and photographs it."""

    def __init__(self, application: QApplication, window: MainWindow, studio: Studio, folder: Path) -> None:
        self._application, self._window, self._studio, self._folder = application, window, studio, folder

    def generate(self) -> None:
        """Some pictures through the queue: one that forms, and all of them when they are done."""
        panel, model = self._window.panel, self._window.panel.model.model
        prompts = model.examples if model and model.examples else (SEA,)
        for number, prompt in enumerate(reversed(prompts[:6])):
            panel.prompt.show_text(prompt)
            panel.seed.set_value(1000 + number, locked=True)
            self._window.generate()
        self.until(lambda: self._denoised() >= 0.4)
        self._shoot("generating")
        self.until(lambda: not self._studio.queue.open_jobs and self._window.stage.entry is not None)
        self._shoot("done")

    def steps(self) -> None:
        """The way of a picture, at one of its steps, and a branch that leaves it there."""
        window = self._window
        window.workspaces.show_page("generate")
        self._make("a red lighthouse", 7)
        window.commands["show-steps"].trigger()
        bar = window.area.steps
        self.until(lambda: bar.film.maximum() > 6)
        bar.film.setValue(4)
        bar.branch_button.click()
        self._shoot("steps")
        window.commands["show-steps"].trigger()

    def paint(self) -> None:
        """A generated picture that is painted on, and a thing added in a selection: on trial, over the canvas."""
        window, panel = self._window, self._window.panel
        window.workspaces.show_page("generate")
        panel.upscale.set_value(2)
        self._make(SEA, 1000)
        panel.upscale.set_value(1)
        entry, model = window.stage.entry, panel.model.model
        assert entry is not None
        assert model is not None
        window.workspaces.show_page("paint")
        page = window.workspaces.page("paint")
        assert isinstance(page, PaintPage)
        page.open_path(entry.path)
        self.until(lambda: page.editor.desk.document.size.width == 2 * model.default_size.width)
        self._wait(1.0)  # the new editor is laid out
        window.commands["layer-new"].trigger()
        self._draw(page)
        self._select(page, 0.15, 0.35, 0.85, 0.98)
        page.editor.desk.set_options(inpaint=INTENTS[Intent.FILL])
        panel.prompt.show_text(BOAT)
        panel.seed.set_value(7, locked=True)
        panel.foot.batch.setValue(2)
        window.generate()
        self.until(lambda: len(page.editor.staging.candidates) == 2 and not self._studio.queue.open_jobs)
        page.editor.staging.step(1)  # to the first one
        page.editor.surface.setFocus()
        self._shoot("paint")
        panel.foot.batch.setValue(1)

    def animate(self) -> None:
        """The workspace before its first clip; a loop with its prompts, keys and measures; how it is exported."""
        self._window.workspaces.show_page("animate")
        page = self._window.workspaces.page("animate")
        assert isinstance(page, AnimatePage)
        self._wait(1.0)  # the new page is laid out
        self._shoot("animate-empty")
        editor = page.editor
        panel = editor.inspector.generate
        panel.draft = dataclasses.replace(panel.draft, motion=MOTION, common=COMMON)
        panel.follow()
        panel.use_example(EVENING)
        panel.form.seed.set_value(2, locked=True)
        self._make_take(page)
        clip = self._clip(page)

        def written(timeline: Timeline) -> Timeline:
            timeline = request_set_words(timeline, clip.id, Fraction(0), EVENING)
            timeline = request_set_words(timeline, clip.id, Fraction(clip.length, 2), MORNING)
            for at, value in ((0, 1.0), (clip.length // 2, 1.6)):
                timeline = request_set_key(timeline, clip.id, "scale", Fraction(at), value, EASES["ease-in-out"])
            return timeline

        assert editor.desk.request("Prompts", written)
        self._make_take(page)
        track = editor.desk.timeline.track_of(clip.id)
        assert track is not None
        for lane in ("words", "measures", "scale"):
            editor.panel.lanes.show(track.id, lane)
        self.until(lambda: editor.measuring.of(self._clip(page)) is not None)
        for act in ("stop", "toggle", "stop"):  # what it left out before is forgotten
            editor.player.act(act)
            self._wait(0.4)
        editor.desk.set_playhead(clip.length // 3)
        editor.inspector.measures_tab.click()
        self._shoot("animate")
        page.ask_export()
        dialog = page.findChild(ExportDialog)
        assert dialog is not None
        dialog.path.setText("~/sea.webm")
        self._shoot("export", dialog)
        dialog.close()

    def lab(self) -> None:
        """A picture of the model half way into noise, and the way back."""
        self._window.workspaces.show_page("lab")
        page = self._window.workspaces.page("lab")
        assert isinstance(page, LabPage)
        studies = self._studio.studies
        self.until(lambda: studies.under_way)
        self.until(lambda: not studies.under_way)
        self._shoot("lab")

    def train(self) -> None:
        """A LoRA that learns a thing from a dozen pictures, in the midst of it."""
        folder = self._studio.paths.pictures / LEARNT
        draw_examples(folder)
        self._window.workspaces.show_page("train")
        page = self._window.workspaces.page("train")
        assert isinstance(page, TrainPage)
        page.open_folder(folder)
        self.until(lambda: len(page.found.examples) == len(BACKGROUNDS))
        output = self._studio.paths.models / LORAS / f"{LEARNT}.safetensors"
        page.form.show_training(
            dataclasses.replace(
                PRESETS["subject"],
                trigger=f"zwx {LEARNT}",
                output=str(output),
                steps=STEPS,
                sample_every=EVERY,
                sample_prompts=(f"a zwx {LEARNT} on a green background", f"a zwx {LEARNT} in a snow field at noon"),
            )
        )
        page.start()
        self.until(lambda: page.run_pane.step > 2 * EVERY)
        self._shoot("train")
        page.runner.cancel()
        self.until(lambda: not self._studio.queue.open_jobs)

    # ------------------------------------------------------------------------------------------ what a hand does

    def _make(self, prompt: str, seed: int) -> None:
        """One picture in the workspace Generate."""
        panel, known = self._window.panel, self._window.history.rowCount()
        panel.prompt.show_text(prompt)
        panel.seed.set_value(seed, locked=True)
        self._window.generate()
        self.until(lambda: self._window.history.rowCount() > known and not self._studio.queue.open_jobs)
        self.until(lambda: self._window.stage.entry is not None)

    def _make_take(self, page: AnimatePage) -> None:
        """All frames of the chosen clip, or of a new loop."""
        self._window.generate()
        self.until(lambda: bool(self._studio.queue.open_jobs))
        self.until(lambda: not self._studio.queue.open_jobs)

    def _clip(self, page: AnimatePage) -> Clip:
        (clip,) = (clip for track in page.editor.desk.timeline.tracks for clip in track.clips)
        return clip

    def _draw(self, page: PaintPage) -> None:
        """Strokes of the brush, with the mouse."""
        surface, size = page.editor.surface, page.editor.desk.document.size
        page.editor.take_up("brush")
        page.editor.change_brush(size=5.0)
        for stroke in STROKES:
            points = [surface.view.to_screen(x * size.width, y * size.height).toPoint() for x, y in stroke]
            QTest.mousePress(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[0])
            for point in points[1:]:
                QTest.mouseMove(surface, point)
                self._wait(0.02)
            QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[-1])
        self.until(lambda: not page.editor.desk.is_busy)

    def _select(self, page: PaintPage, left: float, top: float, right: float, bottom: float) -> None:
        """An ellipse, in shares of the canvas's sides."""
        store, size = page.editor.desk.store, page.editor.desk.document.size

        def change(document: Document) -> Document:
            corners = (left * size.width, top * size.height, right * size.width, bottom * size.height)
            area = ellipse(*corners, document.rect)
            return with_selection(document, combined(store, None, area.values, area.rect, Combination.REPLACE))

        page.editor.desk.edit("Select an ellipse", change)

    # ------------------------------------------------------------------------------------------ waiting and grabbing

    def _denoised(self) -> float:
        jobs = self._studio.queue.open_jobs[:1]
        return jobs[0].step / jobs[0].total if jobs and jobs[0].total and self._window.area.view.image else 0.0

    def until(self, done: Callable[[], bool]) -> None:
        """Let the window live until something is true."""
        end = time.monotonic() + PATIENCE
        while not done():
            self._wait(0.02)
            if time.monotonic() > end:
                raise SystemExit(f"Nothing happened for {PATIENCE:.0f} seconds.")

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._application.processEvents()
            time.sleep(0.005)

    def _shoot(self, name: str, part: QWidget | None = None) -> None:
        self._wait(0.6)  # what fades has faded, what is read in the background is there
        path = self._folder / f"{name}.png"
        (part or self._window).grab().save(str(path))
        print(path, flush=True)


SCENES: dict[str, Callable[[Photographer], None]] = {
    "generate": Photographer.generate,
    "steps": Photographer.steps,
    "paint": Photographer.paint,
    "animate": Photographer.animate,
    "lab": Photographer.lab,
    "train": Photographer.train,
}


def draw_examples(folder: Path) -> None:
    """The same thing on grounds of many colours, each with a caption that tells the colour alone."""
    folder.mkdir(parents=True, exist_ok=True)
    pack = shipped_pack()
    thing = next(item for item in pack.objects if item.noun == LEARNT)
    for number, (name, colour) in enumerate(BACKGROUNDS.items()):
        picture = gradient(colour, colour, 256)
        paste(picture, pack, Placement(thing, 0.5, 0.5, 0.6 + 0.03 * (number % 6)))
        picture.save(folder / f"{number:02}.png")
        article = "an" if name[0] in "aeiou" else "a"
        (folder / f"{number:02}.txt").write_text(f"on {article} {name} background", "utf-8")


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder of this session's data, made if need be")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs", help="where the pictures go")
    parser.add_argument("--only", default=",".join(SCENES), help=f"some of {', '.join(SCENES)}")
    options = parser.parse_args()
    if unknown := set(options.only.split(",")) - set(SCENES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    options.out.mkdir(parents=True, exist_ok=True)
    application = create_application(["safelight"])
    bridge = Bridge()
    paths = Paths(options.home / "data", options.home / "config", options.home / "pictures")
    studio = Studio(paths, worker_factory(), bridge.post, journal=paths.queue)
    window = MainWindow(studio, bridge)
    window.resize(*SIZE)
    window.closed.connect(application.quit)
    if window.panel.model.model is None:
        raise SystemExit("There is no model to make pictures with.")
    window.show()
    photographer = Photographer(application, window, studio, options.out)
    photographer.until(lambda: studio.engine is not None)
    window.crashes.remove()  # mistakes of this script belong on the terminal
    for name, take in SCENES.items():
        if name in options.only.split(","):
            take(photographer)
    QTimer.singleShot(0, window.close)
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
