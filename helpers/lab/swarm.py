"""A swarm of a lab's machines: one manager, workers that join at the same time, and waiting for all."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import docker.errors

from helpers.answers import understood
from helpers.engine.refusals import said
from helpers.errors import LabError
from helpers.waiting import NotYet, wait_until

if TYPE_CHECKING:
    from helpers.lab.machine import Machine

PORT = 2377
# How often a machine reports to its manager, in seconds. Docker's default of 5 s, with three reports that may
# be missed, is too short for an emulated processor that starts ten containers: slow machines would seem dead.
HEARTBEAT_S = 30
_READY_S = 180
_POLL_S = 1.0
_CONTINUES = "will continue in the background"  # an Engine waits no longer than 20 s for itself to join
# An Engine gives its swarm's manager 20 s to attach a container, which cannot be set. On a busy computer with
# an emulated processor, that was too short now and then.
MANAGER_WAS_SLOW = "attaching to network failed"
# Seen on 20.10: the Engine has not been told yet of the network to which the manager attaches the container.
_NOT_TOLD_YET = re.compile(r"network \w{25} not found")  # a swarm's ids have 25 characters
_BRIDGE = "docker_gwbridge"  # connects a swarm's containers to the outside; each machine creates its own


def is_transient(refusal: str) -> bool:
    """Return whether a container that an Engine refused to start may start when it is asked once more."""
    return MANAGER_WAS_SLOW in refusal or bool(_NOT_TOLD_YET.search(refusal))


def form(manager: Machine, *workers: Machine) -> None:
    """Create a swarm with one manager, let the workers join, and return when overlay networks can work on it.

    This is the article's ``docker swarm init`` and ``docker swarm join``, through the API. The addresses are
    always given, because a machine has several (docker0 comes first) and the swarm might choose a wrong one.

    Parameters
    ----------
    manager, workers:
        Machines that are in no swarm yet.

    Raises
    ------
    LabError
        If a machine refuses, or the swarm is not ready in time; with what each machine still lacked.
    """
    try:
        manager.docker.swarm.init(
            advertise_addr=manager.address,
            data_path_addr=manager.address,
            dispatcher_heartbeat_period=HEARTBEAT_S * 10**9,
        )
    except docker.errors.APIError as error:
        raise _refused("Creating a swarm", manager, error) from error
    join(manager, *workers)
    wait_until_ready(manager, *workers)


def join(manager: Machine, *workers: Machine, advertised: str = "") -> None:
    """Let the workers join the manager's swarm, all at the same time.

    An Engine that is slow to join answers before it has: only `wait_until_ready` sees that it is a member.

    Parameters
    ----------
    manager, workers:
        A machine that manages a swarm, and machines that are in none.
    advertised:
        The address at which a worker says it is reached; by default, its address on the LAN.

    Raises
    ------
    LabError
        If the manager has no swarm, or refuses a worker.
    """
    try:
        with understood(f"the swarm of {manager.name}"):
            manager.docker.swarm.reload()
            token = manager.docker.swarm.attrs["JoinTokens"]["Worker"]
    except docker.errors.APIError as error:
        raise _refused("Asking for the token of the swarm", manager, error) from error

    def join_one(worker: Machine) -> None:
        try:
            worker.docker.swarm.join(
                remote_addrs=[f"{manager.address}:{PORT}"],
                join_token=token,
                advertise_addr=advertised or worker.address,
                data_path_addr=advertised or worker.address,
            )
        except docker.errors.APIError as error:
            if _CONTINUES not in str(error.explanation):
                raise _refused(f"Joining the swarm of {manager.name}", worker, error) from error

    with ThreadPoolExecutor(max(1, len(workers))) as pool:
        list(pool.map(join_one, workers))


def wait_until_ready(manager: Machine, *workers: Machine) -> None:
    """Wait until the manager lists every machine as ready and each has found all others on ``ingress``.

    Parameters
    ----------
    manager, workers:
        All machines of the swarm.

    Raises
    ------
    LabError
        If that takes too long; with what was missing at the last check.
    """
    machines = [manager, *workers]
    with ThreadPoolExecutor(len(machines)) as pool:

        def look() -> NotYet | None:
            missing = _missing_nodes(manager, machines)
            for found in pool.map(lambda one: _missing_on(one, machines), machines):
                missing += found
            return NotYet("\n".join(missing)) if missing else None

        wait_until(
            look,
            tried=f"Waiting for the swarm of {', '.join(machine.name for machine in machines)}",
            within_s=_READY_S,
            next_step="Machines need TCP 2377 and TCP and UDP 7946 between them. Check `docker node ls`, and"
            " /var/log/dockerd.log on the machine that is missing. Then start the chapter again.",
            every_s=_POLL_S,
        )


@understood("the manager's list of nodes")
def _missing_nodes(manager: Machine, machines: list[Machine]) -> list[str]:
    try:
        nodes: list[dict[str, Any]] = manager.docker.api.nodes()
    except docker.errors.APIError as error:
        return [f"{manager.name}: {error.explanation}"]
    states = {node["Description"].get("Hostname"): node["Status"]["State"] for node in nodes}
    return [
        f"{manager.name} lists {machine.name} as {states.get(machine.name, 'no member')}"
        for machine in machines
        if states.get(machine.name) != "ready"
    ]


@understood("a machine's networks")
def _missing_on(machine: Machine, machines: list[Machine]) -> list[str]:
    """Return what a machine lacks before overlay networks can work on it, one sentence each."""
    try:
        ingress = machine.docker.api.inspect_network("ingress")
        machine.docker.api.inspect_network(_BRIDGE)
    except docker.errors.APIError as error:
        return [f"{machine.name}: {error.explanation}"]
    known = {peer["IP"] for peer in ingress.get("Peers") or []}
    lacking = [f"{machine.name} has not found {one.name}" for one in machines if one.address not in known]
    if "ingress-sbox" not in (ingress.get("Containers") or {}):
        lacking.append(f"{machine.name} has no ingress sandbox")
    return lacking


def _refused(tried: str, machine: Machine, error: Exception) -> LabError:
    return LabError(
        f"{tried} on {machine.name}",
        said(error),
        "A machine can be in only one swarm: start the chapter again, with a new lab.",
    )
