"""The driver's side of libnetwork's remote driver protocol, over HTTP, without the kernel."""

from __future__ import annotations

import http.client
import io
import json
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.paths import PROJECT
from helpers.plugin.wire import driver
from helpers.plugin.wire.driver import Driver
from helpers.plugin.wire.web import CONTENT_TYPE, application
from helpers.waiting import NotYet, wait_until

NETWORK = "852e7a8b210f2e862cfc7c506f41f88bb67424cca82e577798f579af51bfbea0"
SWARM_NETWORK = "qt5mlhcgzz3xk1l0c2z9f4u7w"  # a swarm's ids are 25 letters and digits
ENDPOINT = "be2d5221b6054da90c4e85a57a549b842265a46b75ec3b9aa1eb076409b04e44"
BRIDGE, TUNNEL = "wb-852e7a8b210f", "wx-852e7a8b210f"
OUTER, INNER = "wh-be2d5221b605", "wc-be2d5221b605"


class Kernel:
    """Links as a dictionary: name → arguments it was created with. Names have at most 15 characters."""

    def __init__(self) -> None:
        self.links: dict[str, dict[str, Any]] = {}
        self.broken = ""

    def _add(self, name: str, **how: Any) -> None:
        if self.broken:
            raise OSError(self.broken)
        assert len(name) <= 15
        self.links[name] = how

    def add_bridge(self, name: str, mtu: int) -> None:
        if name not in self.links:
            self._add(name, mtu=mtu)

    def add_vxlan(self, name: str, bridge: str, vni: int, group: str) -> None:
        if name not in self.links:
            self._add(name, master=bridge, vni=vni, group=group)

    def add_veth_pair(self, name: str, inner: str, mac: str, bridge: str) -> None:
        if name in self.links:
            raise OSError("File exists")
        self._add(name, master=bridge, peer=inner)
        self._add(inner, mac=mac, peer=name)

    def delete(self, name: str) -> None:
        self.links.pop(self.links.pop(name, {}).get("peer", ""), None)

    def names(self, prefix: str) -> list[str]:
        return [name for name in self.links if name.startswith(prefix)]

    def ports(self, bridge: str) -> list[str]:
        return [name for name, how in self.links.items() if how.get("master") == bridge]

    def mtu(self) -> int:
        return 1500


class Plugin:
    """A driver and its application, called as the Engine calls it."""

    def __init__(self, scope: str = "local") -> None:
        self.kernel = Kernel()
        self.driver = Driver(self.kernel, scope)
        self.recorded: list[dict[str, Any]] = []
        self.application = application(self.driver, self.recorded.append)

    def post(self, call: str, body: bytes) -> tuple[int, Any]:
        started: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": f"/{call}",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        parts = self.application(environ, lambda status, headers, *_: started.append(status))
        return int(started[0].split()[0]), json.loads(b"".join(parts))

    def call(self, name: str, **request: Any) -> Any:
        status, answer = self.post(f"NetworkDriver.{name}", json.dumps(request).encode())
        assert status == 200, answer
        return answer

    def endpoint(self, **interface: str) -> Any:
        interface = {"Address": "10.9.0.2/24", "AddressIPv6": "", "MacAddress": ""} | interface
        return self.call("CreateEndpoint", NetworkID=NETWORK, EndpointID=ENDPOINT, Interface=interface)


@pytest.fixture
def plugin() -> Plugin:
    return Plugin()


def test_the_handshake(plugin: Plugin) -> None:
    assert plugin.post("Plugin.Activate", b"") == (200, {"Implements": ["NetworkDriver"]})


@pytest.mark.parametrize("scope", ["local", "global"])
def test_the_capabilities(scope: str) -> None:
    assert Plugin(scope).call("GetCapabilities") == {"Scope": scope, "ConnectivityScope": scope}


def test_a_local_network_is_a_bridge(plugin: Plugin) -> None:
    pool = {"AddressSpace": "LocalDefault", "Gateway": "10.9.0.1/24", "Pool": "10.9.0.0/24"}
    assert plugin.call("CreateNetwork", NetworkID=NETWORK, Options={}, IPv4Data=[pool], IPv6Data=[]) == {}
    assert plugin.kernel.links == {BRIDGE: {"mtu": 1500}}
    assert plugin.call("DeleteNetwork", NetworkID=NETWORK) == {}
    assert plugin.kernel.links == {}


