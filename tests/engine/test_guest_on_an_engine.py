"""A user's objects on an Engine are unchanged, byte for byte, after a chapter has run there.

`make soak` does the same with the whole course.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from helpers.engine import Engine
from tools.soak import user, visit

KINDS = {"container", "network", "volume", "image", "service", "swarm"}


@pytest.fixture
def client(engine: Engine) -> Iterator[docker.DockerClient]:
    if engine.endpoint.backend != "embedded":
        pytest.skip("this Engine already has a user; a test must not create a swarm there")
    with user.settled(engine.client):
        yield engine.client


def test_the_users_objects_are_unchanged_byte_for_byte(
    client: docker.DockerClient, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another owner of labs: `sweep` removes all labs of its owner, and that of other tests is on this Engine.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    before = user.inventory(client)
    assert {kind for kind, _ in before} >= KINDS
    visit.carry_out(engine.endpoint.url, "run", "00", timeout=300)
    assert user.changed(before, user.inventory(client)) == {}
    visit.carry_out(engine.endpoint.url, "sweep", timeout=300)
    assert user.changed(before, user.inventory(client)) == {}
    client.networks.get(user.NAME).disconnect(user.NAME)  # a change would be noticed
    assert user.changed(before, user.inventory(client)) != {}
