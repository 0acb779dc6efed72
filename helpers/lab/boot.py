"""How a machine starts: it is created or claimed from the stock, boots, and gets its name and address."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import docker.errors

from helpers.answers import understood
from helpers.engine import stock
from helpers.errors import LabError
from helpers.lab.lan import Lan
from helpers.lab.machine import Machine
from helpers.lab.stream import Stream
from helpers.lab.tunnel import Tunnel

_log = logging.getLogger(__name__)

_READY_S = 240
_REQUEST_S = 120
_BOOTED = re.compile(r"^booted (\S+) (\d+\.\d+)\n", re.MULTILINE | re.ASCII)
_READY = re.compile(r"^ready.*\n", re.MULTILINE)
_SEE_DOCTOR = "Run `python3 -m helpers doctor`: it shows what this Engine lacks."


@dataclass(frozen=True)
class Plan:
    """What all machines of a lab have in common.

    Attributes
    ----------
    lab_id, labels:
        The lab's id, and the labels of all its objects.
    lan:
        The LAN that connects them.
    addresses:
        The addresses of all machines on it, by name.
    images:
        The machines' images, by name.
    sockets:
        The directory for the tunnels' sockets.
    """

    lab_id: str
    labels: Mapping[str, str]
    lan: Lan
    addresses: Mapping[str, str]
    images: Mapping[str, str]
    sockets: Path


def boot(
    api: docker.APIClient,
    name: str,
    plan: Plan,
    claimed: tuple[str, Any] | None,
    hold: Callable[[Stream], object],
) -> Machine:
    """Create a machine, or plug in a claimed one, give it its name and address, and return it when ready.

    Parameters
    ----------
    api:
        docker-py's low-level client for the Engine that runs it.
    name:
        One of the names in the plan.
    plan:
        What the lab's machines have in common.
    claimed:
        The id and the stream of a machine from the stock (see `helpers.engine.stock`), or None.
    hold:
        Called before the machine starts, with its heartbeat: closing that ends the machine.

    Raises
    ------
    LabError
        If it does not become ready; with the end of its output.
    """
    address = plan.addresses[name]
    started = time.monotonic()
    container, heartbeat = (
        _plug_in(api, address, plan, claimed, hold) if claimed else _create(api, name, plan, hold)
    )
    tried = f"Booting the machine {name} ({address})"
    booted = _wait_for(_BOOTED, heartbeat, tried)
    hosts = " ".join(f"{where}={peer}" for peer, where in plan.addresses.items())
    heartbeat.send(f"{name} {address} {hosts}\n".encode())
    _wait_for(_READY, heartbeat, tried)
    _log.debug("%s is ready after %.1f s", name, time.monotonic() - started)
    # Keeps reading, so that the Engine never waits for a reader.
    threading.Thread(target=lambda: list(heartbeat.output()), daemon=True).start()
    tunnel = Tunnel(api, container, plan.sockets / f"{name}.sock")
    try:
        client = tunnel.client(booted[2], _REQUEST_S)
    except docker.errors.DockerException:
        tunnel.close()
        raise
    return Machine(
        api=api,
        name=name,
        address=address,
        container=container,
        version=booted[1].split("+")[0],
        client=client,
        tunnel=tunnel,
        heartbeat=heartbeat,
    )


def _create(
    api: docker.APIClient, name: str, plan: Plan, hold: Callable[[Stream], object]
) -> tuple[str, Stream]:
    """Create a machine for this lab, and start it."""
    address = plan.addresses[name]
    try:
        with understood("the Engine's answers to a new machine"):
            endpoint = api.create_endpoint_config(ipv4_address=address, mac_address=_mac_address(address))
            container = stock.create(
                api,
                f"{plan.lab_id}-{name}",
                plan.labels,
                image=plan.images[name],
                network=plan.lan.name,
                endpoint=endpoint,
            )
    except docker.errors.ImageNotFound as error:
        raise LabError(
            f"Creating the machine {name}",
            f"the Engine that this lab was given does not have {plan.images[name]}",
            "Let the lab find its Engine, or name the machines' suites: helpers.engine.connect(machines=…).",
        ) from error
    except docker.errors.APIError as error:
        raise LabError(f"Creating the machine {name}", str(error.explanation), _SEE_DOCTOR) from error
    _log.debug("%s: created %s", name, container[:12])
    with understood("the Engine's answers to the start of a machine"):
        # Attached before it starts, so that the dead-man's switch is armed from the first moment.
        heartbeat = Stream(stock.attach(api, container), framed=True)
        hold(heartbeat)
        api.start(container)
    return container, heartbeat


def _plug_in(
    api: docker.APIClient,
    address: str,
    plan: Plan,
    claimed: tuple[str, Any],
    hold: Callable[[Stream], object],
) -> tuple[str, Stream]:
    """Connect a machine that has already booted to the LAN."""
    container, stream = claimed
    heartbeat = Stream(stream, framed=True)
    hold(heartbeat)
    _log.debug("%s: claimed %s from the stock", address, container[:12])
    with understood("the Engine's answer to a machine that joins the LAN"):
        api.connect_container_to_network(
            container, plan.lan.id, ipv4_address=address, mac_address=_mac_address(address)
        )
    return container, heartbeat


def _mac_address(address: str) -> str:
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def _wait_for(line: re.Pattern[str], heartbeat: Stream, tried: str) -> re.Match[str]:
    """Wait until the machine has printed such a line."""
    said = ""
    try:
        for _, data in heartbeat.output(time.monotonic() + _READY_S):
            said += data.decode(errors="replace")
            if found := line.search(said):
                return found
        seen = said or "it ended without printing anything"
    except TimeoutError:
        seen = f"{said}\nno further output within {_READY_S} s"
    raise LabError(tried, seen, _SEE_DOCTOR)
