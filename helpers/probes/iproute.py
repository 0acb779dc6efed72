"""Interfaces, addresses, routes and neighbours, as the kernel has them in a container or on a machine.

Read with the machine's ``ip -j`` in the container's network namespace, so a container needs no program.

Source: ip-address(8), ip-route(8), ip-neighbour(8); RFC 826 for neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

_ADDRESSES = ("source", "interface", "ipv4", "mac")
_INTERFACES = ("source", "interface", "state", "flags", "mac", "ipv4")
_ROUTES = ("source", "destination", "gateway", "interface")
_NEIGHBOURS = ("source", "address", "mac", "interface", "state")
_LOOPBACK = "00:00:00:00:00:00"  # what the kernel reports for lo, which has no MAC address


@inside.probe
def addresses(machine: Machine, *sources: str | None) -> pd.DataFrame:
    """Every IPv4 address, with the interface that has it.

    Parameters
    ----------
    machine:
        Where the sources run.
    sources:
        Names of containers, or None for the machine itself.

    Returns
    -------
    DataFrame
        source (the container's or the machine's name), interface, ipv4 ("172.17.0.2/16"), mac ("" on
        loopback), one row per address, in the order of ``sources`` and of the kernel.

    Raises
    ------
    LabError
        If a container is not running.
    """
    listed = _ask(machine, sources, "address")
    with understood("the kernel's list of addresses"):
        rows = [
            {
                "source": source,
                "interface": interface["ifname"],
                "ipv4": address,
                "mac": interface["address"].replace(_LOOPBACK, ""),
            }
            for source, interface in listed
            for address in _ipv4(interface)
        ]
        return typed(rows, dict.fromkeys(_ADDRESSES, "str"))


@inside.probe
def ipv6_addresses(machine: Machine, *sources: str | None) -> pd.DataFrame:
    """Every IPv6 address that is valid beyond its link; ``sources`` and errors as for :func:`addresses`.

    Returns
    -------
    DataFrame
        source, interface, ipv6 ("fd00::2/64"), one row per address, in the order of ``sources``.
    """
    listed = _ask(machine, sources, "address")
    with understood("the kernel's list of addresses"):
        rows = [
            {"source": source, "interface": interface["ifname"], "ipv6": address}
            for source, interface in listed
            for address in _addresses(interface, "inet6", "global")
        ]
        return typed(rows, dict.fromkeys(("source", "interface", "ipv6"), "str"))


@inside.probe
def interfaces(machine: Machine, *sources: str | None) -> pd.DataFrame:
    """Every interface with its state; ``sources`` and errors as for :func:`addresses`.

    Returns
    -------
    DataFrame
        source, interface · state ("UP", "DOWN", "UNKNOWN"), flags ("NO-CARRIER BROADCAST UP"), mac ("" on
        loopback), ipv4 ("172.17.0.1/16"; several joined by ", ") · mtu (bytes), one row per interface, in the
        order of ``sources`` and of the kernel.
    """
    listed = _ask(machine, sources, "address")
    with understood("the kernel's list of interfaces"):
        rows = [
            {
                "source": source,
                "interface": interface["ifname"],
                "state": interface["operstate"],
                "flags": " ".join(interface["flags"]),
                "mac": interface["address"].replace(_LOOPBACK, ""),
                "ipv4": ", ".join(_ipv4(interface)),
                "mtu": interface["mtu"],
            }
            for source, interface in listed
        ]
        return typed(rows, dict.fromkeys(_INTERFACES, "str") | {"mtu": "int64"})


@inside.probe
def routes(machine: Machine, *sources: str | None) -> pd.DataFrame:
    """The main routing table; ``sources`` and errors as for :func:`addresses`.

    Returns
    -------
    DataFrame
        source, destination ("default" or a subnet), gateway ("" if directly connected), interface, one
        row per route.
    """
    listed = _ask(machine, sources, "-4 route")
    with understood("the kernel's list of routes"):
        rows = [
            {
                "source": source,
                "destination": route["dst"],
                "gateway": route.get("gateway", ""),
                "interface": route.get("dev", ""),
            }
            for source, route in listed
        ]
        return typed(rows, dict.fromkeys(_ROUTES, "str"))


@inside.probe
def neighbours(machine: Machine, *sources: str | None) -> pd.DataFrame:
    """The neighbour (ARP) table; ``sources`` and errors as for :func:`addresses`.

    Returns
    -------
    DataFrame
        source, address, mac ("" if nothing answered), interface, state ("REACHABLE", "STALE", "FAILED" …),
        one row per neighbour, sorted by address as text.
    """
    listed = _ask(machine, sources, "-4 neighbour")
    order = list(dict.fromkeys(source for source, _ in listed))
    with understood("the kernel's list of neighbours"):
        rows = [
            {
                "source": source,
                "address": neighbour["dst"],
                "mac": neighbour.get("lladdr", ""),
                "interface": neighbour["dev"],
                "state": " ".join(neighbour["state"]),
            }
            for source, neighbour in listed
        ]
        rows.sort(key=lambda row: (order.index(row["source"]), row["address"]))
        return typed(rows, dict.fromkeys(_NEIGHBOURS, "str"))


def _ipv4(interface: dict[str, Any]) -> list[str]:
    return _addresses(interface, "inet", "")


def _addresses(interface: dict[str, Any], family: str, scope: str) -> list[str]:
    """The addresses of a family, and of a scope ("": of any)."""
    return [
        "{local}/{prefixlen}".format(**address)
        for address in interface["addr_info"]
        if address["family"] == family and (not scope or address["scope"] == scope)
    ]


def _ask(machine: Machine, sources: tuple[str | None, ...], what: str) -> list[tuple[str, Any]]:
    """What ``ip -j`` lists, each entry with the name of its source; one round trip for all sources."""
    processes = [inside.process(machine.container(source)) if source else None for source in sources]
    answers = inside.listings(machine, what, processes)
    with understood("what `ip -j` printed"):
        return [
            (source or machine.name, entry)
            for source, entries in zip(sources, answers, strict=True)
            for entry in entries
        ]
