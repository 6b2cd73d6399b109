"""The workspaces: pages of one window, each with docks of its own, and the switch between them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.ui.docks import Arrangement
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import hint_with

_SEGMENT_HEIGHT = 26


@dataclass
class _Workspace:
    build: Callable[[], QWidget]
    action: QAction
    docks: frozenset[str]
    page: QWidget | None = field(default=None)


class Workspaces(QWidget):
    """Pages of which one is shown, in a column below the notes that concern all of them.

    A page is built when it is first shown. The docks stand as they were when their workspace was last left, or, before
    that, those are shown whose names were given to `add`. `switch` is the row of buttons for the menu bar's corner.
    """

    switched = Signal(str)  # name of the workspace that is now shown

    def __init__(self, window: QMainWindow, arrangement: Arrangement) -> None:
        super().__init__(window)
        self._window, self._arrangement = window, arrangement
        self._spaces: dict[str, _Workspace] = {}
        self._group = QActionGroup(self)
        self._stack = QStackedWidget()
        self.current = ""
        self.switch = QFrame()
        self.switch.setProperty("look", "switch")
        self._segments = QHBoxLayout(self.switch)
        self._segments.setContentsMargins(0, 0, SPACE.small, 0)
        self._segments.setSpacing(SPACE.hair // 2)
        self._notes = QVBoxLayout()
        self._notes.setContentsMargins(SPACE.medium, 0, SPACE.medium, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._notes)
        column.addWidget(self._stack, 1)

    @property
    def actions_(self) -> tuple[QAction, ...]:
        """One action for each workspace, for menus."""
        return tuple(space.action for space in self._spaces.values())

    def add(
        self, name: str, title: str, build: Callable[[], QWidget], shortcut: str, docks: Iterable[str] = ()
    ) -> QAction:
        """One more workspace, whose page `build` makes; `docks` are the object names of the docks first shown.

        The first one added is shown at once.
        """
        action = QAction(title, self._group, checkable=True)
        action.setObjectName(f"workspace-{name}")
        action.setShortcut(QKeySequence(shortcut))
        action.setToolTip(hint_with(self.tr("The workspace {title}").format(title=title), shortcut))
        action.triggered.connect(lambda: self.show_page(name))
        self._window.addAction(action)
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAccessibleName(self.tr("Workspace {title}").format(title=title))
        button.setProperty("look", "segment")
        button.setFixedHeight(_SEGMENT_HEIGHT)
        self._segments.addWidget(button)
        self._spaces[name] = _Workspace(build, action, frozenset(docks))
        if not self.current:
            self._show(self._page(name))
            self.current = name
            action.setChecked(True)
        return action

    def add_note(self, bar: QWidget) -> None:
        """A message bar above every page."""
        self._notes.addWidget(bar)

    def page(self, name: str) -> QWidget | None:
        """The page of a workspace, None before it was first shown."""
        return self._spaces[name].page

    def make(self, name: str) -> None:
        """Build a workspace's page without showing it."""
        self._page(name)

    def show_page(self, name: str) -> None:
        """Go to a workspace."""
        self._spaces[name].action.setChecked(True)
        if name == self.current:
            return
        self._arrangement.save_state(self._window, self.current)
        page = self._page(name)
        self.current = name
        self._show(page)
        self.restore_docks()
        page.setFocus()
        self.switched.emit(name)

    def restore_docks(self) -> None:
        """The docks as they were left in this workspace, or as it begins."""
        if self._arrangement.restore_state(self._window, self.current):
            return
        wanted = self._spaces[self.current].docks
        for docked in self._window.findChildren(QDockWidget):
            docked.setVisible(docked.objectName() in wanted)

    def _show(self, page: QWidget) -> None:
        """Show a page. The others must not ask for room: what they want would push the docks together."""
        wanted = QSizePolicy.Policy
        for other in (space.page for space in self._spaces.values() if space.page is not None):
            policy = wanted.Preferred if other is page else wanted.Ignored
            other.setSizePolicy(policy, policy)
        self._stack.setCurrentWidget(page)

    def _page(self, name: str) -> QWidget:
        space = self._spaces[name]
        if space.page is None:
            space.page = space.build()
            self._stack.addWidget(space.page)
        return space.page
