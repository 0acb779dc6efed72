"""Many labs at once on one Engine: whether addresses, names or packets cross from one to another."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from helpers import probes, scripts
from helpers.errors import LabError
from helpers.lab import Lab, Machine

WANTED = 8
_ROOM_MB = 300  # for one more machine and the container of its experiment
_FREE = "awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo"
_CAPTURE_S, _LEAD_S = 60, 8  # its duration, and how long it runs before the first ping
_EXPERIMENT_S = 600
_SOURCE = re.compile(r"IP ([\d.]+) >")


@dataclass(frozen=True)
class Crossings:
    """What was observed while that many labs ran at once.

    Attributes
    ----------
    labs, free_mb:
        The number of labs; megabytes of the Engine's memory that were still free.
    addresses:
        Labs whose LAN has the same subnet as another lab's.
    pings, names:
        Of ``pairs``: how many machines of other labs answered a ping, or had their name resolved.
    packets:
        Packets from other labs' machines, seen on any LAN while every machine pinged every other.
    own:
        A machine's own packets in the same capture, on the LAN with the fewest: proof that it captured.
    verdicts:
        Labs whose Engine's networks, or a container's view of them, differ from those of a single lab.
    """

    labs: int
    free_mb: int
    pairs: int
    addresses: int
    pings: int
    names: int
    packets: int
    own: int
    verdicts: int

    @property
    def good(self) -> bool:
        """Whether nothing crossed."""
        crossed = self.addresses or self.pings or self.names or self.packets or self.verdicts
        return not crossed and self.own > 0


def look_for_crossings() -> Crossings:
    """Start as many labs as fit into the Engine's memory, at most `WANTED`, and look for crossings."""
    with Lab(["alone"]) as lab:
        alone = _verdict(lab["alone"])
    labs: list[Lab] = []
    try:
        while len(labs) < WANTED and (not labs or _free_mb(labs[0]) > _ROOM_MB):
            labs.append(Lab([f"host{len(labs)}"]))
        return _look(labs, alone)
    finally:
        with ThreadPoolExecutor(max(1, len(labs))) as pool:
            list(pool.map(Lab.close, labs))


def _look(labs: Sequence[Lab], alone: str) -> Crossings:
    machines = [machine for lab in labs for machine in lab.machines.values()]
    others = {machine.name: [one for one in machines if one is not machine] for machine in machines}
    free_mb = _free_mb(labs[0])
    with ThreadPoolExecutor(len(machines)) as capturing, ThreadPoolExecutor(len(machines)) as pool:
        captures = [capturing.submit(_capture, machine) for machine in machines]
        time.sleep(_LEAD_S)
        pings = list(pool.map(lambda machine: _reached(machine, others[machine.name]), machines))
        seen = {machine.name: one.result() for machine, one in zip(machines, captures, strict=True)}
        names = list(pool.map(lambda machine: _resolved(machine, others[machine.name]), machines))
        verdicts = list(pool.map(_verdict, machines))
    foreign = {name: {machine.address for machine in others[name]} for name in others}
    return Crossings(
        labs=len(labs),
        free_mb=free_mb,
        pairs=len(machines) * (len(machines) - 1),
        addresses=len(labs) - len({lab.lan.subnet for lab in labs}),
        pings=sum(pings),
        names=sum(names),
        packets=sum(source in foreign[name] for name in seen for source in seen[name]),
        own=min(seen[machine.name].count(machine.address) for machine in machines),
        verdicts=sum(verdict != alone for verdict in verdicts),
    )


def _free_mb(lab: Lab) -> int:
    (machine,) = lab.machines.values()  # a container: /proc/meminfo shows the memory of the whole engine
    return int(machine.run(_FREE).stdout)


def _reached(machine: Machine, others: Sequence[Machine]) -> int:
    targets = {other.name: other.address for other in others}
    return int(probes.reach({machine.name: (machine, None)}, targets)["ok"].sum())


def _resolved(machine: Machine, others: Sequence[Machine]) -> int:
    command = shlex.join(["getent", "hosts", *(other.name for other in others)])
    done = machine.run(command, timeout=120)  # fails if any is unknown, as all should be
    return len(done.stdout.splitlines())


def _capture(machine: Machine) -> list[str]:
    """The source address of each ICMP packet that passes the machine's interface."""
    command = f"timeout {_CAPTURE_S} tcpdump -n -l -i eth0 --immediate-mode icmp 2>/dev/null"
    return _SOURCE.findall(machine.run(command, timeout=_CAPTURE_S + 30).stdout)


def _verdict(machine: Machine) -> str:
    """A small chapter, as text: the networks an Engine starts with, and what a container sees of them."""
    try:
        networks = probes.networks(machine).drop(columns=["machine"])
        done = machine.run(scripts.command(__package__, "first_steps.sh"), timeout=_EXPERIMENT_S)
    except LabError as error:  # differs from every verdict
        return str(error)
    return f"{networks.to_string()}\n{done.stdout}{done.stderr}".replace(machine.address, "its address")
