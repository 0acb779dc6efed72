"""Under which addresses a machine sees others: MAC addresses by ARP (RFC 826), IP addresses in a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from helpers.probes import inside, iproute, logs, reachability
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine


@inside.probe
def arp(machine: Machine, targets: Mapping[str, str]) -> pd.DataFrame:
    """Ping each target, and read which MAC address the machine noted for it.

    Parameters
    ----------
    machine:
        Who asks.
    targets:
        Addresses on the same LAN, by their names in the result.

    Returns
    -------
    DataFrame
        source, target, address, mac ("" if nobody answered), one row per target.
    """
    reachability.reach({machine.name: (machine, None)}, targets)
    noted = _noted(machine)
    rows = [
        {"source": machine.name, "target": name, "address": address, "mac": noted.get(address, "")}
        for name, address in targets.items()
    ]
    return typed(rows, dict.fromkeys(("source", "target", "address", "mac"), "str"))


@inside.probe
def senders(machine: Machine, server: str) -> pd.DataFrame:
    """Who has sent requests to a web server, as its machine saw them.

    Parameters
    ----------
    machine, server:
        A container with a web server on the host network, and where it runs.

    Returns
    -------
    DataFrame
        path, address (which the server logged), mac (which the machine noted for that address, "" if none),
        one row per request, in their order.
    """
    asked, noted = logs.accesses(machine, server), _noted(machine)
    rows = [
        {"path": row["path"], "address": row["client"], "mac": noted.get(row["client"], "")}
        for row in asked.to_dict("records")
    ]
    return typed(rows, dict.fromkeys(("path", "address", "mac"), "str"))


def _noted(machine: Machine) -> dict[str, str]:
    """The MAC addresses in the machine's neighbour table, by IP address."""
    table = iproute.neighbours(machine, None)
    answered = table[table["mac"] != ""]
    return dict(zip(answered["address"], answered["mac"], strict=True))
