"""The probes parse IPVS tables, access logs, tasks and requests as a real swarm printed them."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from helpers import probes, scripts
from helpers.errors import LabError
from helpers.probes import access_logs, balanced, balancer, burst, inside, overlay
from tests.unit.probe_doubles import Container, Machine, Shell

machine: Any = Machine  # which is none, to the type checker
RULES = """-P PREROUTING ACCEPT
-A PREROUTING -p tcp -m tcp --dport 8080 -j MARK --set-xmark 0x100/0xffffffff
-A PREROUTING -p tcp -m tcp --dport 8082 -j MARK --set-xmark 0x101/0xffffffff
"""
TABLE = """IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
FWM  256 rr
  -> 10.0.0.17:0                  Masq    1      0          101
  -> 10.0.0.6:0                   Masq    1      2          99
  -> 10.0.0.30:0                  Masq    0      0          0
FWM  257 rr
  -> 10.0.0.9:0                   Masq    1      0          0
"""
LOG = """10.0.0.4 - - [25/Nov/2026:09:57:41 +0000] "GET /?fresh=2 HTTP/1.1" 200 615 "-" "curl/8.14.1"
10.0.0.4 - - [25/Nov/2026:09:57:41 +0000] "GET /?fresh=12 HTTP/1.1" 200 615 "-" "curl/8.14.1"
10.0.0.4 - - [25/Nov/2026:09:57:42 +0000] "GET /?afresh=3 HTTP/1.1" 200 615 "-" "curl/8.14.1"
10.0.0.4 - - [25/Nov/2026:09:57:43 +0000] "GET / HTTP/1.1" 200 615 "-" "curl/8.14.1"
10.0.0.4 - - [25/Nov/2026:09:57:43 +0000] "GET /none?fresh=1 HTTP/1.1" 404 153 "-" "curl/8.14.1"
"""
REPLY = "64 bytes from {address}: icmp_seq=1 ttl=64 time=0.559 ms"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_ipvs_table_has_ports_and_weights() -> None:
    rows = balancer.parse(RULES + TABLE)
    assert [(row["port"], row["mark"], row["address"], row["weight"]) for row in rows] == [
        (8080, 256, "10.0.0.6", 1),
        (8080, 256, "10.0.0.17", 1),
        (8080, 256, "10.0.0.30", 0),
        (8082, 257, "10.0.0.9", 1),
    ]
    assert rows[0]["scheduler"] == "rr"
    assert (rows[0]["forward"], rows[0]["active"], rows[0]["inactive"]) == ("Masq", 2, 99)


def test_ipvs_of_a_machine_without_a_swarm(shell: Shell) -> None:
    shell.program("nsenter", "echo 'nsenter: cannot open /run/docker/netns/ingress_sbox' >&2; exit 1")
    with pytest.raises(LabError, match="cannot open"):
        probes.ipvs(machine(shell))


def test_ipvs_reads_all_machines(shell: Shell) -> None:
    shell.program("nsenter", 'shift; exec "$@"')
    shell.program("iptables", f"cat <<'E'\n{RULES}E")
    shell.program("ipvsadm", f"cat <<'E'\n{TABLE}E")
    frame = probes.ipvs(machine(shell, name="manager"), machine(shell, name="machine1"))
    assert frame["machine"].to_list() == ["manager"] * 4 + ["machine1"] * 4


def test_only_marked_requests_are_read_from_the_access_log() -> None:
    rows = access_logs.parse_log(LOG, "fresh")
    assert [(row["number"], row["status"], row["client"]) for row in rows] == [
        (2, 200, "10.0.0.4"),
        (12, 200, "10.0.0.4"),
        (1, 404, "10.0.0.4"),
    ]


class Swarm:
    """The calls to docker-py's low-level client that the probes use, for one service with two tasks."""

    def __init__(self, *states: str, ports: list[dict[str, Any]] | None = None) -> None:
        self.states = list(states)
        self.ports = ports

    def nodes(self) -> list[dict[str, Any]]:
        return [{"ID": "n1", "Description": {"Hostname": "manager"}}]

    def tasks(self, filters: dict[str, str]) -> list[dict[str, Any]]:
        assert filters == {"service": "nginx"}
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return [
            {
                "Slot": slot,
                "NodeID": "n1" if slot < 10 else None,
                "DesiredState": desired,
                "Status": {"State": state, "Timestamp": "2026-11-25T09:30:42.540703604Z"},
                "CreatedAt": "2026-11-25T09:29:30.042552638Z",
                "NetworksAttachments": [{"Addresses": [f"10.0.0.{slot}/24"]}] if slot < 10 else None,
            }
            for slot, desired in ((10, "running"), (2, "running"), (2, "shutdown"))
        ]

    def services(self, *, status: bool) -> list[dict[str, Any]]:
        return [
            {
                "Spec": {"Name": name},
                "Endpoint": {"Ports": self.ports},
                "ServiceStatus": {"RunningTasks": 0, "DesiredTasks": tasks},
            }
            for name, tasks in (("nginx2", 1), ("nginx", 2))
        ]

    def containers(self, filters: dict[str, str]) -> list[dict[str, Any]]:
        return [{"Id": "c", "Labels": {"com.docker.swarm.task.name": "nginx.1.nqf2w1h7t6amhbix0krw54vms"}}]

    def logs(self, container: str, *, stdout: bool, stderr: bool) -> bytes:
        return LOG.encode()


