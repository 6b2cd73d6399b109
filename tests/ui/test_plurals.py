"""Numbers in words, without a translator that Qt would call from its image threads."""

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QApplication

from studio.ui.plurals import counted


@pytest.mark.parametrize(("n", "says"), [(0, "0 jobs"), (1, "1 job"), (2, "2 jobs")])
def test_english_plurals(qapp: QApplication, n: int, says: str) -> None:
    assert counted(QCoreApplication.translate("Status", "%n job(s)", "", n), n) == says


def test_no_translator_is_written_in_python(qapp: QApplication) -> None:
    """One that is would deadlock two reading threads: one holds Qt's plugin lock, the other the interpreter's."""
    assert qapp.findChildren(QTranslator) == []
