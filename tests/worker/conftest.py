"""Hosts of both kinds, closed again after each test."""

from collections.abc import Iterator

import pytest

from studio.domain.messages import WorkerOptions
from studio.worker.host import DEFAULT_OPTIONS, Host
from studio.worker.host_process import ProcessHost
from studio.worker.host_thread import ThreadHost
from studio.worker.patience import Patience
from tests.worker import engines
from tests.worker.recorder import SLOW, Open, Recorder, engine


@pytest.fixture(params=[ProcessHost, ThreadHost])
def kind(request: pytest.FixtureRequest) -> type[Host]:
    host: type[Host] = request.param
    return host


@pytest.fixture
def open_host(kind: type[Host]) -> Iterator[Open]:
    """A started host of each kind, and what it says."""
    hosts: list[Host] = []

    def open_(
        name: str = "scripted", patience: Patience = SLOW, options: WorkerOptions = DEFAULT_OPTIONS
    ) -> tuple[Host, Recorder]:
        recorder = Recorder()
        host = kind(engine(name), recorder, options, patience)
        hosts.append(host)
        host.start()
        return host, recorder

    engines.RELEASE.clear()
    yield open_
    engines.RELEASE.set()
    for host in hosts:
        host.close(timeout=0.2)
