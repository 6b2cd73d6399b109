"""The QApplication: names, icon, letters and colours."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QApplication, QStyleFactory

import studio
from studio.ui.theme.icons import application_icon, forget
from studio.ui.theme.palette import font, load_fonts, palette
from studio.ui.theme.stylesheet import stylesheet

TITLE = "Safelight"


def create_application(argv: Sequence[str]) -> QApplication:
    """The application object in Safelight's clothes.

    It does not quit with its last window: closing hides the window at once and quits when the worker has ended
    (`MainWindow.closed`).
    """
    application = QApplication(list(argv))
    application.setApplicationName("safelight")
    application.setApplicationDisplayName(TITLE)
    application.setApplicationVersion(studio.__version__)
    application.setDesktopFileName("safelight")
    application.setQuitOnLastWindowClosed(False)
    dress(application)
    return application


class EnglishPlurals(QTranslator):
    """Writes "%n job(s)" as one says it, where no other language is chosen."""

    def isEmpty(self) -> bool:
        """Has something to say."""
        return False

    def translate(self, _context: str, text: str, _remark: str | None = None, n: int = -1) -> str:
        """Every text is English already; only those with a number change."""
        return text if n < 0 else text.replace("(s)", "" if n == 1 else "s")


def dress(application: QApplication) -> None:
    """Give an application our style, colours, letters and sign."""
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(palette())
    load_fonts()
    application.setFont(font())
    application.setWindowIcon(application_icon())
    application.setStyleSheet(stylesheet())
    application.installTranslator(EnglishPlurals(application))
    application.aboutToQuit.connect(forget)


def tr(context: str, text: str) -> str:
    """`text` in the user's language, for places that are no QObject."""
    return QCoreApplication.translate(context, text)
