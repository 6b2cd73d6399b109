"""How jobs are named where the user reads of them."""

import pytest

from studio.domain.jobs import Job
from studio.domain.sequence import Footage
from studio.domain.treatment import FlowLoop, Loopify
from studio.ui.phases import job_title


@pytest.mark.parametrize(
    ("path", "named"), [("/films/sea.mp4", "sea.mp4"), ("/blobs/ab/" + "ab" * 32, "part of this project"), ("", "…")]
)
def test_a_job_is_named_by_its_file_and_never_by_a_digest(path: str, named: str) -> None:
    assert job_title(Job("1", FlowLoop(path))) == f"Set in motion: {named}"
    assert job_title(Job("1", Loopify(Footage((path,) if path else ())))) == f"Loop of: {named}"
