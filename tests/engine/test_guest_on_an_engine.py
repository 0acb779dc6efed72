"""A good guest: what is the user's on an Engine is the same to the byte after a chapter was there.

`make soak` does the same with the whole course.
"""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from helpers.engine import Engine
from tools.soak import user, visit

KINDS = {"container", "network", "volume", "image", "service", "swarm"}


@pytest.fixture
def client(engine: Engine) -> Iterator[docker.DockerClient]:
    if engine.endpoint.backend != "embedded":
        pytest.skip("this Engine has a user already, whose swarm is not for a test to make")
    with user.settled(engine.client):
        yield engine.client


def test_the_users_things_are_the_same_to_the_byte(client: docker.DockerClient, engine: Engine) -> None:
    before = user.inventory(client)
    assert {kind for kind, _ in before} >= KINDS
    visit.carry_out(engine.endpoint.url, "run", "00", timeout=300)
    assert user.changed(before, user.inventory(client)) == {}
    visit.carry_out(engine.endpoint.url, "sweep", timeout=300)
    assert user.changed(before, user.inventory(client)) == {}
    client.networks.get(user.NAME).disconnect(user.NAME)  # and a change would be seen
    assert user.changed(before, user.inventory(client)) != {}
