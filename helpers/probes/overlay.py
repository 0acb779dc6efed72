"""Overlay networks over machines: a self-test of what carries them, and who reaches whom."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import icmp, inside, reachability
from helpers.probes.balancer import in_sandbox
from helpers.probes.frame import tidy

if TYPE_CHECKING:
    from helpers.lab import Machine

SMALL, LARGE = 84, 1400  # bytes of an IP packet: ping's usual one, and one that nearly fills VXLAN's 1450
REACHED_S = 120
_HEADERS = 28  # IP and ICMP
# The first packet between two machines may be lost while they learn each other's address.
_TRIES, _WAIT_S = 3, 2
_TRY_S = 4
_BOUND_S = _TRIES * _TRY_S
_CAUSES = """Known causes, from the likeliest on:
1. UDP 4789 does not pass between the machines: a firewall, or a cloud network that filters it.
2. The machines advertise an address that others cannot reach: swarm init and join need --advertise-addr and
   --data-path-addr of the LAN.
3. Only large packets are lost: the LAN carries less than 1500 bytes (look at `ip link`).
4. Some kernels drop VXLAN between machines without a word (moby#53004): on each machine
   `ethtool -K eth0 tx-checksum-ip-generic off`, or another kernel."""


@inside.probe
def overlay_self_test(*machines: Machine) -> pd.DataFrame:
    """Send a small and a large packet over the ``ingress`` network, from every machine to every other.

    Both travel as VXLAN between the machines' ingress sandboxes, so no container is needed for that.

    Returns
    -------
    DataFrame
        The probe columns and bytes (int, of the IP packet), one row a pair and size; all are ok.

    Raises
    ------
    LabError
        If a pair has no answer: with the pairs, and the causes that are known for it.
    """
    addresses = {machine.name: _sandbox_address(machine) for machine in machines}
    with ThreadPoolExecutor(max(1, len(machines))) as pool:
        found = pool.map(lambda machine: _test_from(machine, addresses), machines)
        frame = tidy((row for rows in found for row in rows), {"bytes": "int64"})
    lost = frame[~frame["ok"]]
    if len(lost):
        raise LabError(
            f"Testing the overlay between {', '.join(addresses)}",
            "\n".join(
                f"{row['source']} → {row['target']}, {row['bytes']} bytes: {row['error']}"
                for row in lost.to_dict("records")
            ),
            _CAUSES,
        )
    return frame


@understood("the Engine's description of the network ingress")
def _sandbox_address(machine: Machine) -> str:
    containers = machine.docker.api.inspect_network("ingress")["Containers"]
    return str(containers["ingress-sbox"]["IPv4Address"]).partition("/")[0]


def _test_from(machine: Machine, addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    attempts = [(name, size) for name in addresses if name != machine.name for size in (SMALL, LARGE)]
    pings = [word for name, size in attempts for word in (size - _HEADERS, addresses[name])]
    argv = in_sandbox(scripts.argv(__package__, "ping_sizes.sh", _TRIES, _WAIT_S, _TRY_S, *pings))
    printed = inside.run(machine, None, argv, timeout=len(attempts) * _BOUND_S + 10)
    rows = []
    with understood("what the pings printed"):
        for (name, size), (text, code) in zip(attempts, inside.records(printed), strict=True):
            (row,) = icmp.rows(
                text, code, source=machine.name, target=name, via="VXLAN", count=1, bound=_BOUND_S
            )
            rows.append(row | {"bytes": size})
    return rows


@inside.probe
def wait_until_reached(machine: Machine, source: str, target: str, *, timeout: float = REACHED_S) -> None:
    """Wait until a container's ping is answered: machines learn of one another in their own time.

    Raises
    ------
    LabError
        If that takes longer than ``timeout`` (seconds); with what ping said last.
    """
    argv = scripts.argv(__package__, "wait_until_reached.sh", round(timeout), target)
    printed = inside.run(machine, source, argv, timeout=timeout + 30)
    with understood("what ping printed"):
        [[said, outcome]] = inside.records(printed)
    if outcome != "reached":
        raise LabError(
            f"Waiting until {source} on {machine.name} reaches {target}",
            f"{said.strip()}\nfor {timeout:g} s",
            _CAUSES,
        )


@inside.probe
def reach_across(containers: Mapping[str, Machine], network: str) -> pd.DataFrame:
    """Ping from each container to every other, which may be on other machines, by address and by name.

    Parameters
    ----------
    containers:
        The machine that each runs on.
    network:
        Whose addresses are meant by "IP".

    Returns
    -------
    DataFrame
        The probe columns, one row a way and pair; ``target`` is the container's name in both ways, ``via`` is
        "IP" or "name". As :func:`helpers.probes.who_reaches_whom` gives them on one machine.

    Raises
    ------
    LabError
        If a container has no address on that network, or does not run.
    """
    addresses = {}
    for name, machine in containers.items():
        joined = reachability.addresses(machine.container(name))
        if network not in joined:
            raise LabError(
                f"Finding the address of {name} on network {network}",
                f"{name} is connected to {', '.join(sorted(joined)) or 'no network'}",
                f"Connect it: docker network connect {network} {name}",
            )
        addresses[name] = joined[network]
    sources: dict[str, tuple[Machine, str | None]] = {
        name: (machine, name) for name, machine in containers.items()
    }
    ways = {"IP": addresses, "name": {name: name for name in containers}}
    return pd.concat(
        [reachability.reach(sources, targets, via=via) for via, targets in ways.items()], ignore_index=True
    )
