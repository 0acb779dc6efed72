"""Following one request through the routing mesh, from recorded connections and frames."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN

from helpers import probes
from helpers.errors import LabError
from helpers.probes import capturing, wire
from helpers.probes.frame import typed
from tests.unit.probe_doubles import Container, Machine, Shell

CLIENT, ASKED, OTHER = "192.168.99.100", "192.168.99.101", "192.168.99.102"
PORT = 49316
RULES = "-A PREROUTING -p tcp -m tcp --dport 8080 -j MARK --set-xmark 0x100/0xffffffff"
TABLE = "FWM  256 rr\n  -> 10.0.0.7:0 Masq 1 0 1"
# What is tracked, by namespace: the four ends of a connection.
HOST = (CLIENT, PORT, ASKED, 8080, "172.18.0.2", 8080, CLIENT, PORT)
SANDBOX = (CLIENT, PORT, "172.18.0.2", 8080, "10.0.0.7", 8080, "10.0.0.4", PORT)
REPLICA = ("10.0.0.4", PORT, "10.0.0.7", 8080, "10.0.0.7", 80, "10.0.0.4", PORT)


def tracked(ends: tuple[Any, ...]) -> str:
    metas = [
        f"<meta direction='{way}'><layer3><src>{source}</src><dst>{target}</dst></layer3>"
        f"<layer4><sport>{sport}</sport><dport>{dport}</dport></layer4></meta>"
        for way, (source, sport, target, dport) in (("original", ends[:4]), ("reply", ends[4:]))
    ]
    return f"<conntrack><flow>{''.join(metas)}</flow></conntrack>"


def told(**tables: tuple[Any, ...]) -> str:
    """A conntrack that lists what is given for the namespace that it runs in."""
    cases = "".join(f'{name}) echo "{tracked(ends)}";;' for name, ends in tables.items())
    return f'case "$IN" in {cases} esac'


def frames(*, via: tuple[str, str]) -> Any:
    def plain(source: str, sport: int, target: str, dport: int) -> Any:
        return Ether() / IP(src=source, dst=target) / TCP(sport=sport, dport=dport)

    def carried(source: str, target: str, inner: Any) -> Any:
        outer = Ether() / IP(src=source, dst=target) / UDP(sport=50000, dport=4789)
        return outer / VXLAN(vni=4096, flags="Instance") / inner

    there, back = plain("10.0.0.4", PORT, "10.0.0.7", 8080), plain("10.0.0.7", 8080, "10.0.0.4", PORT)
    packets = [
        plain(CLIENT, PORT, ASKED, 8080),
        carried(*via, there),
        carried(*via[::-1], back),
        plain(ASKED, 8080, CLIENT, PORT),
    ]
    return typed([wire._row(Ether(bytes(packet))) for packet in packets], wire.PACKETS)


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    for name, address, running in (
        ("manager", CLIENT, []),
        ("machine1", ASKED, []),
        ("machine2", OTHER, ["nginx.2"]),
    ):
        (tmp_path / name).mkdir()
        shell = Shell(tmp_path / name)
        shell.program("curl", f"echo {PORT}")
        shell.program(
            "nsenter",
            'case "$1" in -t) shift 3; IN=replica;; *) shift; IN=sandbox;; esac; export IN; exec "$@"',
        )
        shell.program("iptables", f"echo '{RULES}'")
        shell.program("ipvsadm", f"echo '{TABLE}'")
        one: Any = Machine(shell, *(Container(task, shell) for task in running), name=name, address=address)
        labels = {"com.docker.swarm.task.name": "nginx.2.nqf2w1h7t6amhbix0krw54vms"}
        listed = [{"Id": task, "Labels": labels} for task in running]
        one.docker.api = SimpleNamespace(containers=lambda filters, listed=listed: listed)
        found.append(one)
    found[1].shell.program("conntrack", told(sandbox=SANDBOX) + f'; [ "$IN" ] || echo "{tracked(HOST)}"')
    found[2].shell.program("conntrack", told(replica=REPLICA))
    monkeypatch.setattr(
        capturing, "capture_during", lambda act, asked, expression: (act(), frames(via=(ASKED, OTHER)))
    )
    return found


def test_a_request_and_its_answer_are_followed_through_every_namespace(machines: list[Any]) -> None:
    manager, machine1, _ = machines
    path = probes.request_path(manager, machine1, machines, service="nginx", port=8080)
    tunnel, back = f"VXLAN 4096, {ASKED} → {OTHER}", f"VXLAN 4096, {OTHER} → {ASKED}"
    server, sandbox = "machine2: server", "machine1: ingress sandbox"
    assert path.drop(columns="by").to_numpy().tolist() == [
        ["request", "manager: client", "machine1: eth0", f"{CLIENT}:{PORT}", f"{ASKED}:8080", ""],
        ["request", "machine1: eth0", sandbox, f"{CLIENT}:{PORT}", "172.18.0.2:8080", ""],
        ["request", sandbox, "machine2: nginx.2", f"10.0.0.4:{PORT}", "10.0.0.7:8080", tunnel],
        ["request", "machine2: nginx.2", server, f"10.0.0.4:{PORT}", "10.0.0.7:80", ""],
        ["answer", server, "machine2: nginx.2", "10.0.0.7:80", f"10.0.0.4:{PORT}", ""],
        ["answer", "machine2: nginx.2", sandbox, "10.0.0.7:8080", f"10.0.0.4:{PORT}", back],
        ["answer", sandbox, "machine1: eth0", "172.18.0.2:8080", f"{CLIENT}:{PORT}", ""],
        ["answer", "machine1: eth0", "manager: client", f"{ASKED}:8080", f"{CLIENT}:{PORT}", ""],
    ]
    assert probes.rewritings(path).to_numpy().tolist() == [["request", 1, 3], ["answer", 3, 1]]
    assert path["by"].to_list()[:3] == ["", "iptables DNAT", "mark 256, IPVS rr, SNAT"]


def test_a_request_that_stays_on_the_machine_is_not_followed(machines: list[Any]) -> None:
    manager, _, machine2 = machines
    with pytest.raises(LabError, match=r"1 requests were sent; answered by nginx\.2 on machine2"):
        probes.request_path(manager, machine2, machines, service="nginx", port=8080)
