"""HTTP GET (RFC 9110), a fresh TCP connection for every request.

Fresh, because keep-alive pins a client to one replica and leaves the connection's set-up out of the time.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import tidy

if TYPE_CHECKING:
    from helpers.lab import Machine

STATUS = re.compile(r"HTTP/[\d.]+ (\d{3})(?: (.*))?")

DURATION = re.compile(r" after \d+ ms")  # the same failure, the same text


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
        A container's name (it asks with busybox's wget), or None for the machine itself (curl).
    url, count:
        What is fetched, and how many times.
    via:
        Free text for the column of that name, such as "published port".
    timeout:
        Seconds for one request.

    Returns
    -------
    DataFrame
        The probe columns, one row a request. ``ok`` means that the status is below 400. ``rtt_ms``: from the
        machine the time from the request's start to the first byte of the answer, name resolution left out,
        as curl measured it; from a container the whole run of wget, its start included.
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


def _wget(url: str, count: int, timeout: float) -> list[str]:
    command = ["wget", "-S", "-O", "/dev/null", url]
    return scripts.argv(__package__, "timed_attempts.sh", count, inside.whole(timeout), *command)


def _curl(url: str, count: int, timeout: float) -> list[str]:
    command = ["curl", "-s", "-o", "/dev/null", "--max-time", f"{timeout:g}", "-w", "%{json}", url]
    return scripts.argv(__package__, "attempts.sh", count, *command)


def _seconds(clock: Sequence[str]) -> float:
    """From start to end, where a clock ran."""
    start, end = map(float, clock or ("nan", "nan"))
    return end - start


def parse_wget(text: str, exit_code: int, seconds: float, bound: float) -> dict[str, Any]:
    """What busybox's ``wget -S`` printed: the last status line counts, earlier ones are redirects."""
    found = STATUS.findall(text)
    status = int(found[-1][0]) if found else 0
    return _row(status, seconds, lambda: inside.complaint(text, exit_code, bound))


def parse_curl(text: str, exit_code: int, _: float, bound: float) -> dict[str, Any]:
    """What ``curl -w '%{json}'`` printed."""
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
