"""Machines that belong to no lab yet: how their containers are made, and a stock of booted ones.

Under emulation a machine takes many seconds to boot. The embedded engine therefore keeps some booted machines
waiting, without a name and without a network; a lab claims them, and the stock is then refilled. If there are
machine images of several suites on it, one machine of each is waiting. The user's own Engine has no stock:
nothing of ours runs there between labs.

A machine boots in the stock's own network and leaves it when it is ready: for the first network that a
container joins, the Engine runs iptables ten times to set up its resolver; for the second, not at all.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import docker
import docker.errors
import requests
from docker.types import IPAMConfig, IPAMPool, Mount
from docker.utils import version_lt

from helpers.engine.client import Client
from helpers.engine.images import LABEL, MACHINE_IMAGE, REPOSITORY
from helpers.errors import LabError
from helpers.file_lock import exclusive
from helpers.paths import PROJECT

SIZE = 3  # the largest lab of the course
KIND = "blank"
_LABELS = {LABEL: KIND}
_ONLY_BLANK = {"label": f"{LABEL}={KIND}"}
_PREFIX = "blank-"
_SUBNET = "192.168.255.0/24"  # outside the range of the labs' LANs
_BOOT_S = 300
_MAX_BOOTS = 10  # per run; the next lab's run continues
_MIN_SHARES, _USUAL_SHARES = 2, 1024  # of the processor: while it boots, and afterwards
_ATTACH = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1, "logs": 1}


def create(
    api: docker.APIClient,
    name: str,
    labels: Mapping[str, str],
    *,
    image: str,
    network: str,
    endpoint: Any = None,
    cpu_shares: int | None = None,
) -> str:
    """Create a machine's container without starting it, and return its id.

    Raises
    ------
    docker.errors.APIError
        If the Engine refuses.
    """
    storage = Mount("/var/lib/docker", None, type="volume", labels=dict(labels))  # overlay on overlay fails
    modules = Mount("/lib/modules", "/lib/modules", type="bind", read_only=True)  # for modprobe ip_vs
    for mounts in ([storage, modules], [storage]):
        host_config = api.create_host_config(
            privileged=True,
            mounts=mounts,
            tmpfs={"/run": "", "/tmp": ""},
            auto_remove=True,  # along with its volume, when the dead-man's switch ends it
            network_mode=network,
            cpu_shares=cpu_shares,
        )
        host_config["CgroupnsMode"] = "private"  # the machine hands controllers to its own containers
        try:
            created = api.create_container(
                image,
                entrypoint=["tini", "-g", "--", "/usr/local/bin/machine"],
                command=[],
                name=name,
                hostname=name,
                labels=dict(labels),
                stdin_open=True,
                host_config=host_config,
                networking_config=endpoint and api.create_networking_config({network: endpoint}),  # type: ignore[arg-type]
            )
        except docker.errors.APIError as error:
            if "/lib/modules" in str(error.explanation) and modules in mounts:
                continue  # an Engine without modules, such as one whose kernel has them built in
            raise
        return str(created["Id"])
    raise AssertionError("unreachable: the second attempt does not mount /lib/modules")


def attach(api: docker.APIClient, container: str) -> Any:
    """Attach to a machine's standard input, the dead-man's switch, and to all of its output."""
    return api.attach_socket(container, params=_ATTACH)


def claim(
    api: docker.APIClient, wanted: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, tuple[str, Any]]:
    """Take machines out of the stock and rename them; return the id and the stream of each by its new name.

    There may be fewer machines than wanted. Each is attached to before it leaves the stock: from then on it
    ends with the process that has claimed it.

    Parameters
    ----------
    api:
        docker-py's low-level client for the Engine.
    wanted:
        The image of each machine by the container's new name.
    labels:
        The labels of the lab that claims them; no other lab has the same ones.
    """
    claimed: dict[str, tuple[str, Any]] = {}
    running = [one for one in reversed(waiting(api)) if one["State"] == "running"]
    for container in sorted(running, key=_boots):  # ready ones first, then the oldest that boot
        fitting = [one for one in wanted if one not in claimed and wanted[one] == container["Image"]]
        if fitting and _is_first_to_claim(api, container["Id"], labels):
            stream = attach(api, container["Id"])
            api.rename(container["Id"], fitting[0])
            if _boots(container):
                _release(api, container["Id"])
            claimed[fitting[0]] = (str(container["Id"]), stream)
    return claimed


def lacks(api: docker.APIClient, images: Sequence[str]) -> bool:
    """Return whether machines of these images are not ready, and the stock is not full, either."""
    ready = [one["Image"] for one in waiting(api) if one["State"] == "running" and not _boots(one)]
    return len(ready) < SIZE and bool(Counter(images) - Counter(ready))


def waiting(api: docker.APIClient) -> list[dict[str, Any]]:
    """Return the machines that no lab has claimed, newest first, as the Engine lists them."""
    blank: list[dict[str, Any]] = api.containers(all=True, filters=_ONLY_BLANK)
    return [container for container in blank if container["Names"][0].startswith(f"/{_PREFIX}")]


def _is_first_to_claim(api: docker.APIClient, container: str, labels: Mapping[str, str]) -> bool:
    """Claim a machine for the lab with these labels; return whether no other lab has claimed it before.

    Labs may have only the Engine in common. It has one operation that succeeds once and shows for whom: when
    two labs create a volume with the same name, only the first is created, and both get its labels.
    """
    made = api.create_volume(f"claim-{container[:12]}", labels=dict(labels))
    return bool(made["Labels"] == dict(labels))


def refill(url: str) -> None:
    """Fill the stock of the Engine at `url` in a separate process, which may outlive this one."""
    with directory_of(url).with_suffix(".stock.log").open("a") as log:
        subprocess.Popen(
            [sys.executable, "-m", "helpers.engine.fill_stock", url],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=PROJECT,
            start_new_session=True,  # so that Ctrl-C in the owner's terminal does not reach it
        )


def fill(url: str, patience_s: float = 0) -> None:
    """Boot machines, one at a time, until the stock is full.

    Raises
    ------
    LabError
        If a machine does not boot (with the end of its output); if the Engine fails; or if another process
        has been filling the stock for longer than `patience_s`.
    """
    client = Client(url, _BOOT_S)
    try:
        with exclusive(
            directory_of(url).with_suffix(".refill"), "another process to fill the stock", patience_s
        ):
            _fill(client.api)
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise _failure(str(getattr(error, "explanation", None) or error)) from error
    finally:
        client.close()


def directory_of(url: str) -> Path:
    """Return the directory of the embedded engine that listens at `url`."""
    return Path(url.removeprefix("unix://")).parent


def _fill(api: docker.APIClient) -> None:
    for blank in waiting(api):  # the process that was filling the stock may have died
        if blank["State"] == "created":
            api.remove_container(blank["Id"], force=True, v=True)
        elif blank["State"] == "running" and _boots(blank):
            _await(api, blank["Id"])
    _provide_network(api)
    places = _places(api)
    for _ in range(_MAX_BOOTS):  # looks each time, as a lab may have claimed one meanwhile
        taken = {blank["Names"][0] for blank in waiting(api)}
        if not (name := next((name for name in places if f"/{name}" not in taken), "")):
            return
        shares = _MIN_SHARES if _shares_can_change(api) else None
        container = create(api, name, _LABELS, image=places[name], network=KIND, cpu_shares=shares)
        api.start(container)
        _await(api, container)


def _provide_network(api: docker.APIClient) -> None:
    """Create the network in which machines boot, unless it exists."""
    if not api.networks(filters=_ONLY_BLANK):
        api.create_network(
            KIND,
            driver="bridge",
            internal=True,
            ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=_SUBNET)]),
            # Docker numbers interfaces by prefix: with another one here, eth0 remains for the LAN.
            options={"com.docker.network.container_iface_prefix": KIND},
            labels=_LABELS,
        )


def _await(api: docker.APIClient, container: str) -> None:
    """Wait until a machine has booted, then make it ready to be claimed."""
    _wait_until_booted(api, container)
    if any(blank["Id"] == container and _boots(blank) for blank in waiting(api)):
        _release(api, container)


def _boots(container: Mapping[str, Any]) -> bool:
    """Return whether a machine in stock is not ready yet."""
    return KIND in container["NetworkSettings"]["Networks"]


def _shares_can_change(api: docker.APIClient) -> bool:
    """Whether a container's share of the processor can be changed while it runs.

    Before Engine 23 (API 1.42), that also sets a limit of kernel memory, which crun refuses with cgroup v2.
    """
    return not version_lt(api.api_version, "1.42")


def _release(api: docker.APIClient, container: str) -> None:
    with suppress(docker.errors.APIError):  # a lab has claimed it meanwhile, and ended it or disconnected it
        if _shares_can_change(api):
            api.update_container(container, cpu_shares=_USUAL_SHARES)
        api.disconnect_container_from_network(container, KIND)


def _places(api: docker.APIClient) -> dict[str, str]:
    """Return the image of each machine of a full stock: those on the Engine in turn, the chosen one first."""
    there = {str(tag) for image in api.images(REPOSITORY) for tag in image["RepoTags"] or []}
    further = sorted(there - {MACHINE_IMAGE})
    images = islice(cycle([MACHINE_IMAGE, *further]), SIZE)
    return {f"{_PREFIX}{number}": image for number, image in enumerate(images)}


def _wait_until_booted(api: docker.APIClient, container: str) -> None:
    said = b""
    try:
        for printed in api.logs(container, stream=True, follow=True):
            said += printed
            if b"booted" in said:
                return
        seen = "it ended"
    except requests.RequestException:
        seen = f"no further output for {_BOOT_S} s"
    raise _failure(f"{said.decode(errors='replace')}\n{seen}")


def _failure(seen: str) -> LabError:
    return LabError(
        "Booting a machine for the stock",
        seen,
        "Run `python3 -m helpers doctor`: it shows what this Engine lacks.",
    )
