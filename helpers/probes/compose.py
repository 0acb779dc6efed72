"""The services of Docker Compose's projects on a machine, and which reach which by name.

Source: https://docs.docker.com/compose/how-tos/networking/; Compose labels what it creates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from helpers.answers import understood
from helpers.probes import inside, reachability
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

_PROJECT, _SERVICE = "com.docker.compose.project", "com.docker.compose.service"
_COLUMNS = dict.fromkeys(("project", "service", "container", "state", "networks"), "str")


@inside.probe
def compose_services(machine: Machine) -> pd.DataFrame:
    """The containers that belong to a service of a Compose project.

    Returns
    -------
    DataFrame
        project, service, container, state ("running"), networks (in alphabetical order, joined by ", "), one
        row per container, in order of project and service.
    """
    with understood("the Engine's list of containers"):
        rows = [
            {
                "project": one.labels[_PROJECT],
                "service": one.labels[_SERVICE],
                "container": one.name,
                "state": one.status,
                "networks": ", ".join(sorted(one.attrs["NetworkSettings"]["Networks"])),
            }
            for one in machine.docker.containers.list(all=True)
            if _PROJECT in one.labels
        ]
        rows.sort(key=lambda row: (row["project"], row["service"], row["container"]))
        return typed(rows, _COLUMNS)


@inside.probe
def reach_services(machine: Machine) -> pd.DataFrame:
    """Ping every service of the machine's Compose projects from every other, by the service's name.

    Returns
    -------
    DataFrame
        The probe columns, one row per pair; ``source`` and ``target`` are services, ``via`` is "name".

    Raises
    ------
    LabError
        If a service is not running or has no ``ping``.
    """
    found = compose_services(machine)
    sources: dict[str, tuple[Machine, str | None]] = {
        row["service"]: (machine, row["container"]) for row in found.to_dict("records")
    }
    return reachability.reach(sources, {name: name for name in sources}, via="name")
