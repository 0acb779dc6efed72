"""What containers logged: a web server's requests (nginx's format "combined"), a monitor's frames."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

_ACCESSES: Mapping[str, str] = {"client": "str", "path": "str", "status": "int64"}
_FRAMES: Mapping[str, str] = {"source": "str", "target": "str", "ok": "bool", "line": "str"}
_ACCESS = re.compile(r'^(\S+) \S+ \S+ \[[^]]*\] "\w+ (\S+) HTTP/[\d.]+" (\d{3}) ')


@inside.probe
def accesses(machine: Machine, server: str) -> pd.DataFrame:
    """The requests that a web server in a container has logged.

    Returns
    -------
    DataFrame
        client (the address that the server saw), path · status (int), one row per request, in their order.
    """
    with understood("the web server's access log"):
        return typed(parse(_log(machine, server)), _ACCESSES)


def parse(log: str) -> list[dict[str, Any]]:
    """Parse an access log: one row per request; other lines are left out."""
    found = filter(None, map(_ACCESS.match, log.splitlines()))
    return [{"client": one[1], "path": one[2], "status": int(one[3])} for one in found]


@inside.probe
def overheard(machine: Machine, *, monitors: Sequence[str], frames: Mapping[str, str]) -> pd.DataFrame:
    """Which frames were seen by which container that runs ``tcpdump``.

    Parameters
    ----------
    machine, monitors:
        The containers, and where they run.
    frames:
        What tcpdump's line about a frame contains, by the frame's name in the result.

    Returns
    -------
    DataFrame
        source (the frame's name), target (the monitor) · ok (whether the monitor saw the frame) · line (the
        first line about it, "" if none), one row per frame and monitor.
    """
    logs = {monitor: _log(machine, monitor).splitlines() for monitor in monitors}
    rows = []
    for frame, text in frames.items():
        for monitor, lines in logs.items():
            line = next((line for line in lines if text in line), "")
            rows.append({"source": frame, "target": monitor, "ok": bool(line), "line": line})
    return typed(rows, _FRAMES)


def _log(machine: Machine, container: str) -> str:
    """What the container has printed to its standard output."""
    found = machine.container(container)
    with understood("the Engine's copy of a container's log"):
        return found.logs(stdout=True, stderr=False).decode(errors="replace")
