"""The command table: what can be done, its words, its icon and its keys. Menus, buttons and tooltips are fed by it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS
from studio.ui.widgets.buttons import hint_with


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done; `title` is translated, `keys` are portable key sequences, the first is shown."""

    id: str
    title: str
    run: Callable[[], object]
    keys: tuple[str, ...] = ()
    sign: str = ""


class Commands:
    """The commands as actions of a window."""

    def __init__(self, owner: QWidget, table: Iterable[Command]) -> None:
        self.actions = {command.id: _action(owner, command) for command in table}
        self._hints = {name: action.toolTip() for name, action in self.actions.items()}

    def __getitem__(self, name: str) -> QAction:
        return self.actions[name]

    def enable(self, names: Iterable[str], enabled: bool) -> None:
        """Make commands available or not."""
        for name in filter(None, names):
            self.actions[name].setEnabled(enabled)

    def explain(self, names: Iterable[str], why: str) -> None:
        """Let tooltips say why commands are not available; "" for the tooltips they have."""
        for name in names:
            self.actions[name].setToolTip(why or self._hints[name])

    def fill(self, menu: QMenu, names: Iterable[str]) -> QMenu:
        """Put commands into a menu; an empty name is a separator."""
        for name in names:
            menu.addAction(self.actions[name]) if name else menu.addSeparator()
        return menu

    def fill_bar(self, bar: QMenuBar, menus: Mapping[str, Iterable[str]]) -> dict[str, QMenu]:
        """Put whole menus into a menu bar."""
        return {title: self.fill(bar.addMenu(title), names) for title, names in menus.items()}


def _action(owner: QWidget, command: Command) -> QAction:
    action = QAction(command.title, owner)
    action.setObjectName(command.id)
    action.setShortcuts([QKeySequence(key) for key in command.keys])
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.setToolTip(hint_with(command.title.replace("&", "").rstrip("…"), command.keys[0] if command.keys else ""))
    if command.sign:
        action.setIcon(icon(command.sign, COLOURS.muted, COLOURS.text))
    action.triggered.connect(lambda: command.run())
    owner.addAction(action)
    return action
