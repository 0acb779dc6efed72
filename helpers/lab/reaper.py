"""Removing labs: a lab that closes, the sweep for owners that are dead, and a watch for one that dies.

The watch is a small process of its own session. It holds the reading end of a pipe whose writing end dies
with the owner, however that dies, and then removes that lab's machines, volumes and LAN.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import docker
import docker.errors

from helpers.engine.reachable import Endpoint
from helpers.lab import labels
from helpers.paths import PROJECT, run_dir

Chosen = Callable[[Mapping[str, str]], bool]


def sweep(client: docker.DockerClient, everything: bool = False) -> int:
    """Remove the labs of this user's dead processes on this computer; with `everything`, of living ones too.

    Returns the number of containers, networks and volumes removed.
    """
    return _remove(client, labels.is_mine if everything else labels.owner_is_dead)


def remove_lab(client: docker.DockerClient, lab_id: str) -> int:
    """Remove all objects of one lab, and its sockets here. Returns how many objects there were."""
    shutil.rmtree(sockets(lab_id), ignore_errors=True)  # first: the Engine may be gone
    return _remove(client, lambda found: found.get(labels.LAB) == lab_id)


def sockets(lab_id: str) -> Path:
    """Where a lab keeps its tunnels' sockets: a directory of mode 0700."""
    directory = run_dir() / "labs" / lab_id
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _remove(client: docker.DockerClient, chosen: Chosen) -> int:
    """Remove labelled containers with their volumes, then volumes and networks that are left."""
    api, removed = client.api, 0
    only = {"label": f"{labels.KIND}=lab"}
    networks = [one for one in api.networks(filters=only) if chosen(one["Labels"])]
    labs = {one["Labels"].get(labels.LAB) for one in networks}
    for container in api.containers(all=True, filters={"label": labels.KIND}):
        found = labels.of(container)
        if chosen(found) or found.get(labels.LAB, "") in labs:
            with suppress(docker.errors.NotFound, docker.errors.APIError):  # may be ending by itself
                api.remove_container(container["Id"], force=True, v=True)
            removed += 1
    for volume in api.volumes(filters=only)["Volumes"] or []:
        if chosen(volume["Labels"]):
            with suppress(docker.errors.APIError):
                api.remove_volume(volume["Name"], force=True)
            removed += 1
    for network in networks:
        with suppress(docker.errors.APIError):
            api.remove_network(network["Id"])
        removed += 1
    return removed


class Watch:
    """A process that removes a lab when this one ends, also by SIGKILL."""

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
                start_new_session=True,  # a Ctrl-C in the owner's terminal is not for it
                env={**os.environ, "PYTHONPATH": str(PROJECT)},
            )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(ticket).encode() + b"\n")
        self._process.stdin.flush()

    def end(self) -> None:
        """Let it look for the last time and end; nobody has to wait for that."""
        assert self._process.stdin
        with suppress(OSError):
            self._process.stdin.close()
