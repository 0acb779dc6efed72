"""What the lab's own images hold: Debian packages and their versions, asked from the running thing itself.

Source: dpkg-query(1).
"""

from __future__ import annotations

import docker
from docker.types import Mount

from helpers.answers import understood
from helpers.engine import asking, refusals
from helpers.engine.reachable import REQUEST_S

Manifest = dict[str, str]  # version by name of the package

_DATABASE = "/var/lib/dpkg"


def of_image(client: docker.DockerClient, image: str) -> Manifest:
    """The packages in an image that is on the Engine.

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
    """The packages of the system that the Engine runs on, for one that is Debian's.

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
    """Lines of ``package version``, as dpkg-query `printed` them.

    Raises
    ------
    ValueError
        If there is none, or one is not such a line.
    """
    found = dict(line.split(" ") for line in printed.splitlines())
    if not found:
        raise ValueError("dpkg-query lists no package")
    return found
