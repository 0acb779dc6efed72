"""The way of one request through the routing mesh, from the client to the server and back.

A published port is answered by a replica that may run elsewhere. On its way there the request crosses three
network namespaces, each of which rewrites an address or a port, and the LAN twice, the second time inside a
VXLAN frame. What crosses the LAN is captured; what is rewritten is read from the connection tracking of each
namespace.

Source: moby libnetwork/service_linux.go; conntrack(8).
"""

from __future__ import annotations

import shlex
from collections.abc import Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import capturing, inside, wire
from helpers.probes.balancer import in_sandbox, ipvs
from helpers.probes.frame import typed
from helpers.probes.nat import Flow, flows
from helpers.probes.services import SEE_TASKS, SERVICE_LABEL, TASK_LABEL

if TYPE_CHECKING:
    from helpers.lab import Machine

REQUESTS = 6  # enough to reach a replica on another machine when replicas take turns
_COLUMNS = dict.fromkeys(("way", "sender", "receiver", "source", "target", "carrier", "by"), "str")
_ENDS = ("source", "target")
_CURL = ["curl", "-s", "-o", "/dev/null", "--max-time", "5", "-w", "%{local_port}"]


@dataclass(frozen=True)
class _Replica:
    """The container that answered a request: its task, its machine, and the connection as tracked there."""

    task: str
    machine: Machine
    flow: Flow

    @property
    def number(self) -> str:
        """The client's port, which every namespace keeps: it identifies the request."""
        return self.flow.number


@inside.probe
def request_path(
    client: Machine, asked: Machine, machines: Sequence[Machine], *, service: str, port: int
) -> pd.DataFrame:
    """Send requests to a published port, and follow one that a replica on another machine answers.

    Parameters
    ----------
    client, asked:
        The machine that sends the request, and the machine whose address it is sent to.
    machines:
        All machines that may run a replica.
    service, port:
        The service, and the port that it publishes in ingress mode.

    Returns
    -------
    DataFrame
        way ("request", "answer") · sender, receiver ("machine1: ingress sandbox": the machine, and what on
        it) · source, target ("address:port", as the packet has them on this part of the way) · carrier (what
        carries the packet over the LAN: "VXLAN 4096, 192.168.99.101 → 192.168.99.102", or "") · by (what has
        rewritten the packet since the part before, "" if nothing has). One row per part, in order.

    Raises
    ------
    LabError
        If no request was answered by a replica on a machine other than `asked`.
    """
    url = f"http://{asked.address}:{port}/"
    requests = scripts.argv(__package__, "attempts.sh", REQUESTS, *_CURL, url)
    printed, frames = capturing.capture_during(
        lambda: inside.run(client, None, requests, timeout=60),
        asked,
        expression=f"tcp port {port} or udp port 4789",
    )
    sent = {number.strip() for number, *_ in inside.records(printed)}
    with ThreadPoolExecutor(len(machines)) as pool:
        listed = pool.map(lambda machine: list(_answered(machine, service, port)), machines)
        replicas = [one for of_machine in listed for one in of_machine if one.number in sent]
    elsewhere = [one for one in replicas if one.machine is not asked]
    if not elsewhere:
        answered = ", ".join(f"{one.task} on {one.machine.name}" for one in replicas)
        raise LabError(
            f"Following a request to port {port} of {asked.name} to a replica on another machine",
            f"{len(sent)} requests were sent; answered by {answered or 'none that was found'}",
            SEE_TASKS,
        )
    replica = min(elsewhere, key=lambda one: one.machine is client)  # best on a third machine
    table = ipvs(asked).query("port == @port")
    with understood("what was captured and tracked"):
        host, sandbox = (
            next(flow for flow in _tracked(asked, entering, port) if flow.number == replica.number)
            for entering in ([], in_sandbox([]))
        )
        balancer = f"mark {table['mark'].iloc[0]}, IPVS {table['scheduler'].iloc[0]}"
        captured = {wire.ends(frame["frame"]): _carrier(frame) for frame in frames.to_dict("records")}
        # What the client hears, from whomever: not what the tables promise.
        heard = next(ends for ends in captured if ends[1] == host.source)
        inner = (sandbox.receives, sandbox.answers)
        stops = _stops(client, asked, replica)
        request = [
            (host.source, host.target, captured[host.source, host.target], ""),
            (host.receives, host.answers, "", "iptables DNAT"),
            (*inner, captured[inner], f"{balancer}, SNAT"),
            (replica.flow.receives, replica.flow.answers, "", "iptables REDIRECT"),
        ]
        answer = [
            (replica.flow.answers, replica.flow.receives, "", ""),
            (*inner[::-1], captured[inner[::-1]], "REDIRECT undone"),
            (sandbox.target, sandbox.source, "", "IPVS and SNAT undone"),
            (*heard, captured[heard], "DNAT undone"),
        ]
        rows = [
            (way, sender, receiver, *part)
            for way, parts, order in (("request", request, stops), ("answer", answer, stops[::-1]))
            for sender, receiver, part in zip(order, order[1:], parts, strict=False)
        ]
        return typed([dict(zip(_COLUMNS, row, strict=True)) for row in rows], _COLUMNS)


def _stops(client: Machine, asked: Machine, replica: _Replica) -> list[str]:
    return [
        f"{client.name}: client",
        f"{asked.name}: eth0",
        f"{asked.name}: ingress sandbox",
        f"{replica.machine.name}: {replica.task}",
        f"{replica.machine.name}: server",
    ]


def _answered(machine: Machine, service: str, port: int) -> Iterator[_Replica]:
    """The connections to this port that the replicas on a machine have tracked."""
    with understood("the Engine's list of containers"):
        listed = machine.docker.api.containers(filters={"label": f"{SERVICE_LABEL}={service}"})
        tasks = {str(one["Id"]): str(one["Labels"][TASK_LABEL]).rpartition(".")[0] for one in listed}
    for container, task in tasks.items():
        process = inside.process(machine.container(container))
        for flow in _tracked(machine, ["nsenter", "-t", str(process), "-n"], port):
            yield _Replica(task, machine, flow)


def _tracked(machine: Machine, entering: Sequence[str], port: int) -> list[Flow]:
    """The connections to this port, as a namespace of the machine has tracked them."""
    command = [*entering, "conntrack", "-L", "-p", "tcp", "--orig-port-dst", str(port), "-o", "xml"]
    return flows(machine.run(f"{shlex.join(command)} 2>/dev/null").stdout)


def _carrier(frame: Mapping[Hashable, Any]) -> str:
    """What carried a captured packet: "" if nothing did."""
    if frame["carrier"] != "VXLAN":
        return ""
    return f"VXLAN {frame['vni']}, {frame['source']} → {frame['target']}"


def rewritings(path: pd.DataFrame) -> pd.DataFrame:
    """How often the source and the target of a request, and of its answer, are rewritten on their way.

    Parameters
    ----------
    path:
        As `request_path` returns it.

    Returns
    -------
    DataFrame
        way ("request", "answer") · source, target (int). One row per way.
    """
    rows: list[dict[str, Any]] = [
        {"way": way} | {end: int(parts[end].ne(parts[end].shift()).sum()) - 1 for end in _ENDS}
        for way, parts in path.groupby("way", sort=False)
    ]
    return typed(rows, {"way": "str"} | dict.fromkeys(_ENDS, "int64"))
