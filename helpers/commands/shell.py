"""``shell``: a shell on a machine of a running lab, for example in a terminal of JupyterLab."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime

import docker

from helpers.engine import beside, connect
from helpers.errors import LabError
from helpers.lab import labels, terminal


def command(arguments: list[str]) -> int:
    """Open a shell on the named (or first) machine of the newest lab that has it; return its exit code.

    Raises
    ------
    LabError
        If there is no such machine (it lists those that exist), or standard input is not a terminal.
    """
    wanted = arguments[0] if arguments else ""
    tried = f"Opening a shell on {wanted or 'a machine'}"
    if not sys.stdin.isatty():
        raise LabError(tried, "standard input is not a terminal", "Type the command into a terminal.")
    with ExitStack() as until_the_shell_ends:
        engines = [until_the_shell_ends.enter_context(closing(one)) for one in (connect(), beside()) if one]
        labs = [lab for engine in engines for lab in running_labs(engine.client.api)]
        labs.sort(key=lambda lab: lab.created, reverse=True)
        for lab in labs:
            name = wanted or next(iter(lab.machines))
            if name in lab.machines:
                return terminal.connect(lab.api, lab.machines[name])
        there = ", ".join(name for lab in labs for name in lab.machines)
        raise LabError(
            tried,
            f"your machines on the Engine at {' and '.join(one.endpoint.url for one in engines)}: "
            f"{there or 'none'}",
            "Name one of those." if there else "Run the cell `lab = Lab(…)` of a chapter, then repeat.",
        )


@dataclass(frozen=True)
class RunningLab:
    """A lab of this user: when it was created, its Engine, and the ids of its containers by machine."""

    created: datetime
    api: docker.APIClient
    machines: dict[str, str]


def running_labs(api: docker.APIClient) -> list[RunningLab]:
    """Return this user's labs on an Engine that have machines."""
    lans = [
        lan for lan in api.networks(filters={"label": f"{labels.KIND}=lab"}) if labels.is_mine(lan["Labels"])
    ]
    labs = []
    for lan in lans:
        joined = api.inspect_network(lan["Id"])["Containers"]
        by_address = sorted(joined, key=lambda container: str(joined[container]["IPv4Address"]))
        machines = {joined[one]["Name"].removeprefix(f"{lan['Name']}-"): one for one in by_address}
        if machines:
            labs.append(RunningLab(datetime.fromisoformat(str(lan["Created"])), api, machines))
    return labs
