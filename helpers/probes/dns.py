"""DNS from a container's point of view (RFC 1035): which server it asks, and what the server answers."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import inside
from helpers.probes.frame import tidy
from helpers.text import natural

if TYPE_CHECKING:
    from helpers.lab import Machine

SERVER = re.compile(r"^Server:\s+(\S+)", re.MULTILINE)
ANSWER = re.compile(r"^Name:\s+\S+\s+Address(?: \d+)?:\s+(\S+)", re.MULTILINE)
BOUND_S = 12


@inside.probe
def resolve(machine: Machine, source: str | None, name: str, *, kind: str = "a") -> pd.DataFrame:
    """Ask the resolver that the source's /etc/resolv.conf names for the addresses of ``name``.

    The query goes to the server unchanged: neither /etc/hosts nor the search domains are consulted.
    (busybox's nslookup never reads /etc/hosts, and tries a name with search domains *only* with them,
    unless it ends with a dot; ``ping`` and ``wget`` use both.)

    Parameters
    ----------
    machine, source, name:
        Who asks (None: the machine itself), and for what.
    kind:
        The kind of record: "a" for IPv4 addresses, "aaaa" for IPv6 (RFC 3596).

    Returns
    -------
    DataFrame
        The probe columns, one row. ``rtt_ms`` covers the whole run of nslookup, including its start.
        Extra: server (str, "" if none answered) · addresses (str, in numerical order, joined by ", ").
    """
    command = ["nslookup", f"-type={kind}", name.rstrip(".") + "."]
    argv = scripts.argv(__package__, "timed_attempts.sh", 1, BOUND_S, *command)
    printed = inside.run(machine, source, argv, timeout=BOUND_S + 5)
    with understood("what nslookup printed"):
        [[text, code, start, end]] = inside.records(printed)
        row = answer(text, int(code)) | {"source": source or machine.name, "target": name}
        row["rtt_ms"] = (float(end) - float(start)) * 1000 if row["ok"] else math.nan
        return tidy([row], {"server": "str", "addresses": "str"})


def address(machine: Machine, source: str | None, name: str) -> str:
    """The first address to which the source resolves a name.

    Raises
    ------
    LabError
        If there is none; with the resolver's answer.
    """
    row = resolve(machine, source, name).iloc[0]
    if not row["ok"]:
        raise LabError(
            f"Resolving {name} in {source or machine.name}",
            row["error"],
            "Run the chapter's cells from the top, in order.",
        )
    return str(row["addresses"]).partition(", ")[0]


def answer(text: str, exit_code: int) -> dict[str, Any]:
    """The columns that depend on what nslookup printed."""
    server = SERVER.search(text)
    addresses = sorted(ANSWER.findall(text), key=natural)
    return {
        "via": "name",
        "protocol": "dns",
        "ok": bool(addresses),
        "error": "" if addresses else refusal(text, exit_code),
        "server": server[1] if server else "",
        "addresses": ", ".join(addresses),
    }


def refusal(text: str, exit_code: int) -> str:
    """The last line from nslookup, without its asterisks and without the dot that we added to the name."""
    return inside.complaint(text, exit_code, BOUND_S).removeprefix("** ").replace(".: ", ": ")
