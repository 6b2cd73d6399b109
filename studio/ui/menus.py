"""The table of the window's commands, and the menus made of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from studio.session.gallery import Entry
from studio.ui.animate.commands import CLIPS, clip_commands
from studio.ui.commands import Command
from studio.ui.paint.commands import FILE, VIEW, paint_commands, paint_menus
from studio.ui.paint.keys import LIVE, LIVE_KEY
from studio.ui.panels import fast_mode

if TYPE_CHECKING:
    from studio.ui.window import MainWindow

# the buttons under the canvas
PICTURE = ("use-settings", "use-source", "show-steps", "copy", "save-as", "show-in-folder")
PICTURE_MENU = (
    "use-settings",
    "use-prompt",
    "use-seed",
    "use-source",
    "upscale",
    "",
    "show-steps",
    "reproduce",
    "",
    "copy",
    "save-as",
    "show-in-folder",
)
ZOOM = ("fit", "full-size", "zoom-in", "zoom-out")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Commands", text)


def command_table(window: "MainWindow") -> tuple[Command, ...]:
    """Everything the window can do."""
    return (
        *_jobs(window),
        *_pictures(window),
        *_view(window),
        *paint_commands(window.paint.page),
        *clip_commands(window.animate.page),
    )


def menus(window: "MainWindow") -> dict[str, tuple[str, ...]]:
    """The menu bar: titles and the commands below them."""
    return {
        window.tr("&File"): (*FILE, "", *CLIPS, "", "start-from", "", "save-as", "pictures-folder", "", "quit"),
        **paint_menus(),
        window.tr("&Generate"): (
            "generate",
            "cancel",
            "cancel-all",
            "",
            LIVE,
            "",
            "roll-seed",
            "model-defaults",
            "fast",
        ),
        window.tr("&Picture"): PICTURE_MENU,
        window.tr("&View"): ("", *VIEW, *ZOOM, "", "newer", "older", "", "full-screen"),
    }


def _jobs(window: "MainWindow") -> tuple[Command, ...]:
    queue = window.studio.queue
    return (
        Command("generate", _tr("&Generate"), window.generate, ("Ctrl+Return", "Ctrl+Enter"), "sparkles"),
        Command("cancel", _tr("&Cancel"), window.cancel, ("Esc", "Ctrl+."), "circle-stop"),
        Command("cancel-all", _tr("Cancel &all jobs"), queue.cancel_all, ("Ctrl+Shift+.",), "list-x"),
        Command("roll-seed", _tr("&New seed"), window.panel.seed.roll, ("Ctrl+R",), "dices"),
        Command(
            "model-defaults", _tr("The model's own &settings"), window.panel.use_defaults, (), "sliders-horizontal"
        ),
        Command("fast", _tr("&Fast on or off"), window.panel.fast.toggle, (fast_mode.KEY,), "zap"),
        Command(LIVE, _tr("&Live painting"), window.paint.paint_live, (LIVE_KEY,), "radio"),
        Command("start-from", _tr("&Start from a picture…"), window.panel.source.pick, ("Ctrl+O",), "image-plus"),
        Command("quit", _tr("&Quit"), window.close, ("Ctrl+Q",)),
    )


def _pictures(window: "MainWindow") -> tuple[Command, ...]:
    requests, actions = window.requests, window.actions_

    def shown(run: Callable[[Entry], None]) -> Callable[[], None]:
        def act() -> None:
            if (entry := window.stage.entry) is not None:
                run(entry)

        return act

    return (
        Command(
            "use-settings",
            _tr("Use these &settings"),
            shown(requests.use_settings),
            ("Ctrl+Shift+A",),
            "sliders-horizontal",
        ),
        Command("use-prompt", _tr("Use its &prompt"), shown(requests.use_prompt), (), "text-cursor-input"),
        Command("use-seed", _tr("Use its s&eed"), shown(requests.use_seed), (), "dices"),
        Command(
            "use-source",
            _tr("S&tart from this picture"),
            shown(lambda entry: window.panel.source.start_from(str(entry.path))),
            ("Ctrl+Shift+O",),
            "image-up",
        ),
        Command("upscale", _tr("&Upscale ×4"), shown(requests.upscale)),
        Command("reproduce", _tr("Rep&roduce and compare"), shown(window.aftercare.reproduce)),
        Command("show-steps", _tr("S&how its steps"), window.aftercare.steps.toggle, ("Ctrl+H",), "film"),
        Command("copy", _tr("&Copy picture"), shown(actions.copy), ("Ctrl+Shift+C",), "copy"),
        Command("save-as", _tr("Save picture &as…"), shown(actions.save_as), ("Ctrl+Shift+S",), "save"),
        Command(
            "show-in-folder",
            _tr("Show in &folder"),
            shown(lambda entry: actions.show_in_folder(entry.path)),
            (),
            "folder-open",
        ),
        Command(
            "pictures-folder",
            _tr("Open the &pictures folder"),
            lambda: actions.show_in_folder(window.studio.paths.pictures),
            (),
            "folder",
        ),
    )


def _view(window: "MainWindow") -> tuple[Command, ...]:
    strip, paint = window.strip, window.paint
    return (
        Command("fit", _tr("&Fit to window"), lambda: paint.looking.fit(), ("Ctrl+0",), "maximize"),
        Command("full-size", _tr("&100 %"), lambda: paint.looking.zoom_to(1.0), ("Ctrl+1",), "scan"),
        Command("zoom-in", _tr("Zoom &in"), lambda: paint.looking.zoom_by(1), ("Ctrl++", "Ctrl+="), "zoom-in"),
        Command("zoom-out", _tr("Zoom &out"), lambda: paint.looking.zoom_by(-1), ("Ctrl+-",), "zoom-out"),
        Command("newer", _tr("&Newer picture"), lambda: strip.step(-1), ("Ctrl+PgUp",)),
        Command("older", _tr("Ol&der picture"), lambda: strip.step(1), ("Ctrl+PgDown",)),
        Command(
            "full-screen",
            _tr("F&ull screen"),
            lambda: window.showNormal() if window.isFullScreen() else window.showFullScreen(),
            ("F11",),
        ),
    )
