"""The commands of the workspace Animate that have a place in the window's menus."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from studio.ui.commands import Command

if TYPE_CHECKING:
    from studio.ui.animate.page import AnimatePage

CLIPS = ("clip-import", "clip-export")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Commands", text)


def clip_commands(page: Callable[[], "AnimatePage"]) -> tuple[Command, ...]:
    """Both lead to the workspace; `page` makes its page where it is not there yet."""
    return (
        Command("clip-import", _tr("&Import media…"), lambda: page().ask_import(), ("Ctrl+I",), "film"),
        Command("clip-export", _tr("Export cli&p…"), lambda: page().ask_export(), ("Ctrl+Alt+E",), "clapperboard"),
    )
