"""Whatever a machine's programs print or send to the plugin: the result is valid or a readable error."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers import probes
from helpers.errors import LabError
from helpers.lab.command import Completed
from helpers.plugin import calls
from helpers.plugin.wire.driver import Driver
from helpers.plugin.wire.web import application
from helpers.probes import inspection
from tests.unit.properties import JSON, PRINTED, readable
from tests.unit.test_plugin_protocol import Kernel

# Valid output of programs; truncated anywhere, it is what a broken connection leaves.
RECORDED = [
    "PING 172.17.0.2: 56 data bytes\n64 bytes from 172.17.0.2: seq=0 ttl=64 time=0.5 ms\n"
    "1 packets transmitted\x1f0\x1e",
    "Server:\t127.0.0.11\n\nName:\tweb.\nAddress: 172.18.0.2\n\x1f0\x1f100.25\x1f100.75\x1e",
    '{"http_code":200,"time_starttransfer":0.2,"time_namelookup":0.1,"errormsg":""}\x1f0\x1f0 0\x1e',
    '[{"ifindex":2,"ifname":"eth0","address":"02:42:c0:a8:63:64","link_index":3,"addr_info":'
    '[{"family":"inet","local":"192.168.99.100","prefixlen":24}]}]\x1f\x1e',
    '[{"ifname":"eth0","address":"02:42:c0:a8:63:64","addr_info":[{"local":"192.168.99.100"}]}]',
    "0 200 1 0.004 \n0 200 1 0.003 \n",
    "FWM  256 rr\n  -> 10.0.0.5:0 Masq 1 0 0\n",
    '<conntrack><flow><meta direction="original"><layer3><src>1.2.3.4</src></layer3></meta></flow>'
    "</conntrack>",
    "-A DOCKER --dport 8080 -c 1 60 -j DNAT --to-destination 172.17.0.2:80\n",
    "1MOyoQIABAAAAAAAAAAAAAAABAABAAAA",
]
# The header of a capture file, and the header of one 42-byte frame.
PCAP = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000") + bytes(8) + b"\x2a\0\0\0\x2a\0\0\0"
OUTPUTS = st.one_of(
    PRINTED,
    st.builds(lambda text, end: text[:end], st.sampled_from(RECORDED), st.integers(0, 220)),
    JSON.map(json.dumps),
    JSON.map(lambda value: f"{json.dumps(value)}\x1f\x1e"),
)
DONE = st.builds(Completed, st.sampled_from([0, 0, 0, 1, 124, 127]), OUTPUTS, OUTPUTS)


class Garbled:
    """A machine on which every program and the Engine return arbitrary output."""

    name, address = "host", "192.168.99.100"

    def __init__(self, done: Completed, told: Any) -> None:
        self.done, self.told = done, told
        told_once = SimpleNamespace(name="web", id="0123456789ab", attrs=told, status="running")
        self.docker: Any = SimpleNamespace(
            containers=SimpleNamespace(list=lambda: [told_once]),
            networks=SimpleNamespace(list=lambda: [told_once]),
            api=SimpleNamespace(
                nodes=lambda: told,
                tasks=lambda filters: told,
                inspect_service=lambda name: told,
                inspect_network=lambda name: told,
                networks=lambda filters: told,
                services=lambda status=False: told,
                containers=lambda filters: told,
                logs=lambda *_, **__: done.stdout.encode(errors="replace"),
            ),
        )

    def run(self, command: str, *, tty: bool = False, timeout: float = 60) -> Completed:
        return self.done

    def container(self, name: str) -> Any:
        return SimpleNamespace(name=name, attrs=self.told, logs=self.docker.api.logs)


TOLD = st.one_of(
    JSON,
    st.just({"State": {"Pid": 7}, "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}}}),
    st.just({"Containers": {"ingress-sbox": {"IPv4Address": "10.0.0.2/24"}}}),
    st.just({"Spec": {"Mode": {"Replicated": {"Replicas": 1}}}, "Endpoint": {}}),
    st.just([{"ID": "a", "Description": {"Hostname": "host"}, "Labels": {}}]),
)
WEB = "http://172.17.0.2/"
PROBES: dict[str, Callable[[Any], Any]] = {
    "ping": lambda host: probes.ping(host, "web", "1.2.3.4", count=1),
    "ping of the machine": lambda host: probes.ping(host, None, "1.2.3.4", count=1),
    "resolve": lambda host: probes.resolve(host, "web", "name"),
    "http_get": lambda host: probes.http_get(host, "web", WEB),
    "http_get of the machine": lambda host: probes.http_get(host, None, WEB),
    "http_burst": lambda host: probes.http_burst(host, WEB, marker="m", count=2),
    "http_mesh": lambda host: probes.http_mesh([host], port=80),
    "in_turns": lambda host: probes.in_turns(host, {"a": WEB}, rounds=1, requests=1),
    "networks": lambda host: probes.networks(host),
    "endpoints": lambda host: probes.endpoints(host),
    "links": lambda host: probes.links(host),
    "lan": lambda host: probes.lan(SimpleNamespace(machines={"host": host})),  # type: ignore[arg-type]
    "addresses": lambda host: probes.addresses(host, "web", None),
    "routes": lambda host: probes.routes(host, None),
    "interfaces": lambda host: probes.interfaces(host, "web", None),
    "neighbours": lambda host: probes.neighbours(host, None),
    "nat_rules": lambda host: probes.nat_rules(host),
    "drop_rules": lambda host: probes.drop_rules(host, "INPUT"),
    "chains": lambda host: probes.chains(host),
    "http_by_route": lambda host: probes.http_by_route(host, host, "web"),
    "http_reach": lambda host: probes.http_reach([host], {"page": WEB}),
    "connections": lambda host: probes.connections(host, 80, client="1.2.3.4"),
    "ways_to_port": lambda host: probes.ways_to_port(host, "web", 80, requests=[(host, None, "1.2.3.4")]),
    "accesses": lambda host: probes.accesses(host, "web"),
    "overheard": lambda host: probes.overheard(host, monitors=["web"], frames={"ping": "ICMP"}),
    "arp": lambda host: probes.arp(host, {"db": "1.2.3.4"}),
    "senders": lambda host: probes.senders(host, "web"),
    "namespaces": lambda host: probes.namespaces(host, "web"),
    "ipvs": lambda host: probes.ipvs(host),
    "who_reaches_whom": lambda host: probes.who_reaches_whom(host, ["web", "db"]),
    "reach": lambda host: probes.reach({"web": (host, "web")}, {"db": "1.2.3.4"}),
    "reach_among": lambda host: probes.reach_among([host], {"web": host}),
    "reach_across": lambda host: probes.reach_across({"web": host, "db": host}, "bridge"),
    "overlay_self_test": lambda host: probes.overlay_self_test(host, host),
    "tasks": lambda host: probes.tasks(host, "nginx"),
    "requests_by_replica": lambda host: probes.requests_by_replica([host], "nginx", "m"),
    "wait_until_running": lambda host: probes.wait_until_running(host, "nginx", timeout=0),
    "wait_until_balanced": lambda host: probes.wait_until_balanced(host, service="nginx", timeout=0),
    "wait_until_reached": lambda host: probes.wait_until_reached(host, "web", "db", timeout=1),
    "overlays": lambda host: probes.overlays(host),
    "nodes": lambda host: probes.nodes(host),
    "service_networks": lambda host: probes.service_networks(host),
    "service_names": lambda host: probes.service_names(host, "web", "app"),
    "replica": lambda host: probes.replica(host, "nginx"),
    "clients": lambda host: probes.clients([host], "nginx", "m"),
    "ping_unfragmented": lambda host: probes.ping_unfragmented(host, "web", "db", [100]),
    "ping_in_turns": lambda host: probes.ping_in_turns(host, "web", {"a": "b"}, rounds=1, count=1),
    "request_path": lambda host: probes.request_path(host, host, [host], service="nginx", port=80),
    "capture": lambda host: probes.capture(host, "web", "true", expression="udp"),
}


@pytest.mark.parametrize("name", PROBES)
@settings(max_examples=60)
@given(DONE, TOLD)
def test_probes_on_a_machine_that_returns_garbage(name: str, done: Completed, told: Any) -> None:
    with readable():
        PROBES[name](Garbled(done, told))


def test_a_probe_called_incorrectly_raises_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="target"):
        probes.ping(Garbled(Completed(0, "", ""), {}), "web")  # type: ignore[call-arg, arg-type]


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda rest: PCAP + rest))
def test_captures(data: bytes) -> None:
    with readable():
        assert len(probes.wire.decode(data)) >= 0


@given(st.binary(min_size=1, max_size=80))
def test_layers_of_a_frame_add_up_to_it(frame: bytes) -> None:
    with readable():
        assert probes.wire.headers(frame)["bytes"].sum() == len(frame)


# ---- the plugin


@given(
    PRINTED | st.lists(JSON.map(json.dumps)).map("\n".join) | JSON.map(lambda value: f"{json.dumps(value)}\n")
)
@example('{"call": "Net{"call": "NetworkDriver.Join", "status": 200}\n')  # a driver was killed while writing
@example('{"call": 1}\n')
def test_the_call_log(text: str) -> None:
    with readable():
        assert len(calls.parse(text)) == text.count("\n")


CALLS = sorted(Driver(Kernel(), "global").calls)
REQUESTS = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {},
        optional={
            "NetworkID": st.text("0123456789abcdef", min_size=10, max_size=14) | JSON,
            "EndpointID": st.text("0123456789abcdef", min_size=10, max_size=14) | JSON,
            "Interface": JSON
            | st.fixed_dictionaries(
                {"Address": st.sampled_from(["10.0.0.2/24", "::1/64", "10.0.0.2/99", ""]) | JSON},
                optional={"MacAddress": JSON},
            ),
        },
    ),
)


class AnyMtu(Kernel):
    def mtu(self) -> int:
        return 1500


@settings(max_examples=300)
@given(
    st.sampled_from(CALLS) | st.text(st.characters(exclude_characters="/", codec="latin-1"), min_size=1),
    REQUESTS.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30),
    st.sampled_from(["global", "local"]),
)
@example("NetworkDriver.CreateNetwork", b"[" * 3000, "local")
@example("NetworkDriver.CreateNetwork", b'{"NetworkID": 1' + b"0" * 5000 + b"}", "local")
def test_the_plugins_protocol(call: str, body: bytes, scope: str) -> None:
    recorded: list[dict[str, Any]] = []
    status: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/{call}",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    app = application(Driver(AnyMtu(), scope), recorded.append)
    answered = b"".join(app(environ, lambda code, headers, info=None: status.append(code)))
    assert status[0][:3] in ("200", "400", "404")
    if recorded:
        answer = json.loads(answered)
        assert isinstance(answer, dict)
        assert status[0].startswith("200") or answer["Err"]
        assert json.dumps(recorded)


def test_an_address_table_without_names_is_reported_as_unreadable() -> None:
    with pytest.raises(LabError, match="KeyError"):
        inspection.lan(SimpleNamespace(machines={"host": Garbled(Completed(0, '[{"x": 1}]', ""), {})}))  # type: ignore[arg-type]