def manager(shell: Shell, swarm: Any) -> Any:
    found = machine(shell, name="manager")
    found.docker.api = swarm
    return found


def test_tasks_are_sorted_naturally(shell: Shell) -> None:
    frame = probes.tasks(manager(shell, Swarm("running")), "nginx")
    assert frame["task"].to_list() == ["nginx.2", "nginx.2", "nginx.10"]
    assert frame["node"].to_list() == ["manager", "manager", ""]
    assert frame["address"].to_list() == ["10.0.0.2", "10.0.0.2", ""]
    assert (frame["created"] < frame["since"]).all()


def test_tasks_of_a_global_service_are_named_after_their_machines(shell: Shell) -> None:
    swarm = Swarm("running")
    swarm.tasks = lambda filters: [  # type: ignore[method-assign]
        {key: value for key, value in told.items() if key != "Slot"} for told in Swarm.tasks(swarm, filters)
    ]
    assert "nginx.n1" in set(probes.tasks(manager(shell, swarm), "nginx")["task"])


def test_a_missing_service_lists_the_existing_ones(shell: Shell) -> None:
    with pytest.raises(LabError, match="services there: nginx, nginx2"):
        probes.wait_until_running(manager(shell, Swarm("running")), "ngin", timeout=0)


def test_requests_by_replica_use_short_replica_names(shell: Shell) -> None:
    frame = probes.requests_by_replica([manager(shell, Swarm("running"))], "nginx", "fresh")
    assert frame["number"].to_list() == [1, 2, 12]
    assert set(frame["replica"]) == {"nginx.1"}


def test_waiting_for_tasks_that_start(shell: Shell) -> None:
    probes.wait_until_running(manager(shell, Swarm("starting", "running")), "nginx", timeout=5)


def test_waiting_for_tasks_in_vain_reports_their_states(shell: Shell) -> None:
    with pytest.raises(LabError, match=r"preparing, preparing\s+after 0 s"):
        probes.wait_until_running(manager(shell, Swarm("preparing")), "nginx", timeout=0)


@pytest.mark.parametrize("ports", [None, [{"PublishedPort": 8080, "PublishMode": "host"}]])
def test_a_service_without_a_port_published_in_ingress_mode(
    shell: Shell, ports: list[dict[str, Any]] | None
) -> None:
    with pytest.raises(LabError, match="no port in ingress mode"):
        probes.wait_until_balanced(manager(shell, Swarm("running", ports=ports)), service="nginx")


PUBLISHED = [{"PublishedPort": 8080, "PublishMode": "ingress"}]


