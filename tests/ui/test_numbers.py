"""Numbers in the form stay what they were set to."""

import pytest
from pytestqt.qtbot import QtBot

from studio.ui.widgets.slider_field import SliderField


@pytest.mark.parametrize(("value", "shown"), [(7.25, "7.25"), (4.0, "4.0"), (3.5, "3.5"), (0.123456, "0.123456")])
def test_a_recalled_value_is_not_rounded(qtbot: QtBot, value: float, shown: str) -> None:
    field = SliderField(1, 15, step=0.5, decimals=1, least=0, most=100)
    qtbot.addWidget(field)
    field.set_value(value)
    assert field.value == value
    assert field.box.text() == shown


def test_whole_numbers_show_no_decimals(qtbot: QtBot) -> None:
    field = SliderField(1, 50, least=1, most=1000)
    qtbot.addWidget(field)
    field.set_value(12)
    assert field.box.text() == "12"
