"""The formats that clips are written in, as a table."""

import functools
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import imageio_ffmpeg

from studio.domain.errors import ErrorKind, StudioError


class Family(StrEnum):
    """How a preset's file is made."""

    VIDEO = "video"  # FFmpeg, in one go
    GIF = "gif"  # FFmpeg, twice: the palette of the whole clip comes first
    SEQUENCE = "sequence"  # a file for each frame


@dataclass(frozen=True, slots=True)
class Preset:
    """One format. `arguments` are FFmpeg's for the picture, `sound` those for the sound, () where it has none; `muxer`
    is its name of the container, `container` are its arguments for that, and `encoder` names what it must have.

    `alpha` keeps transparency, `loops` says of itself that it plays for ever, `lossless` keeps every value. One that
    is `seamless` codes all frames alike, for loops of formats that otherwise code them after one another. `even` can
    only hold even sides, `metadata` names where the recipe goes ("" for nowhere). `note` is for people.
    """

    id: str
    title: str
    suffix: str
    note: str
    family: Family = Family.VIDEO
    muxer: str = ""
    encoder: str = ""
    arguments: tuple[str, ...] = ()
    container: tuple[str, ...] = ()
    sound: tuple[str, ...] = ()
    alpha: bool = False
    loops: bool = False
    seamless: bool = False
    lossless: bool = False
    even: bool = False
    metadata: str = ""


DEFAULT_VIDEO, DEFAULT_LOOP = "mp4-h264", "webm-loop"

_MP4 = ("-movflags", "+faststart+use_metadata_tags")
_AAC = ("-c:a", "aac", "-b:a", "192k")
_OPUS = ("-c:a", "libopus", "-b:a", "128k")
_VP9 = ("-c:v", "libvpx-vp9", "-b:v", "0", "-row-mt", "1", "-deadline", "good", "-cpu-used", "3")
# Of a film, the first frame of a group is coded better than those that follow, which shows where the last frame of a
# loop meets the first. So each frame of a loop is coded by itself; and finely, as what the codec does to a frame must
# stay far below the step to the next.
_ALONE = ("-g", "1", "-auto-alt-ref", "0", "-lag-in-frames", "0")

PRESETS: dict[str, Preset] = {
    preset.id: preset
    for preset in (
        Preset(
            "mp4-h264", "MP4 (H.264)", ".mp4", "Plays everywhere.", muxer="mp4", encoder="libx264",
            arguments=("-c:v", "libx264", "-crf", "18", "-preset", "medium", "-pix_fmt", "yuv420p"),
            container=_MP4, sound=_AAC, even=True, metadata="comment",
        ),
        Preset(
            "mp4-hevc", "MP4 (HEVC)", ".mp4", "Half the bytes of H.264; plays on most devices since 2016.",
            muxer="mp4", encoder="libx265",
            arguments=(
                "-c:v", "libx265", "-crf", "20", "-preset", "medium", "-pix_fmt", "yuv420p", "-tag:v", "hvc1",
                "-x265-params", "log-level=error",
            ),
            container=_MP4, sound=_AAC, even=True, metadata="comment",
        ),
        Preset(
            "mp4-av1", "MP4 (AV1)", ".mp4", "The fewest bytes; plays in browsers and on devices since 2020.",
            muxer="mp4", encoder="libsvtav1",
            arguments=("-c:v", "libsvtav1", "-crf", "24", "-preset", "6", "-pix_fmt", "yuv420p10le"),
            container=_MP4, sound=_AAC, even=True, metadata="comment",
        ),
        Preset(
            "mp4-loop", "MP4 (H.264) for loops", ".mp4", "Plays everywhere; no seam, and twice the bytes.", muxer="mp4",
            encoder="libx264",
            arguments=("-c:v", "libx264", "-crf", "12", "-g", "1", "-preset", "medium", "-pix_fmt", "yuv420p"),
            container=_MP4, sound=_AAC, seamless=True, even=True, metadata="comment",
        ),
        Preset(
            "webm-vp9", "WebM (VP9)", ".webm", "For the web; any size, plays in every browser.", muxer="webm",
            encoder="libvpx-vp9", arguments=(*_VP9, "-crf", "20", "-pix_fmt", "yuv420p"), sound=_OPUS,
            metadata="comment",
        ),
        Preset(
            "webm-loop", "WebM (VP9) for loops", ".webm", "For the web; no seam, and three times the bytes.",
            muxer="webm", encoder="libvpx-vp9", arguments=(*_VP9, "-crf", "7", *_ALONE, "-pix_fmt", "yuv420p"),
            sound=_OPUS, seamless=True, metadata="comment",
        ),
        Preset(
            "webm-vp9-alpha", "WebM (VP9) with transparency", ".webm", "Transparent in browsers, but not in Safari.",
            muxer="webm", encoder="libvpx-vp9",
            arguments=(*_VP9, "-crf", "12", "-auto-alt-ref", "0", "-pix_fmt", "yuva420p"),
            sound=_OPUS, alpha=True, metadata="comment",
        ),
        Preset(
            "prores-4444", "QuickTime (ProRes 4444)", ".mov", "For video editors; transparent, large, quick to edit.",
            muxer="mov", encoder="prores_ks",
            arguments=(
                "-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le", "-alpha_bits", "16",
                "-vendor", "apl0",
            ),
            container=("-movflags", "+use_metadata_tags"), sound=("-c:a", "pcm_s16le"), alpha=True, metadata="comment",
        ),
        Preset(
            "gif", "GIF", ".gif", "For chats; 256 colours, and rates of whole hundredths of a second.",
            Family.GIF, muxer="gif", encoder="gif", alpha=True, loops=True, metadata="gif",
        ),
        Preset(
            "webp", "Animated WebP", ".webp", "A better GIF: all colours, soft transparency, fewer bytes.",
            muxer="webp", encoder="libwebp",
            # Each frame for itself: libwebp_anim holds what changes little until it has changed enough, which stops a
            # slow loop, and lets it jump at the seam.
            arguments=("-c:v", "libwebp", "-quality", "95", "-compression_level", "4", "-loop", "0"),
            alpha=True, loops=True, metadata="xmp",
        ),
        Preset(
            "apng", "Animated PNG", ".png", "Every value as it is; large.", muxer="apng", encoder="apng",
            arguments=("-c:v", "apng", "-pred", "mixed", "-plays", "0"), alpha=True, loops=True, lossless=True,
            metadata="png",
        ),
        Preset(
            "avif", "Animated AVIF", ".avif", "The fewest bytes of all animated pictures; slow to write.",
            muxer="avif", encoder="libaom-av1",
            arguments=("-c:v", "libaom-av1", "-crf", "20", "-cpu-used", "6", "-row-mt", "1", "-loop", "0"),
            alpha=True, loops=True,
        ),
        Preset(
            "png-sequence", "PNG files", ".png", "A numbered file for each frame; every value as it is.",
            Family.SEQUENCE, alpha=True, lossless=True, metadata="png",
        ),
        Preset(
            "exr-sequence", "OpenEXR files", ".exr", "A numbered file for each frame in linear light, for compositing.",
            Family.SEQUENCE, alpha=True, lossless=True, metadata="exr",
        ),
    )
}  # fmt: skip


