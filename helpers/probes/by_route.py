"""Who reaches a container by routing to it: a neighbour takes the container's machine for a router."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import burst, inside, reachability
from helpers.probes.frame import tidy

if TYPE_CHECKING:
    from helpers.lab import Machine


@inside.probe
def http_by_route(
    client: Machine, router: Machine, *containers: str, port: int = 80, timeout: float = 3
) -> pd.DataFrame:
    """Fetch the page of each container at its own address, along a route through its machine.

    No port needs to be published for that: the client adds a route to the container's address, and removes it
    afterwards. Whether the packets pass is up to the firewall of the machine that is made a router.

    Parameters
    ----------
    client:
        Another machine on the LAN.
    router, containers:
        The machine, and containers on it that have an address.
    port:
        On which the servers listen in their containers.
    timeout:
        Seconds allowed for one request.

    Returns
    -------
    DataFrame
        The probe columns and status (int, 0 without an answer), one row per container; source is the client,
        target "web on then", via "route".

    Raises
    ------
    LabError
        If a container has no address.

    Source: moby#45610, and Docker's release notes for Engine 28.0.
    """
    addresses = [_address(router, name) for name in containers]
    arguments = [router.address, f"{timeout:g}", burst.TOLD, port, *addresses]
    asking = scripts.command(__package__, "by_route.sh", *arguments)
    printed = client.run(asking, timeout=len(containers) * (timeout + 5) + 10).stdout
    common = {"source": client.name, "via": "route", "protocol": "http"}
    with understood("what curl wrote"):
        rows = [
            common | {"target": f"{name} on {router.name}"} | row
            for name, row in zip(containers, burst.parse(printed), strict=True)
        ]
        return tidy(rows, {"status": "int64"})


def _address(machine: Machine, container: str) -> str:
    """The container's address on its first network that gives it one."""
    addresses = reachability.addresses(machine.container(container))
    for address in addresses.values():
        if address:
            return address
    raise LabError(
        f"Finding the address of {container} on {machine.name}",
        f"it is connected to {', '.join(addresses) or 'no network'}, and has no address",
        "Start it, on a network that gives it one.",
    )
