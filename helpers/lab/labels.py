"""The labels that say whose an object on the Engine is, and whether that owner still lives."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psutil

from helpers.engine import stock
from helpers.engine.images import LABEL, MACHINE_IMAGE

KIND = LABEL
LAB = f"{LABEL}.lab"
PREFIX = "lab-"  # of a lab's id
PID = f"{LABEL}.pid"
_OWNER, _HOST = f"{LABEL}.owner", f"{LABEL}.host"
_STARTED, _CREATED, _VERSION = f"{LABEL}.started", f"{LABEL}.created", f"{LABEL}.version"


def for_lab(lab_id: str) -> dict[str, str]:
    """Return the labels of every object of the lab `lab_id`, which this process owns."""
    return {
        KIND: "lab",
        LAB: lab_id,
        _OWNER: _user(),
        _HOST: platform.node(),
        PID: str(os.getpid()),
        # A process id is used again; together with its start it names one process for ever.
        _STARTED: f"{psutil.Process().create_time():.0f}",
        _CREATED: datetime.now(UTC).isoformat(timespec="seconds"),
        _VERSION: MACHINE_IMAGE.partition(":")[2],
    }


def of(container: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the labels of a machine's container, as the Engine lists it.

    A label is for ever: a machine that was claimed from the stock has its lab in its name alone, and that
    lab's owner is on the labels of the LAN.

    Parameters
    ----------
    container:
        One of what ``GET /containers/json`` lists.
    """
    found: Mapping[str, str] = container["Labels"]
    name = str(container["Names"][0]).removeprefix("/")
    if found.get(KIND) == stock.KIND and name.startswith(PREFIX):
        return {**found, LAB: name.rpartition("-")[0]}
    return found


def is_mine(labels: Mapping[str, str]) -> bool:
    """Whether the object with these `labels` belongs to this user on this computer.

    Others' labs are not ours to remove.
    """
    return labels.get(_OWNER) == _user() and labels.get(_HOST) == platform.node()


def owner_is_dead(labels: Mapping[str, str]) -> bool:
    """Whether the owner of the object with these `labels` was a process of this user here, and has ended."""
    if not is_mine(labels):
        return False
    try:
        process = psutil.Process(int(labels.get(PID, "")))
        return bool(abs(process.create_time() - float(labels.get(_STARTED, ""))) > 2)
    except (psutil.NoSuchProcess, ValueError):
        return True


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return str(os.getuid())
