"""The network plugin on a real Engine, and which links remain when something goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from helpers import plugin, probes
from helpers.lab import Lab, dockerd

if TYPE_CHECKING:
    from helpers.engine import Engine
    from helpers.lab import Machine
    from helpers.plugin import SocketPlugin

NETWORK = "docker network create --driver wire --subnet 10.9.0.0/24 wire_net"
WEB = "docker run -d --name web --restart always --network wire_net -p 8080:80 nginx"
KINDS = ["kind", "network", "container"]
LAID = [("bridge", "wire_net", ""), ("veth", "wire_net", "web")]


@pytest.fixture(scope="module")
def machine(engine: Engine) -> Iterator[Machine]:
    """A separate machine, because its Engine is restarted."""
    previous = Lab.current
    with Lab(engine=engine) as lab:
        yield lab["host"]
    Lab.current = previous


@pytest.fixture(scope="module")
def driver(machine: Machine) -> SocketPlugin:
    return plugin.start(machine, "wire")


@pytest.fixture
def wire(machine: Machine, driver: SocketPlugin) -> Iterator[SocketPlugin]:
    """A running driver and a network with a web server; both and all links are removed afterwards."""
    done = machine.run(f"{NETWORK} && {WEB}")
    assert done.exit_code == 0, done.stderr
    assert laid(machine) == LAID
    yield driver
    machine.run("docker rm -f $(docker ps -aq); docker network rm wire_net")
    assert laid(machine) == []


def laid(machine: Machine) -> list[tuple[str, ...]]:
    return [tuple(row) for row in plugin.links(machine)[KINDS].to_numpy()]


def answers(machine: Machine) -> bool:
    return bool(probes.http_get(machine, None, "http://0.0.0.0:8080/", timeout=20)["ok"].item())


def test_the_driver_is_killed_while_containers_run_and_a_network_is_removed_meanwhile(
    machine: Machine, wire: SocketPlugin
) -> None:
    machine.run("docker network create --driver wire --subnet 10.8.0.0/24 spare")
    wire.kill()
    with ThreadPoolExecutor(2) as pool:
        run = pool.submit(machine.run, "docker run -d --name late --network wire_net busybox sleep 60")
        remove = pool.submit(machine.run, "docker network rm spare")
        assert answers(machine)
    assert run.result().exit_code != 0
    assert "wire.sock: connect: connection refused" in run.result().stderr
    assert remove.result().exit_code == 0
    assert laid(machine) == [("bridge", "", ""), *LAID]  # orphaned, for now
    wire.start()
    assert laid(machine) == LAID
    assert answers(machine)
    again = machine.run("docker run --rm --network wire_net busybox ping -c 1 web")
    assert again.exit_code == 0, again.stdout + again.stderr


def test_nothing_is_left_of_a_container_removed_while_the_driver_was_down(
    machine: Machine, wire: SocketPlugin
) -> None:
    wire.kill()
    machine.run("docker rm -f web", timeout=120)
    wire.start()
    assert laid(machine) == []
    # The bridge is created again for the next container.
    assert machine.run(WEB).exit_code == 0
    assert laid(machine) == LAID


def test_the_same_subnet_twice_is_refused_and_creates_no_links(machine: Machine, wire: SocketPlugin) -> None:
    twin = machine.run(NETWORK.replace("wire_net", "twin"))
    assert twin.exit_code != 0
    assert "Pool overlaps with other one on this address space" in twin.stderr
    assert laid(machine) == LAID


def test_after_an_engine_restart_the_containers_are_back_and_no_link_is_orphaned(
    machine: Machine, wire: SocketPlugin
) -> None:
    dockerd.restart(machine)
    assert answers(machine)
    assert laid(machine) == LAID


def test_an_address_and_a_mac_address_chosen_by_the_user(machine: Machine, wire: SocketPlugin) -> None:
    chosen = "--ip 10.9.0.77 --mac-address 02:00:00:00:00:07"
    told = machine.run(f"docker run --rm --network wire_net {chosen} busybox ip address show eth0")
    assert "inet 10.9.0.77/24" in told.stdout, told.stderr
    assert "link/ether 02:00:00:00:00:07" in told.stdout


def test_a_network_without_addresses_is_refused_when_a_container_connects(
    machine: Machine, wire: SocketPlugin
) -> None:
    machine.run("docker network create --driver wire --ipam-driver null bare")
    refused = machine.run("docker run --rm --network bare busybox true")
    assert "wire takes addresses from the Engine, and this call has none" in refused.stderr
    machine.run("docker network rm bare")
