"""Overlay networks across machines: which there are, a self-test of their VXLAN, and who reaches whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import dns, icmp, inside, reachability
from helpers.probes.balancer import in_sandbox
from helpers.probes.frame import tidy, typed
from helpers.text import natural

if TYPE_CHECKING:
    from helpers.lab import Machine

SMALL, LARGE = 84, 1400  # bytes of an IP packet: ping's default, and one that nearly fills VXLAN's 1450
REACHED_S = 120
OVERLAYS: Mapping[str, str] = {
    **dict.fromkeys(("machine", "name", "id", "driver", "scope", "subnet"), "str"),
    "vni": "int64",
    **dict.fromkeys(("ingress", "encrypted"), "bool"),
    "peers": "object",
}
_TOO_LONG = "message too long"  # what ping says, with a capital or not, if its own interface refuses the size
_OPTION = "com.docker.network.driver.overlay.vxlanid_list"
_HEADERS = 28  # IP and ICMP
# The first packet between two machines may be lost while they learn each other's address.
_TRIES, _WAIT_S = 3, 2
_TRY_S = 4
_BOUND_S = _TRIES * _TRY_S
_CAUSES = """Known causes, the most likely first:
1. UDP port 4789 is blocked between the machines, by a firewall or by a cloud network.
2. The machines advertise addresses that the others cannot reach: give swarm init and join an --advertise-addr
   and a --data-path-addr on the LAN.
3. Only large packets are lost: the LAN's MTU is less than 1500 bytes (see `ip link`).
4. Some kernels silently drop VXLAN packets between machines (moby#53004): run
   `ethtool -K eth0 tx-checksum-ip-generic off` on each machine, or use another kernel."""


@inside.probe
@understood("the Engine's descriptions of overlay networks")
def overlays(*machines: Machine) -> pd.DataFrame:
    """The overlay networks that each machine knows, as ``docker network inspect`` shows them.

    Returns
    -------
    DataFrame
        machine, name, id, driver, scope, subnet · vni (int) · ingress, encrypted (bool) · peers (a tuple: the
        addresses of the machines that use it, in numerical order). In order of machine and name.
    """
    rows = []
    for machine in machines:
        api: Any = machine.docker.api
        listed = api.networks(filters={"driver": "overlay"})
        for found in sorted(listed, key=lambda one: str(one["Name"])):
            told = api.inspect_network(found["Id"])
            options = told["Options"] or {}
            rows.append(
                {
                    "machine": machine.name,
                    "name": told["Name"],
                    "id": told["Id"],
                    "driver": told["Driver"],
                    "scope": told["Scope"],
                    "subnet": ", ".join(pool["Subnet"] for pool in told["IPAM"]["Config"] or []),
                    "vni": int(options.get(_OPTION) or -1),
                    "ingress": told["Ingress"],
                    "encrypted": "encrypted" in options,
                    "peers": tuple(sorted((peer["IP"] for peer in told.get("Peers") or []), key=natural)),
                }
            )
    return typed(rows, OVERLAYS)


@inside.probe
def ping_unfragmented(
    machine: Machine, source: str, target: str, sizes: Sequence[int], *, via: str = ""
) -> pd.DataFrame:
    """Send one packet of each size, which routers may not fragment, from a container to a name.

    The container's own ``ping`` may lack the option for that (``-M do``), so the machine's is used, in the
    container's network namespace.

    Parameters
    ----------
    machine, source:
        The container that pings, and the machine that it runs on.
    target:
        A name, which the container resolves.
    sizes:
        In bytes, of the IP packet.
    via:
        Free text for the column of that name.

    Returns
    -------
    DataFrame
        The probe columns and bytes (int, of the IP packet), one row per size.

    Raises
    ------
    LabError
        If the name does not resolve, or the container is not running.
    """
    address = dns.address(machine, source, target)
    enter = ["nsenter", "-t", str(inside.process(machine.container(source))), "-n", "--"]
    rows: list[dict[str, Any]] = []
    for size in sizes:
        ping = f"ping -c 1 -W {_WAIT_S} -M do -s {size - _HEADERS}".split()
        argv = scripts.argv(
            __package__, "attempts.sh", 1, *enter, *inside.bounded([*ping, address], _BOUND_S)
        )
        printed = inside.run(machine, None, argv, timeout=_BOUND_S + 5)
        with understood("what ping printed"):
            [[text, code]] = inside.records(printed)
            (row,) = icmp.rows(text, code, source=source, target=target, via=via, count=1, bound=_BOUND_S)
        too_long = {"error": _TOO_LONG} if _TOO_LONG in text.lower() else {}
        rows.append(row | too_long | {"bytes": size})
    return tidy(rows, {"bytes": "int64"})


@inside.probe
def overlay_self_test(*machines: Machine) -> pd.DataFrame:
    """Send a small and a large packet over the ``ingress`` network, from every machine to every other.

    Both travel as VXLAN between the machines' ingress sandboxes, so no container is needed.

    Returns
    -------
    DataFrame
        The probe columns and bytes (int, of the IP packet), one row per pair and size; all are ok.

    Raises
    ------
    LabError
        If a pair gets no answer; with these pairs, and the known causes.
    """
    addresses = {machine.name: sandbox_address(machine) for machine in machines}
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
def sandbox_address(machine: Machine) -> str:
    """The address of a machine's ingress sandbox on the network ``ingress``."""
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
def wait_until_reached(
    machine: Machine, source: str, target: str, *, in_a_row: int = 1, timeout: float = REACHED_S
) -> None:
    """Wait until a container's ping is answered: it takes machines a while to learn about each other.

    With `in_a_row`, wait until so many pings, two a second, are answered without a lost one between them.

    Raises
    ------
    LabError
        If that takes longer than ``timeout`` (seconds); with ping's last message.
    """
    argv = scripts.argv(__package__, "wait_until_reached.sh", round(timeout), in_a_row, target)
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
    """Ping every container from every other, across machines, by address and by name.

    Parameters
    ----------
    containers:
        The machine that each container runs on, by the container's name.
    network:
        The network whose addresses are used for "IP".

    Returns
    -------
    DataFrame
        The probe columns, two rows per pair; ``target`` is the container's name in both, ``via`` is "IP" or
        "name". As :func:`helpers.probes.who_reaches_whom` returns them for one machine.

    Raises
    ------
    LabError
        If a container has no address on that network, or is not running.
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
