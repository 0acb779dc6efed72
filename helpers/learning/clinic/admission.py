"""Putting a scene on a lab's machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import docker.errors
from docker.types import IPAMConfig, IPAMPool

from helpers import scripts
from helpers.engine.refusals import FAILURES, said
from helpers.errors import LabError
from helpers.lab import swarm
from helpers.learning.checks import here
from helpers.learning.clinic.scene import Container, Network, Scene
from helpers.probes import inside

if TYPE_CHECKING:
    from helpers.lab import Lab

RULES_BEFORE = "/run/before-the-scene"  # the machine's own, as iptables-save writes them
_SCRIPT_S, _LISTENS_S = 60, 40
_PATIENTS: dict[str, str] = {}  # the case, by the lab's id


def admit(lab: Lab, case: str, scene: Scene) -> None:
    """Put the scene of a case on a new lab, which is that patient from now on.

    Raises
    ------
    LabError
        If a machine or its Engine refuses something.
    """
    if scene.swarm:
        swarm.form(*(lab[name] for name in scene.machines))
    put(lab, scene)
    _PATIENTS[lab.id] = case


def is_patient(lab: Lab) -> bool:
    """Return whether a case has been put on the lab."""
    return lab.id in _PATIENTS


def patient_of(lab: Lab) -> str:
    """Return the name of the case that the lab has.

    Raises
    ------
    LabError
        If it has none.
    """
    if not is_patient(lab):
        raise LabError(
            "Looking at the patient",
            "the newest lab of this notebook is not one",
            'Admit one first: lab = clinic.admit("09-1").',
        )
    return _PATIENTS[lab.id]


def put(lab: Lab, scene: Scene) -> None:
    """Create everything in the scene on the machines of the lab, which have nothing of it yet.

    Raises
    ------
    LabError
        If a machine or its Engine refuses something; with what it said.
    """
    save = f"iptables-save >{RULES_BEFORE} || exit"
    _run(lab, {name: f"{save}\n{scene.before.get(name, '')}" for name in lab.machines})
    try:
        for name, network in scene.networks.items():
            _create(lab, name, network)
        for name, container in scene.containers.items():
            _start(lab, name, container)
        _wait_for_servers(lab, scene)
    except FAILURES as error:
        raise LabError("Admitting a patient", said(error), "Admit the patient again.") from error
    _run(lab, scene.after)


def _run(lab: Lab, scripts_by_machine: Mapping[str, str]) -> None:
    for name, script in scripts_by_machine.items():
        lab[name].run(script, timeout=_SCRIPT_S).checked(f"Preparing {name} for a patient")


def _wait_for_servers(lab: Lab, scene: Scene) -> None:
    for machine in lab.machines.values():
        servers = [
            str(inside.process(machine.container(name)))
            for name, container in scene.containers.items()
            if container.image == "nginx" and container.machine == machine.name
        ]
        if servers:
            script = scripts.command(__package__, "wait_for_servers.sh", _LISTENS_S * 10, *servers)
            machine.run(script, timeout=_SCRIPT_S).checked(f"Waiting for the servers on {machine.name}")


def _create(lab: Lab, name: str, network: Network) -> None:
    pools = [IPAMPool(subnet=here(lab, network.subnet))] if network.subnet else []
    lab[network.machine].docker.api.create_network(
        name,
        driver=network.driver,
        attachable=network.driver == "overlay",
        internal=network.internal,
        options=dict(network.options),
        ipam=IPAMConfig(pool_configs=pools) if pools else None,
    )


def _start(lab: Lab, name: str, container: Container) -> None:
    api = lab[container.machine].docker.api
    first, *others = container.networks or {"bridge": ()}
    ports = [_port(one) for one in container.ports]
    host: dict[str, Any] = {
        "NetworkMode": first,
        "PortBindings": {f"{inner}/tcp": [{"HostIp": ip, "HostPort": outer}] for ip, outer, inner in ports},
        "Binds": list(container.volumes),
        "Dns": list(container.dns),
    }
    created = api.create_container(
        container.image,
        ["sh", "-c", container.command] if container.command else None,
        name=name,
        tty=True,
        ports=[int(inner) for *_, inner in ports],
        host_config=host,
        networking_config=_joined(lab, first, container) if container.networks else None,
    )
    for network in others:
        api.connect_container_to_network(created["Id"], network, aliases=list(container.networks[network]))
    try:
        api.start(created["Id"])
    except docker.errors.APIError as error:
        if not swarm.is_transient(str(error.explanation)):
            raise
        api.start(created["Id"])


def _joined(lab: Lab, network: str, container: Container) -> dict[str, Any]:
    settings: dict[str, Any] = {"Aliases": list(container.networks[network])}
    if container.address:
        settings["IPAMConfig"] = {"IPv4Address": here(lab, container.address)}
    return {"EndpointsConfig": {network: settings}}


def _port(published: str) -> tuple[str, str, str]:
    """The address ("" for all), the machine's port and the container's."""
    *address, outer, inner = published.split(":")
    return ":".join(address), outer, inner
