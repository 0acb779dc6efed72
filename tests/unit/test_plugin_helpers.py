"""The call log and the list of links, parsed from recorded lines; the managed plugin's definition."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.errors import LabError
from helpers.plugin import calls, deploy, inspection
from helpers.plugin.registry import CONFIG

HERE = Path(deploy.__file__).parent
LINE = {
    "call": "NetworkDriver.CreateNetwork",
    "request": {"NetworkID": "852e7a8b210f"},
    "status": 200,
    "answer": {},
    "done": ["bridge added", "vxlan added"],
}


def log(*lines: dict[str, Any]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_the_call_log_as_a_frame() -> None:
    refused = {**LINE, "status": 400, "answer": {"Err": "no id"}, "done": []}
    frame = calls.parse(log(LINE, refused))
    assert frame["call"].to_list() == ["CreateNetwork", "CreateNetwork"]
    assert frame["status"].to_list() == [200, 400]
    assert frame["error"].to_list() == ["", "no id"]
    assert frame["done"].to_list() == ["bridge added, vxlan added", ""]
    assert frame["request"].iloc[0] == {"NetworkID": "852e7a8b210f"}


def test_discoveries_name_the_fields_and_not_the_values() -> None:
    told = {"DiscoveryType": 3, "DiscoveryData": {"Keys": ["c2VjcmV0"], "Tags": [7]}}
    news = {**LINE, "call": "NetworkDriver.DiscoverNew", "request": told, "done": []}
    frame = calls.discoveries(manager=calls.parse(log(LINE, news)), machine1=calls.parse(log(LINE)))
    assert frame.to_dict("records") == [{"machine": "manager", "type": 3, "fields": "Keys, Tags"}]


class Machine:
    """Prints a file from a given line onwards, as `tail` does."""

    name = "host"

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, command: str) -> Any:
        skipped = int(command.split("+")[1].split()[0]) - 1
        text = "".join(self.path.read_text().splitlines(keepends=True)[skipped:])
        return SimpleNamespace(stdout=text)


def test_an_incomplete_line_is_left_for_the_next_read(tmp_path: Path) -> None:
    path = tmp_path / "calls"
    machine: Any = Machine(path)
    read = calls.CallLog(machine, str(path))
    path.write_text(log(LINE) + log(LINE)[:20])
    assert len(read.new()) == 1
    path.write_text(log(LINE, LINE, LINE))
    assert len(read.new()) == 2
    assert len(read.new()) == 0


def test_waiting_for_a_call_returns_it_or_lists_what_arrived(tmp_path: Path) -> None:
    path = tmp_path / "calls"
    path.write_text(log(LINE))
    machine: Any = Machine(path)
    assert len(calls.CallLog(machine, str(path)).wait_for("CreateNetwork", 0)) == 1
    with pytest.raises(LabError, match=r"the calls so far: CreateNetwork\s+after 0 s"):
        calls.CallLog(machine, str(path)).wait_for("Join", 0)


def test_links_are_identified_by_network_kind_and_container() -> None:
    found = [{"ifname": name} for name in ("lo", "eth0", "wb-aaaaaaaaaaaa", "wx-aaaaaaaaaaaa", "docker0")]
    found += [{"ifname": name} for name in ("wh-bbbbbbbbbbbb", "wb-cccccccccccc", "wc-dddddddddddd")]
    rows = inspection.rows_of(
        "host", found, {"aaaaaaaaaaaa": "my_net"}, {"bbbbbbbbbbbb": ("my_net", "busybox1")}
    )
    assert [(row["network"], row["kind"], row["container"]) for row in rows] == [
        ("my_net", "bridge", ""),
        ("my_net", "vxlan", ""),
        ("my_net", "veth", "busybox1"),
        ("", "bridge", ""),  # orphaned
        ("", "veth, inner end", ""),
    ]


@pytest.mark.parametrize("source", deploy.SOURCES)
def test_the_copied_sources_exist(source: str) -> None:
    assert (HERE / source).is_file()


def test_every_module_of_the_driver_is_copied() -> None:
    assert {f"wire/{path.name}" for path in (HERE / "wire").glob("*.py")} <= set(deploy.SOURCES)


def test_the_plugins_definition_requests_only_what_it_needs() -> None:
    config = json.loads((HERE / "wire/config.json").read_text())
    socket = config["interface"]["socket"]
    assert config["interface"]["types"] == ["docker.networkdriver/1.0"]
    assert f"/run/docker/plugins/{socket}" in config["entrypoint"]
    assert config["linux"]["capabilities"] == ["CAP_NET_ADMIN"]
    assert config["network"]["type"] == "host"
    assert "mounts" not in config


def test_the_driver_is_short_enough_to_read_in_one_sitting() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in (HERE / "wire").glob("*.py"))
    assert lines < 360


def test_the_registry_listens_on_the_port_in_its_name() -> None:
    assert '":5000"' in CONFIG


def test_calls_as_messages() -> None:
    refused = {**LINE, "answer": {"Err": "no id"}, "done": []}
    frame = calls.messages({"network create": calls.parse(log(LINE)), "again": calls.parse(log(refused))})
    assert list(frame.itertuples(index=False, name=None)) == [
        ("network create", "Engine", "wire", "CreateNetwork", True),
        ("network create", "wire", "kernel", "bridge added", True),
        ("network create", "wire", "kernel", "vxlan added", True),
        ("again", "Engine", "wire", "CreateNetwork", False),
    ]


def test_calls_of_each_kind_by_machine() -> None:
    allocated = {**LINE, "call": "NetworkDriver.AllocateNetwork"}
    manager, machine1 = calls.parse(log(allocated, LINE, LINE)), calls.parse(log(LINE))
    frame = calls.by_machine(manager=manager, machine1=machine1)
    assert frame.to_dict("records") == [
        {"call": "AllocateNetwork", "manager": True, "machine1": False},
        {"call": "CreateNetwork", "manager": True, "machine1": True},
    ]


def test_installed_plugins_and_their_privileges() -> None:
    config = {"Network": {"Type": "host"}, "Linux": {"Capabilities": ["CAP_NET_ADMIN", "CAP_NET_RAW"]}}
    bare = {"Network": {"Type": ""}, "Linux": {"Capabilities": None}}
    plugins = [
        SimpleNamespace(name="wire:1.0", enabled=True, attrs={"Config": config}),
        SimpleNamespace(name="disk:2.0", enabled=False, attrs={"Config": bare}),
    ]
    docker = SimpleNamespace(plugins=SimpleNamespace(list=lambda: plugins))
    machine: Any = SimpleNamespace(name="host", docker=docker)
    assert inspection.installed(machine).to_dict("records") == [
        {
            "machine": "host",
            "name": "wire:1.0",
            "enabled": True,
            "network": "host",
            "capabilities": "CAP_NET_ADMIN, CAP_NET_RAW",
        },
        {"machine": "host", "name": "disk:2.0", "enabled": False, "network": "", "capabilities": ""},
    ]


def test_a_machine_without_plugins() -> None:
    docker = SimpleNamespace(plugins=SimpleNamespace(list=list))
    machine: Any = SimpleNamespace(name="host", docker=docker)
    assert inspection.installed(machine).empty
