"""Decoding frames that two machines exchanged: tests/unit/captures, recorded in chapter 06."""

from __future__ import annotations

import base64
import struct
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from helpers import probes
from helpers.errors import BadAnswer, LabError
from helpers.probes import capturing, wire
from tests.unit.probe_doubles import Container, Machine, Shell

CAPTURES = Path(__file__).parent / "captures"
machine: Any = Machine  # which is none, to the type checker


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    return wire.decode((CAPTURES / "vxlan.pcap").read_bytes())


@pytest.fixture(scope="module")
def encrypted() -> pd.DataFrame:
    return wire.decode((CAPTURES / "esp.pcap").read_bytes())


def test_vxlan_is_decoded_down_to_the_request(plain: pd.DataFrame) -> None:
    assert set(plain["carrier"]) == {"VXLAN"}
    assert set(plain["vni"]) == {4097}
    first = plain.iloc[0]
    assert (first["source"], first["target"]) == ("192.168.99.100", "192.168.99.101")
    assert (first["inner_source"], first["inner_target"]) == ("10.0.1.2", "10.0.1.5")
    assert first["says"] == "ICMP echo request"
    assert "TCP PA GET /?password=open-sesame HTTP/1.1" in plain["says"].to_list()
    assert set(plain["bytes"] - plain["inner_bytes"]) == {50}


def test_everything_on_an_unencrypted_overlay_is_overheard(plain: pd.DataFrame) -> None:
    heard = probes.conversation(plain)
    assert heard["says"].to_list() == [
        "ICMP echo request",
        "ICMP echo reply",
        "TCP PA GET /?password=open-sesame HTTP/1.1",
        "TCP PA HTTP/1.1 404 Not Found",
    ]
    assert set(probes.revealed(plain, "open-sesame").values()) == {True}
    assert not probes.revealed(plain, "open-barley")["the password"]


def test_headers_add_up_to_the_frame(plain: pd.DataFrame) -> None:
    headers = probes.layers(plain, "ICMP echo request")
    assert headers["layer"].to_list() == "Ethernet IP UDP VXLAN Ethernet IP ICMP payload".split()
    assert headers["bytes"].to_list() == [14, 20, 8, 8, 14, 20, 8, 56]
    assert headers["bytes"].sum() == len(plain["frame"].iloc[0])
    assert headers["says"].to_list()[3:5] == ["VNI 4097", "02:42:0a:00:01:02 → 02:42:0a:00:01:05"]


def test_esp_reveals_only_the_addresses(encrypted: pd.DataFrame) -> None:
    assert set(encrypted["carrier"]) == {"ESP"}
    assert set(encrypted["source"]) == {"192.168.99.100", "192.168.99.101"}
    assert set(encrypted["vni"]) == {-1}
    assert set(encrypted["says"]) == set(encrypted["inner_source"]) == {""}
    assert probes.layers(encrypted, "")["layer"].to_list()[:3] == ["Ethernet", "IP", "ESP"]
    assert probes.layers(encrypted, "ICMP echo request").empty
    assert len(probes.conversation(encrypted)) == 2  # one row for each direction
    assert probes.revealed(encrypted, "open-sesame") == {
        "which machines communicate": True,
        "how much they send": True,
        "which containers communicate": False,
        "the password": False,
    }


def test_an_empty_capture_is_an_empty_table(plain: pd.DataFrame) -> None:
    nothing = wire.decode((CAPTURES / "vxlan.pcap").read_bytes()[:24])  # only the file header
    assert nothing.empty
    assert probes.conversation(nothing).empty
    assert set(probes.revealed(nothing, "open-sesame").values()) == {False}
    assert list(nothing.columns) == list(plain.columns)


def capturing_shell(directory: Path) -> Shell:
    """A shell whose tcpdump makes the file "on" when it begins to listen, and "off" when it is ended."""
    shell = Shell(directory)
    pcap = base64.b64encode((CAPTURES / "vxlan.pcap").read_bytes()).decode()
    shell.program(
        "tcpdump",
        f'trap "echo {pcap} | base64 -d > $6; touch {directory}/off; exit" TERM\n'
        f'sleep 0.3; touch {directory}/on; echo "listening on $2" >&2\n'
        "while :; do sleep 0.1; done",
    )
    return shell


def test_a_capture_runs_the_command_while_it_listens(tmp_path: Path) -> None:
    shell = capturing_shell(tmp_path)
    # The command must run after tcpdump has said that it is listening, and tcpdump end after the command.
    host = machine(shell, Container("b", shell))
    seen = probes.capture(host, "b", f"[ -e {tmp_path}/on ] && touch {tmp_path}/ran", expression="esp")
    assert (tmp_path / "ran").exists()
    assert "ICMP echo request" in seen["says"].to_list()


def test_a_capture_while_something_happens_elsewhere(tmp_path: Path) -> None:
    shell = capturing_shell(tmp_path)

    def act() -> tuple[bool, bool]:
        return (tmp_path / "on").exists(), (tmp_path / "off").exists()

    acted, seen = capturing.capture_during(act, machine(shell), expression="esp", timeout=20)
    assert acted == (True, False)  # it listens, and has not ended
    assert "ICMP echo request" in seen["says"].to_list()


def test_a_capture_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capturing, "_START_S", 0.2)
    shell = Shell(tmp_path)
    shell.program("tcpdump", "echo 'tcpdump: eth9: No such device exists' >&2")
    with pytest.raises(LabError, match="No such device"):
        probes.capture(machine(shell, Container("b", shell)), "b", "true", expression="esp", interface="eth9")


def test_a_capture_on_all_interfaces_says_which_one_each_packet_has_passed() -> None:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 276)  # LINKTYPE_LINUX_SLL2
    packets = [struct.pack("!HHIHBB8s", 0x0800, 0, index, 1, 4, 6, b"") for index in (2, 7, 2)]
    records = b"".join(struct.pack("<IIII", 0, 0, len(one), len(one)) + one for one in packets)
    assert wire.interfaces(head + records) == [2, 7, 2]
    with pytest.raises(BadAnswer):
        wire.interfaces(b"no capture")
