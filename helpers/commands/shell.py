"""``shell``: a shell on a machine of a running lab, for example in a terminal of JupyterLab."""

from __future__ import annotations

import sys

import docker

from helpers.engine import connect
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
    engine = connect()
    try:
        labs = running_labs(engine.client.api)
        for machines in labs:
            name = wanted or next(iter(machines))
            if name in machines:
                return terminal.connect(engine.client.api, machines[name])
        there = ", ".join(name for machines in labs for name in machines)
        raise LabError(
            tried,
            f"your machines on the Engine at {engine.endpoint.url}: {there or 'none'}",
            "Name one of those." if there else "Run the cell `lab = Lab(…)` of a chapter, then repeat.",
        )
    finally:
        engine.close()


def running_labs(api: docker.APIClient) -> list[dict[str, str]]:
    """Return this user's labs, newest first; each maps the machines' names to the containers' ids."""
    lans = [
        lan for lan in api.networks(filters={"label": f"{labels.KIND}=lab"}) if labels.is_mine(lan["Labels"])
    ]
    labs = []
    for lan in sorted(lans, key=lambda lan: str(lan["Created"]), reverse=True):
        joined = api.inspect_network(lan["Id"])["Containers"]
        by_address = sorted(joined, key=lambda container: str(joined[container]["IPv4Address"]))
        labs.append({joined[one]["Name"].removeprefix(f"{lan['Name']}-"): one for one in by_address})
    return [machines for machines in labs if machines]
