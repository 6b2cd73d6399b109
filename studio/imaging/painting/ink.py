"""Colour onto pixels, in whole numbers: no coverage leaves bytes untouched, full coverage gives exactly the colour.

Pixels are (h, w, 4) uint8, sRGB with premultiplied alpha; coverage is (h, w) uint8, 0 to 255.
"""

import numpy as np
from numpy.typing import NDArray

from studio.imaging.tiles import Pixels

Color = tuple[int, int, int]  # sRGB, 0 to 255


def scaled(one: Pixels, other: Pixels | NDArray[np.uint16]) -> Pixels:
    """The product of two arrays of 0 to 255 that stand for 0 to 1, rounded to the nearest."""
    return over_255(np.multiply(one, other, dtype=np.uint16))


def over_255(products: NDArray[np.uint16]) -> Pixels:
    """Products of 0 to 65025 divided by 255, rounded to the nearest: (t + t / 256) / 256 with t = product + 128 is
    exact in that range (Blinn, "Three Wrongs Make a Right", 1995). The products are overwritten.
    """
    products += np.uint16(128)
    products += products >> np.uint16(8)
    products >>= np.uint16(8)
    return products.astype(np.uint8)


def strength(coverage: Pixels, opacity: float, selection: Pixels | None = None) -> Pixels:
    """Coverage after opacity (0 to 1) and selection."""
    if opacity < 1:
        table = np.rint(np.arange(256) * max(0.0, opacity)).astype(np.uint8)
        coverage = table[coverage]
    return coverage if selection is None else scaled(coverage, selection)


def painted(
    base: Pixels,
    coverage: Pixels,
    color: Color,
    opacity: float = 1.0,
    selection: Pixels | None = None,
    erase: bool = False,
    lock_alpha: bool = False,
) -> Pixels:
    """The base with the colour painted on it, or with what the coverage reaches erased.

    `lock_alpha` keeps the transparency as it is and changes only the colour; there is then nothing to erase.
    """
    if erase and lock_alpha:
        return base.copy()
    # Repeated rather than broadcast: numpy is twice as fast along whole rows.
    amount = np.repeat(strength(coverage, opacity, selection), 4).reshape(base.shape)
    source = np.array((0, 0, 0, 0) if erase else (*color, 255), np.uint8)
    if lock_alpha:
        source = scaled(source, base[..., 3:])
    mixed = np.multiply(amount, source, dtype=np.uint16)
    mixed += np.multiply(base, 255 - amount, dtype=np.uint16)
    return over_255(mixed)


def painted_mask(
    base: Pixels, coverage: Pixels, value: int, opacity: float = 1.0, selection: Pixels | None = None
) -> Pixels:
    """The mask (h, w) with a value (0 to 255) painted on it."""
    amount = strength(coverage, opacity, selection)
    mixed = np.multiply(amount, np.uint8(value), dtype=np.uint16)
    mixed += np.multiply(base, 255 - amount, dtype=np.uint16)
    return over_255(mixed)


def poured(base: Pixels, source: Pixels, amount: Pixels, lock_alpha: bool = False) -> Pixels:
    """Premultiplied pixels over the base, each as far as `amount` (h, w) lets it; `lock_alpha` as for `painted`."""
    part = scaled(source, amount[..., None])
    kept = scaled(base, 255 - part[..., 3:])
    return scaled(part, base[..., 3:]) + kept if lock_alpha else part + kept
