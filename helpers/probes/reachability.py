"""Who reaches whom: every ordered pair of containers, once by address and once by name.

All in one round trip to the machine: under emulation, a round trip costs more than all the pings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from helpers.errors import LabError
from helpers.probes import icmp, inside
from helpers.probes.frame import tidy

if TYPE_CHECKING:
    from docker.models.containers import Container

    from helpers.lab import Machine

BOUND_S = 12  # for one pair: resolving included


def who_reaches_whom(
    machine: Machine,
    containers: Sequence[str],
    *,
    sources: Sequence[str] | None = None,
    network: str = "bridge",
) -> pd.DataFrame:
    """Ping every other container from every source, by its address on ``network`` and by its name.

    Parameters
    ----------
    containers:
        The targets, in the order in which the rows shall come.
    sources:
        Who pings; all ``containers`` unless given (an image without ``ping`` can only be a target).
    network:
        The network whose addresses are meant by "IP".

    Returns
    -------
    DataFrame
        The probe columns, one row a pair and way; ``target`` is the container's name in both ways, ``via``
        is "IP" or "name".

    Raises
    ------
    LabError
        If a container has no address on ``network``, or a source does not run or has no ``ping``.
    """
    found = {name: machine.container(name) for name in dict.fromkeys([*containers, *(sources or ())])}
    addresses = {name: _address(machine, found[name], network) for name in containers}
    pairs = [
        (source, target, via, address if via == "IP" else target)
        for source in (containers if sources is None else sources)
        for target, address in addresses.items()
        for via in ("IP", "name")
        if target != source
    ]
    by_source = {source: [pair[3] for pair in pairs if pair[0] == source] for source, *_ in pairs}
    script = _all_at_once(
        [inside.entering(found[source], _pings(targets)) for source, targets in by_source.items()]
    )
    output = inside.run(
        machine, None, script, timeout=BOUND_S * max(map(len, by_source.values()), default=0) + 10
    )
    answers = inside.records(output)
    if len(answers) != len(pairs):
        raise LabError(
            f"Pinging {len(pairs)} pairs of containers on {machine.name}",
            f"{len(answers)} of them came back; {output.rpartition(inside.RECORD)[2].strip()}".strip("; "),
            "A source needs a shell and ping: leave out (sources=…) a container that has none.",
        )
    return tidy(
        row
        for (source, target, via, _), (text, code) in zip(pairs, answers, strict=True)
        for row in icmp.rows(text, int(code), source=source, target=target, via=via, count=1, bound=BOUND_S)
    )


def _address(machine: Machine, container: Container, network: str) -> str:
    networks = container.attrs["NetworkSettings"]["Networks"]
    address = networks.get(network, {}).get("IPAddress")
    if not address:
        raise LabError(
            f"Finding the address of {container.name} on network {network} of {machine.name}",
            f"{container.name} is connected to {', '.join(sorted(networks)) or 'no network'}",
            f"Connect it (docker network connect {network} {container.name}), or leave it out.",
        )
    return str(address)


def _pings(destinations: Sequence[str]) -> str:
    wait = str(icmp.WAIT_S)
    attempts = (
        inside.bounded(["ping", "-c", "1", "-W", wait, destination], BOUND_S) for destination in destinations
    )
    return "\n".join(f"{attempt}; printf '\\037%s\\036' $?" for attempt in attempts)


def _all_at_once(commands: Sequence[str]) -> str:
    """One script for all sources: they ping at the same time, and their outputs come one after the other."""
    started = "".join(f"{command} >$outputs/{number:03} 2>&1 &\n" for number, command in enumerate(commands))
    return f"outputs=$(mktemp -d)\n{started}wait\ncat $outputs/*\nrm -r $outputs"
