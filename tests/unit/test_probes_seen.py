"""What others see of a machine or a container: logs, senders, ARP, namespaces, ways to a published port."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from helpers import probes
from helpers.errors import LabError
from tests.unit.probe_doubles import Container, Machine, Shell

machine: Any = Machine  # which is none, to the type checker
ACCESS = '{} - - [25/Nov/2026:09:57:41 +0000] "GET {} HTTP/1.1" {} 615 "-" "curl/8.14.1"'
LOG = "\n".join(
    [
        "nginx: [warn] a line that is not a request",
        ACCESS.format("192.168.99.192", "/?nginx", 200),
        ACCESS.format("192.168.99.100", "/none", 404),
    ]
)
FRAMES = """02:42 > ff:ff, ethertype ARP: Request who-has 192.168.99.77 tell 192.168.99.101, length 28
02:42 > ff:ff, ethertype ARP: Request who-has 192.168.99.77 tell 192.168.99.101, length 28
02:42 > 02:43, ethertype IPv4: 192.168.99.101 > 192.168.99.100: ICMP echo request, id 1, seq 1
"""
NEIGHBOURS = [
    {"dst": "192.168.99.192", "dev": "eth0", "lladdr": "02:42:c0:a8:63:c0", "state": ["REACHABLE"]},
    {"dst": "192.168.99.77", "dev": "eth0", "state": ["FAILED"]},
]


@pytest.fixture
def host(tmp_path: Path) -> Any:
    shell = Shell(tmp_path)
    shell.program("ip", f"cat <<'E'\n{json.dumps(NEIGHBOURS)}\nE")
    shell.program("ping", "exit 1")
    web, alone = Container("web", shell, {"bridge": {"IPAddress": "172.17.0.2"}}), Container("alone", shell)
    web.log = f"{LOG}\n"
    return machine(shell, web, alone, address="192.168.99.100")


def test_an_access_log_is_one_row_per_request(host: Any) -> None:
    assert probes.accesses(host, "web").to_dict("list") == {
        "client": ["192.168.99.192", "192.168.99.100"],
        "path": ["/?nginx", "/none"],
        "status": [200, 404],
    }


def test_senders_have_the_addresses_that_the_machine_noted(host: Any) -> None:
    assert probes.senders(host, "web")[["address", "mac"]].to_numpy().tolist() == [
        ["192.168.99.192", "02:42:c0:a8:63:c0"],
        ["192.168.99.100", ""],
    ]


def test_arp_keeps_who_did_not_answer(host: Any) -> None:
    found = probes.arp(host, {"nginx": "192.168.99.192", "nobody": "192.168.99.77"})
    assert found[["target", "mac"]].to_numpy().tolist() == [["nginx", "02:42:c0:a8:63:c0"], ["nobody", ""]]


def test_a_frame_is_overheard_by_the_monitor_that_printed_it(host: Any) -> None:
    host.containers["web"].log = FRAMES
    heard = probes.overheard(
        host, monitors=["web", "alone"], frames={"search": "who-has 192.168.99.77", "none": "nothing"}
    )
    assert heard[["source", "target", "ok"]].to_numpy().tolist() == [
        ["search", "web", True],
        ["search", "alone", False],
        ["none", "web", False],
        ["none", "alone", False],
    ]
    assert heard["line"].to_list() == [FRAMES.splitlines()[0], "", "", ""]


def test_a_container_with_the_machines_namespace_shares_it(host: Any) -> None:
    host.containers["alone"].attrs["State"]["Pid"] = 2
    host.shell.program(
        "readlink", 'for one; do case "$one" in */2/*) echo net:[2];; *) echo net:[1];; esac; done'
    )
    assert probes.namespaces(host, "web", "alone").to_dict("list") == {
        "container": ["web", "alone"],
        "namespace": ["net:[1]", "net:[2]"],
        "shared": [True, False],
    }


def test_machines_and_containers_ping_each_other(host: Any) -> None:
    pings = probes.reach_among([host], {"web": host})
    assert pings[["source", "target", "ok"]].to_numpy().tolist() == [
        ["host", "web", False],
        ["web", "host", False],
    ]


def test_a_container_without_an_address_is_not_pinged(host: Any) -> None:
    with pytest.raises(LabError, match="Finding the address of alone on host"):
        probes.reach_among([host], {"alone": host})


def test_the_way_to_a_port_is_what_the_rule_counted_and_the_server_saw(host: Any) -> None:
    log, counts = host.shell.directory / "log", host.shell.directory / "counts"
    counts.write_text("1\n")
    rule = "-A DOCKER -p tcp --dport 8080 -c $(cat {0}) 60 -j DNAT --to-destination 172.17.0.2:80"
    host.shell.program("iptables", f'echo "{rule.format(counts)}"')
    host.shell.program("curl", f'for url; do :; done; echo "$url" >>{log}; echo 2 >{counts}; exit 7')
    host.containers["web"].log = ACCESS.format("192.168.99.100", "/?request=0", 200)
    ways = probes.ways_to_port(
        host, "web", 8080, requests=[(host, None, "10.0.0.1"), (host, None, "10.0.0.2")]
    )
    assert log.read_text().split() == ["http://10.0.0.1:8080/?request=0", "http://10.0.0.2:8080/?request=1"]
    assert ways[["source", "target", "counted", "client"]].to_numpy().tolist() == [
        ["host", "10.0.0.1", 1, "192.168.99.100"],
        ["host", "10.0.0.2", 0, ""],
    ]


def refuse(*arguments: object, **options: object) -> None:
    response: Any = SimpleNamespace(status_code=403, reason="Forbidden")
    raise docker.errors.APIError("403", response, "only one instance is allowed")


def test_a_refusal_is_the_engines_explanation() -> None:
    assert probes.refusal(refuse, "none", driver="null") == "only one instance is allowed"


def test_a_refusal_by_docker_py_is_its_message() -> None:
    def refuse_at_once() -> None:
        raise docker.errors.InvalidArgument("incompatible")

    assert probes.refusal(refuse_at_once) == "incompatible"


def test_what_is_granted_is_no_refusal() -> None:
    assert probes.refusal(lambda name: name, "web") == ""
