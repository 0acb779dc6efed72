"""Who reaches which address: every container pings each address that another one has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from helpers.probes import inside, inspection, reachability
from helpers.probes.frame import COLUMNS

if TYPE_CHECKING:
    from helpers.lab import Machine

_EXTRA = {"network": "str", "shared": "bool"}


@inside.probe
def reach_endpoints(machine: Machine) -> pd.DataFrame:
    """Ping every address of the machine's running containers from every other container.

    Returns
    -------
    DataFrame
        The probe columns, one row per container and address of another; ``target`` is "nginx on my_bridge".
        Extra: network (of that address) · shared (bool: whether the source is connected to that network).

    Raises
    ------
    LabError
        If a container has no ``ping``.
    """
    listed = inspection.endpoints(machine)
    legs = listed[listed["ipv4"] != ""]
    names = legs["container"] + " on " + legs["network"]
    sources: dict[str, tuple[Machine, str | None]] = {name: (machine, name) for name in legs["container"]}
    pings = reachability.reach(sources, dict(zip(names, legs["ipv4"], strict=True)))
    container = pings["target"].map(dict(zip(names, legs["container"], strict=True)))
    network = pings["target"].map(dict(zip(names, legs["network"], strict=True)))
    on = set(zip(legs["container"], legs["network"], strict=True))
    shared = [pair in on for pair in zip(pings["source"], network, strict=True)]
    others = pings.assign(network=network, shared=shared)[pings["source"] != container]
    return others.reset_index(drop=True).astype({**COLUMNS, **_EXTRA})
