"""Icons: lucide's outlines in the colours of the theme, sharp at every device pixel ratio."""

import functools

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio.resources import resources
from studio.ui.theme.tokens import COLOURS

_SIZES = (16, 20)


@functools.cache
def _outline(name: str) -> str:
    return (resources() / "icons" / f"{name}.svg").read_text("utf-8")


@functools.cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_outline(name).replace("currentColor", colour).encode()))


@functools.cache
def pixmap(name: str, colour: str, side: int, ratio: float = 1.0, margin: int = 0) -> QPixmap:
    """The icon `name` in `colour` (#rrggbb), `side` logical pixels a side on a screen of device pixel ratio `ratio`."""
    image = QPixmap(QSize(round((side + margin) * ratio), round(side * ratio)))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    _renderer(name, colour).render(painter, QRectF(0, 0, image.height(), image.height()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


@functools.cache
def icon(name: str, colour: str = COLOURS.muted, active: str = "", margin: int = 0) -> QIcon:
    """The icon for buttons and menus; `active` is its colour while checked or hovered, `margin` air at its right."""
    made = QIcon()
    for ratio in sorted({1.0, 2.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())}):
        for side in _SIZES:
            made.addPixmap(pixmap(name, colour, side, ratio, margin))
            made.addPixmap(pixmap(name, COLOURS.edge, side, ratio, margin), QIcon.Mode.Disabled)
            for mode, state in (
                (QIcon.Mode.Active, QIcon.State.Off),
                (QIcon.Mode.Normal, QIcon.State.On),
                (QIcon.Mode.Active, QIcon.State.On),
            ):
                made.addPixmap(pixmap(name, active or colour, side, ratio, margin), mode, state)
    return made


def application_icon() -> QIcon:
    """The program's own sign: a lamp on the ground of a darkroom."""
    made = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(_sign(side))
    return made


def _sign(side: int) -> QPixmap:
    image = QPixmap(side, side)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOURS.accent))
    painter.drawRoundedRect(image.rect(), side * 0.22, side * 0.22)
    inset = side * 0.18
    _renderer("lamp", COLOURS.on_accent).render(painter, QRectF(inset, inset, side - 2 * inset, side - 2 * inset))
    painter.end()
    return image


def forget() -> None:
    """Drop what was drawn; needed before the application object goes, which owns the screens' pixmaps."""
    for cached in (_renderer, pixmap, icon):
        cached.cache_clear()
