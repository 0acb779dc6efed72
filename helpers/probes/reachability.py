"""Who reaches whom: every ordered pair, of one machine's containers or of sources and targets on several.

There is one round trip per machine: under emulation, a round trip costs more than all the pings. A ping that
was sent but not answered is repeated once: the first may have waited for an ARP lookup that began before the
two could reach each other (Linux asks for 3 s, then drops the packets that are waiting for the answer).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import icmp, inside
from helpers.probes.frame import tidy

if TYPE_CHECKING:
    from docker.models.containers import Container

    from helpers.lab import Machine

BOUND_S = 12  # for one ping, including name resolution


@inside.probe
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
    machine:
        Where the containers run.
    containers:
        The targets, in the order of the rows.
    sources:
        The containers that ping; by default all ``containers`` (one without ``ping`` can only be a target).
    network:
        The network whose addresses are used for "IP".

    Returns
    -------
    DataFrame
        The probe columns, two rows per pair; ``target`` is the container's name in both, ``via`` is "IP" or
        "name".

    Raises
    ------
    LabError
        If a container has no address on ``network``, or a source is not running or has no ``ping``.
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
    answers = _ping_all(machine, {source: found[source] for source in by_source}, by_source)
    return tidy(
        row
        for (source, target, via, _), (text, code) in zip(pairs, answers, strict=True)
        for row in icmp.rows(text, code, source=source, target=target, via=via, count=1, bound=BOUND_S)
    )


@inside.probe
def reach(
    sources: Mapping[str, tuple[Machine, str | None]], targets: Mapping[str, str], *, via: str = "IP"
) -> pd.DataFrame:
    """Ping every target from every source, on all the sources' machines at the same time.

    Parameters
    ----------
    sources:
        By their names in the result: (machine, container), or (machine, None) for the machine itself.
    targets:
        Addresses (or names, which the source resolves), by their names in the result. A source does not ping
        the target with its own name.
    via:
        Free text for the column of that name.

    Returns
    -------
    DataFrame
        The probe columns, one row per pair, in the order of ``sources`` and ``targets``.

    Raises
    ------
    LabError
        If a source is not running or has no ``ping``.
    """
    pairs = {
        source: {name: address for name, address in targets.items() if name != source} for source in sources
    }

    def ask(machine: Machine) -> list[tuple[str, str, tuple[str, str]]]:
        mine = {source: inner for source, (where, inner) in sources.items() if where is machine}
        found = {source: machine.container(inner) if inner else None for source, inner in mine.items()}
        answers = _ping_all(machine, found, {source: list(pairs[source].values()) for source in mine})
        asked = [(source, target) for source in mine for target in pairs[source]]
        return [(*pair, answer) for pair, answer in zip(asked, answers, strict=True)]

    machines = list({id(machine): machine for machine, _ in sources.values()}.values())
    with ThreadPoolExecutor(max_workers=8) as pool:
        told = [answer for answers in pool.map(ask, machines) for answer in answers]
    order = list(sources)
    return tidy(
        row
        for source, target, (text, code) in sorted(told, key=lambda answer: order.index(answer[0]))
        for row in icmp.rows(text, code, source=source, target=target, via=via, count=1, bound=BOUND_S)
    )


@inside.probe
def reach_among(machines: Sequence[Machine], containers: Mapping[str, Machine] | None = None) -> pd.DataFrame:
    """Ping between machines and containers: every ordered pair, by address.

    Parameters
    ----------
    machines:
        Each pings from, and is pinged at, its address on the LAN.
    containers:
        The machine that each container runs on, by the container's name.

    Returns
    -------
    DataFrame
        As :func:`reach` returns them.

    Raises
    ------
    LabError
        If a container is not running, has no ``ping``, or has not exactly one address.
    """
    sources: dict[str, tuple[Machine, str | None]] = {machine.name: (machine, None) for machine in machines}
    targets = {machine.name: machine.address for machine in machines}
    for name, machine in (containers or {}).items():
        found = [address for address in addresses(machine.container(name)).values() if address]
        if len(found) != 1:
            raise LabError(
                f"Finding the address of {name} on {machine.name}",
                f"it has {', '.join(found) or 'none'}",
                "Leave it out: only a container with one address has an unambiguous one.",
            )
        sources[name], targets[name] = (machine, name), found[0]
    return reach(sources, targets)


def _ping_all(
    machine: Machine, sources: Mapping[str, Container | None], targets: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    """Ping's output and exit code for each target of each source; a source of None is the machine."""
    commands = [
        shlex.join(inside.entering(container, _pings(targets[name])) if container else _pings(targets[name]))
        for name, container in sources.items()
    ]
    argv = scripts.argv(__package__, "at_the_same_time.sh", *commands)
    longest = max(map(len, targets.values()), default=0)
    output = inside.run(machine, None, argv, timeout=2 * BOUND_S * longest + 10)
    answers = inside.records(output)
    wanted = sum(map(len, targets.values()))
    if len(answers) != wanted:
        raise LabError(
            f"Pinging {wanted} pairs of containers on {machine.name}",
            f"{len(answers)} of them ended; {output.rpartition(inside.RECORD)[2].strip()}".strip("; "),
            "A source needs a shell and ping: leave out any container that lacks them (sources=…).",
        )
    with understood("what the pings printed"):
        return [(text, code) for text, code in answers]


@understood("the Engine's description of a container")
def addresses(container: Container) -> dict[str, str]:
    """The container's address on each network that it is connected to, "" if it has none."""
    networks = container.attrs["NetworkSettings"]["Networks"]
    return {str(network): str(told["IPAddress"] or "") for network, told in networks.items()}


def _address(machine: Machine, container: Container, network: str) -> str:
    networks = addresses(container)
    address = networks.get(network)
    if not address:
        raise LabError(
            f"Finding the address of {container.name} on network {network} of {machine.name}",
            f"{container.name} is connected to {', '.join(sorted(networks)) or 'no network'}",
            f"Connect it (docker network connect {network} {container.name}), or leave it out.",
        )
    return address


def _pings(destinations: Sequence[str]) -> list[str]:
    return scripts.argv(__package__, "ping_at_most_twice.sh", icmp.WAIT_S, BOUND_S, *destinations)
