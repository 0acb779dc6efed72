"""A registry of images and plugins that runs in the lab, where no other can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    ``insecure-registries`` is an option that a running Engine reads again on SIGHUP; only for a lab.

    Returns
    -------
    str
        What the names of its images and plugins begin with, such as "manager:5000".

    Raises
    ------
    LabError
        If it does not answer, or an Engine does not take the option, within a minute.
    """
    name = f"{machine.name}:{PORT}"
    script = f"""cat > /run/registry.yml <<'END'
{CONFIG}END
setsid docker-registry serve /run/registry.yml > /var/log/registry.log 2>&1 < /dev/null &
tries=0
until curl -fsS -o /dev/null http://{name}/v2/ 2> /dev/null; do
    tries=$((tries + 1))
    [ $tries -lt {BOUND_S * 2} ] || {{ tail -n 3 /var/log/registry.log >&2; exit 1; }}
    sleep 0.5
done
"""
    machine.run(script, timeout=BOUND_S + 10).checked(f"Starting a registry on {machine.name}")
    for client in clients:
        trust(client, name)
    return name


def trust(machine: Machine, registry: str) -> None:
    """Let the machine's Engine speak to the registry without TLS."""
    option = f'{{"insecure-registries": ["{registry}"]}}'
    write = f"mkdir -p /etc/docker && echo '{option}' > /etc/docker/daemon.json"
    reload = f"{write} && kill -HUP $(pidof dockerd)"
    machine.run(reload).checked(f"Configuring the Engine on {machine.name}")

    def look() -> NotYet | None:
        known = machine.docker.info()["RegistryConfig"]["IndexConfigs"]
        return None if registry in known else NotYet(f"its registries: {', '.join(known)}")

    wait_until(
        look,
        tried=f"Waiting for {machine.name}'s Engine to read /etc/docker/daemon.json",
        within_s=BOUND_S,
        next_step="See /var/log/dockerd.log on the machine.",
    )
