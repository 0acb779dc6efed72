"""Which network gives a container its way out: the one that its default route leads through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from helpers.probes import inside, inspection, iproute
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

_COLUMNS = dict.fromkeys(("source", "networks", "way_out", "gateway", "interface"), "str")


@inside.probe
def way_out(machine: Machine, container: str) -> pd.DataFrame:
    """The networks of a container, and the one that its default route (IPv4) leads through.

    Returns
    -------
    DataFrame
        source (the container), networks (in alphabetical order, joined by ", "), way_out (one of them, or
        "none"), gateway, interface ("" without a default route), one row.

    Raises
    ------
    LabError
        If the container is not running.
    """
    table = iproute.routes(machine, container)
    default = table[table["destination"] == "default"]
    gateway, interface = default[["gateway", "interface"]].iloc[0] if len(default) else ("", "")
    every = inspection.endpoints(machine)
    legs = every[every["container"] == container]
    through = legs.loc[(legs["interface"] == interface) & (interface != ""), "network"]
    row = {
        "source": container,
        "networks": ", ".join(sorted(legs["network"])),
        "way_out": through.iloc[0] if len(through) else "none",
        "gateway": gateway,
        "interface": interface,
    }
    return typed([row], _COLUMNS)
