"""A Docker host with the course's image on it, for all tests of a room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.room.docker_host import DockerHost
from tools.room import image

LEARNERS = 3


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--learners", type=int, default=LEARNERS, help="how many come at once (%(default)s)")


@pytest.fixture(scope="session")
def learners(pytestconfig: pytest.Config) -> list[str]:
    """The names of those who come at once."""
    names = ["ada", "bob", "eve", "kim", "mia"]
    return names[: pytestconfig.getoption("--learners", LEARNERS)]


@pytest.fixture(scope="session")
def host() -> Iterator[DockerHost]:
    if not image.ARCHIVE.exists():
        pytest.skip("there is no image: python3 -m tools image")
    with DockerHost() as started:
        with image.ARCHIVE.open("rb") as file:
            started.client.images.load(file)
        yield started
