"""What the lab's images contain: the Debian packages and their versions, as dpkg in them reports.

Source: dpkg-query(1).
"""

from __future__ import annotations

import docker
from docker.types import Mount

from helpers.answers import understood
from helpers.engine import asking, refusals
from helpers.engine.reachable import REQUEST_S

Manifest = dict[str, str]  # version by package name

_DATABASE = "/var/lib/dpkg"


def of_image(client: docker.DockerClient, image: str) -> Manifest:
    """Return the packages in an image that is on the Engine.

    Parameters
    ----------
    client, image:
        The Engine, and the image's name.

    Raises
    ------
    LabError
        If the Engine fails, or dpkg's answer cannot be read.
    """
    return _ask(client, image, [])


def of_engine(client: docker.DockerClient, image: str) -> Manifest:
    """Return the packages of the system that the Engine runs on, if it is a Debian system.

    Parameters
    ----------
    client, image:
        The Engine, and an image on it that has dpkg-query.

    Raises
    ------
    LabError
        As `of_image`.
    """
    return _ask(client, image, [Mount(_DATABASE, _DATABASE, type="bind", read_only=True)])


def _ask(client: docker.DockerClient, image: str, mounts: list[Mount]) -> Manifest:
    tried = f"Listing the Debian packages of {image}"
    question = ["dpkg-query", "--show", "--showformat", "${Package} ${Version}\n"]
    with refusals.explained(tried, client.api.base_url, REQUEST_S), understood("what dpkg-query printed"):
        return read(asking.printed(client, image, question, mounts=mounts))


def read(printed: str) -> Manifest:
    """Parse lines of ``package version``, as dpkg-query `printed` them.

    Raises
    ------
    ValueError
        If there are no lines, or one has another form.
    """
    found = dict(line.split(" ") for line in printed.splitlines())
    if not found:
        raise ValueError("dpkg-query lists no package")
    return found
