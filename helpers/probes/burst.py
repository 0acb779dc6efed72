"""Many requests: of one client, on one connection or on many (RFC 9112), and of everybody to everybody."""

from __future__ import annotations

import itertools
import math
import shlex
from collections.abc import Sequence
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
_TOLD = r"%{exitcode} %{http_code} %{num_connects} %{time_starttransfer} %{errormsg}\n"
_CURL = ["curl", "-s", "--max-time", str(BOUND_S), "-w", _TOLD]
# Source ports below those that Linux chooses from (32768-60999): its choice begins anew at a random one every
# 10 s (secure_seq.c), and so comes back sooner or later to a port that a load balancer still remembers.
_FRESH_PORTS = itertools.cycle(range(10_000, 32_000))


@inside.probe
def http_burst(machine: Machine, url: str, *, marker: str, count: int, fresh: bool = True) -> pd.DataFrame:
    """Fetch ``url`` ``count`` times, one after the other, with one program that starts once.

    Parameters
    ----------
    machine, url:
        Who asks, and what for.
    marker:
        Each request has ``?MARKER=number`` in its path, from 1 on: so logs tell who answered it.
    count:
        The number of requests.
    fresh:
        A new connection for every request, each from a source port that has not been used lately; otherwise
        one is kept alive for all.

    Returns
    -------
    DataFrame
        The probe columns and number (int) · status (int, 0 without an answer) · connects (int: connections
        that this request had to open), one row a request. ``rtt_ms``: from its start to the first byte.

    Raises
    ------
    LabError
        If the requests did not all come to an end.
    """
    if fresh:
        ports = itertools.islice(_FRESH_PORTS, count)
        arguments = [f"{url}?{marker}=", BOUND_S, _TOLD, *ports]
        command = scripts.command(__package__, "fresh_connections.sh", *arguments)
    else:
        command = shlex.join([*_CURL, "-o", "/dev/null", f"{url}?{marker}=[1-{count}]"])
    printed = machine.run(command, timeout=ALL_S).stdout
    rows = parse(printed)
    if len(rows) != count:
        raise LabError(
            f"Sending {count} requests from {machine.name} to {url}",
            f"{len(rows)} of them ended within {ALL_S} s",
            "Send fewer, or look what else keeps this computer busy.",
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
def http_mesh(machines: Sequence[Machine], *, port: int, path: str = "/") -> pd.DataFrame:
    """Let every machine ask every machine, itself included, for a page on a published port.

    Returns
    -------
    DataFrame
        The probe columns and status (int, 0 without an answer), one row a pair; source and target are names.
        ``rtt_ms``: from the request's start to the first byte.
    """
    urls = {machine.name: f"http://{machine.address}:{port}{path}" for machine in machines}
    outputs = [word for url in urls.values() for word in ("-o", "/dev/null", url)]
    command = shlex.join([*_CURL, *outputs])

    def ask(machine: Machine) -> list[dict[str, Any]]:
        printed = machine.run(command, timeout=len(urls) * BOUND_S + 20).stdout
        common = {"source": machine.name, "via": f"port {port}", "protocol": "http"}
        with understood("what curl wrote"):
            return [common | {"target": to} | row for to, row in zip(urls, parse(printed), strict=True)]

    with ThreadPoolExecutor(max(1, len(machines))) as pool:
        rows = [row for found in pool.map(ask, machines) for row in found]
    with understood("what curl wrote"):
        return tidy(rows, {"status": "int64"})


@understood("what curl wrote")
def parse(text: str) -> list[dict[str, Any]]:
    """What curl wrote, a line a request."""
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
