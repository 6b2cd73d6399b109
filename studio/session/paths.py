"""The user's folders."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from studio.domain.user_paths import expanded

APPLICATION = "safelight"
HOME_VARIABLE = "SAFELIGHT_HOME"  # puts every user folder under one, for portable use and for tests


@dataclass(frozen=True, slots=True)
class Paths:
    """The user's folders; none needs to exist before something is written."""

    data: Path
    config: Path
    pictures: Path

    @classmethod
    def of_user(cls) -> "Paths":
        """The platform's usual places, or everything under $SAFELIGHT_HOME."""
        home = os.environ.get(HOME_VARIABLE)
        if home:
            base = expanded(Path(home))
            return cls(base / "data", base / "config", base / "pictures")
        return cls(
            Path(platformdirs.user_data_dir(APPLICATION)),
            Path(platformdirs.user_config_dir(APPLICATION)),
            Path(platformdirs.user_pictures_dir()) / "Safelight",
        )

    @property
    def blobs(self) -> Path:
        """The blob store of finished pixels."""
        return self.data / "blobs"

    @property
    def models(self) -> Path:
        """Where users put their models."""
        return self.data / "models"

    @property
    def untitled(self) -> Path:
        """Projects that have no name yet."""
        return self.data / "untitled"

    @property
    def queue(self) -> Path:
        """The project that keeps the jobs of the window."""
        return self.data / "queue.safelight"

    def store_of(self, journal: Path) -> Path:
        """The blob store for the pictures of jobs that are kept in this project: it belongs to whoever runs them."""
        if journal.absolute() == self.queue.absolute():
            return self.blobs
        return self.blobs / f"queue-{hashlib.sha256(str(journal.resolve()).encode()).hexdigest()[:12]}"

    @property
    def recent_projects(self) -> Path:
        """The list of projects that were open lately."""
        return self.data / "recent-projects.json"
