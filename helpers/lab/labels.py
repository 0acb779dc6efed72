"""The labels that show who owns an object on the Engine. `ownership` decides whether that owner lives."""

from __future__ import annotations

import os
import platform
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from helpers.accounts import user_name
from helpers.engine import stock
from helpers.engine.images import LABEL, MACHINE_IMAGE
from helpers.paths import state_dir

KIND = LABEL
LAB = f"{LABEL}.lab"
PREFIX = "lab-"  # of a lab's id
OWNER = f"{LABEL}.owner"
# For people who inspect a container; the code does not use them.
PID, _USER, _HOST = f"{LABEL}.pid", f"{LABEL}.user", f"{LABEL}.host"
_CREATED, _VERSION = f"{LABEL}.created", f"{LABEL}.version"


def for_lab(lab_id: str) -> dict[str, str]:
    """Return the labels of every object of the lab `lab_id`, which this process owns."""
    return {
        KIND: "lab",
        LAB: lab_id,
        OWNER: identity(),
        _USER: user_name() or str(os.getuid()),
        _HOST: platform.node(),
        PID: str(os.getpid()),
        _CREATED: datetime.now(UTC).isoformat(timespec="seconds"),
        _VERSION: MACHINE_IMAGE.partition(":")[2],
    }


def of(container: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the labels of a machine's container, as the Engine lists it.

    A container's labels cannot be changed: a machine that was claimed from the stock shows its lab only in
    its name, and that lab's owner is in the labels of the LAN.

    Parameters
    ----------
    container:
        An entry in the list that ``GET /containers/json`` returns.
    """
    found: Mapping[str, str] = container["Labels"]
    name = str(container["Names"][0]).removeprefix("/")
    if found.get(KIND) == stock.KIND and name.startswith(PREFIX):
        return {**found, LAB: name.rpartition("-")[0]}
    return found


def is_mine(labels: Mapping[str, str]) -> bool:
    """Return whether the object with these `labels` belongs to this user on this computer.

    Other users' labs must not be removed.
    """
    return labels.get(OWNER) == identity()


def identity() -> str:
    """Return what identifies this user on this computer as an owner, even after the computer is renamed.

    It is a random word, stored beside the record of what the learner has done.
    """
    path = state_dir() / "owner"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".owner-") as drawn:
            drawn.write(secrets.token_hex(8))
            drawn.flush()
            with suppress(FileExistsError):  # another process was first
                os.link(drawn.name, path)
    return path.read_text().strip()