def test_a_global_network_has_a_tunnel_that_fits_into_the_lans_packets() -> None:
    plugin = Plugin("global")
    plugin.call("CreateNetwork", NetworkID=NETWORK)
    assert plugin.kernel.links[BRIDGE] == {"mtu": 1450}
    assert plugin.kernel.links[TUNNEL]["master"] == BRIDGE
    assert plugin.call("DeleteNetwork", NetworkID=NETWORK) == {}
    assert plugin.kernel.links == {}


def test_every_machine_computes_the_same_tunnel_from_the_networks_id() -> None:
    tunnels = []
    for _machine in range(2):
        plugin = Plugin("global")
        plugin.call("CreateNetwork", NetworkID=SWARM_NETWORK)
        tunnels.append(plugin.kernel.links[f"wx-{SWARM_NETWORK[:12]}"])
    assert tunnels[0] == tunnels[1]
    assert tunnels[0]["vni"] == driver.vni(SWARM_NETWORK)
    assert 0 < tunnels[0]["vni"] < 2**24
    assert tunnels[0]["group"].startswith("239.")
    assert driver.vni(SWARM_NETWORK) != driver.vni(NETWORK)


def test_an_existing_network_is_left_unchanged(plugin: Plugin) -> None:
    for _time in range(2):
        assert plugin.call("CreateNetwork", NetworkID=NETWORK) == {}
    assert list(plugin.kernel.links) == [BRIDGE]


def test_deleting_what_no_longer_exists_succeeds(plugin: Plugin) -> None:
    assert plugin.call("DeleteNetwork", NetworkID=NETWORK) == {}
    assert plugin.call("DeleteEndpoint", NetworkID=NETWORK, EndpointID=ENDPOINT) == {}


def test_an_endpoint_is_a_veth_pair_whose_mac_address_derives_from_the_ip_address(plugin: Plugin) -> None:
    plugin.call("CreateNetwork", NetworkID=NETWORK)
    assert plugin.endpoint() == {"Interface": {"MacAddress": "02:42:0a:09:00:02"}}
    assert plugin.kernel.links[OUTER]["master"] == BRIDGE
    assert plugin.kernel.links[INNER]["mac"] == "02:42:0a:09:00:02"
    assert plugin.call("DeleteEndpoint", NetworkID=NETWORK, EndpointID=ENDPOINT) == {}
    assert list(plugin.kernel.links) == [BRIDGE]


def test_a_given_mac_address_is_used_and_not_repeated_in_the_answer(plugin: Plugin) -> None:
    assert plugin.endpoint(MacAddress="02:00:00:00:00:07") == {"Interface": {}}
    assert plugin.kernel.links[INNER]["mac"] == "02:00:00:00:00:07"


def test_after_a_reboot_the_first_container_recreates_the_bridge(plugin: Plugin) -> None:
    plugin.endpoint()
    assert BRIDGE in plugin.kernel.links


def test_join_names_the_inner_end_of_the_veth_pair_and_no_gateway(plugin: Plugin) -> None:
    request = {"NetworkID": NETWORK, "EndpointID": ENDPOINT, "SandboxKey": "/var/run/docker/netns/1"}
    assert plugin.call("Join", **request) == {"InterfaceName": {"SrcName": INNER, "DstPrefix": "eth"}}


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("AllocateNetwork", {"Options": {}}),
        ("FreeNetwork", {}),
        ("EndpointOperInfo", {"Value": {}}),
        ("Leave", {}),
        ("DiscoverNew", {}),
        ("DiscoverDelete", {}),
    ],
)
def test_calls_that_change_nothing(plugin: Plugin, call: str, answer: Any) -> None:
    request = {"NetworkID": NETWORK, "EndpointID": ENDPOINT, "DiscoveryType": 1, "DiscoveryData": {}}
    assert plugin.call(call, **request) == answer
    assert plugin.kernel.links == {}


def test_an_unknown_call_is_not_found(plugin: Plugin) -> None:
    status, answer = plugin.post("NetworkDriver.ProgramExternalConnectivity", b"{}")
    assert (status, answer) == (404, {"Err": "wire has no NetworkDriver.ProgramExternalConnectivity"})


@pytest.mark.parametrize(
    ("call", "body", "why"),
    [
        ("CreateNetwork", b'{"NetworkID": ', "Expecting value"),
        ("CreateNetwork", b"{\x80}", "utf-8"),
        ("CreateNetwork", b'["NetworkID"]', "the request is not a JSON object"),
        ("CreateNetwork", b"", "NetworkID is missing"),
        ("CreateNetwork", b'{"NetworkID": 5}', "NetworkID is missing, or is not an id: 5"),
        ("CreateNetwork", b'{"NetworkID": "../../../etc"}', "is not an id"),
        ("DeleteEndpoint", b'{"EndpointID": "short"}', "is not an id: 'short'"),
        ("Join", b'{"NetworkID": "852e7a8b210f"}', "EndpointID is missing"),
    ],
)
def test_a_malformed_request_is_answered_with_the_protocols_error(
    plugin: Plugin, call: str, body: bytes, why: str
) -> None:
    status, answer = plugin.post(f"NetworkDriver.{call}", body)
    assert status == 400
    assert list(answer) == ["Err"]
    assert why in answer["Err"]
    assert plugin.kernel.links == {}


