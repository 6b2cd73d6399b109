"""What a text says, and its letters."""

import dataclasses

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio.domain.document.document import Document
from studio.domain.document.layers import TextLayer
from studio.domain.document.text import Align, Text
from studio.imaging.text import fonts, retyped
from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.paint.panels.form import Form
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice


class TextForm(Form):
    """Changes the active text layer as it is typed; else what the next text begins with."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._fonts_shown = False
        self.words = QPlainTextEdit()
        self.words.setFixedHeight(72)
        self.words.setTabChangesFocus(True)
        self.words.setAccessibleName(self.tr("Text"))
        self.words.setToolTip(self.tr("What the text says; it changes on the canvas as you type"))
        self.add_wide(self.words)
        self.font_box = Choice()
        self.font_box.setAccessibleName(self.tr("Font"))
        self.font_box.setToolTip(self.tr("The font's family and style"))
        self.add_row(self.tr("Font"), self.font_box)
        self.letters = SliderField(6, 300, most=2000)
        self.letters.default = Text().size
        self.letters.name(self.tr("Size of the letters"), self.tr("Size of the letters in pixels"))
        self.add_row(self.tr("Size"), self.letters)
        self.align = Choice()
        self.align.setAccessibleName(self.tr("Alignment"))
        self.align.setToolTip(self.tr("Where the lines meet"))
        for value, title in (
            (Align.LEFT, self.tr("Left")),
            (Align.CENTER, self.tr("Middle")),
            (Align.RIGHT, self.tr("Right")),
        ):
            self.align.addItem(title, value.value)
        self.add_row(self.tr("Align"), self.align)
        self.words.textChanged.connect(lambda: self._set(content=self.words.toPlainText()))
        self.font_box.activated.connect(lambda _: self._set_font())
        self.letters.changed.connect(lambda value: self._set(size=value))
        self.align.activated.connect(lambda _: self._set(align=Align(self.align.currentData())))
        desk.inks_changed.connect(lambda: self._set(color=desk.inks.front))
        desk.changed.connect(lambda *_: self._show_text())
        desk.writing_wanted.connect(self._write)
        self._showing.append(self._show_defaults)

    @property
    def layer(self) -> TextLayer | None:
        """The text that is edited."""
        active = self._desk.active
        return active if isinstance(active, TextLayer) and not active.locked else None

    def _set(self, **fields: object) -> None:
        desk = self._desk
        if not self.isVisible():
            return
        text = dataclasses.replace(desk.options.text, **fields)  # type: ignore[arg-type]
        layer = self.layer
        if layer is not None and text.content.strip() and not desk.read_only:
            self._retype(layer.id, fields)  # before the options: what is being changed is not shown as it was
        desk.set_options(text=text)

    def _retype(self, layer_id: str, fields: dict[str, object]) -> None:
        store = self._desk.store

        def change(document: Document) -> Document:
            def again(now: object) -> TextLayer:
                assert isinstance(now, TextLayer)
                return retyped(store, now, dataclasses.replace(now.text, **fields))  # type: ignore[arg-type]

            return document.replaced(layer_id, again)

        self._desk.later(self.tr("Edit text"), change, f"text-{layer_id}")

    def _set_font(self) -> None:
        family, style = self.font_box.currentData()
        self._set(family=family, style=style)

    def _write(self) -> None:
        """A text was begun or taken up: its words can be typed at once."""
        if self.isVisible():
            self.words.setFocus()
            self.words.selectAll()

    def _show_defaults(self, options: Options) -> None:
        self._show_fonts()
        self._show_text(options.text)

    def _show_fonts(self) -> None:
        if not self._fonts_shown:
            self._fonts_shown = True
            for font in fonts():
                title = f"{font.family} {font.style}".strip() or self.tr("Built-in")
                self.font_box.addItem(title, (font.family, font.style))

    def _show_text(self, otherwise: Text | None = None) -> None:
        layer = self.layer
        text = layer.text if layer is not None else otherwise
        if text is None or self._desk.is_busy:
            return
        with QSignalBlocker(self.words), QSignalBlocker(self.letters):
            if self.words.toPlainText() != text.content and not self.words.hasFocus():
                self.words.setPlainText(text.content)
            self.letters.set_value(text.size)
        row = next((n for n, font in enumerate(fonts()) if (font.family, font.style) == (text.family, text.style)), 0)
        self.font_box.setCurrentIndex(row)
        self.align.setCurrentIndex(self.align.findData(text.align.value))
