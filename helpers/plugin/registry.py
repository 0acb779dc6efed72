"""A registry for images and plugins that runs in the lab, which cannot reach any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers import scripts
from helpers.waiting import NotYet, wait_until

if TYPE_CHECKING:
    from helpers.lab import Machine

PORT = 5000
CONFIG = """version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: /var/lib/docker-registry}}
http: {addr: ":5000"}
"""
BOUND_S = 60


def serve(machine: Machine, *clients: Machine) -> str:
    """Start Debian's docker-registry on a machine and let the Engines of the clients use it without TLS.

    ``insecure-registries`` is an option that a running Engine reloads on SIGHUP. Use it only in a lab.

    Returns
    -------
    str
        The prefix of the names of its images and plugins, such as "manager:5000".

    Raises
    ------
    LabError
        If it does not answer, or an Engine does not apply the option, within a minute.
    """
    name = f"{machine.name}:{PORT}"
    command = scripts.command(__package__, "serve_registry.sh", name, CONFIG, BOUND_S)
    machine.run(command, timeout=BOUND_S + 10).checked(f"Starting a registry on {machine.name}")
    for client in clients:
        trust(client, name)
    return name


def trust(machine: Machine, registry: str) -> None:
    """Let the machine's Engine use the registry without TLS."""
    option = f'{{"insecure-registries": ["{registry}"]}}'
    command = scripts.command(__package__, "configure_dockerd.sh", option)
    machine.run(command).checked(f"Configuring the Engine on {machine.name}")

    def look() -> NotYet | None:
        known = machine.docker.info()["RegistryConfig"]["IndexConfigs"]
        return None if registry in known else NotYet(f"its registries: {', '.join(known)}")

    wait_until(
        look,
        tried=f"Waiting for {machine.name}'s Engine to read /etc/docker/daemon.json",
        within_s=BOUND_S,
        next_step="See /var/log/dockerd.log on the machine.",
    )
