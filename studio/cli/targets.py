"""Where `safelight generate` saves: checked before any work, so that no work is lost to a typing mistake."""

from dataclasses import dataclass
from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Picture
from studio.domain.messages import Ready
from studio.domain.recipe import Recipe
from studio.domain.user_paths import expanded
from studio.imaging.files import require_writable
from studio.session.gallery import Entry, Gallery, require_format
from studio.session.names import file_name


@dataclass(frozen=True, slots=True)
class Named:
    """One path for each picture of a batch, as the user wished; an existing file is an error."""

    paths: tuple[Path, ...]

    def save(self, gallery: Gallery, recipe: Recipe, picture: Picture, engine: Ready | None) -> Entry:
        """Save a picture under its path."""
        return gallery.save_as(recipe, picture, engine, self.paths[picture.index])


@dataclass(frozen=True, slots=True)
class Numbered:
    """A folder, in which each picture gets a free name made from its recipe."""

    folder: Path

    def save(self, gallery: Gallery, recipe: Recipe, picture: Picture, engine: Ready | None) -> Entry:
        """Save a picture under a name that is free."""
        return gallery.save_numbered(recipe, picture, engine, self.folder / file_name(recipe))


def targets_for(output: Path | None, recipe: Recipe) -> Named | Numbered:
    """Where the pictures of a recipe go: to a file, into a folder that exists, or into the current folder.

    Raises StudioError: INPUT when a file exists or its format is unknown, DISK when the folder cannot be written.
    """
    output = expanded(output or Path())
    try:
        return _checked(output, recipe)
    except OSError as error:  # a name no file can have
        raise StudioError(
            ErrorKind.DISK, f"{output} cannot be used: {error.strerror}.", "Choose another name."
        ) from error


def _checked(output: Path, recipe: Recipe) -> Named | Numbered:
    if output.is_dir():
        require_writable(output)
        return Numbered(output)
    paths = (output,) if recipe.batch == 1 else tuple(_numbered(output, i) for i in range(1, recipe.batch + 1))
    require_format(output.suffix, recipe)
    for path in paths:
        if path.exists() or path.is_symlink():
            raise StudioError(ErrorKind.INPUT, f"{path} exists and is not overwritten.", "Choose another name.")
    require_writable(output.parent)
    return Named(paths)


def _numbered(path: Path, number: int) -> Path:
    return path.with_stem(f"{path.stem}-{number}")
