"""A swarm's nodes, services and tasks, and waiting until all are ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import docker.errors
import pandas as pd

from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import inside
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
NODES = ("node", "role", "state", "availability", "manager", "address")
SERVICES: Mapping[str, str] = {"service": "str", "replicas": "int64", "networks": "str", "ports": "str"}
SEE_TASKS = "`docker service ps --no-trunc` on the manager shows what keeps a task from running."
SERVICE_LABEL = "com.docker.swarm.service.name"
TASK_LABEL = "com.docker.swarm.task.name"  # SERVICE.SLOT.ID


@inside.probe
@understood("the Engine's list of nodes")
def nodes(manager: Machine) -> pd.DataFrame:
    """The machines of a swarm, as ``docker node ls`` lists them.

    Returns
    -------
    DataFrame
        node, role ("manager", "worker"), state, availability · manager ("leader", "reachable", "" for a
        worker), address (of a manager, with the port at which workers reach it; "" for a worker). In order of
        role and name.
    """
    api: Any = manager.docker.api
    rows = []
    for told in api.nodes():
        status = told.get("ManagerStatus") or {}
        rows.append(
            {
                "node": told["Description"]["Hostname"],
                "role": told["Spec"]["Role"],
                "state": told["Status"]["State"],
                "availability": told["Spec"]["Availability"],
                "manager": "leader" if status.get("Leader") else status.get("Reachability", ""),
                "address": status.get("Addr", ""),
            }
        )
    return typed(sorted(rows, key=lambda row: (row["role"], row["node"])), dict.fromkeys(NODES, "str"))


@inside.probe
@understood("the Engine's list of services")
def service_networks(manager: Machine) -> pd.DataFrame:
    """The services of a swarm, and how they are connected.

    Returns
    -------
    DataFrame
        service · replicas (int, desired) · networks (that belong to the swarm and to which its tasks are
        connected), ports ("8080 → 80/tcp (ingress)"), both "" if none and joined by ", ". In order of name.
    """
    api: Any = manager.docker.api
    rows = []
    for told in sorted(api.services(status=True), key=lambda told: str(told["Spec"]["Name"])):
        name = told["Spec"]["Name"]
        joined = {
            network["Network"]["Spec"]["Name"]
            for task in task_list(manager, name)
            for network in task.get("NetworksAttachments") or []
        }
        ports = [
            f"{port.get('PublishedPort')} → {port['TargetPort']}/{port['Protocol']} ({port['PublishMode']})"
            for port in told["Endpoint"].get("Ports") or []
        ]
        networks = ", ".join(sorted(joined))
        rows.append(
            {"service": name, "replicas": replicas(told), "networks": networks, "ports": ", ".join(ports)}
        )
    return typed(rows, SERVICES)


@inside.probe
@understood("the Engine's list of containers")
def replica(machine: Machine, service: str) -> str:
    """The name of the first container on this machine that runs a task of the service.

    Raises
    ------
    LabError
        If there is none.
    """
    listed = machine.docker.api.containers(filters={"label": f"{SERVICE_LABEL}={service}"})
    names = sorted(str(one["Names"][0]).lstrip("/") for one in listed)
    if not names:
        raise LabError(
            f"Looking for a replica of {service} on {machine.name}", "none is running there", SEE_TASKS
        )
    return names[0]


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
    for told in sorted(task_list(manager, service), key=lambda told: (_slot(told), told["CreatedAt"])):
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
    wanted = replicas(described(manager, service))

    def look() -> NotYet | None:
        states = _states(manager, service)
        return None if states == ["running"] * wanted else NotYet(", ".join(states) or "no task")

    wait_until(
        look,
        tried=f"Waiting for {wanted} tasks of {service}",
        within_s=timeout,
        next_step=SEE_TASKS,
        every_s=1,
    )


@understood("the Engine's list of services")
def described(manager: Machine, name: str) -> dict[str, Any]:
    """A service as the Engine lists it.

    Raises
    ------
    LabError
        If there is none of that name.
    """
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
def replicas(service: dict[str, Any]) -> int:
    """The desired number of tasks; in global mode, the number of machines that can run one."""
    return int(service["ServiceStatus"]["DesiredTasks"])


@understood("the Engine's list of tasks")
def _states(manager: Machine, service: str) -> list[str]:
    """The states of the tasks that should be running."""
    wished = [one for one in task_list(manager, service) if one["DesiredState"] == "running"]
    return [str(one["Status"]["State"]) for one in wished]


def task_list(manager: Machine, service: str) -> list[dict[str, Any]]:
    """The tasks of a service as the Engine lists them, including past ones."""
    api: Any = manager.docker.api
    found: list[dict[str, Any]] = api.tasks(filters={"service": service})
    return found
