"""The journal: all jobs in a project file, written before they start, so that nothing costs them."""

from studio.session.journal.journal import Journal
from studio.session.journal.kept import KeptPreview

__all__ = ["Journal", "KeptPreview"]
