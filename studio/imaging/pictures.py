"""Pictures from anywhere: whatever the file holds, RGB pixels in sRGB come out, or an error that says why not."""

import contextlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.user_paths import expanded
from studio.imaging import png
from studio.imaging.pixels import Pixels

MAX_SIDE = 16_384  # pixels
MAX_FILE = 2**30  # bytes of a PNG
MAX_PIXELS = 2**27  # 400 MB as RGB

# Without PostScript and PDF, which Pillow hands to other programs, and without formats that nobody paints in.
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "PPM", "TGA", "ICO")
Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)

# What Pillow's decoders are known to raise on damaged files.
DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)


def load_picture(path: Path, background: Colour = WHITE) -> Pixels:
    """The picture in a file as RGB, height × width × 3, upright by its EXIF orientation and converted to sRGB by its
    colour profile. Transparent parts show `background`; of an animation the first frame is taken.

    Reads 8 and 16 bit, grey, palette, RGB, CMYK and Lab. Raises StudioError: INPUT when the file is missing, damaged,
    too large or no picture, DISK when it cannot be read, MEMORY when it does not fit.
    """
    with open_picture(path) as image:
        return _upright_rgb(image, background)


def load_layered(path: Path) -> Pixels:
    """The picture as `load_picture` reads it, but with its transparency: × 4 with straight alpha, × 3 without any.

    Raises StudioError as `load_picture` does.
    """
    with open_picture(path) as image:
        image.load()
        colour, alpha = _layers(_upright(image), _profile(image))
        return np.array(colour if alpha is None else Image.merge("RGBA", (*colour.split(), alpha)))


def picture_size(path: Path) -> Size:
    """Width and height of the picture in a file as it is stored; quick. Raises StudioError as `load_picture` does."""
    with open_picture(path) as image:
        return Size(*image.size)


def require_picture(path: Path) -> None:
    """Raise what `load_picture` would for a file that is missing, unreadable, too large or no picture; quick."""
    with open_picture(path):
        return


@contextlib.contextmanager
def open_picture(path: Path) -> Iterator[Image.Image]:
    """The picture in a file, opened by Pillow and not yet decoded; errors of the body are reported like its own.

    Of a PNG only what the pixels depend on is passed to Pillow, since it refuses pictures for their texts.
    """
    path = expanded(path)
    require_file(path)
    with errors_of(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of sizes and odd metadata; sizes are checked below
        with Image.open(_source(path), formats=FORMATS) as image:
            _require_reasonable(path, image.size)
            yield image


def _source(path: Path) -> Path | io.BytesIO:
    with path.open("rb") as file:
        if file.read(len(png.SIGNATURE)) != png.SIGNATURE:
            return path
    if path.stat().st_size > MAX_FILE:
        raise _bad(path, f"is larger than {MAX_FILE // 2**20} MiB", "Use a smaller picture.")
    return io.BytesIO(png.without_texts(path.read_bytes()))


@contextlib.contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turn whatever reading a picture from `path` raises into a StudioError."""
    try:
        yield
    except UnidentifiedImageError as error:
        hint = "Use PNG, JPEG, WebP, AVIF, TIFF, GIF or BMP."
        raise _bad(path, "is no picture in a format this program reads", hint) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, "over 178 million") from error
    except PermissionError as error:
        raise _error(ErrorKind.DISK, f"{path} cannot be read: {error.strerror}.", "Change its permissions.") from error
    except MemoryError as error:
        raise _error(ErrorKind.MEMORY, f"{path.name} does not fit in memory.", "Use a smaller picture.") from error
    except DAMAGE as error:
        raise _bad(path, "is damaged or cut short", "Open it in another program and save it again.") from error


def require_file(path: Path) -> None:
    """Raise StudioError for what is not there, is a folder or a device, or may not be looked at."""
    try:
        if path.is_file():
            return
        found = "a folder" if path.is_dir() else "no ordinary file" if path.exists() else ""
    except OSError as error:
        raise _error(
            ErrorKind.DISK, f"{path} cannot be read: {error.strerror}.", "Check the path and the disk."
        ) from error
    except ValueError:
        found = ""
    if found:
        raise _bad(path, f"is {found}", "Choose a file.")
    raise _error(ErrorKind.INPUT, f"There is no picture at {path}.", "Check the path.")


def _require_reasonable(path: Path, size: tuple[int, int]) -> None:
    width, height = size
    if max(size) > MAX_SIDE or width * height > MAX_PIXELS:
        raise _too_large(path, f"{width} × {height}")


def _upright_rgb(image: Image.Image, background: Colour) -> Pixels:
    image.load()
    return _to_rgb(_upright(image), _profile(image), background)


def _profile(image: Image.Image) -> bytes:
    profile = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) else b""


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except DAMAGE:  # of the EXIF data; the pixels are decoded already
        return image


def _to_rgb(image: Image.Image, profile: bytes, background: Colour) -> Pixels:
    colour, alpha = _layers(image, profile)
    if alpha is None:
        return np.array(colour)
    return np.array(Image.composite(colour, Image.new("RGB", image.size, background), alpha))


def _layers(image: Image.Image, profile: bytes) -> tuple[Image.Image, Image.Image | None]:
    """Colours in sRGB and, where any part may be transparent, alpha."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = Image.fromarray(grey_to_8_bit(np.asarray(image)))
    if not image.has_transparency_data:
        return _to_srgb(image, profile), None
    layered = image.convert("RGBA")
    return _to_srgb(layered.convert("RGB"), profile), layered.getchannel("A")


def grey_to_8_bit(grey: NDArray[np.generic]) -> Pixels:
    """16 bit integers by their range; floating point and 32 bit by the range their values suggest."""
    values = np.nan_to_num(grey.astype(np.float64), posinf=0.0, neginf=0.0)
    peak = values.max(initial=0.0)
    white = 1.0 if grey.dtype.kind == "f" and peak <= 1 else 255.0 if peak <= 255 and grey.itemsize > 2 else 65_535.0
    return np.clip(np.rint(values * (255.0 / white)), 0, 255).astype(np.uint8)


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """RGB in sRGB; a profile that is damaged or belongs to another kind of picture is ignored, as browsers do."""
    if not profile or image.mode not in ("RGB", "L", "CMYK", "LAB"):
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image.convert("RGB")
    return converted or image.convert("RGB")


def _bad(path: Path, what: str, hint: str) -> StudioError:
    return _error(ErrorKind.INPUT, f"{path.name or path} {what}.", hint)


def _error(kind: ErrorKind, message: str, hint: str) -> StudioError:
    return StudioError(kind, message, hint, "source.path")


def _too_large(path: Path, size: str) -> StudioError:
    limit = f"Scale it down below {MAX_SIDE:,} pixels a side and {MAX_PIXELS // 2**20} megapixels."
    return _bad(path, f"is too large to load ({size} pixels)", limit)