def balancing(shell: Shell, monkeypatch: pytest.MonkeyPatch, *running: str) -> Any:
    """A manager that lists these replicas as running; its load balancer has those in TABLE."""
    shell.program("nsenter", 'shift; exec "$@"')
    shell.program("iptables", f"cat <<'E'\n{RULES}E")
    shell.program("ipvsadm", f"sed 1,3d <<'E' | sed '/257/,$d'\n{TABLE}E")
    (shell.directory / "ip_vs").write_text(TABLE)
    monkeypatch.setattr(balanced, "_TABLE", str(shell.directory / "ip_vs"))
    monkeypatch.setattr(balanced, "_SETTLED_S", 0)
    swarm = Swarm("running", ports=PUBLISHED)
    own, ingress = {"Name": "back"}, {"Name": "ingress", "Ingress": True}
    states = [*((address, "running") for address in running), ("10.0.0.30", "remove")]
    swarm.tasks = lambda filters: [  # type: ignore[method-assign]
        {
            "ID": f"task{slot}",
            "Slot": slot,
            "DesiredState": desired,
            "Status": {"State": "running"},
            "NetworksAttachments": [
                {"Network": {"Spec": own}, "Addresses": ["10.0.1.9/24"]},
                {"Network": {"Spec": ingress}, "Addresses": [f"{address}/24"]},
            ],
        }
        for slot, (address, desired) in enumerate(states, 1)
    ]
    containers(swarm, 1)
    return manager(shell, swarm)


def containers(swarm: Any, *slots: int) -> None:
    """The containers that a machine has: those of the tasks in these slots."""
    label = "com.docker.swarm.task.name"
    swarm.containers = lambda filters: [{"Labels": {label: f"nginx.{slot}.task{slot}"}} for slot in slots]


def test_balanced_means_that_all_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    host = balancing(shell, monkeypatch, "10.0.0.6", "10.0.0.17")
    asked, up = shell.directory / "asked", shell.directory / "up"
    shell.program("nc", f"echo $4 >> {asked}; [ $4 != 10.0.0.17 ] || [ -e {up} ]")
    with pytest.raises(LabError, match=r"(?s)silent: 10\.0\.0\.17\s.*docker service ps"):
        probes.wait_until_balanced(host, service="nginx", timeout=0)
    up.touch()
    probes.wait_until_balanced(host, service="nginx", timeout=0)
    # A replica of weight 0 is being removed: it gets no new connections.
    assert set(asked.read_text().split()) == {"10.0.0.17", "10.0.0.6"}


