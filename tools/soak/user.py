"""A user who already has objects on the Engine, including a swarm, and what `inspect` shows of them."""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import docker
from docker.errors import APIError
from docker.types import Mount, RestartPolicy

from helpers.engine import asking, images, stock
from helpers.waiting import NotYet, wait_until

NAME = "a-users"
_APP = "users-app:1"
_SLEEP = ["sleep", "86400"]
_OURS = {"lab", stock.KIND, "requirements", asking.KIND}  # the label's values on the lab's own objects
_SERVICE_S = 60

Inventory = dict[tuple[str, str], str]  # the output of `inspect`, by kind and id


@contextmanager
def settled(client: docker.DockerClient) -> Iterator[None]:
    """Create what a user may have on an Engine: an image, containers, a network, a volume, a swarm."""
    engine: Any = client
    try:
        _import_busybox(engine)
        engine.networks.create(NAME, labels={"keep": "me"})
        engine.volumes.create(NAME)
        data = Mount("/data", NAME)
        engine.containers.run(_APP, _SLEEP, name=NAME, network=NAME, mounts=[data], detach=True)
        engine.containers.create(_APP, _SLEEP, name=f"{NAME}-stopped")
        # Created from the lab's own image, so it inherits that image's label.
        engine.containers.create(images.MACHINE_IMAGE, _SLEEP, name=f"{NAME}-machine")
        engine.swarm.init(advertise_addr="127.0.0.1")
        engine.configs.create(name=NAME, data=b"setting")
        engine.services.create(_APP, command=_SLEEP, name=NAME, restart_policy=RestartPolicy("none"))
        _wait_for_the_service(engine)
        yield
    finally:
        _leave(engine)


def inventory(client: docker.DockerClient) -> Inventory:
    """The output of ``inspect`` for everything that is not the lab's, by kind and id."""
    api: Any = client.api
    containers = [api.inspect_container(one["Id"]) for one in api.containers(all=True)]
    ours = {one["Id"] for one in containers if _is_ours(one["Config"])}
    networks = [api.inspect_network(one["Id"]) for one in api.networks()]
    for network in networks:  # the machines in the stock are attached to "none"
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


def changed(before: Inventory, after: Inventory) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """The entries that differ, as (before, after); None where an inventory lacks the entry."""
    keys = before.keys() | after.keys()
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


def _is_ours(one: Mapping[str, Any]) -> bool:
    return (one["Labels"] or {}).get(images.LABEL) in _OURS


def _wait_for_the_service(engine: Any) -> None:
    def look() -> NotYet | None:
        states = {one["Status"]["State"] for one in engine.api.tasks()}
        return None if states == {"running"} else NotYet(f"its task is {', '.join(states) or 'missing'}")

    wait_until(
        look,
        tried="Waiting for the user's service",
        within_s=_SERVICE_S,
        next_step="Run `docker service ps` on that Engine to see what keeps it from running.",
        every_s=1,
    )


def _leave(engine: Any) -> None:
    with suppress(APIError):
        engine.swarm.leave(force=True)
    for container in engine.containers.list(all=True):
        if container.name.startswith(NAME):
            container.remove(force=True, v=True)
    for kind, name in (
        (engine.networks, NAME),
        (engine.volumes, NAME),
        (engine.networks, "docker_gwbridge"),
    ):
        with suppress(APIError):
            kind.get(name).remove()
    with suppress(APIError):
        engine.images.remove(_APP)


def _import_busybox(engine: Any) -> None:
    """Create an image of the user's from the archive that the machine image contains."""
    source = engine.api.create_container(images.MACHINE_IMAGE, ["true"], name=f"{NAME}-source")
    try:
        chunks, _ = engine.api.get_archive(source["Id"], "/usr/share/lab/images/busybox.tar")
        with tempfile.TemporaryFile() as outer:
            for chunk in chunks:
                outer.write(chunk)
            outer.seek(0)
            with tarfile.open(fileobj=outer) as archive:
                inner = archive.extractfile("busybox.tar")
                assert inner
                repository, _, tag = _APP.partition(":")
                engine.api.import_image_from_data(inner.read(), repository=repository, tag=tag)
    finally:
        engine.api.remove_container(source["Id"], v=True)
