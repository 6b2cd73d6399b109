"""Where the finished pictures of jobs go: the gallery, or the file or folder that the job names.

Each file says which job made it, so that a picture which was saved just before the program was killed is found again
and not saved twice.
"""

from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Job, Picture
from studio.domain.messages import Ready
from studio.domain.upscaling import Upscaling
from studio.session.gallery import Entry, Gallery, upscaled_name
from studio.session.names import file_name


def reference(job: Job, index: int) -> str:
    """How a file names the job and the index of its picture: "ID#INDEX"."""
    return f"{job.id}#{index}"


def numbered(path: Path, index: int, batch: int) -> Path:
    """The file of picture `index` of a job whose output is `path`: with a number where there are several."""
    return path if batch == 1 else path.with_stem(f"{path.stem}-{index + 1}")


def keep(gallery: Gallery, job: Job, picture: Picture, engine: Ready | None) -> Entry:
    """Save a finished picture of a job, or find it if it was saved already.

    Raises StudioError: DISK when it cannot be written, INPUT when another file has the name that the job wants.
    """
    if job.output:
        return _into(gallery, Path(job.output), job, picture, engine)
    if isinstance(job.task, Upscaling):
        return gallery.add_upscaled(job.task, picture, engine, reference(job, picture.index))
    one = job.recipe.for_picture(picture.index)
    return gallery.add(one, picture, engine, reference(job, picture.index), job.plan)


def recover(gallery: Gallery, job: Job, picture: Picture) -> Entry | None:
    """The file of a picture whose saving nobody saw the end of: found, or saved now; None when it is lost.

    Raises StudioError as `keep`.
    """
    return found(gallery, job, picture) or (
        keep(gallery, job, picture, None) if gallery.store.path(picture.digest).exists() else None
    )


def found(gallery: Gallery, job: Job, picture: Picture) -> Entry | None:
    """The file that a picture of this job was saved as, if it was."""
    name = reference(job, picture.index)
    if job.output:
        target, in_folder = _target(Path(job.output), job, picture)
        entry = gallery.look(target, name, numbered=in_folder)
    else:
        entry = gallery.find(name, job.made, _own_name(job, picture))
    if entry is not None:
        gallery.drop(picture)
    return entry


def _into(gallery: Gallery, output: Path, job: Job, picture: Picture, engine: Ready | None) -> Entry:
    target, in_folder = _target(output, job, picture)
    name = reference(job, picture.index)
    there = gallery.look(target, name, numbered=in_folder)
    if there is not None:
        gallery.drop(picture)
        return there
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{target.parent} cannot be made: {error.strerror}."
        raise StudioError(ErrorKind.DISK, message, "Choose another folder.", "output") from error
    if isinstance(job.task, Upscaling):
        save_upscaled = gallery.save_upscaled_numbered if in_folder else gallery.save_upscaled_as
        return save_upscaled(job.task, picture, engine, target, name)
    save = gallery.save_numbered if in_folder else gallery.save_as
    return save(job.recipe.for_picture(picture.index), picture, engine, target, name, job.plan)


def _target(output: Path, job: Job, picture: Picture) -> tuple[Path, bool]:
    """The file, and whether numbers may be added to its name because only a folder was given."""
    if output.is_dir():
        return output / _own_name(job, picture), True
    batch = job.recipe.batch if job.makes_pictures else 1
    return numbered(output, picture.index, batch), False


def _own_name(job: Job, picture: Picture) -> str:
    if isinstance(job.task, Upscaling):
        return upscaled_name(job.task)
    return file_name(job.recipe.for_picture(picture.index))