def test_nothing_is_balanced_while_containers_are_stopping(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.program("nc", "exit 0")
    host = balancing(shell, monkeypatch, "10.0.0.6", "10.0.0.17")
    containers(host.docker.api, 1, 3)
    with pytest.raises(LabError, match=r"manager: nginx\.3\.task3 still stopping"):
        probes.wait_until_balanced(host, service="nginx", timeout=0)


def test_balanced_means_that_it_stays_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.program("nc", "exit 0")
    host = balancing(shell, monkeypatch, "10.0.0.6", "10.0.0.17")
    monkeypatch.setattr(balanced, "_SETTLED_S", 60)
    with pytest.raises(LabError, match="after 0 s"):
        probes.wait_until_balanced(host, service="nginx", timeout=0)


@pytest.mark.parametrize(
    ("running", "told"),
    [
        (("10.0.0.6", "10.0.0.7"), "nginx.1 (10.0.0.6), nginx.2 (10.0.0.7)"),
        (("10.0.0.6",), "nginx.1 (10.0.0.6)"),
    ],
)
def test_a_table_of_the_right_length_with_other_replicas_is_not_balanced(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, running: tuple[str, ...], told: str
) -> None:
    shell.program("nc", "exit 0")
    with pytest.raises(LabError) as caught:
        probes.wait_until_balanced(balancing(shell, monkeypatch, *running), service="nginx", timeout=0)
    assert caught.value.seen.startswith(f"running: {told}\nmanager: 10.0.0.17 10.0.0.6\n")


def test_a_burst_counts_connections_and_failures() -> None:
    printed = "0 200 1 0.010665 \n0 200 0 0.002000 \n7 000 0 0.000000 Failed to connect\n0 503 0 0.001000 \n"
    rows = burst.parse(printed)
    assert [row["number"] for row in rows] == [1, 2, 3, 4]
    assert [row["connects"] for row in rows] == [1, 0, 0, 0]
    assert [row["ok"] for row in rows] == [True, True, False, False]
    assert [row["error"] for row in rows] == ["", "", "curl: Failed to connect", "curl: HTTP 503"]
    assert rows[0]["rtt_ms"] == pytest.approx(10.665)


def test_a_burst_that_times_out(shell: Shell) -> None:
    shell.program("curl", "echo '0 200 1 0.01 '")
    with pytest.raises(LabError, match="1 of them ended"):
        probes.http_burst(machine(shell), "http://m/", marker="n", count=2)


def test_fresh_connections_use_source_ports_not_used_before(shell: Shell, tmp_path: Path) -> None:
    told = tmp_path / "told"
    shell.program("curl", f"cat >>{told}; echo '0 200 1 0.01 '; echo '0 200 1 0.01 '")
    for _ in range(2):
        probes.http_burst(machine(shell), "http://m/$HOME", marker="n", count=2)
    transfers = told.read_text()
    assert re.findall(r'url = "(.*)"', transfers) == ["http://m/$HOME?n=1", "http://m/$HOME?n=2"] * 2
    ports = re.findall(r'local-port = "(\d+)"', transfers)
    assert len(set(ports)) == len(ports) == 4


def test_a_mesh_asks_every_pair(shell: Shell) -> None:
    shell.program("curl", "echo '0 200 1 0.01 '; echo '7 000 0 0.0 Connection refused'")
    machines = [machine(shell, name=name) for name in ("manager", "machine1")]
    frame = probes.http_mesh(machines, port=8080)
    assert frame[["source", "target", "status"]].to_numpy().tolist() == [
        ["manager", "manager", 200],
        ["manager", "machine1", 0],
        ["machine1", "manager", 200],
        ["machine1", "machine1", 0],
    ]


def test_patient_clients_ask_again(shell: Shell) -> None:
    shell.program(
        "curl",
        """case "$*" in
*"--retry 7 --retry-connrefused "*"--retry-max-time 7 "*) echo '0 200 1 0.01 ' ;;
*) echo '7 000 0 0.0 Connection refused' ;;
esac""",
    )
    (host,) = machines = [machine(shell, name="manager")]
    assert probes.http_mesh(machines, port=8080)["status"].to_list() == [0]
    assert probes.http_mesh(machines, port=8080, patience=7)["status"].to_list() == [200]
    assert probes.http_to(host, {"page": "http://m/"}, patience=7)["ok"].all()


def test_the_self_test_names_the_failing_pair_and_size(shell: Shell) -> None:
    shell.program("nsenter", 'shift; exec "$@"')
    shell.program("ping", f'[ $6 != 1372 ] || exit 1; echo "{REPLY.format(address="$7")}"')
    machines = []
    for number, name in enumerate(("manager", "machine1"), start=2):
        told = {"Containers": {"ingress-sbox": {"IPv4Address": f"10.0.0.{number}/24"}}}
        machines.append(machine(shell, name=name))
        machines[-1].docker.api = SimpleNamespace(inspect_network=lambda _, told=told: told)
    with pytest.raises(LabError, match=r"(?s)manager → machine1, 1400 bytes.*moby#53004") as caught:
        probes.overlay_self_test(*machines)
    assert "84 bytes" not in str(caught.value)
    shell.program("ping", f'echo "{REPLY.format(address="$7")}"')
    assert len(probes.overlay_self_test(*machines)) == 2 * len((overlay.SMALL, overlay.LARGE))


def test_each_ping_of_the_self_test_is_tried_again_and_bounded(shell: Shell, tmp_path: Path) -> None:
    shell.program("ping", f"echo $6 >> {tmp_path}/tried; [ $6 = 56 ] || exec sleep 60; echo answered")
    command = scripts.command("helpers.probes", "ping_sizes.sh", 2, 2, 1, 1372, "10.0.0.2", 56, "10.0.0.2")
    answers = inside.records(machine(shell).run(command, timeout=20).stdout)
    assert answers == [["", "124"], ["answered", "0"]]
    assert (tmp_path / "tried").read_text().split() == ["1372", "1372", "56"]


def test_reach_across_asks_by_address_and_by_name(shell: Shell) -> None:
    shell.program("ping", f'case $5 in 10.0.1.*) echo "{REPLY.format(address="$5")}";; *) exit 1;; esac')
    homes = {
        name: machine(shell, Container(name, shell, {"my_overlay": {"IPAddress": f"10.0.1.{number}"}}))
        for number, name in enumerate(("a", "b"))
    }
    frame = probes.reach_across(homes, "my_overlay")
    assert frame[["source", "target", "via", "ok"]].to_numpy().tolist() == [
        ["a", "b", "IP", True],
        ["b", "a", "IP", True],
        ["a", "b", "name", False],
        ["b", "a", "name", False],
    ]
    with pytest.raises(LabError, match="connected to my_overlay"):
        probes.reach_across(homes, "other")


def test_waiting_for_an_answer(shell: Shell, tmp_path: Path) -> None:
    up = tmp_path / "up"
    shell.program("ping", f"[ -e {up} ] || {{ echo silence; touch {up}; exit 1; }}")
    host = machine(shell, Container("b", shell))
    with pytest.raises(LabError, match=r"(?s)reaches 10\.0\.1\.5.*silence.*UDP port 4789"):
        probes.wait_until_reached(host, "b", "10.0.1.5", timeout=0)
    up.unlink()
    probes.wait_until_reached(host, "b", "10.0.1.5", timeout=20)


def test_waiting_for_several_answers_in_a_row(shell: Shell, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    shell.program("ping", f'echo . >>{seen}; [ "$(wc -l <{seen})" != 2 ]')  # the second is lost
    host = machine(shell, Container("b", shell))
    probes.wait_until_reached(host, "b", "10.0.1.5", in_a_row=3, timeout=20)
    assert len(seen.read_text().splitlines()) == 5


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where a healthy server listens; a load on it ends with a file of the test's own."""
    monkeypatch.setattr("helpers.probes.load._STOP", str(tmp_path / "stop-"))
    monkeypatch.setattr(_Failing, "healthy", True)
    with http.server.HTTPServer(("127.0.0.1", 0), _Failing) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}/"
        listening.shutdown()


class _Failing(http.server.BaseHTTPRequestHandler):
    healthy = True

    def do_GET(self) -> None:
        self.send_response(200 if _Failing.healthy else 503)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_load_continues_whatever_the_server_does(shell: Shell, server: str) -> None:
    attempts, events = probes.http_timeline(
        machine(shell),
        server,
        marker="n",
        seconds=1.2,
        interval=0.1,
        events=[(0.6, "ill", lambda: setattr(_Failing, "healthy", False))],
    )
    assert attempts["number"].to_list() == list(range(len(attempts)))
    early, late = attempts[attempts["t_s"] < 0.3], attempts[attempts["t_s"] > events["t_s"].item() + 0.25]
    assert early["ok"].all()
    assert set(late["error"]) == {"HTTP 503"}
    assert abs((attempts["at"].iloc[0] - pd.Timestamp.now("UTC")).total_seconds()) < 60


def test_load_can_begin_with_a_stretch_in_which_every_request_was_answered(
    shell: Shell, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Failing, "healthy", False)
    threading.Timer(1, setattr, (_Failing, "healthy", True)).start()
    attempts, events = probes.http_timeline(
        machine(shell),
        server,
        marker="n",
        seconds=1,
        interval=0.1,
        steady_s=0.5,
        events=[(0.5, "ill", lambda: setattr(_Failing, "healthy", False))],
    )
    assert attempts["number"].iloc[0] > 0
    assert attempts["t_s"].iloc[0] == 0
    assert attempts.loc[attempts["t_s"] < 0.4, "ok"].all()
    assert 0.5 <= events["t_s"].item() < 5
    assert not attempts["ok"].iloc[-1]


def test_a_load_that_is_never_answered_does_not_begin(
    shell: Shell, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.probes.over_time.STEADY_S", 1)
    monkeypatch.setattr(_Failing, "healthy", False)
    never: list[float] = []
    events = [(0.0, "never", lambda: never.append(1))]
    with pytest.raises(LabError, match=r"not 0.5 s in which each was answered"):
        probes.http_timeline(
            machine(shell), server, marker="n", seconds=1, interval=0.1, steady_s=0.5, events=events
        )
    assert not never
