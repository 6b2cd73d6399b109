"""Everybody can use it: names, keys, contrast."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from studio.ui.theme.tokens import COLOURS, CONTRAST, TEXT_PAIRS, contrast
from tests.ui.desk import Desk


@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_is_readable_on_every_ground_it_meets(ink: str, ground: str) -> None:
    assert contrast(getattr(COLOURS, ink), getattr(COLOURS, ground)) >= CONTRAST


@pytest.mark.parametrize("ground", ["canvas", "window", "panel", "field"])
def test_focus_and_progress_stand_out(ground: str) -> None:
    for mark in (COLOURS.focus, COLOURS.lamp):
        assert contrast(mark, getattr(COLOURS, ground)) >= 3


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def controls(desk: Desk) -> list[QWidget]:
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    found = [control for control in desk.window.findChildren(QWidget) if isinstance(control, kinds)]
    return [
        control
        for control in found
        if not control.objectName().startswith("qt_") and not isinstance(control, QScrollBar)
    ]


def test_every_control_has_a_name_and_every_sign_a_tooltip(desk: Desk) -> None:
    desk.generate()
    desk.worker.begin()
    desk.worker.fail()
    desk.bot.waitUntil(desk.window.area.banner.isVisible)
    for control in controls(desk):
        text = control.text() if isinstance(control, QAbstractButton) else ""
        assert control.accessibleName() or text, f"{control} has no name"
        if not text:
            assert control.toolTip(), f"{control.accessibleName()} has no tooltip"


def test_tab_walks_the_form_from_top_to_bottom(desk: Desk) -> None:
    panel = desk.window.panel
    wanted = [
        panel.prompt, panel.negative_button, panel.model.box, panel.size_field.width_box, panel.size_field.swap_button,
        panel.size_field.height_box, *panel.size_field.shapes.values(),
        panel.upscale.buttons[1], panel.steps.slider, panel.steps.box,
        panel.guidance.slider, panel.guidance.box, panel.sampler, panel.seed.box, panel.seed.dice, panel.seed.lock,
        panel.loras.add_button, panel.source.pick_button, panel.foot.batch, panel.foot.generate_button,
    ]  # fmt: skip
    walked = []
    for _ in wanted:
        walked.append(desk.window.focusWidget())
        desk.press(Qt.Key.Key_Tab)
    assert walked == wanted


def test_labels_lead_to_their_controls(desk: Desk) -> None:
    labels = {label.text(): label.buddy() for label in desk.window.panel.findChildren(QLabel) if label.buddy()}
    assert {"Model", "Size", "Steps", "Guidance", "Sampler", "Seed", "Strength"} <= set(labels)


def test_the_window_fits_a_small_screen(desk: Desk) -> None:
    desk.window.resize(1024, 700)
    desk.bot.wait(10)
    assert (desk.window.width(), desk.window.height()) == (1024, 700)
    foot = desk.window.panel.foot
    assert foot.generate_button.visibleRegion().boundingRect() == foot.generate_button.rect()
    assert desk.window.area.view.minimumWidth() <= desk.window.area.width()
    assert desk.window.area.width() >= 360


def test_shortcuts_are_shown_in_tooltips(desk: Desk) -> None:
    assert "Ctrl+Return" in desk.window.panel.foot.generate_button.toolTip()
    assert "Esc" in desk.window.panel.foot.cancel_button.toolTip()
