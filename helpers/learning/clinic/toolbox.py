"""An image with the tools of the machine, for containers whose own image has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers import scripts
from helpers.steps import step

if TYPE_CHECKING:
    from helpers.lab import Machine

PROGRAMS = ("ss", "ip", "tcpdump", "conntrack", "curl")


def toolbox(machine: Machine) -> None:
    """Make the image ``toolbox`` on a machine, from the machine's own programs and a busybox.

    Parameters
    ----------
    machine:
        Where ``docker run --network container:web toolbox ss -tln`` is possible afterwards.

    Raises
    ------
    LabError
        If the machine's Engine refuses it; with what it said.
    """
    script = scripts.command(__package__, "toolbox.sh", *PROGRAMS)
    with step(f"Making the toolbox image on {machine.name}", about="5 s"):
        machine.run(script, timeout=120).checked(f"Making the toolbox image on {machine.name}")
