"""Which commands of the workspace are possible, as the document and the active layer are."""

from studio.domain.document.layers import GroupLayer, ImageLayer, PaintLayer
from studio.ui.paint.editor import Editor
from studio.ui.paint.panels.adjustments import kinds


def abilities(editor: Editor) -> dict[str, bool]:
    """By command id; what is not named is always possible."""
    desk = editor.desk
    document, layer = desk.document, desk.active
    writable = not desk.read_only
    chosen = document.selection is not None
    some = layer is not None and writable
    paint = some and isinstance(layer, PaintLayer) and not layer.locked
    mask = some and layer is not None and layer.mask is not None
    return {
        "canvas-name": writable,
        "canvas-compact": writable,
        "paint-undo": writable and desk.can_undo,
        "paint-redo": writable and desk.can_redo,
        "paint-cut": paint,
        "paint-copy": layer is not None,
        "paint-paste": writable,
        "paint-clear": paint,
        "paint-remove": chosen and writable,
        "paint-fill-front": paint,
        "paint-fill-back": paint,
        "select-none": chosen and writable,
        "select-invert": chosen and writable,
        "select-grow": chosen and writable,
        "select-shrink": chosen and writable,
        "select-feather": chosen and writable,
        "select-all": writable,
        "quick-mask": writable,
        "layer-new": writable,
        "layer-duplicate": some,
        "layer-delete": some,
        "layer-group": some,
        "layer-ungroup": some and isinstance(layer, GroupLayer),
        "layer-merge": some,
        "layer-up": some,
        "layer-down": some,
        "layer-mask": some and layer is not None and layer.mask is None,
        "layer-mask-delete": mask,
        "layer-mask-apply": mask,
        "layer-mask-toggle": mask,
        "layer-select": some,
        "layer-apply": some and isinstance(layer, ImageLayer),
        "layer-visible": some,
        "layer-lock": some,
        "layer-clip": some,
        "image-crop": chosen and writable,
        "image-size": writable,
        **dict.fromkeys((f"adjust-{kind}" for kind, _, _ in kinds()), writable),
        "view-no-guides": writable and bool(document.guides),
        "image-flatten": writable,
    }
