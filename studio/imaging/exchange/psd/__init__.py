"""Photoshop documents (Adobe Photoshop File Formats Specification), their structures read and written by psd-tools.

Layers, groups, modes, opacity, visibility, clipping, masks, names, locks, guides and four kinds of adjustments go both
ways. What the format lacks (transformed pictures, mask layers, blur and sharpen) is drawn or left out, with a notice.
"""

from studio.imaging.exchange.psd.reading import read
from studio.imaging.exchange.psd.writing import write

__all__ = ["read", "write"]
