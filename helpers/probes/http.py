"""HTTP GET (RFC 9110), with a new TCP connection for each request.

New, because keep-alive ties a client to one replica and excludes the connection's set-up from the time.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import tidy

if TYPE_CHECKING:
    from helpers.lab import Machine

STATUS = re.compile(r"HTTP/[\d.]+ (\d{3})(?: (.*))?")

DURATION = re.compile(r" after \d+ ms")  # removed, so that the same failure has the same text


@inside.probe
def http_get(
    machine: Machine, source: str | None, url: str, *, count: int = 1, via: str = "", timeout: float = 5
) -> pd.DataFrame:
    """Fetch ``url`` ``count`` times, one after the other.

    Parameters
    ----------
    machine:
        Where the source runs.
    source:
        A container's name (it uses busybox's wget), or None for the machine itself (curl).
    url, count:
        What to fetch, and how many times.
    via:
        Free text for the column of that name, such as "published port".
    timeout:
        Seconds allowed for one request.

    Returns
    -------
    DataFrame
        The probe columns, one row per request. ``ok`` means that the status is below 400. ``rtt_ms``: from a
        machine, the time from the request's start to the first byte of the answer, without name resolution,
        as measured by curl; from a container, the whole run of wget, including its start.
        Extra: status (int, 0 without an answer).
    """
    attempts, read = (_wget, parse_wget) if source else (_curl, parse_curl)
    output = inside.run(machine, source, attempts(url, count, timeout), timeout=count * (timeout + 2) + 10)
    common = {"source": source or machine.name, "target": url, "via": via, "protocol": "http"}
    with understood(f"what {'wget' if source else 'curl'} printed"):
        return tidy(
            [
                common | read(text, int(code), _seconds(clock), timeout)
                for text, code, *clock in inside.records(output)
            ],
            {"status": "int64"},
        )


@inside.probe
def http_reach(machines: Sequence[Machine], urls: Mapping[str, str], *, timeout: float = 5) -> pd.DataFrame:
    """Fetch every page from every machine, once; the machines work at the same time.

    Parameters
    ----------
    machines:
        The clients.
    urls:
        What to fetch, by its name in the result, such as ``{"page": "http://192.168.99.100:8080/"}``.
    timeout:
        Seconds allowed for one request.

    Returns
    -------
    DataFrame
        As for `http_get`; source is the machine's name, target the page's, via "HTTP". One row per pair.
    """

    def ask(machine: Machine) -> list[pd.DataFrame]:
        return [
            http_get(machine, None, url, via="HTTP", timeout=timeout).assign(target=name)
            for name, url in urls.items()
        ]

    with ThreadPoolExecutor(max(1, len(machines))) as pool:
        found = [page for pages in pool.map(ask, machines) for page in pages]
    return pd.concat([tidy([], {"status": "int64"}), *found], ignore_index=True)


def _wget(url: str, count: int, timeout: float) -> list[str]:
    command = ["wget", "-S", "-O", "/dev/null", url]
    return scripts.argv(__package__, "timed_attempts.sh", count, inside.whole(timeout), *command)


def _curl(url: str, count: int, timeout: float) -> list[str]:
    command = ["curl", "-s", "-o", "/dev/null", "--max-time", f"{timeout:g}", "-w", "%{json}", url]
    return scripts.argv(__package__, "attempts.sh", count, *command)


def _seconds(clock: Sequence[str]) -> float:
    """The time from start to end; NaN if it was not measured."""
    start, end = map(float, clock or ("nan", "nan"))
    return end - start


def parse_wget(text: str, exit_code: int, seconds: float, bound: float) -> dict[str, Any]:
    """Parse what busybox's ``wget -S`` printed: the last status line counts; earlier ones are redirects."""
    found = STATUS.findall(text)
    status = int(found[-1][0]) if found else 0
    return _row(status, seconds, lambda: inside.complaint(text, exit_code, bound))


def parse_curl(text: str, exit_code: int, _: float, bound: float) -> dict[str, Any]:
    """Parse what ``curl -w '%{json}'`` printed."""
    if not text.startswith("{"):
        return _row(0, math.nan, lambda: inside.complaint(text, exit_code, bound))
    told = json.loads(text)
    seconds = told["time_starttransfer"] - told["time_namelookup"]
    error = f"HTTP {told['http_code']}" if told["http_code"] else DURATION.sub("", told["errormsg"])
    return _row(told["http_code"], seconds, lambda: f"curl: {error}")


def _row(status: int, seconds: float, error: Callable[[], str]) -> dict[str, Any]:
    ok = 100 <= status < 400
    return {
        "ok": ok,
        "rtt_ms": seconds * 1000 if ok else math.nan,
        "error": "" if ok else error(),
        "status": status,
    }
