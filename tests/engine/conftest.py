"""One Engine and one lab for all tests in this directory, and processes that own labs and can be killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from helpers.engine import Engine, connect
from helpers.lab import Lab, Machine
from tests.engine.support import Owner


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    found = connect()
    yield found
    found.close()


@pytest.fixture(scope="session")
def embedded_engine(engine: Engine) -> Engine:
    if engine.endpoint.backend != "embedded":
        pytest.skip("these tests do not run on the embedded engine")
    return engine


@pytest.fixture(scope="session")
def lab(engine: Engine) -> Iterator[Lab]:
    with Lab(engine=engine) as started:
        yield started


@pytest.fixture(scope="session")
def host(lab: Lab) -> Machine:
    return lab["host"]


@pytest.fixture
def owner() -> Iterator[Callable[..., Owner]]:
    started: list[Owner] = []

    def start(**environment: str) -> Owner:
        started.append(Owner(environment))
        return started[-1]

    yield start
    for one in started:
        one.kill()
