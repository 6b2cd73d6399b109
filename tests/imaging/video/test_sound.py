import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.domain.errors import ErrorKind, StudioError
from studio.imaging.video.info import probe
from studio.imaging.video.presets import PRESETS
from studio.imaging.video.sound import peaks, read_sound, sound_info
from studio.imaging.video.soundtracks import Samples, Soundtrack
from studio.imaging.video.verifying import check
from studio.imaging.video.writing import write_clip
from tests.imaging.video.clips import SIZE, clip, encode

RATE = 48_000
WITH_SOUND = sorted(preset.id for preset in PRESETS.values() if preset.sound)


def tone(seconds: float, frequency: float = 440.0, rate: int = RATE) -> NDArray[np.float32]:
    """Silence, but for a tone from half a second on; left at half the volume of the right."""
    time = np.arange(round(seconds * rate)) / rate
    wave = np.where(time >= 0.5, np.sin(2 * np.pi * frequency * time), 0)
    return np.stack([0.4 * wave, 0.8 * wave], axis=1).astype(np.float32)


def wav(path: Path, samples: NDArray[np.float32], rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def whole(path: Path, **options: object) -> NDArray[np.float32]:
    return np.concatenate([*read_sound(path, **options)])  # type: ignore[arg-type]


def onset(samples: NDArray[np.float32], rate: int = RATE) -> float:
    """When the tone begins, in seconds."""
    return float(np.argmax(np.abs(samples[:, -1]) > 0.2)) / rate


def test_samples_come_back_as_they_were(tmp_path: Path) -> None:
    samples = tone(1.0)
    path = wav(tmp_path / "a.wav", samples)
    info = sound_info(path)
    assert info is not None
    assert (info.rate, info.channels, info.seconds) == (RATE, 2, Fraction(1))
    assert np.abs(whole(path) - samples).max() < 1e-4


def test_resampling_and_mixing(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(1.0, rate=44_100), 44_100)
    found = whole(path, rate=16_000, channels=1)
    assert found.shape[1] == 1
    assert len(found) == pytest.approx(16_000, abs=40)
    assert np.abs(found[9000:15_000]).max() == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_mono_file_is_as_loud_as_its_samples(tmp_path: Path, channels: int) -> None:
    samples = tone(1.0)[:, 1:]
    path = wav(tmp_path / "a.wav", samples)
    found = whole(path, channels=channels)
    assert found.shape == (RATE, channels)
    assert np.abs(found - samples).max() < 1e-4
    assert np.abs(peaks(path)).max() == pytest.approx(0.8, abs=0.01)
    slower = whole(path, rate=16_000, channels=channels)
    assert np.abs(slower[9000:15_000]).max() == pytest.approx(0.8, abs=0.02)


def test_a_part_is_exact_to_the_sample(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    samples = rng.uniform(-0.9, 0.9, (3 * RATE, 2)).astype(np.float32)
    path = wav(tmp_path / "a.wav", samples)
    found = whole(path, start=Fraction(7, 5), seconds=Fraction(1, 2))
    begin = 7 * RATE // 5
    assert len(found) == RATE // 2
    assert np.abs(found - samples[begin : begin + RATE // 2]).max() < 1e-4


@pytest.mark.parametrize("preset_id", WITH_SOUND)
def test_sound_goes_into_the_clip_and_is_as_long_as_it(tmp_path: Path, preset_id: str) -> None:
    samples = tone(3.0)
    pieces = (samples[at : at + 10_000] for at in range(0, len(samples), 10_000))
    written = write_clip(
        tmp_path / f"a{PRESETS[preset_id].suffix}", clip(24), SIZE, Fraction(24), preset_id, sound=Samples(pieces, RATE)
    )
    assert written.sound
    assert not check(written).problems
    found = whole(written.path)
    assert len(found) / RATE == pytest.approx(1.0, abs=0.06)
    assert onset(found) == pytest.approx(0.5, abs=0.01)
    assert np.abs(found[-RATE // 4 : -RATE // 8, 1]).max() == pytest.approx(0.8, abs=0.08)


@pytest.mark.parametrize(("offset", "begins"), [(Fraction(0), 0.5), (Fraction(1, 4), 0.25), (Fraction(-1, 4), 0.75)])
def test_sound_of_a_file_from_an_offset(tmp_path: Path, offset: Fraction, begins: float) -> None:
    path = wav(tmp_path / "a.wav", tone(0.9))
    written = write_clip(
        tmp_path / "a.mov", clip(48), SIZE, Fraction(24), "prores-4444", sound=Soundtrack(path, offset)
    )
    found = whole(written.path)
    assert onset(found) == pytest.approx(begins, abs=0.005)
    assert len(found) / RATE == pytest.approx(2.0, abs=0.06)  # silence follows
    assert written.frames == 48
    assert not check(written).problems


def test_a_recipe_and_a_sound_go_together(tmp_path: Path) -> None:
    from studio.imaging.video.notes import clip_text

    written = write_clip(
        tmp_path / "a.mp4", clip(6), SIZE, Fraction(24), "mp4-h264", sound=Samples([tone(1.0)], RATE), metadata="{}"
    )
    assert clip_text(written.path) == "{}"
    assert check(written).sound


def test_formats_without_sound_say_so(tmp_path: Path) -> None:
    written = write_clip(tmp_path / "a.gif", clip(3), SIZE, Fraction(20), "gif", sound=Samples([tone(0.1)], RATE))
    assert not written.sound
    assert any("no sound" in notice for notice in written.notices)


def test_peaks_follow_the_sound(tmp_path: Path) -> None:
    found = peaks(wav(tmp_path / "a.wav", tone(1.0)), per_second=20)
    assert found.shape == (20, 2)
    assert np.abs(found[:9]).max() < 0.05
    assert found[11:, 1] == pytest.approx(0.6, abs=0.05)
    assert found[11:, 0] == pytest.approx(-0.6, abs=0.05)


def test_a_video_without_sound_and_what_is_no_sound(tmp_path: Path) -> None:
    silent = encode(tmp_path / "a.mp4", [*clip(3)], "-c:v", "libx264")
    assert sound_info(silent) is None
    assert not probe(silent).sound
    with pytest.raises(StudioError, match="no sound"):
        whole(silent)
    with pytest.raises(StudioError, match="no sound"):
        write_clip(tmp_path / "b.mp4", clip(3), SIZE, Fraction(24), "mp4-h264", sound=Soundtrack(silent))
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4"}
    (tmp_path / "noise.wav").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(StudioError) as raised:
        whole(tmp_path / "noise.wav")
    assert raised.value.problem.kind is ErrorKind.INPUT


def test_sound_that_begins_late_has_silence_before_it(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(1.0))
    late = encode(
        tmp_path / "late.mkv", [*clip(48)], "-itsoffset", "0.75", "-i", str(path), "-map", "0:v", "-map", "1:a",
        "-c:v", "libx264", "-c:a", "pcm_s16le",
    )  # fmt: skip
    assert onset(whole(late)) == pytest.approx(1.25, abs=0.005)
    assert onset(whole(late, start=Fraction(1))) == pytest.approx(0.25, abs=0.005)
