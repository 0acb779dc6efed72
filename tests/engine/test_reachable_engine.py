"""The requirements, measured on the Engine on which the other tests run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from helpers.engine import asking, contents, guest, images, requirements
from helpers.engine.reachable import open_client
from helpers.engine.vm import VirtualMachine
from helpers.lab import Lab
from helpers.paths import engine_dir
from tests.engine.support import wait_until_empty

if TYPE_CHECKING:
    from helpers.engine import Engine

LABELS = {"docker-networking-lab.test": "probe"}


def test_the_endpoint_can_be_opened_again(engine: Engine) -> None:
    client = open_client(engine.endpoint)
    assert client.info()["ID"] == engine.client.info()["ID"]
    client.close()


def test_every_requirement_is_measured_and_met(engine: Engine) -> None:
    rows = requirements.check(engine.client, images.MACHINE_IMAGE, LABELS)
    assert [(row.name, row.evidence) for row in rows if not row.ok and row.fatal] == []
    assert not [row for row in rows if "not measured" in row.evidence]


def test_the_probe_leaves_nothing_behind(engine: Engine) -> None:
    requirements.check(engine.client, images.MACHINE_IMAGE, LABELS)
    ours: dict[str, Any] = {"label": [f"{key}={value}" for key, value in LABELS.items()]}
    assert engine.client.containers.list(all=True, filters=ours) == []
    assert engine.client.volumes.list(filters=ours) == []


def test_the_images_list_their_own_contents(engine: Engine) -> None:
    machine = contents.of_image(engine.client, images.MACHINE_IMAGE)
    assert set(images.packages("machine")) <= machine.keys()
    if engine.endpoint.backend == "embedded":
        system = contents.of_engine(engine.client, images.MACHINE_IMAGE)
        assert set(images.packages("vm")) <= system.keys()
        assert system != machine
        assert engine.version in system["docker.io"]
    ours: dict[str, Any] = {"label": f"{images.LABEL}={asking.KIND}"}
    # The Engine removes containers that have ended after a while.
    assert wait_until_empty(lambda: engine.client.containers.list(all=True, filters=ours), 20) == []


def test_a_lan_keeps_clear_of_what_the_engines_host_has_a_route_to(
    embedded_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A VPN of the user's, on the computer that the Engine runs on."""
    taken = next(requirements.free_lans(embedded_engine.client))
    entry, computer = Path((engine_dir() / "entry").read_text()), VirtualMachine(engine_dir())
    add = f"ip link add vpn type dummy && ip address add {taken[7]}/24 dev vpn && ip link set vpn up"
    monkeypatch.setenv("LAB_ENGINE", "docker")
    monkeypatch.setenv("DOCKER_HOST", embedded_engine.endpoint.url)
    guest.run(entry, computer, add)
    try:
        with Lab() as lab:
            assert not lab.lan.subnet.overlaps(taken)
    finally:
        guest.run(entry, computer, "ip link delete vpn")
