"""When the embedded engine returns to its saved state, in which booted machines are waiting.

Under emulation that takes 5 s, and to boot one machine 15 to 30 s. Nobody notices anything else: it happens
only if the engine holds nothing but its stock of machines, and nobody else is connected to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress

import docker

from helpers import suites
from helpers.engine import stock
from helpers.engine.client import Client
from helpers.engine.images import LABEL, machine_image
from helpers.engine.refusals import FAILURES, MINIMUM_API

_REQUEST_S = 20
_NETWORKS = {"bridge", "host", "none", stock.KIND}


def is_due(url: str, machines: Sequence[str]) -> bool:
    """Return whether an Engine lacks machines in stock that are wanted, and nothing on it would be missed.

    Parameters
    ----------
    url:
        Where it listens.
    machines:
        The images of the machines that are wanted.
    """
    with suppress(*FAILURES), closing(Client(url, _REQUEST_S, MINIMUM_API)) as client:
        return stock.lacks(client.api, machines) and not _would_be_missed(client.api)
    return False


def _would_be_missed(api: docker.APIClient) -> bool:
    """Return whether there is anything but the stock: what a learner has made outside a lab, for example."""
    ours = {machine_image(suite) for suite in suites.ENGINES}  # on the disk: see `builder`
    return bool(
        len(api.containers(all=True)) > len(stock.waiting(api))
        or {one["Name"] for one in api.networks()} - _NETWORKS
        or {(one["Labels"] or {}).get(LABEL) for one in api.volumes()["Volumes"] or []} - {stock.KIND}
        or {tag for one in api.images() for tag in one["RepoTags"] or [one["Id"]]} - ours
        or api.plugins()  # type: ignore[no-untyped-call]
        or api.info()["Swarm"]["LocalNodeState"] != "inactive"
    )
