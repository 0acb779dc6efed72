"""What the Engine asks of a network driver, and what wire answers.

Each call is an HTTP POST of a JSON object, and the answer is a JSON object too. The driver keeps no state in
memory: the name of each link is derived from an id in the call, so only the kernel knows which links exist,
and a driver that was killed continues where it stopped.

Source: moby, libnetwork/docs/remote.md ("Protocol").
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable
from typing import Any, Protocol

ID = re.compile(r"[0-9a-z]{12,}")  # an interface's name has at most 15 characters: three, and twelve of an id
VXLAN_OVERHEAD = 50  # bytes: outer Ethernet, IPv4, UDP and VXLAN headers (RFC 7348, section 5)

Request = dict[str, Any]
Answer = dict[str, Any]


class Links(Protocol):
    """What the driver needs from the kernel; `wire.links` does it through netlink, the tests without."""

    def add_bridge(self, name: str, mtu: int) -> None:
        """Add a bridge and set it up; an existing one is left unchanged."""

    def add_vxlan(self, name: str, bridge: str, vni: int, group: str) -> None:
        """Add a tunnel as a port of the bridge; an existing one is left unchanged."""

    def add_veth_pair(self, name: str, inner: str, mac: str, bridge: str) -> None:
        """Add a veth pair: `name` is a port of the bridge, `inner` (with that MAC address) is unattached."""

    def delete(self, name: str) -> None:
        """Delete a link, if it exists; deleting one end of a veth pair deletes both."""

    def names(self, prefix: str) -> list[str]:
        """Links in this machine's network namespace whose names begin with `prefix`."""

    def ports(self, bridge: str) -> list[str]:
        """Links that are ports of the bridge."""

    def mtu(self) -> int:
        """The MTU of the interface that leads to the LAN, in bytes."""


class Driver:
    """Answers the Engine's calls.

    Parameters
    ----------
    links:
        The kernel.
    scope:
        "local": a bridge on this machine. "global": the same, and a tunnel to the bridges of the same network
        on the other machines.
    """

    def __init__(self, links: Links, scope: str) -> None:
        self.links, self.scope = links, scope
        self.calls: dict[str, Callable[[Request], Answer]] = {
            "Plugin.Activate": lambda _: {"Implements": ["NetworkDriver"]},
            "NetworkDriver.GetCapabilities": lambda _: {"Scope": scope, "ConnectivityScope": scope},
            # A swarm's manager calls these two once per network: before and after any machine has it.
            "NetworkDriver.AllocateNetwork": lambda _: {"Options": {}},
            "NetworkDriver.FreeNetwork": lambda _: {},
            "NetworkDriver.CreateNetwork": self.create_network,
            "NetworkDriver.DeleteNetwork": self.delete_network,
            "NetworkDriver.CreateEndpoint": self.create_endpoint,
            "NetworkDriver.EndpointOperInfo": lambda _: {"Value": {}},
            "NetworkDriver.Join": self.join,
            "NetworkDriver.Leave": lambda _: {},
            "NetworkDriver.DeleteEndpoint": self.delete_endpoint,
            # Nodes join and leave the swarm; multicast reaches them without a list.
            "NetworkDriver.DiscoverNew": lambda _: {},
            "NetworkDriver.DiscoverDelete": lambda _: {},
        }

    def create_network(self, request: Request) -> Answer:
        """Add the network's bridge on this machine, and its tunnel if it has one."""
        self._ensure(an_id(request, "NetworkID"))
        return {}

    def delete_network(self, request: Request) -> Answer:
        """Delete both."""
        network = an_id(request, "NetworkID")
        self.links.delete(f"wx-{network}")
        self.links.delete(f"wb-{network}")
        return {}

    def create_endpoint(self, request: Request) -> Answer:
        """Add a veth pair for a container; the Engine's IPAM has allocated its address."""
        network, endpoint = an_id(request, "NetworkID"), an_id(request, "EndpointID")
        interface = request.get("Interface") or {}
        if not interface.get("Address"):
            raise ValueError("wire takes addresses from the Engine, and this call has none")
        given = interface.get("MacAddress")
        address = ipaddress.IPv4Interface(interface["Address"]).ip
        mac = given or "02:42:" + ":".join(f"{byte:02x}" for byte in address.packed)
        # The bridge is gone if the machine has been rebooted since the Engine asked for it.
        bridge = self._ensure(network)
        self.links.add_veth_pair(f"wh-{endpoint}", f"wc-{endpoint}", mac, bridge)
        return {"Interface": {} if given else {"MacAddress": mac}}  # never repeat a given address

    def join(self, request: Request) -> Answer:
        """Name the end of the veth pair that the Engine is to move into the container.

        The answer names no gateway, so the Engine adds a second interface, on its docker_gwbridge, for the
        default route and for published ports.
        """
        return {"InterfaceName": {"SrcName": f"wc-{an_id(request, 'EndpointID')}", "DstPrefix": "eth"}}

    def delete_endpoint(self, request: Request) -> Answer:
        """Delete the veth pair."""
        self.links.delete(f"wh-{an_id(request, 'EndpointID')}")
        return {}

    def sweep(self) -> None:
        """Delete unused links: the Engine may have removed things while the driver was not running.

        A veth pair whose inner end is on the machine has no container. A bridge without veth pairs can go,
        whether or not its network still exists: the next container adds it again.
        """
        for inner in self.links.names("wc-"):
            self.links.delete(inner)
        for bridge in self.links.names("wb-"):
            if not any(port.startswith("wh-") for port in self.links.ports(bridge)):
                self.links.delete(bridge.replace("wb-", "wx-", 1))
                self.links.delete(bridge)

    def _ensure(self, network: str) -> str:
        bridge, wide = f"wb-{network}", self.scope == "global"
        self.links.add_bridge(bridge, self.links.mtu() - VXLAN_OVERHEAD * wide)
        if wide:
            self.links.add_vxlan(f"wx-{network}", bridge, vni(network), group(network))
        return bridge


def an_id(request: Request, key: str) -> str:
    """The first twelve characters of an id in the request.

    Raises
    ------
    ValueError
        If the request has none.
    """
    value = request.get(key)
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise ValueError(f"{key} is missing, or is not an id: {value!r}")
    return value[:12]


def vni(network: str) -> int:
    """The VNI of a network's tunnel, 24 bits: every machine computes the same one from the network's id."""
    return int.from_bytes(hashlib.sha256(network[:12].encode()).digest()[:3], "big") or 1


def group(network: str) -> str:
    """The multicast group of a network's tunnel, 239.x.y.z (RFC 2365: administratively scoped)."""
    return str(ipaddress.IPv4Address((239 << 24) + vni(network)))
