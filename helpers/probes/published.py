"""The two ways to a published port: the rule that translates its address, or the process docker-proxy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from helpers.probes import http, inside, logs, nat
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

_WAYS = dict.fromkeys(("source", "target"), "str") | {"ok": "bool", "counted": "int64", "client": "str"}


@inside.probe
def ways_to_port(
    machine: Machine, server: str, port: int, *, requests: Sequence[tuple[Machine, str | None, str]]
) -> pd.DataFrame:
    """Send requests to a port that a web server publishes, and see which way each took.

    Parameters
    ----------
    machine, server, port:
        The container with the web server (which logs as nginx does), where it runs, and its published port.
    requests:
        One request each: the client (a machine, and a container on it or None) and the address that it asks.

    Returns
    -------
    DataFrame
        source, target (the address) · ok · counted (int: packets that the port's NAT rule counted meanwhile;
        1 if the rule translated this connection, 0 if docker-proxy forwarded it) · client (the address that
        the server logged, "" if nothing), one row per request.
    """
    rows = []
    for number, (where, container, address) in enumerate(requests):
        path = f"/?request={number}"
        before = nat.nat_rules(machine)
        page = http.http_get(where, container, f"http://{address}:{port}{path}")
        rules = nat.nat_rules(machine, since=before)
        logged = logs.accesses(machine, server)
        seen = logged.loc[logged["path"] == path, "client"]
        rows.append(
            {
                "source": container or where.name,
                "target": address,
                "ok": page["ok"].any(),
                "counted": rules.loc[rules["port"] == str(port), "packets"].sum(),
                "client": seen.iloc[-1] if len(seen) else "",
            }
        )
    return typed(rows, _WAYS)
