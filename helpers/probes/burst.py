"""Many requests: from one client, over one connection or many (RFC 9112), or from all machines to all."""

from __future__ import annotations

import itertools
import math
import shlex
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import inside
from helpers.probes.frame import tidy

if TYPE_CHECKING:
    from helpers.lab import Machine

BOUND_S = 10  # for one request
ALL_S = 300
TOLD = r"%{exitcode} %{http_code} %{num_connects} %{time_starttransfer} %{errormsg}\n"
_CURL = ["curl", "-s", "--max-time", str(BOUND_S), "-w", TOLD]
# Source ports below those that Linux chooses from (32768-60999): every 10 s, Linux restarts its choice at a
# random port (secure_seq.c), so it sooner or later reuses one that is still in a load balancer's table.
_FRESH_PORTS = itertools.cycle(range(10_000, 32_000))


@inside.probe
def http_burst(machine: Machine, url: str, *, marker: str, count: int, fresh: bool = True) -> pd.DataFrame:
    """Fetch ``url`` ``count`` times, one after the other, in a single run of curl.

    Parameters
    ----------
    machine, url:
        The client, and what it fetches.
    marker:
        Each request has ``?MARKER=number`` in its path, from 1 on, so that logs show which server answered.
    count:
        The number of requests.
    fresh:
        Whether to open a new connection for each request, from a source port that has not been used recently;
        otherwise one connection is kept alive for all.

    Returns
    -------
    DataFrame
        The probe columns and number (int) · status (int, 0 without an answer) · connects (int: connections
        that this request had to open), one row per request. ``rtt_ms``: from the request's start to the first
        byte of the answer.

    Raises
    ------
    LabError
        If some of the requests did not end.
    """
    if fresh:
        ports = itertools.islice(_FRESH_PORTS, count)
        arguments = [f"{url}?{marker}=", BOUND_S, TOLD, *ports]
        command = scripts.command(__package__, "fresh_connections.sh", *arguments)
    else:
        command = shlex.join([*_CURL, "-o", "/dev/null", f"{url}?{marker}=[1-{count}]"])
    printed = machine.run(command, timeout=ALL_S).stdout
    rows = parse(printed)
    if len(rows) != count:
        raise LabError(
            f"Sending {count} requests from {machine.name} to {url}",
            f"{len(rows)} of them ended within {ALL_S} s",
            "Send fewer, or see what else is keeping this computer busy.",
        )
    common = {
        "source": machine.name,
        "target": url,
        "via": "fresh" if fresh else "kept alive",
        "protocol": "http",
    }
    extra = dict.fromkeys(("number", "status", "connects"), "int64")
    with understood("what curl wrote"):
        return tidy([common | row for row in rows], extra)


@inside.probe
def http_to(
    machine: Machine, urls: Mapping[str, str], *, via: str = "", timeout: float = BOUND_S, patience: int = 0
) -> pd.DataFrame:
    """Fetch each of several pages from a machine, in a single run of curl.

    Parameters
    ----------
    machine:
        The client.
    urls:
        What it fetches, by the names that the targets have in the result.
    via:
        Free text for the column of that name.
    timeout:
        Seconds allowed for one request.
    patience:
        Seconds in which the client asks again, once a second, if a connection is refused or nothing answers.

    Returns
    -------
    DataFrame
        The probe columns and status (int, 0 without an answer), one row per page. ``rtt_ms``: from the
        request's start to the first byte of the answer.
    """
    outputs = [word for url in urls.values() for word in ("-o", "/dev/null", url)]
    again = f"--retry {patience} --retry-connrefused --retry-delay 1 --retry-max-time {patience}".split()
    command = [
        "curl",
        "-s",
        "--max-time",
        f"{timeout:g}",
        *(again if patience else []),
        "-w",
        TOLD,
        *outputs,
    ]
    printed = machine.run(shlex.join(command), timeout=len(urls) * (timeout + patience) + 20).stdout
    common = {"source": machine.name, "via": via, "protocol": "http"}
    with understood("what curl wrote"):
        rows = [common | {"target": to} | row for to, row in zip(urls, parse(printed), strict=True)]
        return tidy(rows, {"status": "int64"})


@inside.probe
def http_mesh(machines: Sequence[Machine], *, port: int, path: str = "/", patience: int = 0) -> pd.DataFrame:
    """Let every machine fetch a page from every machine, itself included, through a published port.

    Parameters
    ----------
    machines, port, path:
        The clients, which are also the servers, and what they fetch.
    patience:
        As for `http_to`.

    Returns
    -------
    DataFrame
        The probe columns and status (int, 0 without an answer), one row per pair; source and target are
        names. ``rtt_ms``: from the request's start to the first byte of the answer.
    """
    urls = {machine.name: f"http://{machine.address}:{port}{path}" for machine in machines}
    with ThreadPoolExecutor(max(1, len(machines))) as pool:
        found = pool.map(
            lambda machine: http_to(machine, urls, via=f"port {port}", patience=patience), machines
        )
        return pd.concat(found, ignore_index=True)


@understood("what curl wrote")
def parse(text: str) -> list[dict[str, Any]]:
    """Parse what curl wrote, one line per request."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        code, status, connects, seconds, error = line.split(" ", 4)
        ok = code == "0" and 100 <= int(status) < 400
        rows.append(
            {
                "ok": ok,
                "rtt_ms": float(seconds) * 1000 if ok else math.nan,
                "error": "" if ok else f"curl: {error or f'HTTP {status}'}",
                "number": number,
                "status": int(status),
                "connects": int(connects),
            }
        )
    return rows
