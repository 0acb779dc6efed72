"""What a lab has on the Engine: every object with its labels, and what it took from the stock."""

from __future__ import annotations

from collections.abc import Mapping

import docker

from helpers.engine import stock
from helpers.lab import labels

Objects = dict[str, Mapping[str, str]]  # labels by kind and name


def objects(client: docker.DockerClient, *only: str) -> Objects:
    """Return the labels of each container, volume and network that has these labels, by kind and name.

    Parameters
    ----------
    only:
        Each ``label`` or ``label=value``.
    """
    filters = {"label": list(only)}
    api = client.api
    found: Objects = {}
    found |= {
        f"container {one['Names'][0]}": one["Labels"] for one in api.containers(all=True, filters=filters)
    }
    found |= {f"volume {one['Name']}": one["Labels"] for one in api.volumes(filters=filters)["Volumes"] or []}
    found |= {f"network {one['Name']}": one["Labels"] for one in api.networks(filters=filters)}
    return found


def of_lab(client: docker.DockerClient, lab_id: str) -> Objects:
    """Return what a lab has on the Engine: labelled objects, machines from the stock, volumes without one."""
    found = objects(client, f"{labels.LAB}={lab_id}")
    stocked = {"label": f"{labels.KIND}={stock.KIND}"}
    for one in client.api.containers(all=True, filters=stocked):
        if (carried := labels.of(one)).get(labels.LAB) == lab_id:
            found[f"container {one['Names'][0]}"] = carried
    orphans = client.api.volumes(filters={**stocked, "dangling": True})["Volumes"] or []
    return found | {f"volume {one['Name']}": one["Labels"] for one in orphans}


def labs_of(client: docker.DockerClient, pid: int) -> set[str]:
    """Return the ids of the labs that a process on this computer has on the Engine."""
    return {carried[labels.LAB] for carried in objects(client, f"{labels.PID}={pid}").values()}


def labs(client: docker.DockerClient) -> set[str]:
    """Return the ids of all labs on the Engine, including any of which only a machine is left."""
    known = {carried[labels.LAB] for carried in objects(client, f"{labels.KIND}=lab").values()}
    stocked = client.api.containers(all=True, filters={"label": f"{labels.KIND}={stock.KIND}"})
    claimed = {labels.of(one).get(labels.LAB, "") for one in stocked}
    return (known | claimed) - {""}
