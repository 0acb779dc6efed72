"""What a service's name resolves to: a virtual address, or the addresses of the replicas.

Source: https://docs.docker.com/engine/swarm/networking/ (service discovery, endpoint mode).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.answers import understood
from helpers.probes import dns, inside
from helpers.probes.frame import typed
from helpers.probes.services import tasks

if TYPE_CHECKING:
    from helpers.lab import Machine

COLUMNS = dict.fromkeys(("name", "addresses", "meaning"), "str")


@inside.probe
def service_names(manager: Machine, source: str, *names: str) -> pd.DataFrame:
    """Resolve names in a container, and find out what the addresses are.

    Parameters
    ----------
    manager, source:
        The swarm's manager, and a container on it.
    names:
        The names to resolve.

    Returns
    -------
    DataFrame
        name · addresses (in numerical order, joined by ", ") · meaning: "virtual address of app", "2 replicas
        of plain", "" if unknown. One row per name.
    """
    meanings = _meanings(manager)
    rows = []
    for name in names:
        addresses = dns.resolve(manager, source, name)["addresses"].item()
        meaning = meanings.get(frozenset(addresses.split(", ")), "")
        rows.append({"name": name, "addresses": addresses, "meaning": meaning})
    return typed(rows, COLUMNS)


@understood("the Engine's list of services")
def _meanings(manager: Machine) -> dict[frozenset[str], str]:
    """What each set of addresses is that a name of a service can stand for."""
    api: Any = manager.docker.api
    found = {}
    for told in api.services():
        name = told["Spec"]["Name"]
        running = tasks(manager, name).query("desired == 'running'")
        plural = "s" * (len(running) != 1)
        found[frozenset(running["address"])] = f"{len(running)} replica{plural} of {name}"
        for one in told["Endpoint"].get("VirtualIPs") or []:
            found[frozenset([one.get("Addr", "").partition("/")[0]])] = f"virtual address of {name}"
    return found
