"""The commands of the workspace Paint, for the window's one table. Nothing heavy is loaded before one is used."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from studio.ui.commands import Command
from studio.ui.paint.keys import TOOLS, title_of

if TYPE_CHECKING:
    from studio.ui.paint.editor import Editor
    from studio.ui.paint.page import PaintPage

Page = Callable[[], "PaintPage"]

FILE = (
    "canvas-new", "canvas-open", "canvas-save", "canvas-save-as", "canvas-export", "", "canvas-name", "canvas-versions",
    "canvas-compact",
)  # fmt: skip
ANYWHERE = ("canvas-new",)  # also from other workspaces
SHARED = (  # also in Animate, which works on the same project
    "canvas-open", "canvas-save", "canvas-save-as", "canvas-name", "canvas-versions", "canvas-compact", "paint-undo",
    "paint-redo",
)  # fmt: skip
WRITING = ("canvas-name", "canvas-compact")  # not for a project that can only be read, and the menu says why
EDIT = (
    "paint-undo", "paint-redo", "", "paint-cut", "paint-copy", "paint-copy-merged", "paint-paste", "", "paint-clear",
    "paint-remove", "paint-fill-front", "paint-fill-back", "", "paint-swap", "paint-default", "paint-smaller",
    "paint-larger", "paint-softer", "paint-harder",
)  # fmt: skip
SELECT = (
    "select-all", "select-none", "select-invert", "", "select-grow", "select-shrink", "select-feather", "",
    "quick-mask", "layer-select",
)  # fmt: skip
LAYER = (
    "layer-new", "layer-duplicate", "layer-delete", "", "layer-group", "layer-ungroup", "layer-merge", "",
    "layer-mask", "layer-mask-apply", "layer-mask-toggle", "layer-mask-delete", "", "layer-visible", "layer-lock",
    "layer-clip", "layer-up", "layer-down", "", "layer-apply",
)  # fmt: skip
IMAGE = (
    "image-crop", "image-size", "", "adjust-levels", "adjust-curves", "adjust-hue", "adjust-balance", "adjust-blur",
    "adjust-sharpen",
    "", "image-flatten",
)  # fmt: skip
VIEW = ("view-turn-left", "view-turn-right", "view-straighten", "view-mirror", "", "view-panels",
        "view-frame", "view-grid", "view-rulers", "view-guides", "view-no-guides", "")  # fmt: skip
LAYER_MENU = LAYER  # the context menu of the list of layers


def _tr(text: str) -> str:
    return QCoreApplication.translate("Commands", text)


def paint_commands(page: Page) -> tuple[Command, ...]:
    """All of them; `page` makes the workspace's page where it is not there yet."""
    return (*_file(page), *_edit(page), *_select(page), *_layer(page), *_image(page), *_view(page), *_tools(page))


def paint_menus() -> dict[str, tuple[str, ...]]:
    """The menus that are seen in this workspace only."""
    return {_tr("&Edit"): EDIT, _tr("&Select"): SELECT, _tr("&Layer"): LAYER, _tr("&Image"): IMAGE}


def _file(page: Page) -> tuple[Command, ...]:
    return (
        Command("canvas-new", _tr("&New canvas…"), lambda: page().new(), ("Ctrl+N",), "plus"),
        Command("canvas-open", _tr("&Open…"), lambda: page().ask_open(), ("Ctrl+O",), "folder-open"),
        Command("canvas-save", _tr("&Save"), lambda: page().save(), ("Ctrl+S",), "save"),
        Command("canvas-save-as", _tr("Save &as…"), lambda: page().ask_save_as(), ("Ctrl+Shift+S",)),
        Command("canvas-export", _tr("&Export…"), lambda: page().ask_export(), ("Ctrl+Shift+E",), "download"),
        Command("canvas-name", _tr("Na&me this version…"), lambda: page().project.ask_name(), ("Ctrl+Alt+S",)),
        Command("canvas-versions", _tr("Named &versions…"), lambda: page().project.show_versions(), (), "clock"),
        Command("canvas-compact", _tr("&Compact project…"), lambda: page().project.ask_compact()),
    )


