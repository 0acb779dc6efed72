"""What the plugin is on machines: the links that the driver has added, and the plugins that are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

KINDS = {"wb-": "bridge", "wx-": "vxlan", "wh-": "veth", "wc-": "veth, inner end"}
COLUMNS = ("machine", "network", "kind", "container", "name")
INSTALLED = {"machine": "str", "name": "str", "enabled": "bool", "network": "str", "capabilities": "str"}


def links(*machines: Machine) -> pd.DataFrame:
    """The driver's links in the machines' network namespaces, as the kernel lists them.

    Returns
    -------
    DataFrame
        machine · network ("" if the Engine knows no network that the link belongs to) · kind (bridge, vxlan,
        veth; "veth, inner end" is an end that is not in a container) · container ("" if it belongs to none) ·
        name (derived from the id of a network or of an endpoint). In order of network, kind, container.
    """
    rows = []
    for machine in machines:
        found = inside.listing(machine.run("ip -j link").stdout)
        networks = {str(network.id)[:12]: str(network.name) for network in machine.docker.networks.list()}
        rows += rows_of(machine.name, found, networks, _endpoints(machine))
    rows.sort(key=lambda row: [row[key] for key in ("machine", "network", "kind", "container", "name")])
    return typed(rows, dict.fromkeys(COLUMNS, "str"))


@understood("the Engine's list of plugins")
def installed(*machines: Machine) -> pd.DataFrame:
    """The managed plugins on each machine, as ``docker plugin ls`` and ``inspect`` show them.

    Returns
    -------
    DataFrame
        machine, name · enabled (bool) · network, capabilities (the privileges that it was granted; several
        capabilities joined by ", ").
    """
    rows = []
    for machine in machines:
        plugins: Any = machine.docker.plugins  # docker-py's own types leave this part out
        for plugin in plugins.list():
            config = plugin.attrs["Config"]
            rows.append(
                {
                    "machine": machine.name,
                    "name": plugin.name,
                    "enabled": plugin.enabled,
                    "network": config["Network"]["Type"],
                    "capabilities": ", ".join(config["Linux"]["Capabilities"] or []),
                }
            )
    return typed(rows, INSTALLED)


@understood("what `ip -j link` printed")
def rows_of(
    machine: str,
    found: list[dict[str, Any]],
    networks: dict[str, str],
    endpoints: dict[str, tuple[str, str]],
) -> list[dict[str, str]]:
    """One row for each link of the driver among those that ``ip -j link`` found.

    Parameters
    ----------
    machine, found:
        The machine's name, and what ``ip -j link`` printed there.
    networks:
        Names by the first twelve characters of their ids.
    endpoints:
        (network, container) by the first twelve characters of the endpoint's id.
    """
    rows = []
    for link in found:
        prefix, short = link["ifname"][:3], link["ifname"][3:]
        if prefix in KINDS:
            network, container = endpoints.get(short, (networks.get(short, ""), ""))
            rows.append(
                {
                    "machine": machine,
                    "network": network,
                    "kind": KINDS[prefix],
                    "container": container,
                    "name": link["ifname"],
                }
            )
    return rows


@understood("the Engine's list of containers")
def _endpoints(machine: Machine) -> dict[str, tuple[str, str]]:
    return {
        told["EndpointID"][:12]: (network, str(container.name))
        for container in machine.docker.containers.list()
        for network, told in container.attrs["NetworkSettings"]["Networks"].items()
    }
