"""Running one program in a container on the Engine, and reading its output. Nothing is left behind."""

from __future__ import annotations

from collections.abc import Sequence

import docker
from docker.types import Mount

from helpers.engine.images import LABEL

KIND = "asking"  # the value of the label on its container


def printed(
    client: docker.DockerClient,
    image: str,
    argv: Sequence[str],
    *,
    network_mode: str = "none",
    mounts: Sequence[Mount] = (),
) -> str:
    """Run a program of an image that is on the Engine, and return its standard output.

    Parameters
    ----------
    client, image:
        The Engine, and the image's name.
    argv:
        The program and its arguments.
    network_mode:
        "host" for a program that looks at the network of the Engine's host.
    mounts:
        Parts of the host's file system that it can see.

    Raises
    ------
    docker.errors.DockerException
        If the Engine fails.
    """
    container = client.containers.create(
        image,
        entrypoint=list(argv[:1]),
        command=list(argv[1:]),
        labels={LABEL: KIND},
        mounts=list(mounts),
        network_mode=network_mode,
        auto_remove=True,  # nothing is left behind, even if this process ends here
    )
    output = container.attach(stream=True)
    container.start()
    return b"".join(output).decode()