def preset_of(preset_id: str) -> Preset:
    """The preset of this id. Raises StudioError: INPUT for none, ENVIRONMENT when FFmpeg lacks its encoder."""
    preset = PRESETS.get(preset_id)
    if preset is None:
        hint = f"Choose one of {', '.join(PRESETS)}."
        raise StudioError(ErrorKind.INPUT, f"There is no export preset “{preset_id}”.", hint, "preset")
    if preset.encoder and preset.encoder not in encoders():
        message = f"The installed FFmpeg cannot write {preset.title}: it was built without {preset.encoder}."
        raise StudioError(ErrorKind.ENVIRONMENT, message, "Choose another preset.", "preset")
    return preset


def preset_for(suffix: str, closed: bool = False) -> Preset | None:
    """The first preset whose files end in `suffix` (".webm"), upper or lower case, for a loop if `closed`; None for
    none.
    """
    found = [preset for preset in PRESETS.values() if preset.suffix == suffix.lower()]
    return next((preset for preset in found if preset.seamless is closed), found[0] if found else None)


def available() -> tuple[Preset, ...]:
    """The presets that the installed FFmpeg can write."""
    return tuple(preset for preset in PRESETS.values() if not preset.encoder or preset.encoder in encoders())


@functools.cache
def ffmpeg() -> str:
    """The FFmpeg program. Raises StudioError (ENVIRONMENT) when there is none."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        hint = "Install the package imageio-ffmpeg anew, or name a program in IMAGEIO_FFMPEG_EXE."
        raise StudioError(ErrorKind.ENVIRONMENT, "FFmpeg, which writes videos, is missing.", hint) from error


@functools.cache
def encoders() -> frozenset[str]:
    """The names of all encoders of the FFmpeg program, asked once. Raises StudioError (ENVIRONMENT)."""
    try:
        done = subprocess.run(
            [ffmpeg(), "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        message = f"FFmpeg, which writes videos, does not run: {error}."
        raise StudioError(ErrorKind.ENVIRONMENT, message, "Install the package imageio-ffmpeg anew.") from error
    lines = (line.split() for line in done.stdout.splitlines())
    return frozenset(parts[1] for parts in lines if len(parts) > 1)


# ------------------------------------------------------------------------------------------------ GIF's clock

GIF_RATES = (Fraction(10), Fraction(20), Fraction(25), Fraction(100, 3), Fraction(50))


@dataclass(frozen=True, slots=True)
class GifRate:
    """The nearest rate that a GIF can have; `changes` when it is another than was asked for."""

    rate: Fraction
    changes: bool


def gif_rate(rate: Fraction) -> GifRate:
    """A GIF's frame lasts a whole number of hundredths of a second, and at least two: browsers show what is shorter
    for a tenth of a second."""
    nearest = min((Fraction(100, delay) for delay in range(2, 1001)), key=lambda possible: abs(possible - rate))
    return GifRate(nearest, nearest != rate)
