"""The canvas as a flat picture in a file, in sRGB with its profile."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from studio.domain.document.document import Document
from studio.domain.errors import ErrorKind, StudioError
from studio.imaging import png
from studio.imaging.blend import straight
from studio.imaging.compose import Compositor
from studio.imaging.exchange.bands import bands, is_opaque
from studio.imaging.exchange.colour import srgb_profile
from studio.imaging.exchange.errors import require_memory
from studio.imaging.exchange.png_writing import PngWriter, srgb_chunk
from studio.imaging.exchange.values import Notices, Saving
from studio.imaging.metadata import exif, xmp
from studio.imaging.metadata.carry import Carried, exif_block
from studio.imaging.pictures import Colour
from studio.imaging.tiles import Pixels, TileStore

WEBP_SIDE = 16_383  # pixels, by the format
_SEGMENTS = {"exif": exif.MAX_BLOCK, "xmp": exif.MAX_BLOCK - 29}  # bytes that JPEG holds; XMP has its name before it
Write = Callable[[BinaryIO, Path, Document, TileStore, Saving, Notices], None]


def write_png(
    file: BinaryIO, path: Path, document: Document, store: TileStore, saving: Saving, notices: Notices
) -> None:
    """PNG, in bands; without an alpha channel where nothing can be transparent."""
    opaque = is_opaque(store, document)
    writer = PngWriter(file, document.size, 3 if opaque else 4, [srgb_chunk(), *_texts(saving.carried)])
    for pixels in flattened(document, store):
        writer.add(pixels[..., :3] if opaque else straight(pixels))
    writer.close()


def write_tiff(
    file: BinaryIO, path: Path, document: Document, store: TileStore, saving: Saving, notices: Notices
) -> None:
    """TIFF, in bands."""
    from studio.imaging.exchange import tiff  # tifffile takes a while to load

    opaque = is_opaque(store, document)
    parts = (pixels[..., :3] if opaque else straight(pixels) for pixels in flattened(document, store))
    tiff.write_tiff(file, document.size, 3 if opaque else 4, parts)


def write_jpeg(
    file: BinaryIO, path: Path, document: Document, store: TileStore, saving: Saving, notices: Notices
) -> None:
    """JPEG on the chosen background. EXIF and XMP data larger than the format holds are left out."""
    require_memory(path, 4 * document.size.pixels)
    image = Image.new("RGB", (document.size.width, document.size.height))
    clear, y = False, 0
    for pixels in flattened(document, store):
        clear |= bool((pixels[..., 3] != 255).any())
        image.paste(Image.fromarray(over(pixels, saving.background)), (0, y))
        y += len(pixels)
    if clear:
        shown = "#{:02x}{:02x}{:02x}".format(*saving.background)
        notices.add(f"Transparent parts became {shown}.", "JPEG knows no transparency.")
    quality = _quality(saving)
    more = _blocks(saving.carried)
    for name in [name for name, block in more.items() if len(block) > _SEGMENTS[name]]:
        notices.add("The texts of the picture were left out.", "They are longer than JPEG holds.")
        del more[name]
    detail = 0 if quality >= 90 else 2  # 4:4:4 keeps thin coloured lines, which painters draw
    image.save(file, "JPEG", quality=quality, subsampling=detail, icc_profile=srgb_profile(), **more)


def write_webp(
    file: BinaryIO, path: Path, document: Document, store: TileStore, saving: Saving, notices: Notices
) -> None:
    """WebP. Raises StudioError (INPUT) for a canvas larger than the format holds."""
    if max(document.size.width, document.size.height) > WEBP_SIDE:
        message = f"WebP holds at most {WEBP_SIDE:,} pixels a side; the canvas has {document.size}."
        raise StudioError(ErrorKind.INPUT, message, "Save as PNG, TIFF or AVIF, or make the canvas smaller.")
    _whole(path, document, store).save(
        file,
        "WEBP",
        lossless=saving.lossless,
        quality=_quality(saving),
        icc_profile=srgb_profile(),
        **_blocks(saving.carried),
    )


def write_avif(
    file: BinaryIO, path: Path, document: Document, store: TileStore, saving: Saving, notices: Notices
) -> None:
    """AVIF. Its colours are stored as YCbCr, so that even the best quality may be off by one or two."""
    if saving.lossless:
        notices.add("The picture may differ by a step or two.", "AVIF stores its colours in another way.")
    _whole(path, document, store).save(
        file,
        "AVIF",
        quality=100 if saving.lossless else _quality(saving),
        subsampling="4:4:4" if saving.lossless or saving.quality >= 90 else "4:2:0",
        icc_profile=srgb_profile(),
        **_blocks(saving.carried),
    )


def flattened(document: Document, store: TileStore) -> Iterator[Pixels]:
    """The picture in bands from the top down, premultiplied."""
    compositor = Compositor(store)
    for band in bands(document.rect):
        yield compositor.render(document, band)


def over(pixels: Pixels, background: Colour) -> Pixels:
    """Premultiplied pixels (…, 4) on a colour: (…, 3)."""
    rest = 255 - pixels[..., 3:].astype(np.uint16)
    product = rest * np.array(background, np.uint16) + np.uint16(128)
    return (pixels[..., :3] + ((product + (product >> 8)) >> 8)).astype(np.uint8)


def _whole(path: Path, document: Document, store: TileStore) -> Image.Image:
    require_memory(path, 4 * document.size.pixels)
    opaque = is_opaque(store, document)
    image = Image.new("RGB" if opaque else "RGBA", (document.size.width, document.size.height))
    y = 0
    for pixels in flattened(document, store):
        part = np.ascontiguousarray(pixels[..., :3]) if opaque else straight(pixels)
        image.paste(Image.fromarray(part), (0, y))
        y += len(pixels)
    return image


def _quality(saving: Saving) -> int:
    return min(100, max(1, saving.quality))


def _texts(carried: Carried) -> list[bytes]:
    """The chunks of a PNG for what is carried along."""
    chunks = [png.international(keyword, text) for keyword, text in carried.texts.items()]
    return [*chunks, *([png.exif(carried.exif)] if carried.exif else [])]


def _blocks(carried: Carried) -> dict[str, bytes]:
    """What Pillow is to write beside the pixels: EXIF and XMP."""
    found = {"exif": exif_block(carried), "xmp": carried.texts.get(xmp.PNG_KEYWORD, "").encode()}
    return {name: block for name, block in found.items() if block}
