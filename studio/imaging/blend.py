"""One picture over another: the general formula of compositing, in 8 bits and premultiplied.

co = cs·as·(1 − ab) + cb·ab·(1 − as) + as·ab·B(cb, cs) and ao = as + ab − as·ab, where B is the blend mode
(ISO 32000-2, 11.3.6; W3C Compositing and Blending Level 1, section 5). Everything is rounded to nearest. All operations
are exact or correctly rounded for each pixel by itself, so that a pixel comes out the same however a picture is cut.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.document.blending import BlendMode
from studio.imaging.composing.formulas import FORMULAS, Meeting, Planes
from studio.imaging.tiles import Pixels

Corner = tuple[int, int]
_CHUNK = 128 * 128  # pixels whose planes fit into a core's cache together
_NORMAL = (BlendMode.NORMAL, BlendMode.PASS_THROUGH)
_SUMS = 1 / 255


def blend(mode: BlendMode, backdrop: Pixels, source: Pixels, corner: Corner = (0, 0)) -> Pixels:
    """`source` over `backdrop`, both (height, width, 4) premultiplied; a new array.

    `corner` is the place (x, y) of the upper left pixel in the document, by which DISSOLVE decides. Where the source is
    transparent the backdrop comes back byte for byte. PASS_THROUGH, which only groups have, is NORMAL here.
    """
    out = backdrop.copy()
    blend_onto(mode, out, source, corner)
    return out


def blend_onto(mode: BlendMode, canvas: Pixels, source: Pixels, corner: Corner = (0, 0)) -> None:
    """As `blend`, with the result in `canvas`."""
    if mode is BlendMode.DISSOLVE:
        source = dissolved(source, corner)
    if mode in _NORMAL or mode is BlendMode.DISSOLVE:
        _over(canvas, source)
    else:
        _in_chunks(mode, canvas, source, keep_alpha=False)


def blend_atop(mode: BlendMode, canvas: Pixels, source: Pixels, corner: Corner = (0, 0)) -> None:
    """`source` only where `canvas` has pixels (Porter and Duff's "atop"), with the result in `canvas`: its alpha stays.

    co = cb·ab·(1 − as) + as·ab·B(cb, cs), ao = ab.
    """
    if mode is BlendMode.DISSOLVE:
        source = dissolved(source, corner)
    _in_chunks(mode, canvas, source, keep_alpha=True)


def faded(pixels: Pixels, opacity: float, mask: Pixels | None) -> Pixels:
    """The pixels (height, width, 4) times an opacity from 0 to 1 and a mask (height, width); may be `pixels` itself."""
    if mask is None:
        return pixels if opacity >= 1 else _scaled(pixels, opacity)
    if (whole := _all_of(mask)) is not None:
        return faded(pixels, opacity, None) if whole == 255 else np.zeros_like(pixels)
    return _pixels(cv2.multiply(pixels, cv2.merge([mask] * 4), scale=min(1.0, max(0.0, opacity)) / 255))


def mixed(before: Pixels, after: Pixels, opacity: float, mask: Pixels | None) -> Pixels:
    """From `before` to `after` by opacity times mask, each pixel by its own amount; may be one of the two itself."""
    if mask is None and opacity >= 1:
        return after
    amount = np.full(before.shape[:2], 255, np.uint8) if mask is None else mask
    if opacity < 1:
        amount = _scaled(amount, opacity)
    if (whole := _all_of(amount)) in (0, 255):
        return after if whole else before
    share = cv2.merge([amount] * 4).astype(np.uint16)
    return _by_255(after * share + before * (255 - share))


def dissolved(pixels: Pixels, corner: Corner) -> Pixels:
    """Each pixel whole or not at all, whole with the probability of its alpha; decided by its place in the document."""
    height, width = pixels.shape[:2]
    alpha = pixels[..., 3]
    shown = _noise(height, width, corner) < alpha
    colour = straight(pixels)
    colour[..., 3] = 255
    colour[~shown] = 0
    return colour


def straight(pixels: Pixels) -> Pixels:
    """Colours not multiplied by alpha, rounded; black where alpha is 0. A new array."""
    if _all_of(pixels[..., 3]) == 255:
        return pixels.copy()
    planes = planes_of(pixels)
    planes[:3] *= 255 / np.maximum(planes[3], 1)
    return interleaved(np.minimum(planes, 255), pixels)


def premultiplied(pixels: Pixels) -> Pixels:
    """The inverse of `straight`, which gives back every premultiplied pixel exactly. A new array."""
    alpha = np.ascontiguousarray(pixels[..., 3])
    if _all_of(alpha) == 255:
        return pixels.copy()
    return _pixels(cv2.multiply(pixels, cv2.merge([alpha, alpha, alpha, np.full_like(alpha, 255)]), scale=_SUMS))


def _over(canvas: Pixels, source: Pixels) -> None:
    """NORMAL: S + D·(1 − as)."""
    clear = ~source[..., 3]
    if (whole := _all_of(clear)) == 0:
        canvas[:] = source
    elif whole != 255:
        canvas[:] = cv2.add(cv2.multiply(canvas, cv2.merge([clear] * 4), scale=_SUMS), source)


def _in_chunks(mode: BlendMode, canvas: Pixels, source: Pixels, *, keep_alpha: bool) -> None:
    rows = max(1, _CHUNK // max(1, canvas.shape[1]))
    for y in range(0, canvas.shape[0], rows):
        below, above = canvas[y : y + rows], source[y : y + rows]
        if above[..., 3].any():
            below[:] = _met(mode, below, above, keep_alpha)


def _met(mode: BlendMode, backdrop: Pixels, source: Pixels, keep_alpha: bool) -> Pixels:
    d, s = planes_of(backdrop), planes_of(source)
    both = s[3] * d[3]
    meeting = Meeting(source=s[:3], backdrop=d[:3], alpha=d[3], u=s[:3] * d[3], v=d[:3] * s[3], both=both)
    part = FORMULAS[mode](meeting)
    part -= meeting.v
    if not keep_alpha:
        part -= meeting.u
        d += s
        d[3] -= both * np.float32(_SUMS)
    part *= np.float32(_SUMS)
    d[:3] += part
    return interleaved(d, backdrop)


def planes_of(pixels: Pixels) -> Planes:
    """(4, n) float32."""
    return cv2.transpose(np.ascontiguousarray(pixels).reshape(-1, 4)).astype(np.float32)


def interleaved(planes: Planes, like: Pixels) -> Pixels:
    """(height, width, 4) of planes (4, n) from 0 to 255, rounded; destroys the planes."""
    planes += np.float32(0.5)
    height, width = like.shape[:2]
    return _pixels(cv2.merge([*planes.astype(np.uint8).reshape(4, height, width)]))


def _by_255(sums: NDArray[np.uint16]) -> Pixels:
    """Divided by 255 and rounded, for sums up to 65,025 (Blinn, "Three Wrongs Make a Right", 1995)."""
    sums += 128
    return ((sums + (sums >> 8)) >> 8).astype(np.uint8)


def _all_of(values: Pixels) -> int | None:
    """The one value that all have, if they do."""
    first = int(values.flat[0]) if values.size else 0
    # Most pictures differ soon: look at a few before all.
    if values.size and (values[0] != first).any():
        return None
    return first if not (values != first).any() else None


def _noise(height: int, width: int, corner: Corner) -> Pixels:
    """A value from 0 to 254 for each place of the document, evenly spread: the hash finalizer of MurmurHash3."""
    rows = np.arange(corner[1], corner[1] + height, dtype=np.int64).astype(np.uint32)[:, None]
    columns = np.arange(corner[0], corner[0] + width, dtype=np.int64).astype(np.uint32)[None, :]
    bits = columns * np.uint32(0x9E3779B1) ^ rows * np.uint32(0x85EBCA77)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        bits ^= bits >> np.uint32(shift)
        bits *= np.uint32(factor)
    bits ^= bits >> np.uint32(16)
    return (bits % np.uint32(255)).astype(np.uint8)


def _scaled(values: Pixels, by: float) -> Pixels:
    return _pixels(cv2.convertScaleAbs(values, alpha=max(0.0, by))).reshape(values.shape)


def _pixels(array: NDArray[np.generic]) -> Pixels:
    return np.asarray(array, np.uint8)
