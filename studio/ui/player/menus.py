"""The menus of the player's buttons."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from studio.ui.player.comparing import Mode, title_of

if TYPE_CHECKING:
    from studio.ui.player.pane import PlayerPane


def compare_menu(pane: "PlayerPane") -> QMenu:
    """The ways to compare the two films, and to end that."""
    comparison, menu = pane.area.comparison, QMenu(pane)
    for mode in Mode:
        action = menu.addAction(title_of(mode))
        action.setCheckable(True)
        action.setChecked(comparison is not None and comparison.mode is mode)
        action.triggered.connect(lambda _=False, mode=mode: pane.set_compare_mode(mode))
    menu.addSeparator()
    end = menu.addAction(QCoreApplication.translate("Player", "Compare no more"))
    end.triggered.connect(lambda: pane.set_compare(None))
    return menu


def pop_up(menu: QMenu, button: QWidget) -> None:
    """Show a menu above a button, once."""
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
