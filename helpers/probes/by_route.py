"""Who reaches a container by routing to it: a neighbour takes the container's machine for a router."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from helpers.errors import LabError
from helpers.probes import http, inside, reachability
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
        If a container has no address, or the client refuses the route.

    Source: moby#45610, and Docker's release notes for Engine 28.0.
    """
    found = [tidy([], {"status": "int64"})]
    for name in containers:
        address = _address(router, name)
        with _route(client, address, router.address):
            page = http.http_get(client, None, f"http://{address}:{port}/", via="route", timeout=timeout)
        found.append(page.assign(target=f"{name} on {router.name}"))
    return pd.concat(found, ignore_index=True)


@contextlib.contextmanager
def _route(client: Machine, to: str, through: str) -> Iterator[None]:
    """Let the client have a route to one address while it asks."""
    route = shlex.join([f"{to}/32", "via", through])
    client.run(f"ip route replace {route}").checked(f"Adding a route to {to} on {client.name}")
    try:
        yield
    finally:
        client.run(f"ip route delete {route}")


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
