"""Continuous load on a web server while something happens to it: requests at fixed intervals."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.probes.frame import tidy
from helpers.probes.over_time import Event, follow

if TYPE_CHECKING:
    from helpers.lab import Machine

BOUND_S = 2.0  # for one request: after that long, a client gives up
FORGOTTEN_S = 900  # how much longer than requested the load continues if nothing stops it
_STOP = "/run/stop-"  # this and a random suffix: the file that ends the load
_DETAIL = "\x1d"


def http_timeline(
    machine: Machine,
    url: str,
    *,
    marker: str,
    seconds: float,
    events: Sequence[Event] = (),
    interval: float = 0.25,
    steady_s: float = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fetch ``url`` from the machine every ``interval`` seconds while the events happen.

    Parameters
    ----------
    machine, url:
        The client, and what it fetches.
    marker:
        Each request has ``?MARKER=number`` in its path, from 0 on, so that logs show which server answered.
    seconds, events, interval:
        As for :func:`helpers.probes.reachability_timeline`.
    steady_s:
        Begin with the first stretch of so many seconds in which every request was answered. A machine that is
        too busy loses some without any failure.

    Returns
    -------
    attempts, events : DataFrame
        As for :func:`helpers.probes.reachability_timeline`; attempts also have number and status (int, 0
        without an answer), and at (UTC: when the request began, by the clock of Docker's task timestamps).
        ``rtt_ms``: from the request's start to the first part of the answer.

    Raises
    ------
    LabError
        If the requests never start, or are not all answered for ``steady_s`` within a minute. What an event
        raises is passed on unchanged.
    """
    stop = f"{_STOP}{secrets.token_hex(4)}"
    to = urlsplit(url)
    rounds = round((seconds + FORGOTTEN_S) / interval)
    arguments = [to.hostname, to.port or 80, f"{to.path or '/'}?{marker}", interval, BOUND_S, rounds, stop]
    command = scripts.command(__package__, "load.py", *arguments)
    records, marks = follow(
        machine.stream(command),
        f"Sending requests from {machine.name} to {url}",
        seconds=seconds,
        events=events,
        stop=lambda: machine.run(f"touch {stop}"),
        steady_s=steady_s,
        answered=_is_success,
    )
    common = {"source": machine.name, "target": url, "via": "", "protocol": "http"}
    extra = {"t_s": "float64", "number": "int64", "status": "int64", "at": "datetime64[ns, UTC]"}
    with understood("what the load reported"):
        rows = [common | _attempt(text, status) | {"t_s": t_s} for text, status, t_s in records]
        return tidy(rows, extra), marks


def _is_success(status: int) -> bool:
    return 100 <= status < 400


def _attempt(text: str, status: int) -> dict[str, Any]:
    error, number, took, at = text.split(_DETAIL)
    ok = _is_success(status)
    return {
        "ok": ok,
        "rtt_ms": float(took) * 1000 if ok else math.nan,
        "error": "" if ok else error or f"HTTP {status}",
        "number": int(number),
        "status": status,
        "at": pd.Timestamp(float(at), unit="s", tz="UTC"),
    }
