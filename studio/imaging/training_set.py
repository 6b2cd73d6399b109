"""A folder of pictures to learn from, each with its caption in a text file beside it."""

import dataclasses
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.training import MAX_PICTURES, Training, TrainingKind
from studio.domain.user_paths import expanded
from studio.imaging.files import save_over
from studio.imaging.pictures import require_picture

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".avif")
MAX_CAPTION = 4_000  # characters; text encoders read some 77 to 512 tokens
_MAX_CAPTION_FILE = 2**20  # bytes; what is larger is no caption and is not read
FEW = 5  # pictures; with fewer, a LoRA learns the pictures rather than what they have in common
FEW_OF_ALL = 50  # pictures; few-steps training changes the base everywhere and must see much of it
SAMPLES = 2  # prompts drawn on the way where the user wrote none


@dataclass(frozen=True, slots=True)
class Example:
    """One picture and its caption.

    `problem` says why the picture cannot be learnt from, `caption_problem` what is wrong with its caption; the empty
    text means that all is well. A picture without a caption has the empty caption and no problem.
    """

    path: Path
    caption: str = ""
    problem: str = ""
    caption_problem: str = ""

    @property
    def usable(self) -> bool:
        """Can the picture be learnt from?"""
        return not self.problem


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """The pictures of a folder in the order of their names, 2 before 10."""

    folder: Path
    examples: tuple[Example, ...] = ()

    @property
    def usable(self) -> int:
        """How many pictures can be learnt from."""
        return sum(example.usable for example in self.examples)

    @property
    def uncaptioned(self) -> int:
        """How many usable pictures have no caption."""
        return sum(example.usable and not example.caption for example in self.examples)

    def with_caption(self, path: Path, caption: str) -> "TrainingSet":
        """The set with another caption of one picture."""
        return dataclasses.replace(
            self,
            examples=tuple(
                captioned(example, caption) if example.path == path else example for example in self.examples
            ),
        )


def captioned(example: Example, caption: str) -> Example:
    """The example with another caption."""
    return dataclasses.replace(example, caption=caption, caption_problem=caption_problem(caption))


def is_picture(path: Path) -> bool:
    """Does the name say it is a picture, and none that is hidden or half written?"""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def scan(folder: Path) -> TrainingSet:
    """The pictures directly in `folder` with their captions. Only their headers are read, so a file that is damaged
    further on passes. Raises StudioError (INPUT, DISK) when the folder cannot be listed or holds too much.
    """
    folder = expanded(folder)
    try:
        paths = sorted((path for path in folder.iterdir() if is_picture(path) and path.is_file()), key=_in_order)
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK if folder.is_dir() else ErrorKind.INPUT,
            f"The folder {folder} cannot be read: {error.strerror}.",
            "Choose another folder, or change its permissions.",
            "folder",
        ) from error
    if len(paths) > MAX_PICTURES:
        raise StudioError(
            ErrorKind.INPUT,
            f"{folder.name} holds {len(paths):,} pictures.",
            f"Take {MAX_PICTURES:,} at most.",
            "folder",
        )
    return TrainingSet(folder, tuple(map(read_example, paths)))


def read_example(path: Path) -> Example:
    """One picture's file and caption."""
    try:
        require_picture(path)
        problem = ""
    except StudioError as error:
        problem = error.problem.message
    caption, wrong = read_caption(path)
    return Example(path, caption, problem, wrong)


def caption_file(picture: Path) -> Path:
    """Where a picture's caption lies."""
    return picture.with_suffix(".txt")


def read_caption(picture: Path) -> tuple[str, str]:
    """A picture's caption and what is wrong with it; both are empty where there is none."""
    file = caption_file(picture)
    try:
        if file.stat().st_size > _MAX_CAPTION_FILE:
            return "", f"{file.name} is far too long for a caption ({file.stat().st_size / 2**20:.1f} MB)."
        text = file.read_bytes().decode("utf-8-sig").strip()
    except FileNotFoundError:
        return "", ""
    except OSError as error:
        return "", f"{file.name} cannot be read: {error.strerror}."
    except UnicodeDecodeError:
        return "", f"{file.name} is no text in UTF-8."
    return text, caption_problem(text)


