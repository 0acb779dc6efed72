"""What an Engine must be able to do to run a lab: a table with evidence and hints.

Source: moby contrib/check-config.sh (kernel options by network driver).
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import docker
from docker.utils import version_lt

from helpers.answers import understood
from helpers.engine import probing
from helpers.engine.refusals import EMBEDDED, MINIMUM_API
from helpers.paths import cache_dir

if TYPE_CHECKING:
    import pandas as pd

DISK_BYTES = 3 * 10**9
MEMORY_BYTES = 10**9
REMEMBERED_S = 24 * 3600
UNMEASURED = "not measured"
ALL = "all"  # in the column needed_by: every chapter


@dataclass(frozen=True)
class Requirement:
    """One row of the table.

    Attributes
    ----------
    name, needed_by:
        What is required, and by which chapters ("all", "06, 07").
    ok:
        Whether the Engine has it.
    evidence:
        What was measured, quoted verbatim.
    hint:
        What to do about it; empty if nothing is needed.
    fatal:
        Whether the chapters that need it cannot run without it.
    """

    name: str
    needed_by: str
    ok: bool
    evidence: str
    hint: str
    fatal: bool


@dataclass(frozen=True)
class _Kind:
    needed_by: str
    hint: str
    fatal: bool = True


def _module(name: str) -> str:
    return f"On the Engine's host: sudo modprobe -a {name}. If that kernel has no such module, {EMBEDDED}"


# The rows of the table, in order. Those in _IN_CONTAINER are measured in a privileged container.
_BY_API = {
    "API version": _Kind(ALL, f"Update Docker to 20.10 or newer, or {EMBEDDED}"),
    "Linux engine": _Kind(ALL, "In Docker Desktop's menu choose “Switch to Linux containers…”"),
    "not rootless": _Kind(ALL, f"Start a rootful Engine and choose its context, or {EMBEDDED}"),
    "memory": _Kind(ALL, "Give the Engine more memory (Docker Desktop: Settings, Resources)"),
    "free LAN": _Kind(ALL, "Remove unused networks: docker network prune"),
}
_IN_CONTAINER = {
    "privileged containers": _Kind(ALL, f"Allow privileged containers on that Engine, or {EMBEDDED}"),
    "cgroups": _Kind(ALL, f"Restart Docker with --default-cgroupns-mode=private, or {EMBEDDED}"),
    "bridge and NAT": _Kind(ALL, _module("bridge veth iptable_nat xt_addrtype xt_MASQUERADE")),
    "overlay storage": _Kind(
        ALL, f"Move Docker's data to ext4 with filetype or to xfs with ftype=1, or {EMBEDDED}"
    ),
    "disk free": _Kind(ALL, "Free space on the Engine: docker system df, then docker system prune"),
    "macvlan": _Kind("04", _module("macvlan")),
    "ipvlan": _Kind("04", _module("ipvlan"), fatal=False),
    "vxlan": _Kind("06, 07, 08, 10", _module("vxlan")),
    "IPsec": _Kind("06", _module("esp4 xt_bpf xt_policy")),
    "ip_vs": _Kind("07, 10", _module("ip_vs")),
    "xt_ipvs": _Kind("07, 10", _module("xt_ipvs")),
}
_KINDS = _BY_API | _IN_CONTAINER


@understood("what the Engine reports about itself")
def quick(client: docker.DockerClient) -> list[Requirement]:
    """Measure what the Engine's API alone can show, without a container.

    Parameters
    ----------
    client:
        As for `check`.

    Raises
    ------
    BadAnswer
        If its answers cannot be parsed.
    docker.errors.DockerException
        If the Engine stops answering.
    """
    version, info = client.version(), client.info()
    security = [str(option) for option in info.get("SecurityOptions") or []]
    rootless = any("name=rootless" in option for option in security)
    memory = int(info.get("MemTotal") or 0)
    lan = next(free_lans(client), None)
    api = str(version["ApiVersion"])
    about = [str(info.get(key)) for key in ("OSType", "Architecture", "OperatingSystem", "KernelVersion")]
    return [
        _row("API version", not version_lt(api, MINIMUM_API), f"{api} (Engine {version['Version']})"),
        _row("Linux engine", info.get("OSType") == "linux", ", ".join(about)),
        _row("not rootless", not rootless, ", ".join(security) or "no security options"),
        _row("memory", memory >= MEMORY_BYTES, f"{memory / 1e9:.1f} GB in total"),
        _row("free LAN", lan is not None, str(lan or "every /24 from 192.168.99.0 on overlaps a network")),
    ]


def check(
    client: docker.DockerClient, image: str, labels: Mapping[str, str] | None = None
) -> list[Requirement]:
    """Measure every requirement, in one short-lived privileged container.

    Parameters
    ----------
    client:
        From `helpers.engine.reachable.open_client`.
    image:
        The machine image, which must be on the Engine.
    labels:
        Put on that container and its volume, as on every object of a lab.

    Raises
    ------
    LabError
        If the image is not on the Engine.
    docker.errors.DockerException
        If the Engine stops answering.
    """
    rows = quick(client)
    try:
        findings = probing.run(client, image, labels or {})
    except probing.NotStarted as error:
        first, *others = _IN_CONTAINER
        return [*rows, _row(first, False, str(error)), *map(_unmeasured, others)]
    return [*rows, *(_judge(name, findings) for name in _IN_CONTAINER)]


def as_frame(requirements: Iterable[Requirement]) -> pd.DataFrame:
    """Return `requirements` as a table with one row each: name, needed_by, ok (bool), evidence, hint."""
    import pandas as pd  # the processes that each lab starts do without it, in a third of the time

    columns = ["name", "needed_by", "ok", "evidence", "hint"]
    return pd.DataFrame([asdict(one) for one in requirements], columns=[*columns, "fatal"])[columns]


def lacking(requirements: Iterable[Requirement], chapter: str = "") -> list[Requirement]:
    """Return the rows that keep an Engine from running a lab.

    Parameters
    ----------
    requirements:
        All rows, from `quick` or `check`.
    chapter:
        Such as "07": what that chapter alone needs counts, too. Default: only what every chapter needs.
    """
    return [
        one
        for one in requirements
        if one.fatal and not one.ok and (one.needed_by == ALL or chapter in one.needed_by.split(", "))
    ]


def suffices(requirements: Iterable[Requirement], chapter: str = "") -> bool:
    """Whether an Engine with these rows of `requirements` can run a lab (see `lacking` for `chapter`)."""
    return not lacking(requirements, chapter)


def free_lans(
    client: docker.DockerClient, routes: Iterable[ipaddress.IPv4Network] = ()
) -> Iterator[ipaddress.IPv4Network]:
    """Yield the /24 networks from 192.168.99.0 on that overlap none of the Engine's networks, and no route.

    Parameters
    ----------
    client:
        Of the Engine.
    routes:
        Destinations that the Engine's host has a route to, from `helpers.engine.routes`.

    Raises
    ------
    BadAnswer
        If the Engine's list of networks cannot be parsed.
    """
    taken = [*_subnets(client), *routes]
    for third in range(99, 255):
        candidate = ipaddress.IPv4Network(f"192.168.{third}.0/24")
        if not any(candidate.overlaps(subnet) for subnet in taken):
            yield candidate


@understood("the Engine's list of networks")
def _subnets(client: docker.DockerClient) -> list[ipaddress.IPv4Network]:
    pools = [
        pool
        for network in client.networks.list()
        for pool in (network.attrs.get("IPAM") or {}).get("Config") or []
    ]
    subnets = [ipaddress.ip_network(pool["Subnet"], strict=False) for pool in pools if pool.get("Subnet")]
    return [subnet for subnet in subnets if isinstance(subnet, ipaddress.IPv4Network)]


def remember(client: docker.DockerClient, requirements: Sequence[Requirement]) -> None:
    """Keep the rows of a successful check for a day, so that the next notebook need not probe.

    Parameters
    ----------
    client, requirements:
        The Engine that was checked, and what `check` returned for it.
    """
    if suffices(requirements):
        measured = [asdict(one) for one in requirements if one.name in _IN_CONTAINER]
        _memory_of(client).write_text(json.dumps(measured), "utf-8")


def recall(client: docker.DockerClient) -> list[Requirement] | None:
    """Return the remembered rows, with fresh ones where measuring is cheap; None if none are remembered.

    Parameters
    ----------
    client:
        The client of the Engine in question.
    """
    path = _memory_of(client)
    try:
        if not 0 <= time.time() - path.stat().st_mtime < REMEMBERED_S:
            return None
        remembered = [Requirement(**row) for row in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return None
    return [*quick(client), *remembered]


@understood("what the Engine reports about itself")
def _memory_of(client: docker.DockerClient) -> Path:
    # The probe is part of the key: a changed probe must run again.
    info = client.info()
    parts = [str(info.get(key)) for key in ("ID", "ServerVersion", "KernelVersion")] + [probing.script()]
    return cache_dir() / f"requirements-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}.json"


@understood("what the probe in a privileged container printed")
def _judge(name: str, findings: Mapping[str, probing.Finding]) -> Requirement:
    if name == "privileged containers":
        return _row(name, True, "one ran")
    if name == "disk free":
        free = int(findings["disk bytes"].evidence or 0) if "disk bytes" in findings else 0
        return _row(name, free >= DISK_BYTES, f"{free / 1e9:.1f} GB free, {DISK_BYTES / 1e9:g} GB needed")
    if name not in findings:
        return _row(name, False, "not measured: the probe did not finish")
    return _row(name, findings[name].ok, findings[name].evidence)


def _unmeasured(name: str) -> Requirement:
    return replace(_row(name, False, UNMEASURED), hint="Can be measured once privileged containers run.")


def _row(name: str, ok: bool, evidence: str) -> Requirement:
    kind = _KINDS[name]
    return Requirement(name, kind.needed_by, ok, evidence, "" if ok else kind.hint, kind.fatal)
