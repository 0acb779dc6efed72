"""The table for an Engine whose answers the tests provide. Needs no Engine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker
import pytest

import helpers.engine as engine_package
from helpers.engine import CannotRunHere, connect, probing, requirements, routes
from helpers.engine.probing import Finding
from helpers.engine.reachable import Endpoint
from helpers.engine.requirements import Requirement
from helpers.errors import BadAnswer
from helpers.paths import chapter_files, chapter_number

GOOD_INFO = {
    "ID": "ABCD",
    "ServerVersion": "26.1.5",
    "KernelVersion": "6.12.0",
    "OSType": "linux",
    "MemTotal": 4 * 10**9,
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
}
_MEASURED = "cgroups, bridge and NAT, overlay storage, macvlan, ipvlan, vxlan, IPsec, ip_vs, xt_ipvs"
MEASURED = _MEASURED.split(", ")


class Engine:
    """Answers the calls that `requirements` makes on a client."""

    def __init__(self, subnets: list[str] | None = None, api: str = "1.45", **info: Any) -> None:
        self._info, self._api = GOOD_INFO | info, api
        config = [{"Subnet": subnet} for subnet in subnets or []]
        networks = [SimpleNamespace(attrs={"IPAM": {"Config": config}}), SimpleNamespace(attrs={"IPAM": {}})]
        self.networks = SimpleNamespace(list=lambda: networks)

    def version(self) -> dict[str, Any]:
        return {"ApiVersion": self._api, "Version": "26.1.5"}

    def info(self) -> dict[str, Any]:
        return self._info


def client(*args: Any, **kwargs: Any) -> docker.DockerClient:
    return Engine(*args, **kwargs)  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(requirements, "cache_dir", lambda: tmp_path)
    return tmp_path


def found(disk: str = "50000000000", **changes: Finding) -> dict[str, Finding]:
    good = {name: Finding(name, True, "works") for name in MEASURED}
    return good | {"disk bytes": Finding("disk bytes", True, disk)} | changes


def by_name(rows: list[Requirement]) -> dict[str, Requirement]:
    return {row.name: row for row in rows}


def check(monkeypatch: pytest.MonkeyPatch, findings: dict[str, Finding] | Exception) -> list[Requirement]:
    def run(*_: object) -> dict[str, Finding]:
        if isinstance(findings, Exception):
            raise findings
        return findings

    monkeypatch.setattr(probing, "run", run)
    return requirements.check(client(), "machine")


def test_quick_check_of_a_good_engine() -> None:
    rows = requirements.quick(client())
    assert all(row.ok and not row.hint and row.evidence for row in rows)


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ({"api": "1.40"}, "API version"),
        ({"OSType": "windows"}, "Linux engine"),
        ({"SecurityOptions": ["name=seccomp", "name=rootless"]}, "not rootless"),
        ({"MemTotal": 5 * 10**8}, "memory"),
        ({"subnets": ["192.168.0.0/16"]}, "free LAN"),
    ],
)
def test_quick_check_names_what_is_missing(engine: dict[str, Any], name: str) -> None:
    rows = requirements.quick(client(**engine))
    (missing,) = [row for row in rows if not row.ok]
    assert missing.name == name
    assert missing.evidence
    assert missing.hint
    assert not requirements.suffices(rows)


@pytest.mark.parametrize(
    ("subnets", "free"),
    [
        ([], "192.168.99.0/24"),
        (["192.168.98.0/23", "10.0.0.0/8", "fd00::/64"], "192.168.100.0/24"),
        (["192.168.99.128/25", "192.168.100.0/22"], "192.168.104.0/24"),
    ],
)
def test_free_lan_avoids_every_overlap(subnets: list[str], free: str) -> None:
    assert str(next(requirements.free_lans(client(subnets)))) == free


def test_free_lan_avoids_what_the_host_has_a_route_to() -> None:
    printed = """[
        {"dst": "default", "gateway": "192.168.99.1", "dev": "wlan0"},
        {"dst": "192.168.99.0/24", "dev": "wlan0", "protocol": "kernel"},
        {"type": "local", "dst": "192.168.100.7", "dev": "tun0", "table": "local"},
        {"type": "broadcast", "dst": "192.168.99.255", "dev": "wlan0", "table": "local"}
    ]"""
    taken = routes.read(printed)
    assert [str(one) for one in taken] == ["192.168.99.0/24", "192.168.100.7/32", "192.168.99.255/32"]
    assert str(next(requirements.free_lans(client([]), taken))) == "192.168.101.0/24"


@pytest.mark.parametrize("printed", ["", "7", '[{"dst": "somewhere"}]', '[{"dev": "eth0"}]'])
def test_routes_that_cannot_be_read(printed: str) -> None:
    with pytest.raises(BadAnswer):
        routes.read(printed)


def test_full_check_of_a_good_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = check(monkeypatch, found())
    assert [row.name for row in rows if not row.ok] == []
    assert by_name(rows)["disk free"].evidence == "50.0 GB free, 3 GB needed"
    frame = requirements.as_frame(rows)
    assert list(frame.columns) == ["name", "needed_by", "ok", "evidence", "hint"]
    assert len(frame) == 16


def test_without_privileged_containers_the_rest_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = by_name(check(monkeypatch, probing.NotStarted("unable to apply caps")))
    assert rows["privileged containers"].evidence == "unable to apply caps"
    assert {rows[name].evidence for name in MEASURED} == {"not measured"}
    assert rows["memory"].ok


def test_ipvlan_alone_is_not_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    no_ipvlan = found(ipvlan=Finding("ipvlan", False, "Unknown device type."))
    assert requirements.suffices(check(monkeypatch, no_ipvlan))
    no_ipvs = found(ip_vs=Finding("ip_vs", False, "no /proc/net/ip_vs"))
    rows = check(monkeypatch, no_ipvs)
    assert requirements.suffices(rows)
    assert requirements.suffices(rows, "06")
    assert not requirements.suffices(rows, "07")
    assert [row.name for row in requirements.lacking(rows, "07")] == ["ip_vs"]
    assert "modprobe -a ip_vs" in by_name(rows)["ip_vs"].hint


def test_a_chapter_asks_for_what_it_alone_needs() -> None:
    needed = {
        chapter
        for kind in requirements._IN_CONTAINER.values()
        if kind.fatal and kind.needed_by != requirements.ALL
        for chapter in kind.needed_by.split(", ")
    }
    asked = {
        chapter_number(path)
        for path in chapter_files()
        if f'chapter=\\"{chapter_number(path)}\\"' in path.read_text("utf-8")
    }
    assert asked == needed


@pytest.mark.parametrize(
    ("choice", "embedded_runs", "chapter", "taken"),
    [
        ("docker", True, "", "docker"),
        ("docker", True, "06", "docker"),
        ("docker", True, "07", None),
        ("auto", True, "06", "docker"),
        ("auto", True, "07", "embedded"),
        ("auto", False, "07", None),
        ("auto", False, "01", "docker"),
    ],
)
def test_the_engine_is_chosen_by_chapter(
    choice: str, embedded_runs: bool, chapter: str, taken: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An Engine without ip_vs, as some WSL kernels and older versions of Docker Desktop are."""
    rows = check(monkeypatch, found(ip_vs=Finding("ip_vs", False, "no /proc/net/ip_vs")))
    chosen = engine_package.Engine
    own = Endpoint("unix:///var/run/docker.sock", "default socket")
    ours = Endpoint("unix:///run/engine/docker.sock", "embedded engine", "embedded")
    monkeypatch.setattr(engine_package, "_open", lambda endpoint, *_: chosen(client(), endpoint, "26.1.5"))
    monkeypatch.setattr(engine_package.reachable, "resolve", lambda: own)
    monkeypatch.setattr(engine_package.images, "ensure", lambda *_: None)
    monkeypatch.setattr(engine_package.requirements, "recall", lambda _: rows)
    monkeypatch.setattr(chosen, "close", lambda _: None)
    monkeypatch.setattr(engine_package.embedded, "start", lambda *_: ours)
    monkeypatch.setattr(engine_package.embedded, "running", lambda *_: ours)
    monkeypatch.setattr(
        engine_package.embedded, "why_impossible", lambda: "" if embedded_runs else "not here"
    )
    if taken:
        assert connect(choice, chapter).endpoint.backend == taken
    else:
        with pytest.raises(CannotRunHere, match="ip_vs: no /proc/net/ip_vs"):
            connect(choice, chapter)


