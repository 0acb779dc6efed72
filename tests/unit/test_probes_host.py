"""What the chapter on the host network measures: NAT rules, tracked connections and a speed ratio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers import probes
from helpers.probes.frame import tidy
from tests.unit.probe_doubles import Machine, Shell

RULES = """-N DOCKER
-A DOCKER -i docker0 -c 0 0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -c 5 300 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 8082 -c 1 60 -j \
DNAT --to-destination 172.17.0.3:80
"""
FILTER = {
    "INPUT": """-P INPUT ACCEPT -c 0 0
-A INPUT -i eth0 -p tcp -m tcp --dport 8080 -c 0 0 -j DROP
-A INPUT -p udp -c 3 100 -j ACCEPT
""",
    "DOCKER-USER": """-N DOCKER-USER
-A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 -c 3 180 -j DROP
-A DOCKER-USER -c 9 900 -j RETURN
""",
}
FLOW = """<?xml version="1.0" encoding="utf-8"?>
<conntrack>
<flow><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>192.168.99.101</src>\
<dst>192.168.99.100</dst></layer3><layer4 protonum="6" protoname="tcp"><sport>40000</sport>\
<dport>8080</dport></layer4></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4">\
<src>172.17.0.2</src><dst>192.168.99.101</dst></layer3><layer4 protonum="6" protoname="tcp">\
<sport>80</sport><dport>40000</dport></layer4></meta><meta direction="independent"><state>TIME_WAIT</state>\
<timeout>117</timeout></meta></flow>
</conntrack>
"""
CURL = """if [ "$1" = -s ]; then
  for _ in $(seq 3); do echo "0 200 0.0$(( (round % 9) + 10 ))"; done
fi"""
machine: Any = Machine  # which is none, to the type checker


def says(directory: Path, program: str, text: str) -> Any:
    shell = Shell(directory)
    (directory / "said").write_text(text)
    shell.program(program, f"cat {directory / 'said'}")
    return machine(shell)


def test_each_published_port_has_a_rule_with_counters(tmp_path: Path) -> None:
    rules = probes.nat_rules(says(tmp_path, "iptables", RULES))
    assert rules.to_dict("list") == {
        "machine": ["host", "host"],
        "port": ["8080", "8082"],
        "to": ["172.17.0.2:80", "172.17.0.3:80"],
        "packets": [5, 1],
        "bytes": [300, 60],
    }


def test_without_published_ports_there_are_no_rules(tmp_path: Path) -> None:
    rules = probes.nat_rules(says(tmp_path, "iptables", "-N DOCKER\n"))
    assert list(rules["packets"]) == []
    assert rules["packets"].dtype == "int64"


def test_counts_since_an_earlier_count(tmp_path: Path) -> None:
    host = says(tmp_path, "iptables", RULES)
    earlier = probes.nat_rules(host).assign(packets=[2, 7], bytes=[120, 420]).iloc[:1]
    since = probes.nat_rules(host, since=earlier)
    assert since["packets"].to_list() == [3, 1]  # the second rule is new
    assert since["bytes"].to_list() == [180, 60]


def test_rules_that_drop_and_whether_a_packet_met_them(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    for chain, text in FILTER.items():
        (tmp_path / chain).write_text(text)
    shell.program("iptables", f"cat {tmp_path}/$2")
    rules = probes.drop_rules(machine(shell), "INPUT", "DOCKER-USER")
    assert rules[["chain", "rule", "packets", "matched"]].to_numpy().tolist() == [
        ["INPUT", "-i eth0 -p tcp -m tcp --dport 8080", 0, False],
        ["DOCKER-USER", "-i eth0 -p tcp -m conntrack --ctorigdstport 8080", 3, True],
    ]


def test_every_page_is_fetched_from_every_machine(tmp_path: Path) -> None:
    shells = {}
    times = '"time_starttransfer": 0.2, "time_namelookup": 0.1, "errormsg": ""'
    for name in ("host", "client"):
        (tmp_path / name).mkdir()
        shells[name] = shell = Shell(tmp_path / name)
        code = f'case "$*" in *a:1*) echo 200;; *) echo {200 if name == "host" else 0};; esac'
        shell.program("curl", f"printf '{{\"http_code\": %s, {times}}}' $({code})")
    found = probes.http_reach(
        [machine(shell, name=name) for name, shell in shells.items()],
        {"one": "http://a:1/", "two": "http://b/"},
    )
    assert found[["source", "target", "ok"]].to_numpy().tolist() == [
        ["host", "one", True],
        ["host", "two", True],
        ["client", "one", True],
        ["client", "two", False],
    ]


def test_a_translated_connection_is_answered_by_another_address(tmp_path: Path) -> None:
    tracked = probes.connections(says(tmp_path, "conntrack", FLOW), 8080, client="192.168.99.101")
    assert tracked.iloc[0].to_list() == ["192.168.99.101", "192.168.99.100:8080", "172.17.0.2:80"]


def test_nothing_tracked_is_an_empty_frame(tmp_path: Path) -> None:
    assert probes.connections(says(tmp_path, "conntrack", ""), 8080, client="192.168.99.101").empty


def test_paths_alternate_and_the_first_request_of_a_turn_is_left_out(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.program("curl", CURL)
    urls = {"one": "http://a/", "other": "http://b/"}
    frame = probes.in_turns(machine(shell), urls, rounds=2, requests=2)
    assert list(frame["path"]) == ["one", "one", "other", "other"] * 2
    assert list(frame["round"]) == [1] * 4 + [2] * 4
    assert frame["ok"].all()
    assert frame["rtt_ms"].between(9, 30).all()


def test_a_failed_request_has_no_duration(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.program("curl", "for _ in $(seq 2); do echo '7 000 0.000'; done")
    frame = probes.in_turns(machine(shell), {"only": "http://a/"}, rounds=1, requests=1)
    assert list(frame["ok"]) == [False]
    assert frame["error"].item() == "curl: exit code 7, HTTP 000"
    assert np.isnan(frame["rtt_ms"].item())


def measured(factor: float, spread: float) -> pd.DataFrame:
    """Times of two paths in 20 rounds; those of "b" are `factor` times those of "a"."""
    random = np.random.default_rng(7)
    common = {"source": "client", "target": "", "via": "", "protocol": "http", "ok": True, "error": ""}
    rows = [
        common | {"path": path, "round": number, "rtt_ms": scale * (10 + spread * random.standard_normal())}
        for number in range(20)
        for path, scale in (("a", 1.0), ("b", factor))
        for _ in range(10)
    ]
    return tidy(rows, {"path": "str", "round": "int64"})


@pytest.mark.parametrize(
    ("factor", "spread", "verdict"),
    [(0.5, 1, "faster"), (2, 1, "slower"), (1, 1, "no difference found"), (0.98, 3, "no difference found")],
)
def test_the_verdict_follows_from_the_interval(factor: float, spread: float, verdict: str) -> None:
    ratio = probes.ratio(measured(factor, spread), "b", against="a")
    assert ratio.verdict == verdict
    assert ratio.low <= ratio.value <= ratio.high
    assert str(ratio).startswith(f"{verdict}: ratio {ratio.value:.2f} (95 % interval ")
    assert verdict in ratio.finding("A request")


def test_the_same_data_give_the_same_interval() -> None:
    frame = measured(1.2, 2)
    assert probes.ratio(frame, "b", against="a") == probes.ratio(frame, "b", against="a")
