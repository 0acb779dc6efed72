"""What the Engine tells about a swarm and its overlays, and what the probes make of failures in it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from helpers import figures, probes
from helpers.errors import LabError
from helpers.probes import failures
from tests.unit.probe_doubles import Container, Machine, Shell

machine: Any = Machine  # which is none, to the type checker
NODES: list[dict[str, Any]] = [
    {
        "ID": "1",
        "Description": {"Hostname": "machine1"},
        "Spec": {"Role": "worker", "Availability": "active"},
        "Status": {"State": "ready"},
    },
    {
        "ID": "2",
        "Description": {"Hostname": "manager"},
        "Spec": {"Role": "manager", "Availability": "active"},
        "Status": {"State": "ready"},
        "ManagerStatus": {"Leader": True, "Reachability": "reachable", "Addr": "192.168.99.100:2377"},
    },
]
BACK = [{"Network": {"Spec": {"Name": "back"}}, "Addresses": ["10.0.1.3/24"]}]
PORT = {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8081, "PublishMode": "host"}
NETWORKS: dict[str, dict[str, Any]] = {
    "b": {
        "Name": "my_overlay",
        "Id": "b",
        "Driver": "overlay",
        "Scope": "swarm",
        "Ingress": False,
        "IPAM": {"Config": [{"Subnet": "10.0.1.0/24"}]},
        "Options": {"com.docker.network.driver.overlay.vxlanid_list": "4097", "encrypted": ""},
        "Peers": [{"IP": "192.168.99.102"}, {"IP": "192.168.99.99"}],
    },
    "a": {
        "Name": "ingress",
        "Id": "a",
        "Driver": "overlay",
        "Scope": "swarm",
        "Ingress": True,
        "IPAM": {"Config": None},
        "Options": None,
        "Containers": {"ingress-sbox": {"IPv4Address": "10.0.0.2/24"}},
    },
}


class Api:
    """The calls to docker-py's low-level client that these probes use, for the services app and direct."""

    def nodes(self) -> list[dict[str, Any]]:
        return NODES

    def services(self, *, status: bool = False) -> list[dict[str, Any]]:
        virtual = [{"Addr": "10.0.1.2/24"}]
        return [
            {"Spec": {"Name": "direct"}, "Endpoint": {"Ports": [PORT]}, "ServiceStatus": {"DesiredTasks": 0}},
            {
                "Spec": {"Name": "app"},
                "Endpoint": {"VirtualIPs": virtual},
                "ServiceStatus": {"DesiredTasks": 1},
            },
        ]

    def tasks(self, filters: dict[str, str]) -> list[dict[str, Any]]:
        moment = "2026-11-25T09:29:30.042552638Z"
        status = {"State": "running", "Timestamp": moment}
        task = {"Slot": 1, "NodeID": "2", "DesiredState": "running", "Status": status, "CreatedAt": moment}
        return [task | {"NetworksAttachments": BACK}] if filters["service"] == "app" else []

    def networks(self, filters: dict[str, str]) -> list[dict[str, Any]]:
        assert filters == {"driver": "overlay"}
        return list(NETWORKS.values())

    def inspect_network(self, name: str) -> dict[str, Any]:
        return NETWORKS.get(name, NETWORKS["a"])

    def containers(self, filters: dict[str, str]) -> list[dict[str, Any]]:
        labels = {"com.docker.swarm.task.name": "app.1.x"}
        running = [{"Id": "c", "Names": ["/app.1.x"], "Labels": labels}]
        return running if filters["label"].endswith("=app") else []

    def logs(self, container: str, *, stdout: bool, stderr: bool) -> bytes:
        line = '{} - - [25/Nov/2026:09:57:41 +0000] "GET /?n={} HTTP/1.1" 200 615 "-" "curl"\n'
        clients = ("10.0.0.2", "192.168.99.100", "10.9.9.9")
        return "".join(line.format(client, n) for n, client in enumerate(clients)).encode()


@pytest.fixture
def manager(tmp_path: Path) -> Any:
    shell = Shell(tmp_path)
    found = machine(shell, Container("b", shell), name="manager", address="192.168.99.100")
    found.docker.api = Api()
    return found


