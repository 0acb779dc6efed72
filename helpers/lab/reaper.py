"""Removing labs: when a lab closes, by a sweep for dead owners, and by a watch for an owner that dies.

The watch is a small process in a separate session. It holds the read end of a pipe whose write end closes
when the owner ends, for whatever reason, and then removes that lab's machines, volumes and LAN.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import docker
import docker.errors

from helpers.answers import understood
from helpers.engine.reachable import Endpoint
from helpers.lab import labels, ownership
from helpers.paths import PROJECT, run_dir

_log = logging.getLogger(__name__)

Chosen = Callable[[Mapping[str, str]], bool]
CLOSED = "closed"  # what the owner's end of a watch says last, if it did not die
_OF_LABS = {"label": f"{labels.KIND}=lab"}


def sweep(client: docker.DockerClient, everything: bool = False) -> int:
    """Remove the labs whose owners have ended (see `ownership`).

    Parameters
    ----------
    client:
        The client of the Engine that runs them.
    everything:
        Also remove this user's other labs.

    Returns
    -------
    int
        The number of containers, networks and volumes removed.

    Raises
    ------
    BadAnswer
        If the Engine's lists cannot be parsed.
    """
    dead = ownership.dead_labs(client.api)
    removed = 0
    if dead or everything:
        removed = _remove(
            client,
            lambda found: found.get(labels.LAB) in dead or (everything and labels.is_mine(found)),
        )
    for lab_id in dead:
        forget(lab_id)
    _log.debug("swept %d objects of %s labs", removed, "all" if everything else "dead")
    return removed


def remove_lab(client: docker.DockerClient, lab_id: str) -> int:
    """Remove the lab `lab_id` from the `client`'s Engine; return the number of objects.

    Raises
    ------
    BadAnswer
        If the Engine's lists cannot be parsed.
    """
    removed = _remove(client, lambda found: found.get(labels.LAB) == lab_id)
    _log.debug("%s: removed %d objects", lab_id, removed)
    return removed


def forget(lab_id: str) -> None:
    """Delete what a lab has on this computer: its tunnels' sockets, and the lock of its owner.

    Not before all its objects have gone: without the lock, nobody can tell at once that its owner is dead.
    """
    shutil.rmtree(ownership.directory(lab_id), ignore_errors=True)


def sockets(lab_id: str) -> Path:
    """Return the directory (mode 0700, made if needed) for the sockets of the lab `lab_id`'s tunnels."""
    directory = ownership.directory(lab_id)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _remove(client: docker.DockerClient, chosen: Chosen) -> int:
    """Remove labelled containers with their volumes, then the remaining volumes and networks."""
    api = client.api
    networks, containers = _networks_and_containers(api, chosen)
    for container in containers:
        _try_to(api.remove_container, container, force=True, v=True)  # it may be ending on its own
    volumes = _volumes(api, chosen)
    for volume in volumes:
        _try_to(api.remove_volume, volume, force=True)
    for network in networks:
        _try_to(api.remove_network, network)
    return len(containers) + len(volumes) + len(networks)


@understood("the Engine's lists of networks and containers")
def _networks_and_containers(api: docker.APIClient, chosen: Chosen) -> tuple[list[str], list[str]]:
    networks = [one for one in api.networks(filters=_OF_LABS) if chosen(one["Labels"])]
    labs = {one["Labels"].get(labels.LAB) for one in networks}
    containers = [
        str(one["Id"])
        for one in api.containers(all=True, filters={"label": labels.KIND})
        if chosen(found := labels.of(one)) or found.get(labels.LAB, "") in labs
    ]
    return [str(one["Id"]) for one in networks], containers


@understood("the Engine's list of volumes")
def _volumes(api: docker.APIClient, chosen: Chosen) -> list[str]:
    volumes = api.volumes(filters=_OF_LABS)["Volumes"] or []
    return [str(one["Name"]) for one in volumes if chosen(one["Labels"])]


def _try_to(remove: Callable[..., object], what: str, **how: bool) -> None:
    with suppress(docker.errors.APIError), understood("the Engine's answer to a removal"):
        remove(what, **how)


class Watch:
    """A process that removes a lab when this one ends, even by SIGKILL.

    Parameters
    ----------
    endpoint:
        Where the Engine that runs the lab listens.
    lab_id:
        The lab's id.
    """

    def __init__(self, endpoint: Endpoint, lab_id: str) -> None:
        tls = endpoint.tls
        ticket = {
            "lab": lab_id,
            "url": endpoint.url,
            "tls": tls and {"client_cert": tls.cert, "ca_cert": tls.ca_cert, "verify": tls.verify},
        }
        with (run_dir() / "reaper.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "helpers.lab.watch"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=PROJECT,
                start_new_session=True,  # so that Ctrl-C in the owner's terminal does not reach it
                env={**os.environ, "PYTHONPATH": str(PROJECT)},
            )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(ticket).encode() + b"\n")
        self._process.stdin.flush()

    def end(self, settled: bool) -> None:
        """Let it check one last time and end; there is no need to wait for that.

        Parameters
        ----------
        settled:
            Whether the Engine has answered every request to create something; if not, it checks for longer.
        """
        stream = self._process.stdin
        assert stream
        with suppress(OSError):
            if settled and not stream.closed:
                stream.write(CLOSED.encode())
            stream.close()
