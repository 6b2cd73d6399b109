"""The panel's commands: one table feeds its buttons, its menus and its keys."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from studio.ui.commands import Command, Commands

if TYPE_CHECKING:
    from studio.ui.timeline.panel import TimelinePanel

CLIP_MENU = (
    "open", "generate", "reroll", "repair", "", "split", "trim-start", "trim-end", "", "duplicate", "group", "ungroup",
    "enable", "", "delete", "ripple-delete",
)  # fmt: skip
PLACE_MENU = ("paste-canvas", "import", "generate-new", "", "add-video", "add-overlay", "add-audio")
RULER_MENU = (
    "marker", "", "mark-in", "mark-out", "zone-clear", "zone-clips", "", "ring", "rotate", "beats", "", "fit", "export",
)  # fmt: skip
KEY_MENU = ("key-delete",)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Timeline", text)


class Actions(Commands):
    """The commands as actions that work while the focus is in the panel: elsewhere the same keys mean other things."""

    def __init__(self, owner: QWidget, table: Iterable[Command]) -> None:
        super().__init__(owner, table)
        for action in self.actions.values():
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    @staticmethod
    def words(text: str) -> str:
        """A text of the tools' table in the user's language."""
        return _tr(text)

    def menu(self, parent: QWidget, names: Iterable[str]) -> QMenu:
        """A context menu of these."""
        return self.fill(QMenu(parent), names)

    def checkable(self, name: str, checked: bool) -> QAction:
        """Make a command one that is on or off."""
        action = self[name]
        action.setCheckable(True)
        action.setChecked(checked)
        return action


def table(panel: "TimelinePanel") -> tuple[Command, ...]:
    """All commands of a panel."""
    return (*_playing(panel), *_moving(panel), *_tools(panel), *_editing(panel), *_marking(panel), *_looking(panel),
            *_adding(panel))  # fmt: skip


def _playing(panel: "TimelinePanel") -> tuple[Command, ...]:
    play = panel.playback.emit
    return (
        Command("play", _tr("&Play or pause"), lambda: play("toggle"), ("Space",), "play"),
        Command("reverse", _tr("Play &backwards"), lambda: play("reverse"), ("J",)),
        Command("stop", _tr("&Stop"), lambda: play("stop"), ("K",)),
        Command("forward", _tr("Play &forwards"), lambda: play("forward"), ("L",)),
    )


def _moving(panel: "TimelinePanel") -> tuple[Command, ...]:
    go = panel.going
    return (
        Command("back", _tr("One frame back"), lambda: go.step(-1), ("Left",)),
        Command("on", _tr("One frame on"), lambda: go.step(1), ("Right",)),
        Command("back-second", _tr("One second back"), lambda: go.seconds(-1), ("Shift+Left",)),
        Command("on-second", _tr("One second on"), lambda: go.seconds(1), ("Shift+Right",)),
        Command("start", _tr("To the start"), go.start, ("Home",)),
        Command("end", _tr("To the end"), go.end, ("End",)),
        Command("cut-before", _tr("To the cut before"), lambda: go.cut(-1), ("Up",)),
        Command("cut-after", _tr("To the cut after"), lambda: go.cut(1), ("Down",)),
        Command("go-in", _tr("Go to the in point"), lambda: go.point(first=True), ("Shift+I",)),
        Command("go-out", _tr("Go to the out point"), lambda: go.point(first=False), ("Shift+O",)),
        Command("key-before", _tr("To the key before"), lambda: go.key(-1), (",",)),
        Command("key-after", _tr("To the key after"), lambda: go.key(1), (".",)),
        Command("clip-before", _tr("Select the clip before"), lambda: go.clip(-1), ("Ctrl+Left",)),
        Command("clip-after", _tr("Select the clip after"), lambda: go.clip(1), ("Ctrl+Right",)),
        Command("clip-above", _tr("Select the clip above"), lambda: go.across(-1), ("Ctrl+Up",)),
        Command("clip-below", _tr("Select the clip below"), lambda: go.across(1), ("Ctrl+Down",)),
    )


def _tools(panel: "TimelinePanel") -> tuple[Command, ...]:
    from studio.ui.timeline.tools import TOOLS

    tools = tuple(
        Command(f"tool-{tool.id}", _tr(tool.title), lambda tool=tool: panel.take_up(tool.id), (tool.key,), tool.sign)  # type: ignore[misc]
        for tool in TOOLS
    )
    return (*tools, Command("snap", _tr("S&nap to cuts, keys, markers and beats"), panel.toggle_snap, ("S",), "magnet"))


def _editing(panel: "TimelinePanel") -> tuple[Command, ...]:
    edits = panel.edits
    return (
        Command("split", _tr("Sp&lit at the playhead"), edits.split, ("Ctrl+K",), "square-split-horizontal"),
        Command("trim-start", _tr("Trim the &start to the playhead"), edits.trim_start, ("Q",)),
        Command("trim-end", _tr("Trim the &end to the playhead"), edits.trim_end, ("W",)),
        Command("delete", _tr("&Delete"), panel.delete, ("Del", "Backspace"), "trash-2"),
        Command("ripple-delete", _tr("Delete and close the &gap"), edits.ripple_delete, ("Shift+Del",)),
        Command("duplicate", _tr("D&uplicate"), edits.duplicate, ("Ctrl+D",), "copy-plus"),
        Command("group", _tr("&Group"), edits.group, ("Ctrl+G",), "group"),
        Command("ungroup", _tr("U&ngroup"), edits.ungroup, ("Ctrl+Shift+G",), "ungroup"),
        Command("enable", _tr("Switch on or o&ff"), edits.toggle_enabled, ("Shift+E",), "eye"),
        Command("select-all", _tr("Select &all"), panel.select_all, ("Ctrl+A",)),
        Command("select-none", _tr("Select &nothing"), panel.select_none),
        Command("nudge-left", _tr("Move one frame to the left"), lambda: panel.nudge(-1, 0), ("Alt+Left",)),
        Command("nudge-right", _tr("Move one frame to the right"), lambda: panel.nudge(1, 0), ("Alt+Right",)),
        Command("nudge-up", _tr("The key higher"), lambda: panel.nudge(0, 1), ("Alt+Up",)),
        Command("nudge-down", _tr("The key lower"), lambda: panel.nudge(0, -1), ("Alt+Down",)),
        Command("key-add", _tr("Add a &key at the playhead"), panel.add_key, ("Shift+K",), "diamond-plus"),
        Command("key-delete", _tr("Delete the key"), panel.delete_keys, (), "trash-2"),
    )


def _marking(panel: "TimelinePanel") -> tuple[Command, ...]:
    edits = panel.edits
    return (
        Command("mark-in", _tr("Set the &in point"), lambda: edits.mark(first=True), ("I",)),
        Command("mark-out", _tr("Set the &out point"), lambda: edits.mark(first=False), ("O",)),
        Command("zone-clips", _tr("&Loop the selected clips"), edits.zone_of_clips, ("Ctrl+L",), "repeat"),
        Command("zone-clear", _tr("&Clear in and out point"), edits.clear_zone, ("Ctrl+Shift+L",)),
        Command("marker", _tr("Set or remove a &marker"), edits.toggle_marker, ("M",), "flag"),
        Command("ring", _tr("&Ring: the end is the beginning"), edits.toggle_ring, ("Shift+R",), "refresh-cw"),
        Command("beats", _tr("&Beats…"), panel.open_beats, ("Ctrl+B",), "beats"),
        Command("rotate", _tr("Loop begins &here"), edits.rotate, ("Ctrl+Shift+R",), "rotate-cw"),
    )


def _looking(panel: "TimelinePanel") -> tuple[Command, ...]:
    return (
        Command("zoom-in", _tr("Zoom &in"), lambda: panel.zoom(1.5), ("=", "+"), "zoom-in"),
        Command("zoom-out", _tr("Zoom &out"), lambda: panel.zoom(1 / 1.5), ("-",), "zoom-out"),
        Command("fit", _tr("Show &everything"), panel.axis.fit, ("\\",), "maximize"),
    )


def _adding(panel: "TimelinePanel") -> tuple[Command, ...]:
    edits = panel.edits
    return (
        Command("generate-new", _tr("&Generate a loop…"), lambda: panel.generate_wanted.emit(""), (), "sparkles"),
        Command("import", _tr("&Import…"), panel.import_wanted.emit, (), "folder-open"),
        Command("paste-canvas", _tr("The &canvas as a clip"), edits.add_canvas, (), "brush"),
        Command("add-video", _tr("New &video track"), lambda: edits.add_track("video"), (), "film"),
        Command("add-overlay", _tr("New &overlay track"), lambda: edits.add_track("overlay"), (), "layers"),
        Command("add-audio", _tr("New &audio track"), lambda: edits.add_track("audio"), (), "audio-lines"),
        Command("export", _tr("E&xport…"), panel.export_wanted.emit, (), "download"),
        Command("open", _tr("&Settings of the clip…"), panel.open_active, ("Return", "Enter"), "sliders-horizontal"),
        Command("generate", _tr("&Generate a take"), panel.generate_active, (), "sparkles"),
        Command("reroll", _tr("&Re-roll the zone within the clip"), panel.reroll_active, (), "dices"),
        Command("repair", _tr("Re&pair the frame at the playhead"), panel.repair_active, (), "wand-sparkles"),
    )
