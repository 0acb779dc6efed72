"""Run probe.sh once in a privileged container, and leave nothing behind however this process ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import docker
import requests
from docker.errors import APIError, ImageNotFound
from docker.models.containers import Container
from docker.types import LogConfig, Mount

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.waiting import NotYet, wait_until

# The script ends by itself, and the Engine then removes container and volume: no later clean-up is needed.
PROBE_S = 180  # it has taken more than 60 where one computer emulates three engines at once
LINGER_S = 20
REMOVAL_S = 20
END = "end of probe"


class NotStarted(Exception):
    """The privileged container did not start; the message is the Engine's own."""


@dataclass(frozen=True)
class Finding:
    """One line that the probe printed."""

    name: str
    ok: bool
    evidence: str


def script() -> str:
    """Return the text of the probe."""
    return scripts.read(__package__, "probe.sh")


def run(client: docker.DockerClient, image: str, labels: Mapping[str, str]) -> dict[str, Finding]:
    """Run the probe and return what it found, by name.

    Parameters
    ----------
    client, image:
        The Engine, and an image on it that has a shell.
    labels:
        Put on the container and its volume.

    Raises
    ------
    NotStarted
        If the Engine refuses a privileged container.
    LabError
        If the image is not on the Engine, or the container's output cannot be read in time.
    """
    container = _start(client, image, labels)
    try:
        return dict(_findings(_output(container)))
    finally:
        _remove(container)


def _start(client: docker.DockerClient, image: str, labels: Mapping[str, str]) -> Container:
    modules = Mount("/lib/modules", "/lib/modules", type="bind", read_only=True)
    try:
        return _start_with(client, image, labels, [modules])
    except NotStarted as error:
        # If the path is missing on the host, a mount is refused; a bind with -v would create it.
        if "/lib/modules" not in str(error):
            raise
        return _start_with(client, image, labels, [])


@understood("the Engine's answer to a privileged container")
def _start_with(
    client: docker.DockerClient, image: str, labels: Mapping[str, str], mounts: list[Mount]
) -> Container:
    storage = Mount("/var/lib/docker", None, type="volume", labels=dict(labels))
    try:
        container = client.containers.create(
            image,
            # Under an init: GNU timeout 9.10 takes itself for an orphan if it is the first process, and ends.
            entrypoint=["tini", "-g", "--", "timeout", "-k", "5", str(PROBE_S + LINGER_S)],
            command=scripts.argv(__package__, "bounded_probe.sh", script(), PROBE_S, END, LINGER_S),
            privileged=True,
            cgroupns="private",
            network_mode="none",
            auto_remove=True,
            labels=dict(labels),
            log_config=LogConfig(type=LogConfig.types.JSON),  # the Engine's default may not be readable
            mounts=[*mounts, storage],
        )
    except ImageNotFound as error:
        raise LabError(
            "Probing what the Engine can do",
            str(error.explanation),
            "Build it first: helpers.engine.images.ensure(client, url)",
        ) from error
    except APIError as error:
        raise NotStarted(str(error.explanation)) from error
    try:
        container.start()
    except APIError as error:
        _remove(container)
        raise NotStarted(str(error.explanation)) from error
    return container


def _output(container: Container) -> str:
    """Read the log until its last line, with repeated short requests, so that any transport can time out."""
    printed = ""

    def look() -> str | NotYet:
        nonlocal printed
        try:
            with understood("what the probe printed"):
                printed = container.logs(stdout=True, stderr=False).decode(errors="replace")
        except APIError:
            return printed  # the container is gone: nothing more can be read
        if END in printed.splitlines():
            return printed
        return NotYet(f"the probe has not ended; the end of its output: {printed[-300:] or 'none'}")

    return wait_until(
        look,
        tried="Probing what the Engine can do",
        within_s=PROBE_S + LINGER_S / 2,
        next_step="Check whether the Engine is overloaded (docker stats), then repeat.",
    )


def _findings(printed: str) -> Iterator[tuple[str, Finding]]:
    for line in printed.splitlines():
        try:
            finding = Finding(**json.loads(line))
        except (ValueError, TypeError):
            continue
        yield finding.name, finding


def _remove(container: Container) -> None:
    with suppress(APIError):  # already removed, or being removed: the Engine does so, too
        container.remove(force=True, v=True)
    with suppress(APIError, requests.RequestException):
        container.wait(timeout=REMOVAL_S, condition="removed")
