"""OpenRaster 0.0.6 (https://www.openraster.org), the layered format that Krita, MyPaint, GIMP and others share.

What OpenRaster has is written as it says. What it lacks (masks, clipping, transformations, adjustments, mask layers,
the selection, guides, the frame) is written twice: as plain pixels, so that other programs show the same picture, and
in attributes, elements and files of our own, from which we read everything back exactly. Each such pair carries the
checksum of the plain pixels: when another program has changed these, what it shows is what we read.

- A masked layer's pixels have the mask applied; a transformed picture's are transformed; clipped layers are cut to the
  shape of their base and stand with it in a group that has the base's opacity and mode (soft edges of the base come out
  a little denser in other programs).
- An adjustment is the adjusted picture, drawn with svg:src-atop where its mask shows: exact where that operator is
  known, and where what lies below is opaque.
- A group with a mask is one layer with the picture of the group.
"""

from studio.imaging.exchange.ora.reading import read
from studio.imaging.exchange.ora.writing import write

__all__ = ["read", "write"]
