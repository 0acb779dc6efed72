"""The LAN that connects the machines: one bridge network on the Engine."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import docker
import docker.errors
from docker.types import IPAMConfig, IPAMPool

from helpers.answers import understood
from helpers.engine.requirements import free_lans
from helpers.errors import LabError

_log = logging.getLogger(__name__)

_GATEWAY = 1
_FIRST_HOST = 100
_ATTEMPTS = 5


@dataclass(frozen=True)
class Lan:
    """A LAN that has been created.

    Attributes
    ----------
    name, id:
        The name and id of the network on the Engine.
    subnet:
        192.168.99.0/24 if that is free, else the next free /24.
    """

    name: str
    id: str
    subnet: ipaddress.IPv4Network

    @property
    def gateway(self) -> str:
        """The Engine's own address on the LAN, .1."""
        return str(self.subnet[_GATEWAY])

    def address(self, index: int) -> str:
        """The address of machine number `index`: .100, .101 and so on."""
        return str(self.subnet[_FIRST_HOST + index])


def create(
    client: docker.DockerClient,
    name: str,
    labels: Mapping[str, str],
    routes: Iterable[ipaddress.IPv4Network] = (),
) -> Lan:
    """Create the LAN on the first free /24 from 192.168.99.0/24 on.

    Two labs that start together may choose the same one: the Engine refuses the second, which tries the next.

    Parameters
    ----------
    client:
        The client of the Engine that runs the lab.
    name, labels:
        Of the network.
    routes:
        What the Engine's host has a route to already.

    Raises
    ------
    LabError
        If no /24 is free, or the Engine refuses for another reason.
    """
    refusals: list[str] = []
    for subnet, _ in zip(free_lans(client, routes), range(_ATTEMPTS), strict=False):
        try:
            with understood("the Engine's answer to a new network"):
                lan = Lan(name, _create(client, name, subnet, labels), subnet)
        except docker.errors.APIError as error:
            refusals.append(f"{subnet}: {error.explanation}")
            _log.debug("the LAN cannot be %s", refusals[-1])
            if "overlap" not in str(error.explanation).lower():
                break
        else:
            _log.debug("the LAN of %s is %s", name, subnet)
            return lan
    raise LabError(
        "Creating the lab's LAN",
        "\n".join(refusals)
        or "every /24 from 192.168.99.0 to 192.168.254.0 overlaps a network of this Engine or a route",
        "See `docker network ls` and `ip route`, and remove unused networks; `make clean` removes labs.",
    )


def _create(
    client: docker.DockerClient, name: str, subnet: ipaddress.IPv4Network, labels: Mapping[str, str]
) -> str:
    created = client.api.create_network(
        name,
        driver="bridge",
        ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet), gateway=str(subnet[_GATEWAY]))]),
        # Without address translation, no reply to a packet that leaves the lab finds its way back.
        options={"com.docker.network.bridge.enable_ip_masquerade": "false"},
        labels=dict(labels),
        check_duplicate=None,
    )
    return str(created["Id"])
