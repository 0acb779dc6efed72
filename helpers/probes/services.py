"""A swarm's services: their tasks, which replica answered which request, and waiting until all are ready."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import docker.errors
import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import inside
from helpers.probes.balancer import in_sandbox
from helpers.probes.frame import typed
from helpers.waiting import NotYet, wait_until

if TYPE_CHECKING:
    from helpers.lab import Machine

BALANCED_S = 420  # ten nginx containers take minutes to start on an emulated processor that is shared
MOMENT = "datetime64[ns, UTC]"
TASKS: Mapping[str, str] = {
    **dict.fromkeys(("task", "node", "state", "desired", "address"), "str"),
    **dict.fromkeys(("created", "since"), MOMENT),
}
REQUESTS: Mapping[str, str] = {
    **dict.fromkeys(("replica", "node", "client", "path"), "str"),
    **dict.fromkeys(("status", "number"), "int64"),
}
_LOG_LINE = re.compile(r'^(\S+) \S+ \S+ \[[^]]*\] "\w+ (\S+) HTTP/[\d.]+" (\d{3}) ')
_SEE_TASKS = "`docker service ps --no-trunc` on the manager shows what keeps a task from running."
_SERVICE, _TASK = "com.docker.swarm.service.name", "com.docker.swarm.task.name"
_TABLE = "/proc/net/ip_vs"


@inside.probe
@understood("the Engine's lists of nodes and tasks")
def tasks(manager: Machine, service: str) -> pd.DataFrame:
    """The tasks of a service, including past ones, as ``docker service ps`` lists them.

    Returns
    -------
    DataFrame
        task ("nginx.1"; in global mode "nginx." and the machine's id), node, state, desired (state), address
        (on its first network, "" if none) · created, since (UTC; when the state was reached). In order of
        task and creation.
    """
    nodes = {node["ID"]: node["Description"]["Hostname"] for node in manager.docker.api.nodes()}
    rows = []
    for told in sorted(_tasks(manager, service), key=lambda told: (_slot(told), told["CreatedAt"])):
        addresses = [
            one for network in told.get("NetworksAttachments") or [] for one in network["Addresses"] or []
        ]
        rows.append(
            {
                "task": f"{service}.{told.get('Slot') or told.get('NodeID')}",
                "node": nodes.get(told.get("NodeID"), ""),
                "state": told["Status"]["State"],
                "desired": told["DesiredState"],
                "address": addresses[0].partition("/")[0] if addresses else "",
                "created": pd.Timestamp(told["CreatedAt"]),
                "since": pd.Timestamp(told["Status"]["Timestamp"]),
            }
        )
    return typed(rows, TASKS)


def _slot(told: dict[str, Any]) -> tuple[int, str]:
    """What distinguishes the tasks of a service: a number, or in global mode the machine."""
    return int(told.get("Slot") or 0), str(told.get("NodeID"))


@inside.probe
def wait_until_running(manager: Machine, service: str, timeout: float = BALANCED_S) -> None:
    """Wait until the desired number of tasks of a service are running.

    Raises
    ------
    LabError
        If that takes longer than ``timeout`` (seconds); with the last states of the tasks.
    """
    wanted = _replicas(_service(manager, service))

    def look() -> NotYet | None:
        states = _states(manager, service)
        return None if states == ["running"] * wanted else NotYet(", ".join(states) or "no task")

    wait_until(
        look,
        tried=f"Waiting for {wanted} tasks of {service}",
        within_s=timeout,
        next_step=_SEE_TASKS,
        every_s=1,
    )


@inside.probe
def wait_until_balanced(
    manager: Machine, *workers: Machine, service: str, timeout: float = BALANCED_S
) -> None:
    """Wait until every machine's load balancer has all replicas of the service, and all of them answer.

    "Running" is not enough: a task runs before its server listens and before all machines know about it.

    Raises
    ------
    LabError
        If the service publishes no port through the ingress network; or if it takes longer than ``timeout``
        (seconds), with each machine's last table.
    """
    machines = [manager, *workers]
    told = _service(manager, service)
    replicas = _replicas(told)
    with understood("the Engine's description of a service"):
        published = told["Endpoint"].get("Ports") or []
        ports = [port["PublishedPort"] for port in published if port["PublishMode"] == "ingress"]
    if not ports:
        raise LabError(
            f"Waiting for the load balancers in front of {service}",
            f"it publishes {published or 'nothing'}: no port in ingress mode",
            "Publish one: docker service create --publish published=…,target=… …",
        )
    arguments = [_TABLE, ports[0], replicas, round(timeout)]
    waiting = scripts.argv(__package__, "wait_until_balanced.sh", *arguments)
    command = scripts.line(in_sandbox(waiting))
    with ThreadPoolExecutor(len(machines)) as pool:
        waited = list(pool.map(lambda machine: machine.run(command, timeout=timeout + 30), machines))
    late = [
        f"{machine.name}: {(done.stdout + done.stderr).strip() or 'no output'}"
        for machine, done in zip(machines, waited, strict=True)
        if done.exit_code
    ]
    if late:
        raise LabError(
            f"Waiting for {replicas} replicas of {service} behind port {ports[0]}",
            "\n".join([*late, f"after {timeout:g} s"]),
            _SEE_TASKS,
        )


@understood("the Engine's list of services")
def _service(manager: Machine, name: str) -> dict[str, Any]:
    api: Any = manager.docker.api  # most of its methods for services are untyped
    seen: str
    try:
        found: list[dict[str, Any]] = api.services(status=True)
        seen = f"services there: {', '.join(sorted(one['Spec']['Name'] for one in found)) or 'none'}"
    except docker.errors.APIError as error:
        found, seen = [], str(error.explanation)
    for one in found:
        if one["Spec"]["Name"] == name:
            return one
    raise LabError(
        f"Looking for the service {name} on {manager.name}",
        seen,
        "Run the chapter's cells from the top, in order.",
    )


@understood("the Engine's description of a service")
def _replicas(service: dict[str, Any]) -> int:
    """The desired number of tasks; in global mode, the number of machines that can run one."""
    return int(service["ServiceStatus"]["DesiredTasks"])


@understood("the Engine's list of tasks")
def _states(manager: Machine, service: str) -> list[str]:
    """The states of the tasks that should be running."""
    wished = [one for one in _tasks(manager, service) if one["DesiredState"] == "running"]
    return [str(one["Status"]["State"]) for one in wished]


def _tasks(manager: Machine, service: str) -> list[dict[str, Any]]:
    api: Any = manager.docker.api
    found: list[dict[str, Any]] = api.tasks(filters={"service": service})
    return found


@inside.probe
def requests_by_replica(machines: Sequence[Machine], service: str, marker: str) -> pd.DataFrame:
    """Which replica answered which request, according to the replicas' access logs.

    Parameters
    ----------
    machines:
        The machines whose containers' logs are read.
    service:
        The name of the service.
    marker:
        Only requests with ``?MARKER=number`` in their path are listed.

    Returns
    -------
    DataFrame
        replica ("nginx.1"), node, client (the address that nginx saw), path · status, number (int), one row
        per request, in order of number.
    """
    with ThreadPoolExecutor(max(1, len(machines))) as pool:
        found = pool.map(lambda machine: _access_logs(machine, service, marker), machines)
        rows = sorted((row for rows in found for row in rows), key=lambda row: int(row["number"]))
    with understood("the access logs of the replicas"):
        return typed(rows, REQUESTS)


@understood("the replicas' access logs")
def _access_logs(machine: Machine, service: str, marker: str) -> list[dict[str, Any]]:
    api = machine.docker.api
    rows = []
    for container in api.containers(filters={"label": f"{_SERVICE}={service}"}):
        replica = ".".join(container["Labels"][_TASK].split(".")[:2])
        log = api.logs(container["Id"], stdout=True, stderr=False).decode(errors="replace")
        rows += [{"replica": replica, "node": machine.name} | row for row in parse_log(log, marker)]
    return rows


def parse_log(text: str, marker: str) -> list[dict[str, Any]]:
    """The lines of an nginx access log (format "combined") whose path has ``?MARKER=number``."""
    rows = []
    for line in text.splitlines():
        found = _LOG_LINE.match(line)
        number = re.search(rf"\?{re.escape(marker)}=(\d+)$", found[2]) if found else None
        if found and number:
            rows.append(
                {"client": found[1], "path": found[2], "status": int(found[3]), "number": int(number[1])}
            )
    return rows
