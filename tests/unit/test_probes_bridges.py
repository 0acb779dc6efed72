"""Several bridges on one machine: reachability by address, the way out, IPv6, Compose's services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers import figures, probes
from tests.unit.probe_doubles import Container, Machine, Shell

machine: Any = Machine  # which is none, to the type checker


def interface(name: str, *addresses: tuple[str, str, str]) -> Any:
    found = [
        {"family": family, "local": local, "prefixlen": 64, "scope": scope}
        for family, local, scope in addresses
    ]
    return {"ifname": name, "ifindex": 1, "address": "", "addr_info": found}


IN_WALKER = [
    interface("lo", ("inet", "127.0.0.1", "host"), ("inet6", "::1", "host")),
    interface("eth0", ("inet", "172.18.0.2", "global"), ("inet6", "fe80::2", "link")),
    interface("eth1", ("inet", "172.19.0.2", "global"), ("inet6", "fd00::2", "global")),
]
IN_OTHER = [interface("eth0", ("inet", "172.19.0.3", "global"))]
DEFAULT = [
    {"dst": "default", "gateway": "172.19.0.1", "dev": "eth1"},
    {"dst": "172.18.0.0/16", "dev": "eth0"},
]


def attached(**addresses: str) -> dict[str, Any]:
    return {
        name: {"IPAddress": address, "IPPrefixLen": 16, "MacAddress": "", "NetworkID": name}
        for name, address in addresses.items()
    }


@pytest.fixture
def host(tmp_path: Path) -> Any:
    shell = Shell(tmp_path)
    for name, answer in {
        "11 address": IN_WALKER,
        "12 address": IN_OTHER,
        "11 -4 route": DEFAULT,
        "12 -4 route": [],
    }.items():
        (tmp_path / name).write_text(json.dumps(answer))
    shell.program("ip", f'shift; cat "{tmp_path}/$INSIDE $*"')
    shell.program("nsenter", 'INSIDE=$2; export INSIDE; while [ "$1" != ip -a "$1" != -- ]; do shift; done\n'
                  '[ "$1" = ip ] || shift; exec "$@"')  # fmt: skip
    shell.program("ping", 'case "$5" in 172.19.*|app) echo "seq=0 ttl=64 time=0.1 ms";; *) exit 1;; esac')
    return machine(
        shell,
        Container("walker", shell, attached(omega="172.18.0.2", alpha="172.19.0.2"), pid=11),
        Container("other", shell, attached(alpha="172.19.0.3"), pid=12),
    )


def test_every_address_of_another_container_is_pinged(host: Any) -> None:
    frame = probes.reach_endpoints(host).set_index(["source", "target"])
    assert frame[["network", "shared", "ok"]].to_dict("index") == {
        ("walker", "other on alpha"): {"network": "alpha", "shared": True, "ok": True},
        ("other", "walker on omega"): {"network": "omega", "shared": False, "ok": False},
        ("other", "walker on alpha"): {"network": "alpha", "shared": True, "ok": True},
    }


def test_the_way_out_is_the_network_of_the_default_route(host: Any) -> None:
    [found] = probes.way_out(host, "walker").to_numpy().tolist()
    assert found == ["walker", "alpha, omega", "alpha", "172.19.0.1", "eth1"]


def test_without_a_default_route_there_is_no_way_out(host: Any) -> None:
    [found] = probes.way_out(host, "other").to_numpy().tolist()
    assert found == ["other", "alpha", "none", "", ""]


def test_ipv6_addresses_are_those_valid_beyond_their_link(host: Any) -> None:
    assert probes.ipv6_addresses(host, "walker", "other").to_numpy().tolist() == [
        ["walker", "eth1", "fd00::2/64"]
    ]


def test_resolving_and_pinging_over_ipv6(host: Any) -> None:
    host.shell.program(
        "nslookup", '[ "$*" = "-type=aaaa other." ] && printf "Name: other\\nAddress: fd00::3\\n"'
    )
    host.shell.program("ping", '[ "$1 $2 $3" = "-6 -c 1" ] && echo "seq=0 ttl=64 time=0.1 ms"')
    assert probes.resolve(host, "walker", "other", kind="aaaa")["addresses"].item() == "fd00::3"
    assert probes.ping(host, "walker", "other", count=1, family="6")["ok"].all()


def test_services_reach_one_another_by_name(host: Any) -> None:
    for container, service in (("walker", "app"), ("other", "db")):
        found = host.container(container)
        found.status = "running"
        found.labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": service}
    assert probes.compose_services(host).to_numpy().tolist() == [
        ["shop", "app", "walker", "running", "alpha, omega"],
        ["shop", "db", "other", "running", "alpha"],
    ]
    frame = probes.reach_services(host)
    assert frame[["source", "target", "via", "ok"]].to_numpy().tolist() == [
        ["app", "db", "name", False],
        ["db", "app", "name", True],
    ]


def test_without_compose_there_is_nothing_to_measure_or_draw(host: Any) -> None:
    for one in host.containers.values():
        one.labels = {}
    frame = probes.reach_services(host)
    assert probes.answered(frame) == "0 of 0 answered"
    assert figures.caption(figures.matrix(frame, title="Nobody")) == "nothing was measured"
