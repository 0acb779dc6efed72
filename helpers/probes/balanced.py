"""Waiting until the load balancer of every machine has a service's running replicas, and no others."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import inside, services
from helpers.probes.balancer import in_sandbox
from helpers.waiting import NotYet, wait_until

if TYPE_CHECKING:
    from helpers.lab import Machine

_TABLE = "/proc/net/ip_vs"
_MARGIN_S = 30  # for starting the script on a busy machine
_SETTLED_S = 5  # after which a machine that does not answer the gossip is taken for failed


@inside.probe
def wait_until_balanced(
    manager: Machine, *workers: Machine, service: str, timeout: float = services.BALANCED_S
) -> None:
    """Wait until every machine sends new connections to exactly the running replicas, and goes on doing so.

    "Running" is not enough: a task runs before its server listens and before all machines know about it. A
    table of the right length is not enough either: while a service shrinks, a machine can have a replica that
    is about to stop (`moby#41896 <https://github.com/moby/moby/issues/41896>`_), or none. And the right table
    can become wrong again while containers are stopping: a machine too busy to answer the others' gossip is
    taken for failed, and when it is back, what it last said of its replicas is back as well.

    Raises
    ------
    LabError
        If the service publishes no port through the ingress network; or if it takes longer than ``timeout``
        (seconds), with the replicas waited for and each machine's last table.
    """
    machines = [manager, *workers]
    told = services.described(manager, service)
    replicas = services.replicas(told)
    port = _published(told, service)
    ends = time.monotonic() + timeout
    balanced_since = math.inf

    def look() -> NotYet | None:
        nonlocal balanced_since
        left = max(0, round(ends - time.monotonic()))
        tables = _wait_on_machines(machines, port, replicas, left)
        running = _running(manager, service)
        wrong = [
            f"{machine.name}: {table}"
            for machine, (complete, table) in zip(machines, tables, strict=True)
            if not complete or set(table.split()) != set(running)
        ]
        wrong += _stopping(machines, service, running.values())
        now = time.monotonic()
        balanced_since = min(balanced_since, now) if len(running) == replicas and not wrong else math.inf
        if now - balanced_since >= _SETTLED_S:
            return None
        awaited = ", ".join(f"{task.rpartition('.')[0]} ({address})" for address, task in running.items())
        return NotYet("\n".join([f"running: {awaited or 'none'}", *wrong]))

    wait_until(
        look,
        tried=f"Waiting until exactly the {replicas} running replicas of {service} are behind port {port}"
        f" on {', '.join(machine.name for machine in machines)}, and answer",
        within_s=timeout,
        next_step=services.SEE_TASKS,
        every_s=1,
    )


@understood("the Engine's description of a service")
def _published(told: Mapping[str, Any], service: str) -> int:
    """The first port that the service publishes in ingress mode."""
    published = told["Endpoint"].get("Ports") or []
    for port in published:
        if port["PublishMode"] == "ingress":
            return int(port["PublishedPort"])
    raise LabError(
        f"Waiting for the load balancers in front of {service}",
        f"it publishes {published or 'nothing'}: no port in ingress mode",
        "Publish one: docker service create --publish published=…,target=… …",
    )


@understood("the Engine's list of tasks")
def _running(manager: Machine, service: str) -> dict[str, str]:
    """The tasks that run and are to go on running: their containers' names, by their addresses on ingress."""
    return {
        str(address).partition("/")[0]: f"{service}.{told.get('Slot') or told['NodeID']}.{told['ID']}"
        for told in services.task_list(manager, service)
        if told["DesiredState"] == told["Status"]["State"] == "running"
        for network in told.get("NetworksAttachments") or []
        if network["Network"]["Spec"].get("Ingress")
        for address in network["Addresses"] or []
    }


@understood("the Engine's list of containers")
def _stopping(machines: Sequence[Machine], service: str, running: Collection[str]) -> list[str]:
    """What still runs on each machine of tasks that are not to go on running."""
    found = []
    for machine in machines:
        listed = machine.docker.api.containers(filters={"label": f"{services.SERVICE_LABEL}={service}"})
        names = sorted({str(one["Labels"][services.TASK_LABEL]) for one in listed} - set(running))
        if names:
            found.append(f"{machine.name}: {', '.join(names)} still stopping")
    return found


def _wait_on_machines(
    machines: Sequence[Machine], port: int, replicas: int, seconds: int
) -> list[tuple[bool, str]]:
    """Wait on each machine until its table is of the right length and all in it answer.

    Returns
    -------
    list of tuple
        Whether that happened in time; then the addresses in the table, else what the machine has instead.
    """
    waiting = scripts.argv(__package__, "wait_until_balanced.sh", _TABLE, port, replicas, seconds)
    command = scripts.line(in_sandbox(waiting))
    with ThreadPoolExecutor(len(machines)) as pool:
        waited = list(pool.map(lambda machine: machine.run(command, timeout=seconds + _MARGIN_S), machines))
    return [
        (True, " ".join(done.stdout.split()))
        if done.exit_code == 0
        else (False, (done.stdout + done.stderr).strip() or "no output")
        for done in waited
    ]
