"""The load balancer behind a swarm's published ports: IPVS in the kernel, in a separate namespace.

Every machine of a swarm has an *ingress sandbox*: a network namespace with an interface on the ``ingress``
network. Packets for a published port are marked there (iptables, table mangle). For each mark, IPVS has a
virtual server that distributes connections over the addresses of all replicas, wherever they run.

Source: moby libnetwork/service_linux.go; ipvsadm(8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import inside
from helpers.probes.frame import typed
from helpers.text import natural

if TYPE_CHECKING:
    from helpers.lab import Machine

SANDBOX = "/run/docker/netns/ingress_sbox"
COLUMNS: Mapping[str, str] = {
    "machine": "str",
    "port": "int64",
    "mark": "int64",
    "scheduler": "str",
    "address": "str",
    "forward": "str",
    "weight": "int64",
    "active": "int64",
    "inactive": "int64",
}
_MARK = re.compile(r"--dport (\d+) -j MARK --set-xmark (0x[0-9a-f]+)")
_SERVER = re.compile(r"^FWM +(\d+) (\w+)")
_BACKEND = re.compile(r"^ +-> ([\d.]+):\d+ +(\w+) +(\d+) +(\d+) +(\d+)")


@inside.probe
def ipvs(*machines: Machine) -> pd.DataFrame:
    """Read the IPVS table in the ingress sandbox of each machine.

    Returns
    -------
    DataFrame
        machine · port (published), mark (of the firewall) · scheduler ("rr": round robin) · address (of a
        replica), forward ("Masq": with address translation), weight · active, inactive (connections now), one
        row per replica, in order of machine, port and address.

    Raises
    ------
    LabError
        If a machine has no ingress sandbox.
    """
    with ThreadPoolExecutor(max(1, len(machines))) as pool:
        rows = [row for found in pool.map(_read, machines) for row in found]
    with understood("what ipvsadm printed"):
        return typed(rows, COLUMNS)


def in_sandbox(argv: Sequence[str]) -> list[str]:
    """The command with which a machine runs a program in its ingress sandbox."""
    return ["nsenter", f"--net={SANDBOX}", *argv]


def _read(machine: Machine) -> list[dict[str, Any]]:
    done = machine.run(scripts.line(in_sandbox(scripts.argv(__package__, "ipvs.sh"))))
    if done.exit_code:
        raise LabError(
            f"Reading the IPVS table of {machine.name}",
            done.stderr.strip() or f"exit code {done.exit_code}",
            "Only a machine in a swarm has an ingress sandbox: join the swarm first.",
        )
    return [{"machine": machine.name} | row for row in parse(done.stdout)]


@understood("what iptables and ipvsadm printed")
def parse(text: str) -> list[dict[str, Any]]:
    """Parse what ``iptables -t mangle -S PREROUTING`` and ``ipvsadm -Ln`` print: one row per replica."""
    ports = {int(mark, 16): int(port) for port, mark in _MARK.findall(text)}
    rows: list[dict[str, Any]] = []
    server: dict[str, Any] = {}
    for line in text.splitlines():
        if found := _SERVER.match(line):
            mark = int(found[1])
            server = {"port": ports.get(mark, 0), "mark": mark, "scheduler": found[2]}
        elif found := _BACKEND.match(line):
            numbers = zip(("weight", "active", "inactive"), map(int, found.groups()[2:]), strict=True)
            rows.append(server | {"address": found[1], "forward": found[2]} | dict(numbers))
    return sorted(rows, key=lambda row: (row["port"], natural(row["address"])))
