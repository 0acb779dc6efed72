"""Networks, endpoints, veth pairs and the LAN, from recorded output of the Engine and ``ip -j``."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers import probes
from helpers.errors import LabError
from tests.unit.probe_doubles import Container, Machine, Shell


def interface(
    name: str, index: int, address: str, *, peer: int | None = None, mac: str = "", **more: Any
) -> Any:
    found = {"ifindex": index, "ifname": name, "address": mac, **more}
    if peer is not None:
        found["link_index"] = peer
    return found | {"addr_info": [{"family": "inet", "local": address, "prefixlen": 16}] if address else []}


LOOPBACK = interface("lo", 1, "127.0.0.1")
INSIDE = {
    "11": [
        LOOPBACK,
        interface("eth0", 2, "172.17.0.2", peer=7, mac="02:42:ac:11:00:02"),
        interface("eth1", 3, "172.20.0.2", peer=8, mac="02:42:ac:14:00:02"),
    ],
    "12": [LOOPBACK, interface("eth0", 2, "172.17.0.3", peer=9, mac="02:42:ac:11:00:03")],
    "13": [LOOPBACK],
    "14": [LOOPBACK, interface("eth0", 20, "192.168.99.100", peer=7)],  # the machine's own
}
VETHS = [
    {"ifindex": 20, "ifname": "eth0", "link_index": 7},  # the machine's own, on none of its bridges
    {"ifindex": 7, "ifname": "veth0aa", "link_index": 2, "master": "docker0"},
    {"ifindex": 8, "ifname": "veth1bb", "link_index": 3, "master": "br-my_bridge-01"},
    {"ifindex": 9, "ifname": "veth2cc", "link_index": 2, "master": "docker0"},
]


def attached(network: str, address: str = "", mac: str = "") -> dict[str, Any]:
    told = {"IPAddress": address, "IPPrefixLen": 16 if address else 0, "MacAddress": mac}
    return {network: told | {"NetworkID": f"{network}-0123456789abcdef"}}


@pytest.fixture
def machine(tmp_path: Path) -> Any:
    shell = Shell(tmp_path)
    for pid, found in INSIDE.items():
        (tmp_path / f"{pid}.json").write_text(json.dumps(found))
    (tmp_path / "veth.json").write_text(json.dumps(VETHS))
    shell.program("nsenter", f'cat "{tmp_path}/$2.json"')
    shell.program(
        "ip", f'case "$*" in *veth) cat "{tmp_path}/veth.json";; *) cat "{tmp_path}/14.json";; esac'
    )
    both = attached("my_bridge", "172.20.0.2", "02:42:ac:14:00:02")
    both |= attached("bridge", "172.17.0.2", "02:42:ac:11:00:02")
    made = Machine(
        shell,
        Container("web", shell, attached("host"), pid=14),
        Container("busybox2", shell, attached("bridge", "172.17.0.3", "02:42:ac:11:00:03"), pid=12),
        Container("busybox1", shell, both, pid=11),
        Container("batch", shell, attached("none"), pid=13),
        address="192.168.99.100",
    )
    made.add_network("none", "null")
    made.add_network("bridge", "bridge", "172.17.0.0/16", {"com.docker.network.bridge.name": "docker0"})
    made.add_network("host", "host")
    made.add_network("my_bridge", "bridge", "172.20.0.0/16", {})
    return made


def test_networks(machine: Any) -> None:
    machine.add_network("pub_net", "macvlan", "192.168.0.0/16", {"parent": "eth0"})
    frame = probes.networks(machine)
    assert list(frame["name"]) == ["bridge", "host", "my_bridge", "none", "pub_net"]
    assert list(frame["subnet"]) == ["172.17.0.0/16", "", "172.20.0.0/16", "", "192.168.0.0/16"]
    assert list(frame["gateway"]) == ["172.17.0.1", "", "172.20.0.1", "", "192.168.0.1"]
    assert list(frame["interface"]) == ["docker0", "", "br-my_bridge-01", "", "eth0"]
    assert frame["internal"].dtype == bool


def test_endpoints(machine: Any) -> None:
    frame = probes.endpoints(machine)
    columns = ["container", "network", "driver", "interface", "ipv4", "mac"]
    assert [tuple(row) for row in frame[columns].to_numpy()] == [
        ("batch", "none", "null", "", "", ""),
        ("busybox1", "bridge", "bridge", "eth0", "172.17.0.2", "02:42:ac:11:00:02"),
        ("busybox1", "my_bridge", "bridge", "eth1", "172.20.0.2", "02:42:ac:14:00:02"),
        ("busybox2", "bridge", "bridge", "eth0", "172.17.0.3", "02:42:ac:11:00:03"),
        ("web", "host", "host", "", "", ""),
    ]
    assert frame["prefix"].fillna(0).tolist() == [0, 16, 16, 16, 0]


def test_links_match_both_ends(machine: Any) -> None:
    frame = probes.links(machine)
    assert [
        tuple(row) for row in frame[["network", "bridge", "veth", "container", "interface"]].to_numpy()
    ] == [
        ("bridge", "docker0", "veth0aa", "busybox1", "eth0"),
        ("bridge", "docker0", "veth2cc", "busybox2", "eth0"),
        ("my_bridge", "br-my_bridge-01", "veth1bb", "busybox1", "eth1"),
    ]


def test_a_fresh_machine_has_empty_frames_of_the_same_shape(machine: Any) -> None:
    full = probes.endpoints(machine), probes.links(machine)
    machine.containers.clear()
    for frame, other in zip((probes.endpoints(machine), probes.links(machine)), full, strict=True):
        assert frame.empty
        assert frame.dtypes.equals(other.dtypes)


def lab_of(machine: Any) -> Any:
    return SimpleNamespace(machines={"host": machine})


def test_lan(machine: Any) -> None:
    [row] = probes.lan(lab_of(machine)).to_dict("records")
    assert (row["machine"], row["address"], row["interface"]) == ("host", "192.168.99.100", "eth0")
    assert row["subnet"] == "192.168.0.0/16"


def test_a_machine_disconnected_from_its_lan(machine: Any) -> None:
    machine.address = "192.168.99.199"
    with pytest.raises(LabError, match="none of its interfaces has"):
        probes.lan(lab_of(machine))
