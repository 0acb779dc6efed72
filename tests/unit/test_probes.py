"""The probes parse recorded output of busybox, iputils and curl, and limit how long commands run."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import pytest

from helpers import probes, scripts
from helpers.errors import LabError
from helpers.probes import dns, http, icmp, inside
from tests.unit.probe_doubles import Container, Machine, Shell

BUSYBOX = """PING 172.17.0.3 (172.17.0.3): 56 data bytes
64 bytes from 172.17.0.3: seq=0 ttl=64 time=0.559 ms
64 bytes from 172.17.0.3: seq=2 ttl=64 time=0.061 ms

--- 172.17.0.3 ping statistics ---
3 packets transmitted, 2 packets received, 33% packet loss
round-trip min/avg/max = 0.061/0.310/0.559 ms
"""
IPUTILS = """PING 192.168.99.101 (192.168.99.101) 56(84) bytes of data.
64 bytes from 192.168.99.101: icmp_seq=1 ttl=64 time=0.045 ms
From 192.168.99.100 icmp_seq=2 Destination Host Unreachable

--- 192.168.99.101 ping statistics ---
3 packets transmitted, 1 received, +1 errors, 66% packet loss, time 2055ms
"""
NSLOOKUP = """Server:\t\t127.0.0.11
Address:\t127.0.0.11:53

Non-authoritative answer:
Name:\tweb
Address: 172.18.0.10
Name:\tweb
Address: 172.18.0.2

"""
NXDOMAIN = """Server:\t\t127.0.0.11
Address:\t127.0.0.11:53

** server can't find nosuch.: NXDOMAIN

"""
SILENT = ";; connection timed out; no servers could be reached\n\n"
WGET_404 = """Connecting to 127.0.0.1:8099 (127.0.0.1:8099)
  HTTP/1.1 404 Not Found
wget: server returned error: HTTP/1.1 404 Not Found
"""
WGET_MOVED = """Connecting to web (172.18.0.2:80)
  HTTP/1.1 301 Moved Permanently
  Location: /there
Connecting to web (172.18.0.2:80)
  HTTP/1.1 200 OK
