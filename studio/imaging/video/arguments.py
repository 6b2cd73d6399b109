"""The command lines for FFmpeg."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from studio.domain.geometry import Size
from studio.imaging.video.presets import Preset
from studio.imaging.video.soundtracks import Heard

# RGB to Y'CbCr by BT.709 in limited range. Without the flags colours come out up to three levels darker.
_SCALER = "flags=bicubic+accurate_rnd+full_chroma_int"
_TO_709 = f"scale=out_color_matrix=bt709:out_range=tv:{_SCALER}"
_TAGGED_709 = (
    "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
)  # fmt: skip
_IN_RGB = ("webp", "apng")  # muxers whose encoders take RGB as it is


@dataclass(frozen=True, slots=True)
class Inputs:
    """What goes in: raw frames through the standard input, perhaps a file with metadata."""

    pixel_format: str
    size: Size
    rate: Fraction
    metadata: Path | None

    def arguments(self) -> list[str]:
        """All inputs, the frames first."""
        told = ["-f", "ffmetadata", "-i", f"{self.metadata}"] if self.metadata else []
        return [
            "-f", "rawvideo", "-pix_fmt", self.pixel_format, "-video_size", f"{self.size.width}x{self.size.height}",
            "-framerate", f"{self.rate.numerator}/{self.rate.denominator}", "-i", "pipe:0", *told,
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spool:
    """Where the frames of a GIF lie, without loss, until its palette is known, and the palette."""

    frames: Path
    palette: Path


def video(inputs: Inputs, preset: Preset, target: Path, alpha: bool) -> list[str]:
    """Frames into a container, in one go."""
    picture = _avif(alpha) if preset.muxer == "avif" else _picture(preset)
    return [
        *inputs.arguments(), *picture, *preset.arguments, *preset.container,
        "-map_metadata", "1" if inputs.metadata else "-1", "-fps_mode", "passthrough",
        "-f", preset.muxer, f"file:{target}",
    ]  # fmt: skip


def with_sound(silent: Path, heard: Heard, seconds: Fraction, preset: Preset, target: Path) -> list[str]:
    """A finished video once more, with a sound that is exactly as long. It goes in afterwards because only then its
    length is known for sure: FFmpeg's own -shortest is off by some tenths of a second."""
    length = f"{float(seconds):.6f}"
    return [
        "-i", f"file:{silent}", *heard.arguments, "-map", "0:v", "-map", "1:a:0", "-c:v", "copy", *preset.sound,
        "-af", f"{heard.filters}apad,atrim=end={length}", *preset.container, "-map_metadata", "0",
        "-f", preset.muxer, f"file:{target}",
    ]  # fmt: skip


def spooling(inputs: Inputs, spool: Spool) -> list[str]:
    """Frames into a file without loss, and the palette of all of them."""
    held = "1" if inputs.pixel_format == "rgba" else "0"
    graph = f"[0:v]split[kept][seen];[seen]palettegen=stats_mode=full:reserve_transparent={held}[palette]"
    return [
        *inputs.arguments(),
        "-filter_complex", graph,
        "-map", "[kept]", "-c:v", "ffv1", "-f", "nut", f"file:{spool.frames}",
        "-map", "[palette]", "-frames:v", "1", "-update", "1", "-f", "image2", f"file:{spool.palette}",
    ]  # fmt: skip


def gif(spool: Spool, target: Path, alpha: bool) -> list[str]:
    """The spooled frames in the colours of the palette."""
    between = "alpha_threshold=128" if alpha else "diff_mode=rectangle"
    return [
        "-i", f"file:{spool.frames}", "-i", f"file:{spool.palette}",
        "-filter_complex", f"[0:v][1:v]paletteuse=dither=sierra2_4a:{between}",
        "-map_metadata", "-1", "-loop", "0", "-fps_mode", "passthrough", "-f", "gif", f"file:{target}",
    ]  # fmt: skip


def _picture(preset: Preset) -> list[str]:
    if preset.muxer in _IN_RGB:
        return ["-map", "0:v"]
    return ["-map", "0:v", "-vf", _TO_709, *_TAGGED_709]


def _avif(alpha: bool) -> list[str]:
    """AVIF keeps alpha as a picture of its own, in grey over the full range."""
    if not alpha:
        return ["-map", "0:v", "-vf", f"{_TO_709},format=yuv444p", *_TAGGED_709]
    colour, grey = f"{_TO_709},format=yuv444p", "alphaextract,format=gray,setparams=colorspace=bt709:range=pc"
    graph = f"[0:v]split[c][a];[c]{colour}[colour];[a]{grey}[alpha]"
    return ["-filter_complex", graph, "-map", "[colour]", "-map", "[alpha]", *_TAGGED_709, "-color_range:v:1", "pc"]
