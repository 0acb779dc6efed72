"""Who owns a lab, and whether that owner is alive.

An owner is alive for as long as it holds something that ends with it. There are two such things: a lock on a
file, which the kernel releases, for every process that shares this computer's run directory; and the
standard input of its machines: when the Engine closes it, the machines end (the dead-man's switch). Our
clock, host names and process ids are not used: they can change while the owner lives, or be the same in
another container.
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

# How long a lab may be without machines before it counts as dead, by the Engine's clock. Its LAN is created
# some seconds before its machines.
BOUND_S = 300
_LOCK = "owner.lock"
_GONE = ("created", "removing", "exited", "dead")  # states of a container in which nothing runs


def directory(lab_id: str) -> Path:
    """Return the directory (mode 0700) for a lab's owner lock and its tunnels' sockets."""
    return run_dir() / "labs" / lab_id


def hold(lab_id: str) -> IO[str]:
    """Become the lab's owner; return the lock, which this process holds until it closes it or ends."""
    place = directory(lab_id)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    being_made = place / f"{_LOCK}.{os.getpid()}"
    lock = being_made.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    being_made.rename(place / _LOCK)  # locked from the moment others can see it
    return lock


def is_held(lab_id: str) -> bool | None:
    """Return whether the lab's owner is alive, or None if its lock is not visible from here."""
    try:
        with (directory(lab_id) / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


@understood("the Engine's lists of the labs' objects")
def dead_labs(api: docker.APIClient) -> set[str]:
    """Return the ids of the labs on the Engine whose owner has ended. In case of doubt, a lab is left out.

    A lab is dead if its lock has been released; or if its lock is not visible from here, none of its
    machines is running, and its newest object is older than `BOUND_S` by the Engine's own clock.
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
    """Yield each object as the Engine lists it, and the name of the field with its creation time."""
    only: dict[str, Any] = {"label": f"{labels.KIND}=lab"}
    yield from ((one, "Created") for one in api.networks(filters=only))
    yield from ((one, "CreatedAt") for one in api.volumes(filters=only)["Volumes"] or [])


def _seconds(moment: str) -> float:
    """Convert a time as the Engine writes it to seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()
