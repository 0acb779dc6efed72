"""What is connected to what, according to the Engine's API and the kernel's netlink (as JSON)."""

from __future__ import annotations

import ipaddress
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import inside
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from docker.models.containers import Container

    from helpers.lab import Lab, Machine

NETWORKS = ("machine", "name", "driver", "scope", "subnet", "gateway", "interface")
ENDPOINTS = ("machine", "container", "network", "driver", "interface", "ipv4")
LINKS = ("machine", "network", "bridge", "veth", "container", "interface", "mac")
LAN = ("machine", "address", "mac", "interface", "subnet")
_LISTED = "the Engine's lists of networks and containers, and the kernel's list of interfaces"
Sandboxes: TypeAlias = "list[tuple[Container, list[dict[str, Any]]]]"


@inside.probe
def networks(*machines: Machine) -> pd.DataFrame:
    """The networks that each machine's Engine knows, as ``docker network ls`` and ``inspect`` show them.

    Returns
    -------
    DataFrame
        machine, name, driver, scope · subnet, gateway ("" if none; several joined by ", ") · interface (the
        Linux bridge or the parent interface on the machine, "" if none) · internal (bool). In order of name.
    """
    with understood(_LISTED):
        rows = [
            _network_row(machine.name, network.attrs)
            for machine in machines
            for network in sorted(machine.docker.networks.list(), key=lambda found: str(found.name))
        ]
        return typed(rows, dict.fromkeys(NETWORKS, "str") | {"internal": "bool"})


@inside.probe
def endpoints(*machines: Machine) -> pd.DataFrame:
    """Every attachment of a running container to a network.

    Returns
    -------
    DataFrame
        machine, container, network, driver · interface (its name inside the container), ipv4, mac ("" on the
        host network and on none) · prefix (bits, <NA> without an address). In order of container, interface.
    """
    rows = []
    for machine in machines:
        sandboxes = _sandboxes(machine)
        with understood(_LISTED):
            drivers = {str(network.id): network.attrs["Driver"] for network in machine.docker.networks.list()}
            for container, interfaces in sandboxes:
                found = _endpoints(machine.name, container, drivers, interfaces)
                rows += sorted(found, key=lambda row: row["interface"])
    with understood(_LISTED):
        return typed(rows, dict.fromkeys(ENDPOINTS, "str") | {"prefix": "Int64", "mac": "str"})


@inside.probe
def links(*machines: Machine) -> pd.DataFrame:
    """The veth pairs that connect containers to the machine's bridges, both ends matched by interface index.

    A veth interface reports its peer's index in the peer's namespace (``link_index`` in ``ip -j link``).

    Returns
    -------
    DataFrame
        machine, network · bridge, veth (on the machine) · container, interface, mac (in the container). In
        order of network, container, interface.
    """
    rows: list[dict[str, Any]] = []
    for machine in machines:
        sandboxes = _sandboxes(machine)
        on_machine = inside.listing(machine.run("ip -j link show type veth").stdout)
        with understood(_LISTED):
            bridges = {
                _host_interface(network.attrs): network.name for network in machine.docker.networks.list()
            }
            rows += _pairs(machine.name, bridges, on_machine, sandboxes)
    with understood(_LISTED):
        rows.sort(key=lambda row: [row[key] for key in ("machine", "network", "container", "interface")])
        return typed(rows, dict.fromkeys(LINKS, "str"))


@inside.probe
def lan(lab: Lab) -> pd.DataFrame:
    """How each machine is connected to the LAN.

    Returns
    -------
    DataFrame
        machine, address, mac, interface, subnet (str), one row per machine, in order of address.
    """
    machines = list(lab.machines.values())
    with ThreadPoolExecutor(max_workers=8) as pool:
        listed = pool.map(lambda machine: inside.listing(machine.run("ip -j address").stdout), machines)
        rows = [_lan_row(machine, interfaces) for machine, interfaces in zip(machines, listed, strict=True)]
    rows.sort(key=lambda row: int(ipaddress.ip_address(row["address"])))
    return typed(rows, dict.fromkeys(LAN, "str"))


@understood("the addresses of a machine")
def _lan_row(machine: Machine, interfaces: list[dict[str, Any]]) -> dict[str, str]:
    for interface in interfaces:
        for address in interface["addr_info"]:
            if address.get("local") == machine.address:
                subnet = ipaddress.ip_interface(f"{machine.address}/{address['prefixlen']}").network
                return {
                    "machine": machine.name,
                    "address": machine.address,
                    "mac": interface["address"],
                    "interface": interface["ifname"],
                    "subnet": str(subnet),
                }
    raise LabError(
        f"Finding {machine.name} on the LAN",
        f"none of its interfaces has {machine.address}",
        "Close the lab and start it again: something disconnected the machine from its LAN.",
    )


def _network_row(machine: str, told: dict[str, Any]) -> dict[str, Any]:
    pools = told["IPAM"]["Config"] or []
    return {
        "machine": machine,
        "name": told["Name"],
        "driver": told["Driver"],
        "scope": told["Scope"],
        "subnet": ", ".join(pool["Subnet"] for pool in pools if pool.get("Subnet")),
        "gateway": ", ".join(pool["Gateway"] for pool in pools if pool.get("Gateway")),
        "interface": _host_interface(told),
        "internal": told["Internal"],
    }


def _host_interface(network: dict[str, Any]) -> str:
    """The interface on the machine that belongs to a network: named in its options, or after its id."""
    options = network["Options"] or {}
    if network["Driver"] == "bridge":
        return str(options.get("com.docker.network.bridge.name") or f"br-{network['Id'][:12]}")
    return str(options.get("parent", ""))


def _endpoints(
    machine: str, container: Container, drivers: dict[str, str], interfaces: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    names = {
        address.get("local"): interface["ifname"]
        for interface in interfaces
        for address in interface["addr_info"]
    }
    return [
        {
            "machine": machine,
            "container": container.name,
            "network": network,
            "driver": drivers.get(told["NetworkID"], ""),
            "interface": names.get(told["IPAddress"], "") if told["IPAddress"] else "",
            "ipv4": told["IPAddress"],
            "prefix": told["IPPrefixLen"] or None,
            "mac": told["MacAddress"],
        }
        for network, told in container.attrs["NetworkSettings"]["Networks"].items()
    ]


def _pairs(
    machine: str, bridges: dict[str, str | None], links: list[dict[str, Any]], sandboxes: Sandboxes
) -> list[dict[str, Any]]:
    """The interfaces in containers whose peer is one of the machine's links, on a bridge."""
    rows = []
    by_index = {link.get("ifindex"): link for link in links}
    for container, interfaces in sandboxes:
        for interface in interfaces:
            veth = by_index.get(interface.get("link_index"), {})
            if veth.get("link_index") == interface["ifindex"] and "master" in veth:
                rows.append(
                    {
                        "machine": machine,
                        "network": bridges.get(veth["master"], ""),
                        "bridge": veth["master"],
                        "veth": veth["ifname"],
                        "container": container.name,
                        "interface": interface["ifname"],
                        "mac": interface["address"],
                    }
                )
    return rows


def _sandboxes(machine: Machine) -> Sandboxes:
    """Running containers, in order of name, each with its interfaces as ``ip -j address`` lists them there.

    One round trip reads all of them.
    """
    with understood("the Engine's list of containers"):
        running = sorted(machine.docker.containers.list(), key=lambda container: str(container.name))
        processes = [container.attrs["State"]["Pid"] for container in running]
    return list(zip(running, inside.listings(machine, "address", processes), strict=False))
