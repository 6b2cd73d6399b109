"""Names for the eye: of blend modes, in the groups that painters know."""

from PySide6.QtCore import QCoreApplication

from studio.domain.document.blending import BlendMode

GROUPS: tuple[tuple[BlendMode, ...], ...] = (
    (BlendMode.NORMAL, BlendMode.DISSOLVE),
    (BlendMode.DARKEN, BlendMode.MULTIPLY, BlendMode.COLOR_BURN, BlendMode.LINEAR_BURN, BlendMode.DARKER_COLOR),
    (BlendMode.LIGHTEN, BlendMode.SCREEN, BlendMode.COLOR_DODGE, BlendMode.ADD, BlendMode.LIGHTER_COLOR),
    (
        BlendMode.OVERLAY,
        BlendMode.SOFT_LIGHT,
        BlendMode.HARD_LIGHT,
        BlendMode.VIVID_LIGHT,
        BlendMode.LINEAR_LIGHT,
        BlendMode.PIN_LIGHT,
        BlendMode.HARD_MIX,
    ),
    (BlendMode.DIFFERENCE, BlendMode.EXCLUSION, BlendMode.SUBTRACT, BlendMode.DIVIDE),
    (BlendMode.HUE, BlendMode.SATURATION, BlendMode.COLOR, BlendMode.LUMINOSITY),
)


def mode_title(mode: BlendMode) -> str:
    """The mode's name, as in “Soft light”."""
    return QCoreApplication.translate("BlendMode", mode.value.replace("-", " ").capitalize())
