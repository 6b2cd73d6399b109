"""The workspace Animate as a part of the window: its page, and the commands that mean something else there."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence

if TYPE_CHECKING:
    from studio.ui.animate.page import AnimatePage
    from studio.ui.window import MainWindow

NAME = "animate"
_ZOOM = ("fit", "full-size", "zoom-in", "zoom-out")  # the player's own have the same keys


class AnimateRoom(QObject):
    """Makes the page when it is first wanted; it is about the project that lies on the page of Paint."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._page: AnimatePage | None = None
        window.workspaces.switched.connect(self._follow)

    @property
    def current(self) -> bool:
        """Is this workspace shown?"""
        return self._window.workspaces.current == NAME

    def page(self) -> "AnimatePage":
        """The page, with its workspace shown."""
        self._window.workspaces.show_page(NAME)
        assert self._page is not None
        return self._page

    def build(self) -> "AnimatePage":
        """Make the page."""
        paint = self._window.paint.ready()
        from studio.ui.animate.page import AnimatePage  # OpenCV takes a while to load

        window = self._window
        page = self._page = AnimatePage(window.studio, paint)
        window.ending.insert(0, page.close_work)  # the project is still open then
        page.problem.connect(window.area.banner.report)
        page.paint_wanted.connect(lambda: window.workspaces.show_page("paint"))
        page.folder_wanted.connect(window.actions_.show_in_folder)
        return page

    def generate(self) -> None:
        """Another take of the chosen clip; without one, a new loop."""
        if self._page is not None:
            self._page.generate()

    def make_clip(self, clip_id: str) -> None:
        """Go there, and make the frames of a clip."""
        self.page().make_clip(clip_id)

    def show_clip(self, clip_id: str) -> None:
        """Go there, to a clip."""
        self.page().show_clip(clip_id)

    def _follow(self, name: str) -> None:
        """Another workspace is shown."""
        here, commands = name == NAME, self._window.commands
        commands.enable(_ZOOM, not here)
        keys = ("Ctrl+.",) if here else ("Esc", "Ctrl+.")  # on a timeline, Esc lets go of what is held
        commands["cancel"].setShortcuts([QKeySequence(key) for key in keys])
