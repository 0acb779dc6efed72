"""Continuous load on a web server while something happens to it: requests at fixed moments, each told."""

from __future__ import annotations

import math
import secrets
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pandas as pd

from helpers.answers import understood
from helpers.probes.frame import tidy
from helpers.probes.over_time import Event, follow

if TYPE_CHECKING:
    from helpers.lab import Machine

BOUND_S = 2.0  # for one request: a client that has waited that long is lost
FORGOTTEN_S = 900  # how much longer than asked the load goes on if nobody stops it
_STOP = "/run/stop-"  # this and a random word: the file that ends the load
_DETAIL = "\x1d"

# Runs on the machine, whose Python starts once: a program for every request would be the load itself. Each
# request is a thread and a connection of its own, and begins at its moment whether or not earlier ones have
# ended. CLOCK_BOOTTIME is one clock for all machines of a lab, which share a kernel.
_LOAD = r"""
import os, socket, sys, threading, time
host, port, path, interval, bound, rounds, stop = sys.argv[1:]

def clock():
    return time.clock_gettime(time.CLOCK_BOOTTIME)

def say(*fields):
    os.write(1, ("\x1f".join(map(str, fields)) + "\x1e").encode())

def ask(number, began):
    status, error = 0, ""
    try:
        with socket.create_connection((host, int(port)), float(bound)) as connection:
            connection.sendall(f"GET {path}={number} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            status = int(connection.recv(4096).split()[1])
    except (OSError, IndexError, ValueError) as failure:
        error = getattr(failure, "strerror", None) or str(failure)
    say(f"{error}\x1d{number}\x1d{clock() - began}\x1d{time.time() - clock() + began}", status, began)

threads, began = [], clock()
for number in range(int(rounds)):
    if os.path.exists(stop):
        break
    moment = began + number * float(interval)
    time.sleep(max(0, moment - clock()))
    now = clock()
    say("", now)
    threads.append(threading.Thread(target=ask, args=(number, now)))
    threads[-1].start()
for thread in threads:
    thread.join()
say("", "", "", "")
"""


def http_timeline(
    machine: Machine,
    url: str,
    *,
    marker: str,
    seconds: float,
    events: Sequence[Event] = (),
    interval: float = 0.25,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fetch ``url`` from the machine every ``interval`` seconds while the events happen.

    Parameters
    ----------
    machine, url:
        Who asks, and what for.
    marker:
        Each request has ``?MARKER=number`` in its path, from 0 on: so logs tell who answered it.
    seconds, events, interval:
        As for :func:`helpers.probes.reachability_timeline`.

    Returns
    -------
    attempts, events : DataFrame
        As :func:`helpers.probes.reachability_timeline` gives them; attempts also have number and status (int,
        0 without an answer), and at (UTC: when it began, by the clock that Docker stamps its tasks with).
        ``rtt_ms``: from the request's start to the first part of the answer.

    Raises
    ------
    LabError
        If the requests never start. What an event raises comes through unchanged.
    """
    stop = f"{_STOP}{secrets.token_hex(4)}"
    to = urlsplit(url)
    rounds = round((seconds + FORGOTTEN_S) / interval)
    arguments = [to.hostname, to.port or 80, f"{to.path or '/'}?{marker}", interval, BOUND_S, rounds, stop]
    command = shlex.join(["python3", "-c", _LOAD, *map(str, arguments)])
    records, marks = follow(
        machine.stream(command),
        f"Sending requests from {machine.name} to {url}",
        seconds=seconds,
        events=events,
        stop=lambda: machine.run(f"touch {stop}"),
    )
    common = {"source": machine.name, "target": url, "via": "", "protocol": "http"}
    extra = {"t_s": "float64", "number": "int64", "status": "int64", "at": "datetime64[ns, UTC]"}
    with understood("what the load reported"):
        rows = [common | _attempt(text, status) | {"t_s": t_s} for text, status, t_s in records]
        return tidy(rows, extra), marks


def _attempt(text: str, status: int) -> dict[str, Any]:
    error, number, took, at = text.split(_DETAIL)
    ok = 100 <= status < 400
    return {
        "ok": ok,
        "rtt_ms": float(took) * 1000 if ok else math.nan,
        "error": "" if ok else error or f"HTTP {status}",
        "number": int(number),
        "status": status,
        "at": pd.Timestamp(float(at), unit="s", tz="UTC"),
    }
