"""What the Engine's host has a route to: a VPN or a home network that a lab must not shadow.

Docker refuses a network that overlaps another of its networks, and accepts one that overlaps a route.

Source: ip-route(8).
"""

from __future__ import annotations

import ipaddress
import json

import docker

from helpers.answers import understood
from helpers.engine import asking, refusals
from helpers.engine.reachable import REQUEST_S

_QUESTION = ["ip", "-json", "-4", "route", "show", "table", "all"]


def of_engine(client: docker.DockerClient, image: str) -> list[ipaddress.IPv4Network]:
    """Return the destinations of the routes of the host that the Engine runs on, default routes left out.

    Parameters
    ----------
    client, image:
        The Engine, and an image on it that has ``ip``.

    Raises
    ------
    LabError
        If the Engine fails, or the answer cannot be read.
    """
    tried = f"Asking the Engine at {client.api.base_url} for the routes of its host"
    with refusals.explained(tried, client.api.base_url, REQUEST_S):
        return read(asking.printed(client, image, _QUESTION, network_mode="host"))


@understood("what `ip -json route` printed")
def read(printed: str) -> list[ipaddress.IPv4Network]:
    """Read the destinations from what ``ip -json -4 route show table all`` `printed`."""
    destinations = [str(route["dst"]) for route in json.loads(printed)]
    return [ipaddress.IPv4Network(one, strict=False) for one in destinations if one != "default"]