def _edit(page: Page) -> tuple[Command, ...]:
    def desk() -> "Editor":
        return page().editor

    return (
        Command("paint-undo", _tr("&Undo"), lambda: desk().desk.undo(), ("Ctrl+Z",), "undo-2"),
        Command("paint-redo", _tr("&Redo"), lambda: desk().desk.redo(), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo-2"),
        Command("paint-cut", _tr("Cu&t"), lambda: desk().selection.cut(), ("Ctrl+X",)),
        Command("paint-copy", _tr("&Copy"), lambda: desk().selection.copy(), ("Ctrl+C",), "copy"),
        Command("paint-copy-merged", _tr("Copy &merged"), lambda: desk().selection.copy_merged(), ("Ctrl+Shift+C",)),
        Command("paint-paste", _tr("&Paste"), lambda: page().paste(), ("Ctrl+V",)),
        Command("paint-clear", _tr("C&lear"), lambda: desk().edits.clear(), ("Del",)),
        Command(
            "paint-remove", _tr("Remo&ve what is selected"), lambda: desk().selection.remove_content(), ("Shift+Del",)
        ),
        Command("paint-fill-front", _tr("Fill with the &front colour"), lambda: desk().edits.fill(), ("Shift+F5",)),
        Command("paint-fill-back", _tr("Fill with the &back colour"), lambda: desk().edits.fill(back=True)),
        Command("paint-swap", _tr("E&xchange the colours"), lambda: desk().colour.swap(), ("X",)),
        Command("paint-default", _tr("Black and &white"), lambda: desk().colour.use_default(), ("D",)),
        Command("paint-smaller", _tr("&Smaller brush"), lambda: _resize(desk(), -1), ("[",)),
        Command("paint-larger", _tr("La&rger brush"), lambda: _resize(desk(), 1), ("]",)),
        Command("paint-softer", _tr("S&ofter brush"), lambda: _harden(desk(), -0.1), ("Shift+[", "{")),
        Command("paint-harder", _tr("&Harder brush"), lambda: _harden(desk(), 0.1), ("Shift+]", "}")),
    )


def _select(page: Page) -> tuple[Command, ...]:
    def ask(title: str, name: str, run: str) -> Callable[[], None]:
        return lambda: page().ask_number(title, name, getattr(page().editor.selection, run))

    pixels = _tr("Pixels")
    return (
        Command("select-all", _tr("&All"), lambda: page().editor.selection.select_all(), ("Ctrl+A",)),
        Command("select-none", _tr("&None"), lambda: page().editor.selection.select_none(), ("Ctrl+D",)),
        Command("select-invert", _tr("&Invert"), lambda: page().editor.selection.invert(), ("Ctrl+Shift+I",)),
        Command("select-grow", _tr("&Grow…"), ask(_tr("Grow"), pixels, "grow")),
        Command("select-shrink", _tr("&Shrink…"), ask(_tr("Shrink"), pixels, "shrink")),
        Command("select-feather", _tr("&Feather…"), ask(_tr("Feather"), pixels, "feather"), ("Shift+F6",)),
        Command("quick-mask", _tr("&Quick mask"), lambda: _toggle_quick_mask(page().editor), ("Q",), "venetian-mask"),
        Command("layer-select", _tr("From the &layer or its mask"), lambda: page().editor.edits.select_pixels()),
    )


def _layer(page: Page) -> tuple[Command, ...]:
    def edits(name: str, *values: object) -> Callable[[], None]:
        def run() -> None:
            getattr(page().editor.edits, name)(*values)

        return run

    def toggle(field: str) -> Callable[[], None]:
        def run() -> None:
            editor = page().editor
            if (layer := editor.desk.active) is not None:
                editor.edits.toggle(layer.id, field)

        return run

    return (
        Command("layer-new", _tr("&New paint layer"), edits("add_paint"), ("Ctrl+Shift+N",), "plus"),
        Command("layer-duplicate", _tr("&Duplicate"), edits("duplicate"), ("Ctrl+J",), "copy-plus"),
        Command("layer-delete", _tr("D&elete"), edits("remove"), (), "trash-2"),
        Command("layer-group", _tr("&Group"), edits("group"), ("Ctrl+G",), "folder-plus"),
        Command("layer-ungroup", _tr("&Ungroup"), edits("ungroup"), ("Ctrl+Shift+G",), "ungroup"),
        Command("layer-merge", _tr("&Merge down"), edits("merge_down"), ("Ctrl+E",), "arrow-down-to-line"),
        Command("layer-mask", _tr("Add m&ask"), edits("add_mask"), (), "venetian-mask"),
        Command("layer-mask-apply", _tr("A&pply mask"), edits("apply_mask")),
        Command("layer-mask-toggle", _tr("Mask on or o&ff"), edits("toggle_mask")),
        Command("layer-mask-delete", _tr("Delete mas&k"), edits("remove_mask")),
        Command("layer-visible", _tr("Show or &hide"), toggle("visible"), (), "eye"),
        Command("layer-lock", _tr("&Lock or unlock"), toggle("locked"), (), "lock"),
        Command("layer-clip", _tr("&Clip to the layer below"), toggle("clipped"), ("Ctrl+Alt+G",), "corner-down-right"),
        Command("layer-up", _tr("Move &up"), edits("raise_layer", 1), ("Ctrl+PgUp",)),
        Command("layer-down", _tr("Move do&wn"), edits("raise_layer", -1), ("Ctrl+PgDown",)),
        Command("layer-apply", _tr("Apply &transformation"), edits("apply_transform")),
    )


def _image(page: Page) -> tuple[Command, ...]:
    def adjust(kind: str) -> Callable[[], None]:
        return lambda: page().editor.add_adjustment(kind)

    def crop() -> None:
        editor = page().editor
        editor.image.crop(editor.selection.bounds())

    return (
        Command("image-crop", _tr("&Crop to the selection"), crop, (), "crop"),
        Command("image-size", _tr("Canvas &size…"), lambda: page().ask_size(), ("Ctrl+Alt+C",), "scaling"),
        Command("adjust-levels", _tr("New adjustment: &levels"), adjust("levels"), ("Ctrl+L",)),
        Command("adjust-curves", _tr("New adjustment: &curves"), adjust("curves"), ("Ctrl+M",)),
        Command("adjust-hue", _tr("New adjustment: &hue and saturation"), adjust("hue"), ("Ctrl+U",)),
        Command("adjust-balance", _tr("New adjustment: colour &balance"), adjust("balance"), ("Ctrl+B",)),
        Command("adjust-blur", _tr("New adjustment: bl&ur"), adjust("blur")),
        Command("adjust-sharpen", _tr("New adjustment: shar&pen"), adjust("sharpen")),
        Command("image-flatten", _tr("&Flatten"), lambda: page().editor.edits.flatten()),
    )


def _view(page: Page) -> tuple[Command, ...]:
    return (
        Command("view-turn-left", _tr("Turn &left"), lambda: page().editor.surface.turn(-15), ("Ctrl+[",)),
        Command(
            "view-turn-right", _tr("Turn ri&ght"), lambda: page().editor.surface.turn(15), ("Ctrl+]",), "rotate-cw"
        ),
        Command("view-straighten", _tr("Up&right"), lambda: page().editor.surface.straighten(), ("Ctrl+'",)),
        Command("view-mirror", _tr("&Mirror"), lambda: page().editor.surface.mirror(), ("M",), "flip-horizontal-2"),
        Command("view-panels", _tr("Show or hide the &panels"), lambda: page().editor.toggle_panels(), ("F12",)),
        Command("view-grid", _tr("Pixel gri&d from 800 %"), lambda: page().editor.toggle_overlay("show_grid")),
        Command("view-frame", _tr("Generation &frame"), lambda: page().editor.toggle_overlay("show_frame")),
        Command("view-rulers", _tr("Rule&rs"), lambda: page().editor.toggle_rulers(), ("Ctrl+Shift+R",)),
        Command("view-no-guides", _tr("Delete all guides"), lambda: page().editor.surface.guides.delete_all()),
        Command("view-guides", _tr("G&uides"), lambda: page().editor.toggle_overlay("show_guides"), ("Ctrl+;",)),
    )


def _tools(page: Page) -> tuple[Command, ...]:
    def take_up(name: str) -> Callable[[], None]:
        return lambda: page().editor.take_up(name)

    return tuple(Command(f"tool-{entry.id}", title_of(entry), take_up(entry.id), (entry.key,)) for entry in TOOLS)


def _resize(editor: "Editor", direction: int) -> None:
    """A tenth of the size, at least a pixel."""
    size = editor.brush.size
    step = max(1.0, round(size / 10))
    editor.change_brush(size=min(1000.0, max(1.0, size + direction * step)))


def _harden(editor: "Editor", by: float) -> None:
    editor.change_brush(hardness=min(1.0, max(0.0, round(editor.brush.hardness + by, 2))))


def _toggle_quick_mask(editor: "Editor") -> None:
    editor.set_quick_mask(not editor.desk.quick_mask)
