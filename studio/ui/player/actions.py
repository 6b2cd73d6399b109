"""The player's commands: one table feeds its keys, its buttons and its menus."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from studio.ui.commands import Command
from studio.ui.player.drawing import Guide

if TYPE_CHECKING:
    from studio.ui.player.pane import PlayerPane

PICTURE_MENU = ("fit", "actual", "", "onion", "guide-safe", "guide-thirds", "guide-centre", "", "loop")
GUIDE_MENU = ("guide-safe", "guide-thirds", "guide-centre")
GUIDES = {"guide-safe": Guide.SAFE_AREAS, "guide-thirds": Guide.THIRDS, "guide-centre": Guide.CENTRE}
CHECKABLE = ("onion", "loop", *GUIDES)
ONCE = ("toggle", "reverse", "stop", "forward")  # a key that is held down counts once


def _tr(text: str) -> str:
    return QCoreApplication.translate("Player", text)


def table(pane: "PlayerPane") -> tuple[Command, ...]:
    """All commands of a player."""
    return (*_playing(pane), *_moving(pane), *_looking(pane))


def _playing(pane: "PlayerPane") -> tuple[Command, ...]:
    playback = pane.playback
    return (
        Command("toggle", _tr("&Play or pause"), playback.toggle, ("Space",)),
        Command("reverse", _tr("Play &backwards"), lambda: playback.push(-1), ("J",)),
        Command("stop", _tr("&Stop"), pane.halt, ("K",)),
        Command("forward", _tr("Play &forwards"), lambda: playback.push(1), ("L",)),
        Command("loop", _tr("Play in a &loop"), lambda: playback.set_looped(not playback.looped), ()),
        Command("mute", _tr("Sound on or o&ff"), pane.toggle_mute, ()),
    )


def _moving(pane: "PlayerPane") -> tuple[Command, ...]:
    playback = pane.playback
    return (
        Command("back", _tr("One frame back"), lambda: playback.step(-1), ("Left",)),
        Command("on", _tr("One frame on"), lambda: playback.step(1), ("Right",)),
        Command("back-second", _tr("One second back"), lambda: playback.step_seconds(-1), ("Shift+Left",)),
        Command("on-second", _tr("One second on"), lambda: playback.step_seconds(1), ("Shift+Right",)),
        Command("start", _tr("To the first frame"), lambda: playback.go_to_end(last=False), ("Home",)),
        Command("end", _tr("To the last frame"), lambda: playback.go_to_end(last=True), ("End",)),
    )


def _looking(pane: "PlayerPane") -> tuple[Command, ...]:
    area = pane.area
    return (
        # The keys for these belong to the window, whose menu zooms what is looked at: `pane.area` is made for that.
        Command("fit", _tr("&Fit the picture"), area.fit, (), "maximize"),
        Command("actual", _tr("&Actual pixels"), lambda: area.zoom_to(1.0)),
        Command("onion", _tr("&Onion skin"), pane.toggle_onion, ("Alt+O",)),
        Command("guides", _tr("&Guides"), pane.show_guide_menu),
        Command("compare", _tr("&Compare takes"), pane.show_compare_menu),
        Command("guide-safe", _tr("&Safe areas"), lambda: pane.toggle_guide(Guide.SAFE_AREAS)),
        Command("guide-thirds", _tr("&Thirds"), lambda: pane.toggle_guide(Guide.THIRDS)),
        Command("guide-centre", _tr("&Centre"), lambda: pane.toggle_guide(Guide.CENTRE)),
    )
