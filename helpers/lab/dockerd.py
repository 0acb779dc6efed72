"""Restarting the Engine of a machine, as `systemctl restart docker` would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers import scripts

if TYPE_CHECKING:
    from helpers.lab.machine import Machine

BOUND_S = 90  # for stopping, and again for starting


def restart(machine: Machine) -> None:
    """Stop the machine's Engine, start it with the same options, and return when it answers.

    Containers stop with it; those with a restart policy start again with it.

    Parameters
    ----------
    machine:
        The machine whose Engine is restarted.

    Raises
    ------
    LabError
        If it does not stop, or does not answer afterwards; with the end of its log.
    """
    command = scripts.command(__package__, "restart_dockerd.sh", BOUND_S)
    machine.run(command, timeout=2 * BOUND_S + 10).checked(f"Restarting the Engine of {machine.name}")