def test_a_nearly_full_disk_and_an_interrupted_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not by_name(check(monkeypatch, found(disk="2999999999")))["disk free"].ok
    rows = by_name(check(monkeypatch, {}))
    assert rows["privileged containers"].ok
    assert rows["vxlan"].evidence == "not measured: the probe did not finish"
    assert not rows["disk free"].ok


def test_a_good_check_is_cached_for_this_engine_for_a_day(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    rows = check(monkeypatch, found())
    assert requirements.recall(client()) is None
    requirements.remember(client(), rows)
    assert requirements.recall(client()) == rows
    assert requirements.recall(client(KernelVersion="6.13.0")) is None
    (path,) = cache.iterdir()
    path.write_text("{")
    assert requirements.recall(client()) is None
    requirements.remember(client(), rows)
    os.utime(path, (0, 0))
    assert requirements.recall(client()) is None


def test_a_bad_check_is_not_cached(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    requirements.remember(client(), check(monkeypatch, probing.NotStarted("no")))
    assert list(cache.iterdir()) == []


def test_the_probe_reports_any_text_as_json() -> None:
    definitions = probing.script().split("# Loading")[0]
    hostile = 'attempt mount "it works" sh -c \'printf "a \\"b\\" \\\\ \\t\\n→ c"; exit 1\''
    done = subprocess.run(["sh", "-c", definitions + hostile], capture_output=True, text=True, check=True)
    ((name, finding),) = probing._findings(done.stdout)
    assert (name, finding.ok) == ("mount", False)
    assert "→ c" in finding.evidence
