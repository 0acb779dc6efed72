"""A good guest: what is the user's on an Engine is the same to the byte after the course was there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import docker
import pytest
from docker.errors import APIError
from docker.types import Mount, RestartPolicy

from helpers.engine import Engine, images, stock
from helpers.paths import PROJECT
from tests.engine.support import wait_until_empty

OURS = {"lab", stock.KIND, "requirements", "contents"}  # the label's values for what the lab itself makes
APP, NAME = "users-app:1", "a-users"
SLEEP = ["sleep", "3600"]


@pytest.fixture
def user(engine: Engine) -> Iterator[docker.DockerClient]:
    """Fill the Engine with what a user may have: an image, containers, a network, a volume, a swarm."""
    client: Any = engine.client
    if engine.endpoint.backend != "embedded":
        pytest.skip("this Engine has a user already, whose swarm is not for a test to make")
    try:
        _import_busybox(client)
        client.networks.create(NAME, labels={"keep": "me"})
        client.volumes.create(NAME)
        data = Mount("/data", NAME)
        client.containers.run(APP, SLEEP, name=NAME, network=NAME, mounts=[data], detach=True)
        client.containers.create(APP, SLEEP, name=f"{NAME}-stopped")
        # Made from the lab's own image, it inherits that image's label.
        client.containers.create(images.MACHINE_IMAGE, SLEEP, name=f"{NAME}-machine")
        client.swarm.init(advertise_addr="127.0.0.1")
        client.configs.create(name=NAME, data=b"setting")
        client.services.create(APP, command=SLEEP, name=NAME, restart_policy=RestartPolicy("none"))
        assert wait_until_empty(lambda: _states(client) != {"running"}, 60) is False
        yield client
    finally:
        with suppress(APIError):
            client.swarm.leave(force=True)
        for container in client.containers.list(all=True):
            if container.name.startswith(NAME):
                container.remove(force=True, v=True)
        for kind in (client.networks, client.volumes):
            with suppress(APIError):
                kind.get(NAME).remove()
        with suppress(APIError):
            client.networks.get("docker_gwbridge").remove()
        with suppress(APIError):
            client.images.remove(APP)


def test_the_users_things_are_the_same_to_the_byte(user: docker.DockerClient, engine: Engine) -> None:
    before = inventory(user)
    assert {kind for kind, _ in before} >= {"container", "network", "volume", "image", "service", "swarm"}
    helpers(engine, "run", "00")
    assert changed(before, inventory(user)) == {}
    helpers(engine, "sweep")
    assert changed(before, inventory(user)) == {}
    user.networks.get(NAME).disconnect(NAME)  # and a change would be seen
    assert changed(before, inventory(user)) != {}


def helpers(engine: Engine, *verb: str) -> None:
    """Carry out a verb on that Engine as on a user's, by an account of its own: others' labs live there."""
    own = {"LAB_ENGINE": "docker", "DOCKER_HOST": engine.endpoint.url, "LOGNAME": "tester-of-the-guest"}
    command = [sys.executable, "-m", "helpers", *verb]
    done = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **own}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def inventory(client: docker.DockerClient) -> dict[tuple[str, str], str]:
    """What ``inspect`` says of everything that is not the lab's, by kind and id."""
    api: Any = client.api
    containers = [api.inspect_container(one["Id"]) for one in api.containers(all=True)]
    ours = {one["Id"] for one in containers if _is_ours(one["Config"])}
    networks = [api.inspect_network(one["Id"]) for one in api.networks()]
    for network in networks:  # machines that wait in stock are on "none"
        network["Containers"] = {k: v for k, v in network["Containers"].items() if k not in ours}
    found = {
        "container": [one for one in containers if one["Id"] not in ours],
        "network": [one for one in networks if not _is_ours(one)],
        "volume": [api.inspect_volume(one["Name"]) for one in api.volumes()["Volumes"] if not _is_ours(one)],
        "image": [api.inspect_image(one["Id"]) for one in api.images()],
        "service": [api.inspect_service(one["ID"]) for one in api.services()],
        "task": api.tasks(),
        "node": [{**one, "Version": "", "UpdatedAt": ""} for one in api.nodes()],
        "config": api.configs(),
        "swarm": [api.inspect_swarm()],
    }
    return {
        (kind, one.get("Id") or one.get("ID") or one["Name"]): json.dumps(one, sort_keys=True)
        for kind, many in found.items()
        for one in many
    }


def changed(
    before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    keys = before.keys() | after.keys()
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


def _is_ours(one: Mapping[str, Any]) -> bool:
    return (one["Labels"] or {}).get(images.LABEL) in OURS


def _states(client: docker.DockerClient) -> set[str]:
    api: Any = client.api
    return {one["Status"]["State"] for one in api.tasks(filters={"service": NAME})}


def _import_busybox(client: docker.DockerClient) -> None:
    """Make an image of the user's from the archive that the machine image carries."""
    api: Any = client.api
    source = api.create_container(images.MACHINE_IMAGE, ["true"], name=f"{NAME}-source")
    try:
        chunks, _ = api.get_archive(source["Id"], "/usr/share/lab/images/busybox.tar")
        with tempfile.TemporaryFile() as outer:
            for chunk in chunks:
                outer.write(chunk)
            outer.seek(0)
            with tarfile.open(fileobj=outer) as archive:
                inner = archive.extractfile("busybox.tar")
                assert inner
                repository, _, tag = APP.partition(":")
                api.import_image_from_data(inner.read(), repository=repository, tag=tag)
    finally:
        api.remove_container(source["Id"], v=True)
