"""What is masked before outputs are compared, and what is not."""

from __future__ import annotations

import re

import pytest
from nbval.plugin import get_sanitize_patterns

from helpers.paths import PROJECT

PATTERNS = get_sanitize_patterns((PROJECT / "tests" / "notebooks" / "sanitize.cfg").read_text())
LONG = "dfdbc18945190c832c3e0aaa7013915d77022851e69965c134045bb3a37168c4"


def sanitize(text: str) -> str:
    for pattern, replacement in PATTERNS:
        text = re.sub(pattern, replacement, text)
    return text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5beee851de42   bridge    bridge    local", "012345678901   bridge    bridge    local"),
        (f'"{LONG}": {{', f'"{LONG[::-1]}": {{'),
        ("seq=0 ttl=64 time=0.245 ms", "seq=0 ttl=64 time=12.113 ms"),
        ("round-trip min/avg/max = 0.1/0.2/0.3 ms", "round-trip min/avg/max = 10.1/20.2/30.3 ms"),
        (
            "CREATED          STATUS          PORTS\n2 minutes ago    Up 2 minutes    80/tcp",
            "CREATED              STATUS              PORTS\nAbout a minute ago   Up About a minute   80/tcp",
        ),
        ('"Created": "2026-11-24T02:06:11.123456789Z"', '"Created": "2027-01-01T00:00:00+09:00"'),
        ("vi2prmho1rvhs8lik6ms1hbaq\n", "ymxz4tt9pet2scngt4yqf9b6e\n"),
        ("vi2prmho1rvh   my_net   overlay   swarm", "ymxz4tt9pet2   my_net   overlay   swarm"),
        ("Date: Tue, 24 Nov 2026 02:06:11 GMT", "Date: Wed, 25 Nov 2026 12:46:51 GMT"),
        ("7: veth1a2b3c4@if6: <BROADCAST>", "11: veth0000000@if10: <BROADCAST>"),
        ("4: eth0@if5: <UP>", "14: eth0@if15: <UP>"),
        ("from 192.168.99.101: seq=0", "from 192.168.100.101: seq=0"),
        ("nginx   192.168.99.192/24", "nginx  192.168.100.192/24"),
        ("lladdr 02:42:c0:a8:63:c0", "lladdr 02:42:c0:a8:64:c0"),
        ("icmp_seq=1 ttl=64 time=157 ms", "icmp_seq=1 ttl=64 time=0.565 ms"),
        ("2 received, 0% packet loss, time 1003ms", "2 received, 0% packet loss, time 999ms"),
        ("rtt min/avg/max/mdev = 0.5/1.2/2.3/0.1 ms", "rtt min/avg/max/mdev = 10.5/11.2/12.3/0.9 ms"),
        (
            "5beee851wz42   ingress   overlay   swarm\n\n--token SWMTKN-1-"
            + "a1" * 25
            + "-"
            + "b2" * 12
            + "c",
            "012345678xyz   ingress   overlay   swarm\n\n--token SWMTKN-1-"
            + "z9" * 25
            + "-"
            + "y8" * 12
            + "x",
        ),
        ("node (" + "k3" * 12 + "m) is now", "node (" + "3k" * 12 + "z) is now"),
        (
            "ID   CURRENT STATE           ERROR\n"
            "fmvfo2nschcq   nginx.1   nginx:latest   machine1   Running   Running 3 seconds ago   ",
            "ID   CURRENT STATE                ERROR\n"
            "pz1kob42tqoe   nginx.1   nginx:latest   manager    Running   Running about a minute ago   ",
        ),
        ("  -> 10.0.0.6:0      Masq    1      0      101", "  -> 10.0.0.17:0     Masq    1      2      99"),
        (
            "faster: ratio 0.56 (95 % interval 0.50 to 0.61)",
            "no difference found: ratio 1.02 (95 % interval 0.91 to 1.12)",
        ),
        ("Engine: 26.1.5, embedded", "Engine: 28.5.2, docker at unix:///var/run/docker.sock"),
    ],
)
def test_values_that_differ_between_runs_are_masked(one: str, other: str) -> None:
    assert sanitize(one) == sanitize(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("172.17.0.2/16", "172.17.0.3/16"),
        ("02:42:ac:11:00:02", "02:42:ac:11:00:03"),
        ("02:42:c0:a8:63:c0", "02:42:c0:a8:63:64"),
        ("02:42:c0:a8:63:c0", "02:42:c0:a8:01:c0"),
        ("ping: bad address 'busybox1'", "ping: bad address 'busybox2'"),
        ("seq=0 ttl=64 time=0.2 ms", "seq=0 ttl=63 time=0.2 ms"),
        (
            "3 packets transmitted, 3 packets received, 0% packet loss",
            "3 packets transmitted, 0 packets received",
        ),
        ("from 192.168.99.101: seq=0", "from 192.168.99.102: seq=0"),
        ("192.168.0.1", "192.168.1.1"),
        ("4: eth0@if5: <UP>", "4: eth1@if5: <UP>"),
        ("veth1a2b3c4@if6: <UP>", "veth1a2b3c4@if6: <DOWN>"),
        ("  -> 10.0.0.6:0      Masq    1      0      101", "  -> 10.0.0.6:0      Masq    0      0      101"),
        ("nginx:latest   machine1   Running   Running", "nginx:latest   machine1   Running   Starting"),
        ("nginx:latest   machine1   Running   Running", "nginx:latest   host       Running   Running"),
        ("Up 2 minutes   80/tcp", "Exited (1) 2 minutes ago   80/tcp"),
        ("mtu 1500", "mtu 1450"),
        (
            "faster: ratio 0.56 (95 % interval 0.50 to 0.61)",
            "slower: ratio 1.31 (95 % interval 1.20 to 1.42)",
        ),
        ("3 of 3 claims hold", "2 of 3 claims hold"),
        ("12 requests", "13 requests"),
    ],
)
def test_values_that_a_chapter_is_about_are_compared(one: str, other: str) -> None:
    assert sanitize(one) != sanitize(other)
