"""The undo tree: every version of a document that was committed, and where the user stands among them.

A commit after an undo grows a branch beside what was undone; nothing is lost. Redo follows `tip`, the end of the
branch that was last stood on.
"""

import dataclasses
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from studio.domain.document.document import Document
from studio.domain.errors import ErrorKind, StudioError


@dataclass(frozen=True, slots=True)
class Version:
    """One committed state: `id` grows with each, `parent` is None for the first and where the parent was pruned.

    `made` is in seconds since 1970. One with a `name` is never pruned. Commits with the same `merge` key in a row are
    one version: a drag has a key of its own.
    """

    id: int
    parent: int | None
    label: str
    made: float
    name: str = ""
    merge: str = ""


class History:
    """An undo tree over immutable documents. Documents that were not used yet come from `load`.

    Not thread-safe: the thread that edits owns it.
    """

    def __init__(self, versions: Iterable[Version], current: int, tip: int, load: Callable[[int], Document]) -> None:
        """A history as it was left. Raises ValueError when current, tip or a parent is none of the versions."""
        self._versions = {version.id: version for version in sorted(versions, key=lambda version: version.id)}
        self._current, self._tip, self._load = current, tip, load
        self._documents: dict[int, Document] = {}
        self._latest = max(self._versions, default=0)  # the id that was given last
        if not {current, tip} <= self._versions.keys():
            raise ValueError("the history ends nowhere")
        for version in self._versions.values():
            if version.parent is not None and not (version.parent < version.id and version.parent in self._versions):
                raise ValueError(f"version {version.id} has no parent")
        if current not in self._line(tip):
            raise ValueError("redo leads elsewhere")

    @classmethod
    def of(cls, document: Document, label: str) -> "History":
        """A history that begins with this document."""
        history = cls((Version(1, None, label, time.time()),), 1, 1, _nowhere)
        history._documents[1] = document
        return history

    @property
    def current(self) -> Version:
        """Where the user stands."""
        return self._versions[self._current]

    @property
    def tip(self) -> Version:
        """Where redo ends."""
        return self._versions[self._tip]

    @property
    def document(self) -> Document:
        """The document of the current version. Raises what `load` raises."""
        return self.document_of(self._current)

    @property
    def versions(self) -> tuple[Version, ...]:
        """All versions, the oldest first; each after its parent."""
        return tuple(self._versions.values())

    @property
    def undone(self) -> tuple[Version, ...]:
        """What redo would bring back, the nearest first."""
        line = self._line(self._tip)
        return tuple(self._versions[each] for each in reversed(line[: line.index(self._current)]))

    def version(self, version_id: int) -> Version:
        """The version with this id. Raises StudioError (INPUT) when it was pruned or never was."""
        try:
            return self._versions[version_id]
        except KeyError:
            raise StudioError(
                ErrorKind.INPUT,
                "That step is no longer in the history.",
                "Choose a later one; give a name to the versions that should stay.",
            ) from None

    def document_of(self, version_id: int) -> Document:
        """A version's document. Raises StudioError (INPUT) when there is none such, and what `load` raises."""
        if (document := self._documents.get(self.version(version_id).id)) is None:
            document = self._documents[version_id] = self._load(version_id)
        return document

    def commit(self, label: str, document: Document, merge: str = "") -> Version:
        """Stand on a new version with this document; the current one takes it instead when it has the same `merge`
        key, nothing came after it and it has no name.
        """
        before = self.current
        if merge and before.merge == merge and not before.name and not self._children(before.id):
            version = dataclasses.replace(before, label=label, made=time.time())
        else:
            self._latest += 1
            version = Version(self._latest, before.id, label, time.time(), merge=merge)
        self._versions[version.id] = version
        self._documents[version.id] = document
        self._current = self._tip = version.id
        return version

    def settle(self) -> None:
        """Let no later commit become part of the current version."""
        self._versions[self._current] = dataclasses.replace(self.current, merge="")

    def undo(self) -> Version | None:
        """Stand on the parent; None, and nothing changes, where there is none."""
        if (parent := self.current.parent) is None:
            return None
        return self._stand(parent)

    def redo(self) -> Version | None:
        """Stand on the next version towards the tip; None, and nothing changes, at its end."""
        if not (undone := self.undone):
            return None
        return self._stand(undone[0].id)

    def jump(self, version_id: int) -> Version:
        """Stand on any version; redo then leads to the latest one after it, or as before where it is on that way.

        Raises StudioError (INPUT) when there is none such.
        """
        self.version(version_id)
        if version_id not in self._line(self._tip):
            self._tip = version_id
            while children := self._children(self._tip):
                self._tip = children[-1]
        return self._stand(version_id)

    def named(self, version_id: int, name: str) -> Version:
        """Give a version a name, or take it away with "". Raises StudioError (INPUT) when there is none such."""
        version = self._versions[version_id] = dataclasses.replace(
            self.version(version_id), name=name.strip(), merge=""
        )
        return version

    def forget_oldest(self) -> tuple[Version, tuple[Version, ...]] | None:
        """Prune the oldest version that is neither stood on nor named nor redo's end; its children go to its parent.

        That version, and the children as they are now; None when there is nothing to prune.
        """
        for version in self._versions.values():
            if version.name or version.id in (self._current, self._tip):
                continue
            children = tuple(
                dataclasses.replace(self._versions[child], parent=version.parent)
                for child in self._children(version.id)
            )
            del self._versions[version.id]
            self._documents.pop(version.id, None)
            self._versions.update((child.id, child) for child in children)
            return version, children
        return None

    def older_than(self, moment: float) -> tuple[Version, ...]:
        """The versions made before a moment (seconds since 1970) that are neither stood on nor named."""
        return tuple(
            version
            for version in self._versions.values()
            if version.made < moment and not version.name and version.id != self._current
        )

    def forget_older(self, moment: float) -> tuple[tuple[Version, ...], tuple[Version, ...]]:
        """Prune the versions that `older_than` gives; their children go to the nearest ancestor that is left, and so
        does redo's end.

        Those versions, and the children as they are now.
        """
        gone = {version.id: version for version in self.older_than(moment)}

        def kept(version_id: int | None) -> int | None:
            while version_id in gone:
                version_id = gone[version_id].parent
            return version_id

        children = tuple(
            dataclasses.replace(version, parent=kept(version.parent))
            for version in self._versions.values()
            if version.id not in gone and version.parent in gone
        )
        self._tip = kept(self._tip) or self._current
        for version_id in gone:
            del self._versions[version_id]
            self._documents.pop(version_id, None)
        self._versions.update((child.id, child) for child in children)
        return tuple(gone.values()), children

    def _stand(self, version_id: int) -> Version:
        self.document_of(version_id)  # what cannot be read is not stood on
        self.settle()
        self._current = version_id
        self.settle()
        return self.current

    def _children(self, version_id: int) -> list[int]:
        return [version.id for version in self._versions.values() if version.parent == version_id]

    def _line(self, version_id: int) -> list[int]:
        """A version's id and those of all it came from, back to the first."""
        line = [version_id]
        while (parent := self._versions[line[-1]].parent) is not None:
            line.append(parent)
        return line


def _nowhere(version_id: int) -> Document:
    raise AssertionError(f"the document of version {version_id} was never given")