def test_nodes_have_the_port_at_which_workers_reach_the_manager(manager: Any) -> None:
    found = probes.nodes(manager)
    assert found[["node", "role", "manager", "address"]].to_numpy().tolist() == [
        ["manager", "manager", "leader", "192.168.99.100:2377"],
        ["machine1", "worker", "", ""],
    ]


def test_a_service_has_networks_only_if_its_tasks_are_connected_to_one(manager: Any) -> None:
    assert probes.service_networks(manager).to_numpy().tolist() == [
        ["app", 1, "back", ""],
        ["direct", 0, "", "8081 → 80/tcp (host)"],
    ]


def test_overlays_are_described_as_each_machine_sees_them(manager: Any) -> None:
    found = probes.overlays(manager).set_index("name")
    assert list(found.index) == ["ingress", "my_overlay"]
    assert found["vni"].to_list() == [-1, 4097]
    assert found["ingress"].to_list() == [True, False]
    assert found["encrypted"].to_list() == [False, True]
    assert found.loc["my_overlay", "peers"] == ("192.168.99.99", "192.168.99.102")


def test_a_name_means_a_virtual_address_or_the_replicas(manager: Any) -> None:
    manager.shell.program(
        "nslookup",
        "case $2 in app.) a=10.0.1.2;; tasks.app.) a=10.0.1.3;; *) a=10.0.1.9;; esac\n"
        'printf "Server:\\t127.0.0.11\\n\\nName:\\t$2\\nAddress: $a\\n"',
    )
    found = probes.service_names(manager, "b", "app", "tasks.app", "stranger")
    assert found["meaning"].to_list() == ["virtual address of app", "1 replica of app", ""]


def test_a_replica_on_this_machine(manager: Any) -> None:
    assert probes.replica(manager, "app") == "app.1.x"
    with pytest.raises(LabError, match="replica of nginx on manager"):
        probes.replica(manager, "nginx")


def test_clients_are_machines_or_their_sandboxes(manager: Any) -> None:
    found = probes.clients([manager], "app", "n")
    assert found["who"].to_list() == ["ingress sandbox of manager", "manager", ""]


def test_replicas_are_counted_in_natural_order() -> None:
    counts = probes.count_by_replica(pd.DataFrame({"replica": ["nginx.10", "nginx.9", "nginx.10"]}))
    assert counts.to_dict() == {"nginx.9": 1, "nginx.10": 2}
    assert list(counts.index) == ["nginx.9", "nginx.10"]


def test_machines_ping_each_other_over_the_lan(manager: Any) -> None:
    manager.shell.program("ping", 'echo "64 bytes from $5: icmp_seq=1 ttl=64 time=0.5 ms"')
    other = machine(manager.shell, name="machine1", address="192.168.99.101")
    found = probes.reach_among([manager, other])
    assert probes.answered(found) == "2 of 2 answered"


def test_pings_in_turns(manager: Any) -> None:
    manager.shell.program("ping", 'echo "64 bytes from x: seq=0 ttl=64 time=0.5 ms"')
    found = probes.ping_in_turns(manager, "b", {"near": "a", "far": "c"}, rounds=2, count=1)
    assert found["via"].to_list() == ["near", "far"] * 2
    assert found["target"].to_list() == ["a", "c"] * 2


def test_a_packet_may_be_too_long_for_its_interface(manager: Any) -> None:
    manager.shell.program("nslookup", 'printf "Name:\\ta.\\nAddress: 10.0.1.5\\n"')
    manager.shell.program(
        "ping",
        'echo "$@" >> "$0.log"\n'
        '[ "$8" -le 1422 ] && echo "1430 bytes from $9: icmp_seq=1 ttl=64 time=0.5 ms" && exit\n'
        'echo "ping: local error: message too long, mtu=1450"\n'
        'echo "1 packets transmitted, 0 received"; exit 1',
    )
    found = probes.ping_unfragmented(manager, "b", "a", [1450, 1451])
    assert found["ok"].to_list() == [True, False]
    assert found["error"].to_list() == ["", "message too long"]
    assert "-M do -s 1422 10.0.1.5" in (manager.shell.directory / "ping.log").read_text()