@pytest.mark.parametrize("interface", [None, {}, {"Address": ""}, {"Address": "10.9.0.300/24"}])
def test_an_endpoint_without_an_address_is_refused(plugin: Plugin, interface: Any) -> None:
    request = {"NetworkID": NETWORK, "EndpointID": ENDPOINT, "Interface": interface}
    status, answer = plugin.post("NetworkDriver.CreateEndpoint", json.dumps(request).encode())
    assert status == 400
    assert answer["Err"].startswith("NetworkDriver.CreateEndpoint: ")
    assert plugin.kernel.links == {}


def test_a_refusal_by_the_kernel_is_quoted(plugin: Plugin) -> None:
    plugin.kernel.broken = "Operation not permitted"
    answer = plugin.call("CreateNetwork", NetworkID=NETWORK)
    assert answer == {"Err": "NetworkDriver.CreateNetwork: Operation not permitted"}


def test_the_same_endpoint_twice_is_an_error(plugin: Plugin) -> None:
    plugin.endpoint()
    assert "File exists" in plugin.endpoint()["Err"]


def test_the_sweep_removes_what_no_container_uses() -> None:
    plugin = Plugin("global")
    used, empty = NETWORK, SWARM_NETWORK
    plugin.call("CreateNetwork", NetworkID=empty)
    plugin.endpoint()
    del plugin.kernel.links[INNER]  # the Engine has moved it into a container
    lost = {"NetworkID": used, "EndpointID": "f" * 64, "Interface": {"Address": "10.9.0.3/24"}}
    plugin.call("CreateEndpoint", **lost)
    plugin.kernel.links["docker0"] = {}
    plugin.driver.sweep()
    assert sorted(plugin.kernel.links) == ["docker0", BRIDGE, OUTER, TUNNEL]


def test_every_call_is_recorded_with_its_answer(plugin: Plugin) -> None:
    plugin.post("Plugin.Activate", b"")
    plugin.post("NetworkDriver.Join", b"{}")
    first, second = plugin.recorded
    assert first == {
        "call": "Plugin.Activate",
        "request": {},
        "status": 200,
        "answer": {"Implements": ["NetworkDriver"]},
    }
    assert (second["call"], second["status"]) == ("NetworkDriver.Join", 400)


def test_it_answers_on_a_unix_socket_as_the_engine_asks(tmp_path: Path) -> None:
    path, log = tmp_path / "plugins" / "wire.sock", tmp_path / "wire.jsonl"
    serving = subprocess.Popen([sys.executable, "-c", SERVE, str(path), str(log)], cwd=PROJECT)
    try:
        response, answer = ask(path, "NetworkDriver.GetCapabilities")
        assert response.status == 200
        assert response.headers["Content-Type"] == CONTENT_TYPE
        assert answer["Scope"] == "global"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        swept, asked = map(json.loads, log.read_text().splitlines())
        assert (swept["call"], swept["done"]) == ("sweep", ["veth deleted"])
        assert (asked["call"], asked["done"]) == ("NetworkDriver.GetCapabilities", [])
    finally:
        serving.kill()
        serving.wait(10)


# The program as it runs on a machine, except for the one module that changes the kernel's links.
SERVE = """
import sys, types
from pathlib import Path
from tests.unit.test_plugin_protocol import Kernel

class Links(Kernel):
    done = ["veth deleted"]

sys.modules["helpers.plugin.wire.links"] = types.SimpleNamespace(NetlinkLinks=Links)
from helpers.plugin.wire.__main__ import main
main(Path(sys.argv[1]), "global", Path(sys.argv[2]))
"""


def ask(path: Path, call: str) -> tuple[http.client.HTTPResponse, Any]:
    connection = http.client.HTTPConnection("plugin")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(20)
    wait_until(
        lambda: NotYet("nothing is listening") if connection.sock.connect_ex(str(path)) else None,
        tried=f"Connecting to {path}",
        within_s=20,
        next_step="",
    )
    try:
        connection.request("POST", f"/{call}", headers={"Accept": CONTENT_TYPE})
        response = connection.getresponse()
        return response, json.load(response)
    finally:
        connection.close()
