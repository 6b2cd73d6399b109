"""The little QSS that a palette cannot say. Widgets are addressed by class and by the property `look`."""

from dataclasses import asdict

from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

_SHEET = """
QWidget { font-size: @bodypx; }
QToolTip { background: @hover; color: @text; border: 1px solid @edge; padding: 4px 8px; }
QMainWindow::separator { background: @canvas; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: @edge; }

QMenuBar { background: @window; padding: 2px 4px; color: @muted; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: @hover; color: @text; }
QMenu { background: @field; border: 1px solid @edge; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 8px; border-radius: 4px; }
QMenu::item:selected { background: @pressed; color: @text; }
QMenu::item:disabled { color: @off; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: @edge; margin: 4px 8px; }

QLabel[look="caption"], QCheckBox[look="caption"] { color: @muted; }
QLabel[look="heading"] { font-weight: 600; }
QLabel[look="small"] { color: @muted; font-size: @captionpx; }
QLabel[look="warning"] { color: @warning; font-size: @captionpx; }
QLabel[look="warning"] { color: @warning; font-size: @captionpx; }
QLabel[look="note"] { color: @muted; font-size: @captionpx; padding: 6px 24px; }
QLabel[look="display"] { font-size: @displaypx; font-weight: 600; }
QLabel[look="section"] { color: @muted; font-size: @captionpx; font-weight: 600; }

QPlainTextEdit, QLineEdit, QAbstractSpinBox, QComboBox {
  background: @field; border: 1px solid @field; border-radius: @radiuspx; color: @text;
  selection-background-color: @accent; selection-color: @on_accent;
}
QPlainTextEdit { padding: 4px 6px; }
QLineEdit, QAbstractSpinBox, QComboBox { min-height: 30px; max-height: 30px; padding: 0 8px; }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:hover, QAbstractSpinBox QLineEdit:focus {
  background: transparent; border: none; padding: 0; min-height: 0; max-height: 999px;
}
QAbstractSpinBox { padding: 0; }
QAbstractSpinBox[look="tall"] { min-height: 38px; max-height: 38px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; subcontrol-origin: border; }
QPlainTextEdit:hover, QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: @edge; }
QPlainTextEdit:focus, QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border-color: @focus; }
*[wrong="true"], *[wrong="true"]:hover { border-color: @warning; }
QPlainTextEdit:disabled, QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: @off; }
QComboBox { combobox-popup: 0; }
QComboBox::drop-down { width: 24px; border: none; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: @field; border: 1px solid @edge; padding: 4px; outline: none; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; border-radius: 4px; }
QComboBox QAbstractItemView::item:selected { background: @pressed; color: @text; }

QPushButton {
  background: @field; border: 1px solid @field; border-radius: @radiuspx; color: @text;
  padding: 0 12px; min-height: 28px;
}
QPushButton:hover { background: @hover; border-color: @hover; }
QPushButton:pressed { background: @pressed; }
QPushButton:focus { border-color: @focus; }
QPushButton:disabled { color: @off; }
QPushButton[look="accent"] {
  background: @accent; border: 1px solid @accent; color: @on_accent;
  font-weight: 600; min-height: 38px;
}
QPushButton[look="accent"]:hover { background: @accent_hover; border-color: @accent_hover; }
QPushButton[look="accent"]:pressed { background: @accent_pressed; }
QPushButton[look="accent"]:focus { border: 2px solid @on_accent; }
QPushButton[look="accent"]:disabled { background: @field; border-color: @field; color: @off; }
QPushButton[look="tall"] { min-height: 38px; }
QPushButton[look="accent-small"] { background: @accent; border-color: @accent; color: @on_accent; font-weight: 600; }
QPushButton[look="accent-small"]:hover { background: @accent_hover; border-color: @accent_hover; }
QPushButton[look="accent-small"]:pressed { background: @accent_pressed; }
QPushButton[look="accent-small"]:focus { border-color: @on_accent; }
QPushButton[look="accent-small"]:disabled { background: @field; border-color: @field; color: @off; }
QPushButton[look="toggle"] { background: transparent; border-color: @edge; color: @muted; min-height: 22px; }
QPushButton[look="toggle"]:hover { background: @hover; color: @text; }
QPushButton[look="toggle"]:checked { background: @pressed; color: @text; }
QPushButton[look="toggle"]:focus { border-color: @focus; }
QPushButton[look="link"] {
  background: transparent; border: 1px solid transparent; color: @lamp;
  padding: 0; min-height: 22px;
}
QPushButton[look="link"]:hover { text-decoration: underline; }
QPushButton[look="link"]:focus { border-color: @focus; }
QPushButton[look="link"]:disabled { color: @muted; text-decoration: none; }
QPushButton[look="quiet"] {
  background: transparent; border-color: transparent; color: @muted; padding: 0 4px 0 0;
  text-align: left; min-height: 22px;
}
QPushButton[look="quiet"]:hover { color: @text; }
QPushButton[look="quiet"]:focus { border-color: @focus; }
QPushButton[look="chip"] {
  background: @panel; border: 1px solid @edge; border-radius: 15px; color: @muted; padding: 0 14px; min-height: 28px;
}
QPushButton[look="chip"]:hover { background: @hover; color: @text; }
QPushButton[look="chip"]:focus { border-color: @focus; color: @text; }

QToolButton {
  background: transparent; border: 1px solid transparent; border-radius: @radiuspx;
  padding: 5px; color: @muted;
}
QToolButton:hover { background: @hover; color: @text; }
QToolButton:pressed, QToolButton:checked { background: @pressed; color: @text; }
QToolButton:focus { border-color: @focus; }
QToolButton:disabled { color: @off; }
QToolButton[look="field"] { background: @field; border-color: @field; }
QToolButton[look="field"]:hover { background: @hover; border-color: @hover; }
QToolButton[look="field"]:checked { background: @pressed; border-color: @pressed; color: @text; }
QToolButton[look="field"]:focus { border-color: @focus; }
QToolButton[look="lit"] { background: @field; border-color: @field; }
QToolButton[look="lit"]:hover { background: @hover; border-color: @hover; }
QToolButton[look="lit"]:checked { background: @field; border-color: @lamp; }
QToolButton[look="lit"]:focus { border-color: @focus; }
QToolButton[look="shape"] {
  background: @field; border-color: @field; border-radius: 4px; padding: 0;
  font-size: @captionpx; color: @muted;
}
QToolButton[look="shape"]:hover { background: @hover; color: @text; }
QToolButton[look="shape"]:checked { background: @pressed; border-color: @edge; color: @text; }
QToolButton[look="shape"]:focus { border-color: @focus; }
QToolButton[look="shape"]:disabled { background: @field; border-color: @field; color: @off; }
QToolButton[look="segment"] { padding: 0 12px; border-radius: 4px; color: @muted; }
QToolButton[look="segment"]:hover { background: @hover; color: @text; }
QToolButton[look="segment"]:checked { background: @field; border-color: @edge; color: @text; font-weight: 600; }
QToolButton[look="segment"]:focus { border-color: @focus; }

QSlider { min-height: 20px; background: transparent; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @pressed; }
QSlider::sub-page:horizontal { background: @muted; border-radius: 2px; }
QSlider::handle:horizontal {
  width: 14px; height: 14px; margin: -6px 0; border-radius: 8px;
  background: @text; border: 1px solid @panel;
}
QSlider::handle:horizontal:hover { background: @on_accent; }
QSlider::handle:horizontal:focus {
  background: @on_accent; border: 3px solid @faint; width: 12px; height: 12px; margin: -7px 0; border-radius: 9px;
}
QSlider::sub-page:horizontal:disabled, QSlider::handle:horizontal:disabled { background: @edge; }

QProgressBar { background: @pressed; border: none; border-radius: 2px; min-height: 4px; max-height: 4px; }
QProgressBar::chunk { background: @lamp; border-radius: 2px; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: @edge; border-radius: 3px; margin: 2px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: @faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QStatusBar { background: @window; color: @muted; border-top: 1px solid @line; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: @muted; font-size: @captionpx; }

*[look="canvas"] { background: @canvas; }
*[look="panel"] { background: @panel; }
*[look="footer"] { background: @panel; border-top: 1px solid @line; }
*[look="title"] { background: @panel; border-bottom: 1px solid @line; }
*[look="card"] { background: @window; border: 1px solid @line; border-radius: @radiuspx; }
*[look="card"]:focus { border-color: @focus; }
*[look="tools"] { background: @pressed; border-radius: 4px; }
*[look="tools"] QToolButton { padding: 0; border-radius: 4px; }
*[look="tools"] QToolButton:hover { background: @edge; }
*[look="banner"] {
  background: @warning_ground; border: 1px solid @warning; border-radius: @radiuspx; margin-top: @mediumpx;
}
*[look="editing"] { background: @window; border-bottom: 2px solid @lamp; }
*[look="held"] { background: @warning_ground; border: 1px solid @warning; border-radius: @radiuspx; }
*[look="offer"] {
  background: @field; border: 1px solid @edge; border-radius: @radiuspx; margin-top: @mediumpx;
}
*[look="offer"] QPushButton { background: @pressed; border-color: @pressed; }
*[look="offer"] QPushButton:hover { background: @edge; }
*[look="offer"] QPushButton:focus { border-color: @focus; }
*[look="well"] { background: @field; border: 1px dashed @edge; border-radius: @radiuspx; }
QListView[look="strip"] { background: @panel; border: none; outline: none; }
QListView[look="cards"] { background: transparent; border: none; outline: none; }
QAbstractItemView[look="layers"] { background: @panel; border: none; outline: none; }
QTreeView[look="layers"] { selection-background-color: transparent; show-decoration-selected: 1; }
QTreeView[look="layers"]::branch { background: transparent; }
QToolButton[look="tab"] { padding: 4px 8px; color: @muted; font-size: @captionpx; font-weight: 600; }
QToolButton[look="tab"]:hover { color: @text; }
QToolButton[look="tab"]:checked { background: transparent; color: @text; }
QToolButton[look="tab"]:focus { border-color: @focus; }
QListView[look="sheets"] {
  background: transparent; border: none; outline: none; color: @muted; font-size: @captionpx;
}
QListView[look="sheets"]::item { border: 1px solid transparent; border-radius: 4px; padding: 2px; }
QListView[look="sheets"]::item:hover { border-color: @edge; }
QListView[look="sheets"]::item:selected { border-color: @lamp; color: @text; background: @field; }
"""


def stylesheet() -> str:
    """The sheet with the tokens put in."""
    words: dict[str, object] = {**asdict(TYPE), **asdict(SPACE), **asdict(COLOURS)}
    sheet = _SHEET
    for name in sorted(words, key=len, reverse=True):
        sheet = sheet.replace(f"@{name}", str(words[name]))
    return sheet
