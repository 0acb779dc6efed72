"""The Engine of a machine, ended and started again as a reboot of the service would."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.lab.machine import Machine

BOUND_S = 90  # for each half
RESTART = f"""
pid=$(pidof dockerd) || {{ echo "there is none" >&2; exit 1; }}
tr '\\0' '\\n' < /proc/$pid/cmdline > /run/dockerd.argv
kill $pid
tries=0
while kill -0 $pid 2> /dev/null; do
    tries=$((tries + 1))
    [ $tries -lt {BOUND_S * 5} ] || {{ echo "it does not end" >&2; exit 1; }}
    sleep 0.2
done
xargs -a /run/dockerd.argv setsid > /dev/null 2>> /var/log/dockerd.log < /dev/null &
tries=0
until curl -fs -o /dev/null --unix-socket /run/docker.sock http://docker/_ping; do
    tries=$((tries + 1))
    [ $tries -lt {BOUND_S * 2} ] || {{ tail -n 5 /var/log/dockerd.log >&2; exit 1; }}
    sleep 0.5
done
"""


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
    machine.run(RESTART, timeout=2 * BOUND_S + 10).checked(f"Restarting the Engine of {machine.name}")
