"""The QApplication: names, icon, letters and colours."""

import sys
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QStyleFactory

import studio
from studio.ui.theme.icons import application_icon, forget
from studio.ui.theme.palette import font, load_fonts, palette
from studio.ui.theme.stylesheet import stylesheet

TITLE = "Safelight"
_TURN = 0.001  # seconds; the interpreter's own 5 ms are most of what a movement of the pen may take to be seen


def create_application(argv: Sequence[str]) -> QApplication:
    """The application object in Safelight's clothes.

    It does not quit with its last window: closing hides the window at once and quits when the worker has ended
    (`MainWindow.closed`). From here on, the window's thread gets its turn soon while others run Python.
    """
    sys.setswitchinterval(_TURN)
    application = QApplication(list(argv))
    application.setApplicationName("safelight")
    application.setApplicationDisplayName(TITLE)
    application.setApplicationVersion(studio.__version__)
    application.setDesktopFileName("safelight")
    application.setQuitOnLastWindowClosed(False)
    dress(application)
    return application


def dress(application: QApplication) -> None:
    """Give an application our style, colours, letters and sign."""
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(palette())
    load_fonts()
    application.setFont(font())
    application.setWindowIcon(application_icon())
    application.setStyleSheet(stylesheet())
    application.aboutToQuit.connect(forget)


def tr(context: str, text: str) -> str:
    """`text` in the user's language, for places that are no QObject."""
    return QCoreApplication.translate(context, text)
