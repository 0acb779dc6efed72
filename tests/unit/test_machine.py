"""Finding a container on a machine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import docker.errors
import pytest

from helpers.lab import NoSuchContainer
from helpers.lab.machine import Machine

WEB = SimpleNamespace(name="web1", id="db49ee72aeda1d2e")


def get(name: str) -> Any:
    """What the Engine answers: it finds the beginning of an id, too."""
    if name == WEB.name or WEB.id.startswith(name):
        return WEB
    raise docker.errors.NotFound("404")


@pytest.fixture
def machine() -> Machine:
    containers = SimpleNamespace(get=get, list=lambda **_: [WEB])
    double = cast(Any, SimpleNamespace(containers=containers, path="", close=lambda: None))
    return Machine(
        api=double,
        name="host",
        address="192.168.99.100",
        container="4711",
        version="26.1.5",
        client=double,
        tunnel=double,
        heartbeat=double,
    )


@pytest.mark.parametrize("asked", ["web1", "db49ee72aeda"])
def test_a_container_is_found_by_its_name_and_by_its_id(machine: Machine, asked: str) -> None:
    assert machine.container(asked).name == "web1"


@pytest.mark.parametrize("asked", ["db", "db49ee72aed", "web"])
def test_the_beginning_of_an_id_is_not_a_name(machine: Machine, asked: str) -> None:
    with pytest.raises(NoSuchContainer, match="containers there: web1"):
        machine.container(asked)