def test_a_link_fails_and_recovers(manager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("DOWN_S", 0.6), ("UP_S", 1.6), ("END_S", 2.6)):
        monkeypatch.setattr(failures, name, seconds)
    manager.containers["b"].attrs["NetworkSettings"]["Networks"] = {"my_overlay": {}}
    victim = machine(manager.shell, name="machine2", address="192.168.99.102")
    asked: list[str] = []

    def inspect_network(name: str) -> dict[str, Any]:
        """Take machine2 off the peers as the daemons do, some time after its link has gone."""
        asked.append(name)
        peers = NETWORKS["b"]["Peers"][len(asked) > 4 :]
        return NETWORKS[name] | {"Peers": peers}

    monkeypatch.setattr(manager.docker.api, "inspect_network", inspect_network)
    monkeypatch.setattr("helpers.probes.dns.address", lambda *_: "10.0.1.7")
    cut = manager.shell.directory / "cut"
    manager.shell.program("ip", f"case $4 in down) touch {cut};; up) rm {cut};; esac")
    manager.shell.program(
        "ping", f'[ -e {cut} ] && exit 1; echo "64 bytes from 10.0.1.7: seq=0 ttl=64 time=0.5 ms"'
    )
    attempts, events = probes.link_failure(manager, "b", "a", victim=victim)
    assert events["label"].to_list() == ["link down", "link up"]
    assert (events["done_s"] - events["t_s"])[0] > 0.9  # it was a peer twice
    assert events["t_s"][1] - events["done_s"][0] > 0.9
    phases = figures.phases(attempts, events).set_index("phase")["answered"]
    assert phases["after link down"] == 0 < phases["after link up"]


def test_a_machine_that_is_never_missed_ends_the_wait(manager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "MISSED_S", 0.1)
    monkeypatch.setattr("helpers.probes.dns.address", lambda *_: "10.0.1.7")
    manager.shell.program("ip", "true")
    manager.shell.program("ping", "exit 1")
    manager.containers["b"].attrs["NetworkSettings"]["Networks"] = {"my_overlay": {}}
    victim = machine(manager.shell, name="machine2", address="192.168.99.102")
    with pytest.raises(LabError, match=r"manager misses machine2\n.*a peer of my_overlay"):
        probes.link_failure(manager, "b", "a", victim=victim)


def test_a_machine_without_a_replica_is_not_switched_off(manager: Any) -> None:
    victim = SimpleNamespace(name="machine2")  # has no power_off: to call it would raise AttributeError
    with pytest.raises(LabError, match="machine2"):
        probes.power_failure(manager, victim=victim, service="app", url="http://x/")  # type: ignore[arg-type]


def test_requests_to_the_dead_replica_are_told_from_refused_ones(
    manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = pd.Timestamp("2026-11-25T09:30:00Z")
    errors = ["", "", "timed out", "Connection refused", ""]
    attempts = pd.DataFrame(
        {
            "number": range(5),
            "t_s": [0.0, 5.0, 6.0, 7.0, 8.0],
            "ok": [not error for error in errors],
            "error": errors,
            "at": [start + pd.Timedelta(seconds, "s") for seconds in (0, 5, 6, 7, 8)],
        }
    )
    events = pd.DataFrame([("machine2 loses power", 5.5, 7.5)], columns=["label", "t_s", "done_s"])
    logged = pd.DataFrame(
        {"number": [0, 1, 4], "replica": ["nginx.1", "nginx.2", "nginx.1"], "node": "manager"}
    )
    history = pd.DataFrame(
        [
            ("nginx.2", "machine2", "shutdown", start, start),
            ("nginx.2", "manager", "running", start + pd.Timedelta(6.5, "s"), start + pd.Timedelta(7, "s")),
        ],
        columns=["task", "node", "desired", "created", "since"],
    )
    before = history.head(1).assign(desired="running")
    answers = iter([before, history])
    monkeypatch.setattr(failures, "tasks", lambda *_: next(answers))
    monkeypatch.setattr(failures, "http_timeline", lambda *_, **__: (attempts, events))
    monkeypatch.setattr(failures, "requests_by_replica", lambda *_: logged)
    victim: Any = SimpleNamespace(name="machine2")
    seen, _, moments = probes.power_failure(manager, victim=victim, service="nginx", url="http://x/")
    assert seen["dead"].to_list() == [False, False, True, False, False]
    assert seen["by"].to_list()[1:3] == ["nginx.2 on manager", "nginx.2 on machine2"]
    assert moments["t_s"].to_list() == [6.0, 6.5, 7.0, 7.5]
    assert moments["after_s"].to_list() == [0.5, 1.0, 1.5, 2.0]
