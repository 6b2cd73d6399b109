"""What a picture file says about how it was made: read from any, written into ours.

Metadata is data from strangers. Whatever is wrong with it becomes a warning; the picture stays usable.
"""

from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.recipe import Recipe
from studio.domain.user_paths import expanded
from studio.imaging import png
from studio.imaging.metadata import a1111, exif, safelight, xmp
from studio.imaging.metadata.info import PictureInfo, understood
from studio.imaging.metadata.safelight import Capsule
from studio.imaging.pictures import open_picture

__all__ = ["Capsule", "PictureInfo", "embed", "exif_for", "fits_jpeg", "read", "xmp_for"]
_WITH_PACKET = ("JPEG", "WEBP")  # formats that we write, whose XMP Pillow hands over


def read(path: Path) -> PictureInfo:
    """Format, size and metadata of a picture, without decoding its pixels.

    Raises StudioError as `load_picture` does when the file is no picture.
    """
    with open_picture(path) as image:
        kind, size = image.format or "", Size(*image.size)
        block, comment, packet = (image.info.get(key) for key in ("exif", "comment", "xmp"))
    texts = _png_texts(path) if kind == "PNG" else png.Texts({}, block if isinstance(block, bytes) else b"")
    fields, complaint = _exif_fields(texts.exif)
    if kind == "GIF" and isinstance(comment, bytes):
        fields["comment"] = comment.decode("utf-8", "replace")
    if kind in _WITH_PACKET and isinstance(packet, bytes):
        fields[xmp.PNG_KEYWORD] = packet.decode("utf-8", "replace")
    return understood(
        PictureInfo(kind, size, fields={**fields, **texts.fields}, warnings=(*texts.warnings, *complaint))
    )


def embed(data: bytes, recipe: Recipe, capsule: Capsule) -> bytes:
    """A PNG with our metadata added: the recipe, A1111's text for other programs, and the mark of generated media.

    The pixels stay compressed as they are. Raises ValueError when `data` is no PNG.
    """
    return png.with_chunks(
        data,
        (
            png.text(a1111.KEYWORD, a1111.write(recipe, capsule.software)),
            png.international(safelight.PNG_KEYWORD, safelight.write(recipe, capsule)),
            png.international(xmp.PNG_KEYWORD, xmp.packet(_source(recipe))),
        ),
    )


def exif_for(recipe: Recipe, capsule: Capsule) -> bytes:
    """The EXIF block for a JPEG or WebP of this recipe: A1111's text as UserComment."""
    return exif.write(a1111.write(recipe, capsule.software), capsule.software)


def fits_jpeg(recipe: Recipe) -> bool:
    """Whether A1111's text of the recipe fits into the one segment that JPEG has for EXIF."""
    return len(exif_for(recipe, Capsule())) <= exif.MAX_BLOCK


def xmp_for(recipe: Recipe, capsule: Capsule | None = None) -> bytes:
    """The XMP packet for a JPEG or WebP of this recipe: the mark of generated media and, if a capsule is given, recipe
    and capsule, which are left out where the packet would be too long for a JPEG."""
    bare = xmp.packet(_source(recipe)).encode()
    if capsule is None:
        return bare
    full = xmp.packet(_source(recipe), safelight.write_ascii(recipe, capsule)).encode()
    return full if len(full) <= xmp.MAX_PACKET else bare


def _source(recipe: Recipe) -> xmp.SourceType:
    return xmp.SourceType.COMPOSITE if recipe.source or recipe.inpaint else xmp.SourceType.GENERATED


def _png_texts(path: Path) -> png.Texts:
    try:
        with expanded(path).open("rb") as file:
            return png.read(file)
    except OSError as error:
        raise StudioError(ErrorKind.DISK, f"{path} cannot be read: {error.strerror}.", "Check the disk.") from error


def _exif_fields(block: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    if not block:
        return {}, ()
    try:
        return exif.read(block), ()
    except ValueError as error:
        return {}, (f"The EXIF data was skipped: {error}.",)
