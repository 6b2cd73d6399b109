"""The workspace Paint as a part of the window: its page, its menus and keys, and the window's title."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtWidgets import QMenu

from studio.domain.geometry import Size
from studio.ui.canvas.view import CanvasView
from studio.ui.menus import PICTURE_MENU
from studio.ui.paint.commands import ANYWHERE, EDIT, LAYER_MENU, SHARED, WRITING, paint_commands
from studio.ui.paint.keys import LIVE

if TYPE_CHECKING:
    from studio.ui.paint.page import PaintPage
    from studio.ui.paint.surface import Surface
    from studio.ui.window import MainWindow

NAME = "paint"
TITLE = "Safelight"
_ELSEWHERE = ("start-from", "newer", "older")  # commands of other workspaces whose keys mean something else here
_FRAME = Size(512, 512)


class PaintRoom(QObject):
    """Makes the page when it is first wanted, and keeps the window's commands as they can be."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._page: PaintPage | None = None
        self._menus: list[QMenu] = []
        self._ids = tuple(command.id for command in paint_commands(self.page))
        self._file: QMenu | None = None
        self._recent = QMenu(self.tr("Open &recent"), window)
        self._recent.setToolTipsVisible(True)
        self._recent.aboutToShow.connect(self._fill_recent)

    @property
    def current(self) -> bool:
        """Is this workspace shown?"""
        return self._window.workspaces.current == NAME

    @property
    def looking(self) -> "Surface | CanvasView":
        """What the commands of the menu View zoom."""
        if self.current and self._page is not None:
            return self._page.editor.surface
        return self._window.area.view

    def page(self) -> "PaintPage":
        """The page, with its workspace shown, or Animate, which works on the same project."""
        if not self._window.animate.current:
            self._window.workspaces.show_page(NAME)
        return self.ready()

    def ready(self) -> "PaintPage":
        """The page, wherever the user is."""
        self._window.workspaces.make(NAME)
        assert self._page is not None
        return self._page

    def build(self) -> "PaintPage":
        """Make the page."""
        from studio.ui.paint.page import PaintPage  # OpenCV takes a while to load

        window = self._window
        model = window.panel.model.model
        page = self._page = PaintPage(window.studio, model.default_size if model else _FRAME)
        window.leaving.append(page.may_close)
        window.ending.append(page.close_work)
        page.problem.connect(window.area.banner.report)
        page.titled.connect(self._show_title)
        page.abilities_changed.connect(self.refresh)
        page.zoomed.connect(self._show_zoom)
        if page.sessions.trouble is not None:
            window.area.banner.report(page.sessions.trouble)
        page.menu_wanted.connect(self._popup)
        page.clip_made.connect(window.animate.make_clip)
        page.frame_returned.connect(window.animate.show_clip)
        page.live_painting.follow(window.panel.recipe, window.panel.changed)
        page.live_painting.switched.connect(self._show_live)
        page.live_painting.problem.connect(window.area.banner.report)
        return page

    def paint_live(self) -> None:
        """Live painting on or off."""
        page = self.page()
        page.live_painting.toggle(page.editor)
        self._show_live(page.live_painting.live.on)

    def _show_live(self, on: bool) -> None:
        self._window.panel.foot.live_button.setChecked(on)
        self._window.commands[LIVE].setChecked(on)

    def generate(self) -> None:
        """What the prompt panel asks for, in the selection or in the frame."""
        if self._page is not None:
            panel = self._window.panel
            panel.mark("")
            panel.seed.advance()
            self._page.in_place.generate(self._page.editor, panel.recipe())

    def join(self, made: dict[str, QMenu], own: tuple[str, ...]) -> None:
        """Take note of the menus that are seen here only, and add what opens recent projects."""
        self._menus = [made[title] for title in own]
        file = self._file = next(iter(made.values()))
        after = self._window.commands["canvas-save"]
        file.insertMenu(after, self._recent)
        self._window.commands[LIVE].setCheckable(True)
        self._window.panel.foot.live_button.clicked.connect(self.paint_live)
        self._window.workspaces.switched.connect(self.refresh_all)
        self.refresh_all()

    def refresh_all(self) -> None:
        """Another workspace is shown."""
        window, here = self._window, self.current
        animated = window.animate.current
        for menu in self._menus:
            menu.menuAction().setVisible(here or (animated and menu is self._menus[0]))
        for name in EDIT:
            if name and name not in SHARED:
                window.commands[name].setVisible(here)
        window.commands.enable(_ELSEWHERE, not here and not animated)
        window.commands.enable(PICTURE_MENU, not here and window.stage.entry is not None)
        panel = window.panel
        for field in (panel.size_field, panel.upscale, panel.source):
            field.setEnabled(not here)  # on the canvas, the frame and what is in it decide
        panel.foot.live_button.setVisible(here)
        self.refresh()
        if animated and self._page is not None:
            self._show_title(self._page.title, self._page.editor.saved)
        elif here and self._page is not None:
            self._show_title(self._page.title, self._page.editor.saved)
            self._show_zoom(self._page.editor.surface.view.zoom)
            self._page.live_painting.look()
        else:
            window.setWindowTitle(TITLE)

    def refresh(self) -> None:
        """Make commands available or not."""
        commands = self._window.commands
        live = self.current and self._page is not None and not self._page.editor.desk.read_only
        commands.enable((LIVE,), live)
        self._window.panel.foot.live_button.setEnabled(live)
        animated = self._window.animate.current
        if not (self.current or animated) or self._page is None:
            commands.enable((name for name in self._ids if name not in ANYWHERE), False)
            return
        possible = self._page.abilities()
        for name in self._ids:
            there = self.current or name in SHARED or name in ANYWHERE
            commands[name].setEnabled(there and possible.get(name, True))
        why = self._page.editor.session.why
        commands.explain(WRITING, why)
        if self._file is not None:
            self._file.setToolTipsVisible(bool(why))

    def _show_title(self, name: str, saved: bool) -> None:
        if self.current or self._window.animate.current:
            state = self.tr("saved") if saved else self.tr("saving…")
            self._window.setWindowTitle(f"{name} · {state} — {TITLE}")

    def _show_zoom(self, zoom: float) -> None:
        if self.current:
            self._window.status.show_zoom(zoom)

    def _popup(self, at: QPointF) -> None:
        menu = self._window.commands.fill(QMenu(self._window), LAYER_MENU)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at.toPoint())

    def _fill_recent(self) -> None:
        from studio.session.project.recent import Recent
        from studio.session.project.untitled import left_over

        paths = self._window.studio.paths
        self._recent.clear()
        open_now = self._page.editor.session.path if self._page is not None else None
        recent = [path for path in Recent(paths.recent_projects).paths if path.parent != paths.untitled]
        stems = [path.stem for path in recent]
        for path in recent:
            if path != open_now:
                unique = stems.count(path.stem) == 1
                self._add_recent(path.stem if unique else f"{path.stem} ({path.parent})", path)
        nameless = left_over(paths.untitled)
        if nameless:
            self._recent.addSeparator()
        for found in nameless:
            when = f"{found.written:%Y-%m-%d %H:%M}"
            self._add_recent(self.tr("Untitled, {when}").format(when=when), found.path)
        if nameless:
            self._recent.addAction(self.tr("&All work without a name…")).triggered.connect(
                lambda: self.page().show_left_over()
            )
        if self._recent.isEmpty():
            self._recent.addAction(self.tr("Nothing yet")).setEnabled(False)

    def _add_recent(self, title: str, path: Path) -> None:
        action = self._recent.addAction(title)
        action.setToolTip(str(path))
        action.triggered.connect(lambda: self.page().open_path(path))
