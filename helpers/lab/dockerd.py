"""The Engine of a machine, ended and started again as a reboot of the service would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers import scripts

if TYPE_CHECKING:
    from helpers.lab.machine import Machine

BOUND_S = 90  # for each half


def restart(machine: Machine) -> None:
    """Stop the machine's Engine, start it with the same options, and return when it answers.

    Containers end with it; those with a restart policy come back with it.

    Parameters
    ----------
    machine:
        Whose Engine it is.

    Raises
    ------
    LabError
        If it does not end, or does not answer; with the end of its log.
    """
    command = scripts.command(__package__, "restart_dockerd.sh", BOUND_S)
    machine.run(command, timeout=2 * BOUND_S + 10).checked(f"Restarting the Engine of {machine.name}")
