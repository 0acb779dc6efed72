"""Whose lab it is, and whether its owner lives.

An owner lives exactly as long as it holds something that ends with it. Two things do: a lock on a file, which
the kernel releases, for everyone who shares this computer's run directory; and the standard input of its
machines, which the Engine closes, whereupon the machines end (the dead-man's switch). No clock of ours, host
name or process id decides: those change under a living owner, or are the same in another container.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import docker

from helpers.answers import understood
from helpers.lab import labels
from helpers.paths import run_dir

# How long a lab may be without machines before it counts as dead, by the Engine's clock. Its LAN is made some
# seconds before they are.
BOUND_S = 300
_LOCK = "owner.lock"
_GONE = ("created", "removing", "exited", "dead")  # states of a container in which nothing runs


def directory(lab_id: str) -> Path:
    """Return where a lab keeps its owner's lock and its tunnels' sockets: a directory of mode 0700."""
    return run_dir() / "labs" / lab_id


def hold(lab_id: str) -> IO[str]:
    """Become the lab's owner; return the lock, which this process holds until it closes it, or ends."""
    place = directory(lab_id)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    being_made = place / f"{_LOCK}.{os.getpid()}"
    lock = being_made.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    being_made.rename(place / _LOCK)  # locked from the moment that others can see it
    return lock


def is_held(lab_id: str) -> bool | None:
    """Whether the lab's owner lives on this computer; None if its lock is not to be seen from here."""
    try:
        with (directory(lab_id) / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


@understood("the Engine's lists of what labs have on it")
def dead_labs(api: docker.APIClient) -> set[str]:
    """Return the ids of the labs on the Engine whose owner has ended. In doubt, a lab is left out.

    Dead is a lab whose lock has been released; and, whoever made it, one of which no machine runs and whose
    youngest object is older than `BOUND_S`, by the Engine's own clock.
    """
    running, youngest = set(), dict[str, float]()
    for container in api.containers(all=True, filters={"label": labels.KIND}):
        if lab_id := labels.of(container).get(labels.LAB):
            youngest[lab_id] = max(youngest.get(lab_id, 0.0), float(container["Created"]))
            if container["State"] not in _GONE:
                running.add(lab_id)
    for one, created in _networks_and_volumes(api):
        if lab_id := one["Labels"].get(labels.LAB):
            youngest[lab_id] = max(youngest.get(lab_id, 0.0), _seconds(one[created]))
    held = {lab_id: is_held(lab_id) for lab_id in youngest}
    dead = {lab_id for lab_id, lives in held.items() if lives is False}
    if doubtful := {lab_id for lab_id, lives in held.items() if lives is None} - running:
        now = _seconds(api.info()["SystemTime"])
        dead |= {lab_id for lab_id in doubtful if now - youngest[lab_id] > BOUND_S}
    return dead


def _networks_and_volumes(api: docker.APIClient) -> Iterable[tuple[Mapping[str, Any], str]]:
    """Each object as the Engine lists it, and what it calls the time of its creation."""
    only: dict[str, Any] = {"label": f"{labels.KIND}=lab"}
    yield from ((one, "Created") for one in api.networks(filters=only))
    yield from ((one, "CreatedAt") for one in api.volumes(filters=only)["Volumes"] or [])


def _seconds(moment: str) -> float:
    """Seconds since 1970 of a time as the Engine writes it."""
    return datetime.fromisoformat(moment).timestamp()
