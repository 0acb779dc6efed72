"""Which machines a lab is asked for: a number, names, or the version of each one's Engine by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from helpers import suites
from helpers.engine.images import SUITE
from helpers.errors import LabError

_NAMES = {1: ["host"], 2: ["manager", "machine1"], 3: ["manager", "machine1", "machine2"]}
_MAX_MACHINES = 100  # the LAN has addresses from .100 on
# A name is a host name (RFC 952) and the last part of its container's name, after the lab's id and a hyphen.
# It is short, because the path of the machine's socket may not exceed 107 bytes.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")


def suites_by_name(machines: int | Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """Return the suite of each machine by name: the chosen one, unless `machines` says otherwise.

    Parameters
    ----------
    machines:
        As for `helpers.lab.Lab`.

    Raises
    ------
    LabError
        If there is no such number, name or version.
    """
    if isinstance(machines, Mapping):
        return _of_generations(machines)
    return dict.fromkeys(_names(machines), SUITE)


def _of_generations(machines: Mapping[str, str]) -> dict[str, str]:
    if not machines:
        raise LabError(
            "Starting a lab of no machines",
            "expected the version of each machine's Engine by the machine's name",
            f'Write, for example, machines={{"then": "20.10", "now": "26.1"}}; there are {suites.VERSIONS}.',
        )
    return {name: suites.of_engine(machines[name]) for name in _names(list(machines))}


def _names(machines: int | Sequence[str]) -> list[str]:
    if isinstance(machines, int):
        if machines not in _NAMES:
            raise LabError(
                f"Starting a lab of {machines} machines",
                "the number can be 1, 2 or 3",
                "Use one of these, or give names.",
            )
        return _NAMES[machines]
    names = [machines] if isinstance(machines, str) else machines
    if not isinstance(names, Sequence) or not 1 <= len(names) <= _MAX_MACHINES:
        seen = f"expected a number, or 1 to {_MAX_MACHINES} names"
    elif wrong := [name for name in names if not isinstance(name, str) or not _NAME.fullmatch(name)]:
        seen = f"a name has 1 to 20 letters and digits, a letter first; these do not: {wrong}"
    elif len({name.lower() for name in names}) < len(names):
        seen = "two of the names are the same"
    else:
        return list(names)
    raise LabError(f"Starting a lab of the machines {names!r}", seen, "Change the names.")