def caption_problem(caption: str) -> str:
    """What is wrong with a caption's text; empty when nothing is."""
    if len(caption) > MAX_CAPTION:
        return f"The caption has {len(caption):,} characters; only the first few hundred can be learnt."
    return ""


def write_caption(picture: Path, caption: str) -> None:
    """Put a caption beside its picture, atomically; the empty caption takes the file away.

    Raises StudioError (DISK).
    """
    file = caption_file(picture)
    try:
        if caption.strip():
            save_over(file, (caption.strip() + "\n").encode("utf-8", "replace"))
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The caption {file.name} could not be written: {error.strerror}.",
            "Free some space, or make the folder writable; then edit the caption again.",
        ) from error


def collect(files: tuple[Path, ...], folder: Path) -> Path:
    """Copy pictures, with their captions, into `folder`, which is made; a name that is taken is numbered.

    Returns the folder. Raises StudioError (DISK).
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            target = _free(folder / file.name)
            shutil.copyfile(file, target)
            if caption_file(file).is_file():
                shutil.copyfile(caption_file(file), caption_file(target))
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The pictures could not be copied to {folder}: {error.strerror}.",
            "Free some space, or put them into one folder and choose that.",
        ) from error
    return folder


def problems(found: TrainingSet, training: Training) -> tuple[Problem, ...]:
    """What keeps a set from being trained on; empty when nothing does."""
    if not found.examples:
        return (_problem(f"There are no pictures in {found.folder.name}.", "Choose a folder with 5 to 30 pictures."),)
    if not found.usable:
        return (_problem("None of these pictures can be read.", "Replace the files marked below by good ones."),)
    if training.validation and found.usable < 2:
        return (_problem("One picture cannot be both learnt from and held out.", "Set “Held out” to 0."),)
    return ()


def warnings(found: TrainingSet, training: Training) -> tuple[str, ...]:
    """What a user should know before training on a set; none of it forbids to start."""
    broken = len(found.examples) - found.usable
    bad_captions = sum(bool(example.caption_problem) for example in found.examples if example.usable)
    few_steps = training.kind is TrainingKind.FEW_STEPS
    return tuple(
        text
        for wanted, text in (
            (
                found.usable == 1 and not few_steps,
                "One picture: the result will hardly show anything else. 5 or more are better.",
            ),
            (
                1 < found.usable < FEW and not few_steps,
                f"{found.usable} pictures are few: 5 or more give a freer result.",
            ),
            (
                0 < found.usable < FEW_OF_ALL and few_steps,
                f"{FEW_OF_ALL} or more pictures of what the base draws are better: it is quick in what it sees here.",
            ),
            (broken == 1, "1 file cannot be read and is left out."),
            (broken > 1, f"{broken} files cannot be read and are left out."),
            (bad_captions > 0, "Some captions are too long or unreadable; they are marked."),
            (
                bool(found.uncaptioned) and few_steps,
                "Pictures without a caption teach only what is drawn without a prompt.",
            ),
            (
                bool(found.uncaptioned) and not few_steps and not training.trigger.strip(),
                "Pictures without a caption, and no trigger word: there will be no word to call this by.",
            ),
        )
        if wanted
    )


def usual_samples(found: TrainingSet, trigger: str) -> tuple[str, ...]:
    """Prompts that show what is learnt from a set: its first captions that differ, each after the trigger word."""
    captions = dict.fromkeys(example.caption for example in found.examples if example.usable)
    prompts = [", ".join(part for part in (trigger.strip(), caption) if part) for caption in captions]
    return tuple(prompt for prompt in prompts if prompt)[:SAMPLES]


def _problem(message: str, hint: str) -> Problem:
    return Problem(ErrorKind.INPUT, message, hint, "folder")


def _in_order(path: Path) -> tuple[list[tuple[int, str]], str]:
    parts = re.findall(r"\d+|\D+", path.name.lower())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], path.name


def _free(path: Path) -> Path:
    number, candidate = 2, path
    while candidate.exists() or caption_file(candidate).exists():
        candidate, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    return candidate
