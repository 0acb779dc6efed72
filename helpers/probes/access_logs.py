"""What the replicas' access logs say: which replica answered which request, and whose it was."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.answers import understood
from helpers.probes import inside, logs
from helpers.probes.frame import typed
from helpers.probes.overlay import sandbox_address
from helpers.probes.services import SERVICE_LABEL, TASK_LABEL
from helpers.text import natural

if TYPE_CHECKING:
    from helpers.lab import Machine

REQUESTS: Mapping[str, str] = {
    **dict.fromkeys(("replica", "node", "client", "path"), "str"),
    **dict.fromkeys(("status", "number"), "int64"),
}


@inside.probe
def requests_by_replica(machines: Sequence[Machine], service: str, marker: str) -> pd.DataFrame:
    """Which replica answered which request, according to the replicas' access logs.

    Parameters
    ----------
    machines:
        The machines whose containers' logs are read.
    service:
        The name of the service.
    marker:
        Only requests with ``?MARKER=number`` in their path are listed.

    Returns
    -------
    DataFrame
        replica ("nginx.1"), node, client (the address that nginx saw), path · status, number (int), one row
        per request, in order of number.
    """
    with ThreadPoolExecutor(max(1, len(machines))) as pool:
        found = pool.map(lambda machine: _access_logs(machine, service, marker), machines)
        rows = sorted((row for rows in found for row in rows), key=lambda row: int(row["number"]))
    with understood("the access logs of the replicas"):
        return typed(rows, REQUESTS)


@inside.probe
def clients(machines: Sequence[Machine], service: str, marker: str) -> pd.DataFrame:
    """Whose requests the replicas of a service saw, according to their access logs.

    Parameters
    ----------
    machines, service, marker:
        As for `requests_by_replica`.

    Returns
    -------
    DataFrame
        As `requests_by_replica` returns it, and who (str): the machine whose address the client's is, the
        machine's ingress sandbox ("ingress sandbox of machine2"), or "" for any other.
    """
    found = requests_by_replica(machines, service, marker)
    owners = {machine.address: machine.name for machine in machines}
    owners |= {sandbox_address(machine): f"ingress sandbox of {machine.name}" for machine in machines}
    return found.assign(who=found["client"].map(owners).fillna("").astype("str"))


def count_by_replica(requests: pd.DataFrame) -> pd.Series:
    """How many of the requests each replica answered.

    Returns
    -------
    Series
        Counts (int), by replica in natural order.
    """
    counts = requests.groupby("replica").size().rename("requests")
    return counts.loc[sorted(counts.index, key=natural)]


@understood("the replicas' access logs")
def _access_logs(machine: Machine, service: str, marker: str) -> list[dict[str, Any]]:
    api = machine.docker.api
    rows = []
    for container in api.containers(filters={"label": f"{SERVICE_LABEL}={service}"}):
        replica = ".".join(container["Labels"][TASK_LABEL].split(".")[:2])
        log = api.logs(container["Id"], stdout=True, stderr=False).decode(errors="replace")
        rows += [{"replica": replica, "node": machine.name} | row for row in parse_log(log, marker)]
    return rows


def parse_log(text: str, marker: str) -> list[dict[str, Any]]:
    """The requests in an nginx access log (format "combined") whose path has ``?MARKER=number``."""
    numbered = re.compile(rf"\?{re.escape(marker)}=(\d+)$")
    return [
        row | {"number": int(found[1])} for row in logs.parse(text) if (found := numbered.search(row["path"]))
    ]
