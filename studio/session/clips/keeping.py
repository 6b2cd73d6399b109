"""Frames from the blob store into a project."""

from collections.abc import Container, Iterable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field

from studio.domain.errors import Problem, StudioError
from studio.domain.jobs import Job, Picture
from studio.imaging.blobs import BlobStore
from studio.session.clips.sources import take_of
from studio.session.clips.takes import TakeStore


@dataclass(slots=True)
class Kept:
    """What became of frames that waited: the jobs whose takes the project has, and those of other projects; the frames
    that are in the project now; and why some are not, if that is not for ever.
    """

    ours: list[Job] = field(default_factory=list)
    foreign: list[Job] = field(default_factory=list)
    frames: list[tuple[Job, Picture]] = field(default_factory=list)
    problem: Problem | None = None


def keep_waiting(
    takes: TakeStore, store: BlobStore, jobs: Iterable[Job], ours: Container[str], pictures: Iterable[Picture] | None
) -> Kept:
    """Put frames of jobs that wait in the store into the project whose `takes` these are, if they are its own; all that
    the jobs have made, or only `pictures`. `ours` are takes that are known to be. Waits for the disk.
    """
    found = Kept()
    for job in jobs:
        take = take_of(job)
        if take not in ours and not takes.named(take):
            found.foreign.append(job)
            continue
        found.ours.append(job)
        try:
            for picture in job.pictures if pictures is None else pictures:
                if not picture.path and _keep(takes, store, take, picture):
                    found.frames.append((job, picture))
        except StudioError as error:
            found.problem = error.problem
        except CancelledError:  # the project is being closed
            break
    return found


def _keep(takes: TakeStore, store: BlobStore, take: str, picture: Picture) -> bool:
    """Whether a frame is in the project now; not when its pixels are nowhere any more."""
    # Another frame with the same pixels may have come before, and the store have let go of them.
    if takes.keep_known(take, picture.index, picture.digest, picture.about).result():
        return True
    if not store.path(picture.digest).exists():
        return False
    takes.keep(take, picture.index, store.get(picture.digest), picture.about).result()
    return True
