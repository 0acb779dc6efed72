"""A Docker host with the course's image on it, for all tests of a room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.room.docker_host import DockerHost
from tools.room import image


@pytest.fixture(scope="session")
def host() -> Iterator[DockerHost]:
    if not image.ARCHIVE.exists():
        pytest.skip("there is no image: python3 -m tools image")
    with DockerHost() as started:
        with image.ARCHIVE.open("rb") as file:
            started.client.images.load(file)
        yield started
