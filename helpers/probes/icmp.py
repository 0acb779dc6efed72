"""ICMP echo (RFC 792) from inside a container or from a machine."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import tidy

if TYPE_CHECKING:
    from helpers.lab import Machine

REPLY = re.compile(r"seq=(?P<seq>\d+) ttl=\d+ time=(?P<ms>[\d.]+) ms")
ICMP_ERROR = re.compile(r"icmp_seq=(?P<seq>\d+) (?P<what>[A-Z].*)")
WAIT_S = 1  # for an answer to the last echo request
RESOLVE_S = 12  # for a resolver that does not answer


@inside.probe
def ping(
    machine: Machine,
    source: str | None,
    target: str,
    *,
    count: int = 4,
    via: str = "",
    interval: float = 0.2,
    family: Literal["", "4", "6"] = "",
) -> pd.DataFrame:
    """Send ``count`` echo requests, ``interval`` seconds apart, and report which were answered.

    Parameters
    ----------
    machine:
        Where the source runs.
    source:
        A container's name, or None for the machine itself.
    target:
        An address or a name; a name is resolved by the source, once.
    count, interval:
        The number of echo requests, and the seconds between them.
    via:
        Free text for the column of that name, such as "IP" or "name".
    family:
        The version of IP to which a name is resolved; by default, the source's own preference.

    Returns
    -------
    DataFrame
        The probe columns (see :func:`helpers.probes.frame.tidy`), one row per echo request. If the name
        does not resolve, each row's ``error`` is ping's message: ``ping: bad address 'busybox1'``.
    """
    bound = count * interval + WAIT_S + RESOLVE_S
    version = [f"-{family}"] if family else []
    command = ["ping", *version, "-c", str(count), "-i", f"{interval:g}", "-W", str(WAIT_S), target]
    argv = scripts.argv(__package__, "attempts.sh", 1, *inside.bounded(command, bound))
    printed = inside.run(machine, source, argv, timeout=bound + 5)
    label = source or machine.name
    with understood("what ping printed"):
        [[text, code]] = inside.records(printed)
        return tidy(rows(text, code, source=label, target=target, via=via, count=count, bound=bound))


def ping_in_turns(
    machine: Machine,
    source: str | None,
    targets: Mapping[str, str],
    *,
    rounds: int = 3,
    count: int = 15,
    interval: float = 0.1,
) -> pd.DataFrame:
    """Ping several targets in turns (A-B-A-B …), so that other load on the machine affects all alike.

    Parameters
    ----------
    machine, source:
        As for `ping`.
    targets:
        Addresses or names, by the name of the path to them.
    rounds, count, interval:
        The number of rounds, of echo requests for each target in a round, and the seconds between these.

    Returns
    -------
    DataFrame
        As `ping` returns it; ``via`` is a key of ``targets``.
    """
    turns = [
        ping(machine, source, target, count=count, via=path, interval=interval)
        for _ in range(rounds)
        for path, target in targets.items()
    ]
    return pd.concat(turns, ignore_index=True)


@understood("what ping printed")
def rows(
    text: str, exit_code: int | str, *, source: str, target: str, via: str, count: int, bound: float
) -> list[dict[str, Any]]:
    """Parse what ping printed: one row per echo request (busybox counts from 0, iputils from 1)."""
    code = int(exit_code)
    first = 1 if "icmp_seq=" in text else 0
    answers = {int(reply["seq"]) - first: float(reply["ms"]) for reply in REPLY.finditer(text)}
    refusals = {int(found["seq"]) - first: found["what"] for found in ICMP_ERROR.finditer(text)}
    # ping got as far as sending: a missing answer then means that a packet was lost
    silence = "no answer" if "packets transmitted" in text else inside.complaint(text, code, bound)
    return [
        {
            "source": source,
            "target": target,
            "via": via,
            "protocol": "icmp",
            "ok": seq in answers,
            "rtt_ms": answers.get(seq, math.nan),
            "error": "" if seq in answers else refusals.get(seq, silence),
        }
        for seq in range(count)
    ]