"""
machine: Any = Machine  # which is none, to the type checker
SAME: dict[str, Any] = {"source": "busybox2", "target": "t", "via": "IP", "bound": 5}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def heredoc(text: str) -> str:
    return f"cat <<'END'\n{text}END"


def test_ping_output_of_busybox() -> None:
    rows = icmp.rows(BUSYBOX, 0, count=3, **SAME)
    assert [row["ok"] for row in rows] == [True, False, True]
    assert rows[0]["rtt_ms"] == 0.559
    assert math.isnan(rows[1]["rtt_ms"])
    assert [row["error"] for row in rows] == ["", "no answer", ""]


def test_ping_output_of_iputils() -> None:
    rows = icmp.rows(IPUTILS, 1, count=3, **SAME)
    assert [row["ok"] for row in rows] == [True, False, False]
    assert [row["error"] for row in rows] == ["", "Destination Host Unreachable", "no answer"]


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [
        ("ping: bad address 'busybox1'\n", 1, "ping: bad address 'busybox1'"),
        (
            "PING x (1.2.3.4): 56 data bytes\nping: sendto: Network unreachable\n",
            1,
            "ping: sendto: Network unreachable",
        ),
        ("", 143, "no answer within 5 s"),
        ("", 124, "no answer within 5 s"),
        ("", 2, "exit code 2"),
    ],
)
def test_ping_that_never_sent(text: str, code: int, error: str) -> None:
    rows = icmp.rows(text, code, count=2, **SAME)
    assert [(row["ok"], row["error"]) for row in rows] == [(False, error)] * 2


def test_a_missing_program_is_not_a_result_about_the_network() -> None:
    with pytest.raises(LabError, match="image has the program"):
        icmp.rows("timeout: can't execute 'ping': No such file or directory", 127, count=1, **SAME)


def test_ping_frame(shell: Shell) -> None:
    shell.program("ping", heredoc(BUSYBOX))
    frame = probes.ping(
        machine(shell, Container("busybox2", shell)), "busybox2", "172.17.0.3", count=3, via="IP"
    )
    assert list(frame.columns) == ["source", "target", "via", "protocol", "ok", "rtt_ms", "error"]
    assert frame["ok"].dtype == bool
    assert frame["rtt_ms"].dtype == "float64"
    assert list(frame["source"]) == ["busybox2"] * 3


def test_ping_from_the_machine_itself(shell: Shell) -> None:
    shell.program("ping", 'echo "ping: $7: Name or service not known" >&2; exit 2')
    frame = probes.ping(machine(shell, name="manager"), None, "no such", count=1)
    assert frame.loc[0, "source"] == "manager"
    assert frame.loc[0, "error"] == "ping: no such: Name or service not known"


def test_a_hanging_ping_is_terminated(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(icmp, "RESOLVE_S", 0)
    shell.program("ping", "exec sleep 60")
    before = time.monotonic()
    frame = probes.ping(machine(shell, Container("b", shell)), "b", "silent", count=1)
    assert time.monotonic() - before < 10
    assert frame["error"].str.startswith("no answer within").all()


def test_a_source_without_a_shell(shell: Shell) -> None:
    shell.program("nsenter", "echo 'nsenter: failed to execute sh: No such file or directory' >&2; exit 127")
    with pytest.raises(LabError, match="needs a shell"):
        probes.ping(machine(shell, Container("bare", shell)), "bare", "a")


def test_a_source_that_is_not_running(shell: Shell) -> None:
    with pytest.raises(LabError, match="docker start ended"):
        probes.ping(machine(shell, Container("ended", shell, pid=0)), "ended", "a")


def test_incomplete_records_are_left_out() -> None:
    assert inside.records("a\x1f1\x1eb\x1f2\x1ec\x1f") == [["a", "1"], ["b", "2"]]


def test_resolve_sorts_addresses_numerically() -> None:
    row = dns.answer(NSLOOKUP, 0)
    assert (row["ok"], row["server"], row["addresses"]) == (True, "127.0.0.11", "172.18.0.2, 172.18.0.10")


@pytest.mark.parametrize(
    ("text", "error", "server"),
    [
        (NXDOMAIN, "server can't find nosuch: NXDOMAIN", "127.0.0.11"),
        (SILENT, ";; connection timed out; no servers could be reached", ""),
    ],
)
def test_resolve_refused(text: str, error: str, server: str) -> None:
    row = dns.answer(text, 1)
    assert (row["ok"], row["error"], row["server"], row["addresses"]) == (False, error, server, "")


def test_resolve_asks_for_exactly_that_name(shell: Shell) -> None:
    shell.program("nslookup", f'[ "$*" = "-type=a web." ] && {heredoc(NSLOOKUP)}')
    frame = probes.resolve(machine(shell, Container("b", shell)), "b", "web")
    assert frame.loc[0, "addresses"] == "172.18.0.2, 172.18.0.10"
    assert frame.loc[0, "target"] == "web"
    assert frame["rtt_ms"].between(0, 60_000, inclusive="neither").all()


def test_a_program_that_only_busybox_has(shell: Shell) -> None:
    shell.program("busybox", 'echo "busybox $*"')
    done = machine(shell).run(
        scripts.command("helpers.probes", "timed_attempts.sh", 2, 5, "no-such-program", "x")
    )
    assert [text for text, *_ in inside.records(done.stdout)] == ["busybox no-such-program x\n"] * 2


def test_http_by_wget() -> None:
    found = http.parse_wget(WGET_404, 1, 0.01, 5)
    assert (found["ok"], found["status"]) == (False, 404)
    assert found["error"] == "wget: server returned error: HTTP/1.1 404 Not Found"
    moved = http.parse_wget(WGET_MOVED, 0, 0.01, 5)
    assert (moved["ok"], moved["status"], moved["rtt_ms"], moved["error"]) == (True, 200, 10, "")
    assert (
        http.parse_wget("wget: bad address 'nosuch'\n", 1, 0.01, 5)["error"] == "wget: bad address 'nosuch'"
    )


def test_http_by_curl(shell: Shell) -> None:
    shell.program(
        "curl",
        'echo \'{"http_code":200,"errormsg":null,"time_starttransfer":0.005,"time_namelookup":0.001}\'',
    )
    frame = probes.http_get(machine(shell), None, "http://web/?a=1&b=2", count=3)
    assert len(frame) == 3
    assert list(frame["status"]) == [200] * 3
    assert frame["rtt_ms"].round(3).eq(4).all()


def test_http_errors_contain_no_durations() -> None:
    text = '{"http_code":0,"errormsg":"Failed to connect to h port 9 after 3 ms: no","time_starttransfer":0,'
    found = http.parse_curl(text + '"time_namelookup":0}', 7, 0, 5)
    assert found["error"] == "curl: Failed to connect to h port 9: no"
    assert math.isnan(found["rtt_ms"])


def addressed(shell: Shell, *names: str) -> list[Container]:
    return [
        Container(name, shell, {"bridge": {"IPAddress": f"172.17.0.{number}"}})
        for number, name in enumerate(names, 2)
    ]


def test_who_reaches_whom(shell: Shell) -> None:
    shell.program(
        "ping",
        'case "$5" in 172.*) echo "64 bytes from $5: seq=0 ttl=64 time=0.1 ms";;'
        " *) echo \"ping: bad address '$5'\" >&2; exit 1;; esac",
    )
    frame = probes.who_reaches_whom(machine(shell, *addressed(shell, "b", "a", "c")), ["b", "a", "c"])
    assert len(frame) == 12
    assert list(frame["source"].unique()) == ["b", "a", "c"]
    assert [tuple(row) for row in frame[["source", "target", "via"]].head(4).to_numpy()] == [
        ("b", "a", "IP"), ("b", "a", "name"), ("b", "c", "IP"), ("b", "c", "name"),
    ]  # fmt: skip
    assert frame[frame["via"] == "IP"]["ok"].all()
    assert not frame[frame["via"] == "name"]["ok"].any()
    assert frame.loc[1, "error"] == "ping: bad address 'a'"


def test_an_unanswered_ping_is_sent_once_more(shell: Shell, tmp_path: Path) -> None:
    shell.program(
        "ping",
        f'echo "$5" >>{tmp_path}/asked\n'
        f'case "$5 $(grep -c "^$5$" {tmp_path}/asked)" in "late 2") echo "seq=0 ttl=64 time=0.1 ms"; exit;;'
        " none*) echo \"ping: bad address '$5'\"; exit 1;; esac\n"
        "echo '1 packets transmitted, 0 packets received'; exit 1",
    )
    frame = probes.reach({"here": (machine(shell), None)}, {name: name for name in ("late", "never", "none")})
    assert frame["ok"].tolist() == [True, False, False]
    assert frame["error"].tolist() == ["", "no answer", "ping: bad address 'none'"]
    assert (tmp_path / "asked").read_text().split() == ["late", "late", "never", "never", "none"]


def test_who_reaches_whom_from_a_source_without_a_shell(shell: Shell) -> None:
    shell.program("nsenter", "echo 'nsenter: failed to execute sh: No such file or directory' >&2; exit 127")
    with pytest.raises(LabError, match=r"0 of them ended; nsenter: failed(.|\n)*sources="):
        probes.who_reaches_whom(machine(shell, *addressed(shell, "a", "b")), ["a", "b"])


def test_who_reaches_whom_needs_an_address(shell: Shell) -> None:
    with pytest.raises(LabError, match="connected to bridge"):
        probes.who_reaches_whom(machine(shell, *addressed(shell, "a", "b")), ["a", "b"], network="my_bridge")


@pytest.mark.skipif(not Path("/proc/uptime").exists(), reason="the loop reads /proc/uptime")
def test_timeline_places_events_on_the_clock_of_the_pings(shell: Shell, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    shell.program("ping", f'[ -e {cut} ] && exit 1; echo "64 bytes from $5: seq=0 ttl=64 time=0.1 ms"')
    events: list[Any] = [(1.2, "heal", cut.unlink), (0.6, "cut", cut.touch)]
    attempts, marks = probes.reachability_timeline(
        machine(shell, Container("b", shell)), "b", "a", seconds=1.8, events=events, interval=0.1
    )
    assert list(marks["label"]) == ["cut", "heal"]
    start, end = marks["t_s"]
    assert 0.5 < start < 0.9
    assert 1.1 < end < 1.5
    assert attempts["t_s"].is_monotonic_increasing
    lost = attempts[~attempts["ok"]]["t_s"]
    slack = 0.25  # allows for a busy computer
    assert len(lost)
    assert lost.between(start - slack, end + slack).all()
    assert not attempts[attempts["t_s"].between(start + slack, end - slack)]["ok"].any()


def test_timeline_whose_pings_never_start(shell: Shell) -> None:
    shell.program("sh", "echo no shell here; exit 127")
    with pytest.raises(LabError, match="no shell here"):
        probes.reachability_timeline(machine(shell, Container("b", shell)), "b", "a", seconds=1)


def test_exceptions_raised_by_an_event_propagate(shell: Shell) -> None:
    shell.program("ping", "exit 1")
    host = machine(shell, Container("b", shell))
    with pytest.raises(ZeroDivisionError):
        probes.reachability_timeline(host, "b", "a", seconds=0.5, events=[(0.1, "bad", lambda: 1 / 0)])
