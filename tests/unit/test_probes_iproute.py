"""Addresses, routes and neighbours, from recorded output of ``ip -j``; and hosts that ping each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers import probes
from helpers.errors import LabError
from tests.unit.probe_doubles import Container, Machine, Shell

machine: Any = Machine  # which is none, to the type checker


def interface(name: str, mac: str, *addresses: str) -> Any:
    found = [{"family": "inet", "local": one, "prefixlen": 24} for one in addresses]
    return {
        "ifname": name,
        "flags": ["NO-CARRIER", "UP"],
        "mtu": 1500,
        "operstate": "DOWN",
        "address": mac,
        "addr_info": [*found, {"family": "inet6", "local": "::1"}],
    }


LOOPBACK = interface("lo", "00:00:00:00:00:00", "127.0.0.1")
ANSWERS = {
    ("11", "address"): [
        LOOPBACK,
        interface("eth0", "02:42:c0:a8:63:c0", "192.168.99.192", "192.168.99.193"),
        interface("veth1", "02:00:00:00:00:01"),
    ],
    ("11", "-4 route"): [
        {"dst": "default", "gateway": "192.168.99.1", "dev": "eth0"},
        {"dst": "192.168.99.0/24", "dev": "eth0", "scope": "link"},
    ],
    ("12", "address"): [LOOPBACK],
    ("12", "-4 route"): [],
    ("machine", "-4 neighbour"): [
        {"dst": "192.168.99.192", "dev": "eth0", "lladdr": "02:42:c0:a8:63:c0", "state": ["REACHABLE"]},
        {"dst": "192.168.99.101", "dev": "eth0", "state": ["FAILED"]},
    ],
}


@pytest.fixture
def host(tmp_path: Path) -> Any:
    shell = Shell(tmp_path)
    for (where, what), answer in ANSWERS.items():
        (tmp_path / f"{where} {what}").write_text(json.dumps(answer))
    shell.program("ip", f'shift; cat "{tmp_path}/${{INSIDE:-machine}} $*"')
    shell.program("nsenter", 'INSIDE=$2; export INSIDE; shift 3; exec "$@"')
    return machine(shell, Container("nginx", shell, pid=11), Container("lonely", shell, pid=12))


def test_addresses_are_one_per_row_and_ipv4_only(host: Any) -> None:
    frame = probes.addresses(host, "nginx", "lonely")
    assert [tuple(row) for row in frame.to_numpy()] == [
        ("nginx", "lo", "127.0.0.1/24", ""),
        ("nginx", "eth0", "192.168.99.192/24", "02:42:c0:a8:63:c0"),
        ("nginx", "eth0", "192.168.99.193/24", "02:42:c0:a8:63:c0"),
        ("lonely", "lo", "127.0.0.1/24", ""),
    ]


def test_interfaces_are_one_per_row_with_all_their_addresses(host: Any) -> None:
    frame = probes.interfaces(host, "nginx").drop(columns=["state", "flags", "mtu"])
    assert [tuple(row) for row in frame.to_numpy()] == [
        ("nginx", "lo", "", "127.0.0.1/24"),
        ("nginx", "eth0", "02:42:c0:a8:63:c0", "192.168.99.192/24, 192.168.99.193/24"),
        ("nginx", "veth1", "02:00:00:00:00:01", ""),
    ]


def test_an_interface_has_the_kernels_flags_and_mtu(host: Any) -> None:
    [bridge] = probes.interfaces(host, "lonely")[["state", "flags", "mtu"]].to_numpy()
    assert tuple(bridge) == ("DOWN", "NO-CARRIER UP", 1500)


def test_routes(host: Any) -> None:
    frame = probes.routes(host, "lonely", "nginx")
    assert [tuple(row) for row in frame.to_numpy()] == [
        ("nginx", "default", "192.168.99.1", "eth0"),
        ("nginx", "192.168.99.0/24", "", "eth0"),
    ]


def test_no_route_is_an_empty_frame_of_the_same_shape(host: Any) -> None:
    nothing = probes.routes(host, "lonely")
    assert nothing.empty
    assert nothing.dtypes.equals(probes.routes(host, "nginx").dtypes)


def test_neighbours_of_the_machine(host: Any) -> None:
    frame = probes.neighbours(host, None)
    assert [tuple(row) for row in frame.to_numpy()] == [
        ("host", "192.168.99.101", "", "eth0", "FAILED"),
        ("host", "192.168.99.192", "02:42:c0:a8:63:c0", "eth0", "REACHABLE"),
    ]


def test_a_container_that_is_not_running(host: Any) -> None:
    host.containers["nginx"].attrs["State"] = {"Pid": 0, "Status": "exited"}
    with pytest.raises(LabError, match="is not running: exited"):
        probes.addresses(host, "nginx")


@pytest.fixture
def stations(tmp_path: Path) -> Any:
    """Two machines whose pings record their source; 10.0.0.9 never answers."""
    made = {}
    for name in ("host", "client"):
        (tmp_path / name).mkdir()
        shell = Shell(tmp_path / name)
        shell.program(
            "ping", 'case "$5" in *.9) exit 1;; esac; echo "64 bytes from $5: seq=0 ttl=64 time=0.1 ms"'
        )
        made[name] = machine(shell, Container("nginx", shell), name=name)
    return {"client": (made["client"], None), "nginx": (made["host"], "nginx"), "host": (made["host"], None)}


def test_reach_asks_every_machine_and_keeps_the_order(stations: Any) -> None:
    frame = probes.reach(stations, {"host": "10.0.0.1", "nginx": "10.0.0.9"}, via="address")
    assert [tuple(row) for row in frame[["source", "target", "via", "ok"]].to_numpy()] == [
        ("client", "host", "address", True),
        ("client", "nginx", "address", False),
        ("nginx", "host", "address", True),
        ("host", "nginx", "address", False),
    ]


def test_reach_from_a_source_without_ping(stations: Any) -> None:
    stations["host"][0].shell.program("nsenter", "echo 'failed to execute sh' >&2; exit 127")
    with pytest.raises(LabError, match="of them ended"):
        probes.reach(stations, {"gateway": "10.0.0.1"})
