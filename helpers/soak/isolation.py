"""Many labs at once on one Engine: whether an address, a name or a packet crosses from one to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd

from helpers import probes
from helpers.lab import Lab, Machine

WANTED = 8
_ROOM_MB = 450  # for one more machine and the containers of its experiment
_FREE = "awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo"
_COUNT_S = 20
_EXPERIMENT = (
    "docker run -d --name web nginx >/dev/null && docker run -d --name one busybox sleep 900 >/dev/null &&"
    " docker run -d --name two busybox sleep 900 >/dev/null"
)


@dataclass(frozen=True)
class Crossings:
    """What was seen of so many labs at once.

    Attributes
    ----------
    labs, free_mb:
        How many there were; megabytes of the Engine's memory that were left then.
    addresses:
        Labs that have a LAN which another has, too.
    pings, names:
        Machines of other labs that answered a ping, or whose name was resolved, of so many ``pairs``.
    packets:
        Of other labs' addresses, seen on any LAN while all pinged all.
    verdicts:
        Labs whose table of who reaches whom differs from that of a lab alone.
    """

    labs: int
    free_mb: int
    pairs: int
    addresses: int
    pings: int
    names: int
    packets: int
    verdicts: int

    @property
    def good(self) -> bool:
        """Whether nothing crossed."""
        return not (self.addresses or self.pings or self.names or self.packets or self.verdicts)


def campaign() -> Crossings:
    """Start as many labs as the Engine's memory has room for, at most `WANTED`, and look for crossings."""
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


def _look(labs: Sequence[Lab], alone: pd.DataFrame) -> Crossings:
    machines = [machine for lab in labs for machine in lab.machines.values()]
    others = {
        machine.name: [other for other in machines if other is not machine and other.name != machine.name]
        for machine in machines
    }
    with ThreadPoolExecutor(len(machines)) as pool:
        packets = [pool.submit(_foreign_packets, machine, others[machine.name]) for machine in machines]
        pings = list(pool.map(lambda machine: _reached(machine, others[machine.name]), machines))
        names = list(pool.map(lambda machine: _resolved(machine, others[machine.name]), machines))
        verdicts = list(pool.map(_verdict, machines))
        return Crossings(
            labs=len(labs),
            free_mb=_free_mb(labs[0]),
            pairs=len(machines) * (len(machines) - 1),
            addresses=len(labs) - len({lab.lan.subnet for lab in labs}),
            pings=sum(pings),
            names=sum(names),
            packets=sum(one.result() for one in packets),
            verdicts=sum(not verdict.equals(alone) for verdict in verdicts),
        )


def _free_mb(lab: Lab) -> int:
    (machine,) = lab.machines.values()  # a container: the kernel's memory is that of the whole engine
    return int(machine.run(_FREE).stdout)


def _reached(machine: Machine, others: Sequence[Machine]) -> int:
    targets: Mapping[str, str] = {other.name: other.address for other in others}
    return int(probes.reach({machine.name: (machine, None)}, targets)["ok"].sum()) if targets else 0


def _resolved(machine: Machine, others: Sequence[Machine]) -> int:
    names = " ".join(other.name for other in others)
    done = machine.run(f"for name in {names}; do getent hosts $name; done; true", timeout=120)
    return len(done.stdout.splitlines())


def _foreign_packets(machine: Machine, others: Sequence[Machine]) -> int:
    hosts = " or ".join(f"src host {other.address}" for other in others) or "src host 0.0.0.0"
    command = f"timeout {_COUNT_S} tcpdump -n -i eth0 --immediate-mode '{hosts}' 2>/dev/null"
    return len(machine.run(command, timeout=_COUNT_S + 30).stdout.splitlines())


def _verdict(machine: Machine) -> pd.DataFrame:
    """A small chapter: who reaches whom on the default bridge, and what it says when a name is unknown."""
    machine.run(_EXPERIMENT, timeout=300).checked(f"Starting three containers on {machine.name}")
    table = probes.who_reaches_whom(machine, ["web", "one", "two"], sources=["one", "two"])
    return table.drop(columns="rtt_ms")
