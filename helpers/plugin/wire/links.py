"""The kernel's links through netlink: the only module of wire that changes the machine."""

from __future__ import annotations

from typing import Any

from pyroute2.iproute import IPRoute

VXLAN_PORT = 4789  # assigned by IANA; tcpdump and firewalls know it
HOPS = 1  # within the LAN, not beyond


class NetlinkLinks:
    """See `wire.driver.Links`. ``done`` collects what was changed, in words, for the call log."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._netlink = IPRoute()

    def add_bridge(self, name: str, mtu: int) -> None:
        """Add it and set it up, unless it exists."""
        if self._index(name) is None:
            self._add(name, kind="bridge", mtu=mtu)
            self._up(name)

    def add_vxlan(self, name: str, bridge: str, vni: int, group: str) -> None:
        """Likewise, as a port of the bridge."""
        if self._index(name) is None:
            self._add(
                name,
                kind="vxlan",
                vxlan_id=vni,
                vxlan_group=group,
                vxlan_link=self._uplink(),
                vxlan_port=VXLAN_PORT,
                vxlan_ttl=HOPS,
                vxlan_learning=True,
            )
            self._up(name, master=self._index(bridge))

    def add_veth_pair(self, name: str, inner: str, mac: str, bridge: str) -> None:
        """Add both ends, or neither."""
        mtu = self._attribute(self._index(bridge), "IFLA_MTU")
        self._add(name, kind="veth", mtu=mtu, peer={"ifname": inner, "address": mac, "mtu": mtu})
        try:
            self._up(name, master=self._index(bridge))
        except Exception:
            self.delete(name)
            raise

    def delete(self, name: str) -> None:
        """Delete it, if it exists."""
        index = self._index(name)
        if index is not None:
            kind = self._attribute(index, "IFLA_LINKINFO").get_attr("IFLA_INFO_KIND")
            self._netlink.link("del", index=index)
            self.done.append(f"{kind} deleted")

    def names(self, prefix: str) -> list[str]:
        """In the network namespace of this process."""
        names = (str(link.get_attr("IFLA_IFNAME")) for link in self._netlink.get_links())
        return [name for name in names if name.startswith(prefix)]

    def ports(self, bridge: str) -> list[str]:
        """By their master."""
        master = self._index(bridge)
        links = self._netlink.get_links()
        return [str(link.get_attr("IFLA_IFNAME")) for link in links if link.get_attr("IFLA_MASTER") == master]

    def mtu(self) -> int:
        """Of the uplink."""
        return int(self._attribute(self._uplink(), "IFLA_MTU"))

    def _add(self, name: str, *, kind: str, **attributes: Any) -> None:
        self._netlink.link("add", ifname=name, kind=kind, **attributes)
        self.done.append(f"{kind} added")

    def _up(self, name: str, **attributes: Any) -> None:
        self._netlink.link("set", index=self._index(name), state="up", **attributes)

    def _index(self, name: str) -> int | None:
        return next(iter(self._netlink.link_lookup(ifname=name)), None)

    def _attribute(self, index: int | None, name: str) -> Any:
        return self._netlink.get_links(index)[0].get_attr(name)

    def _uplink(self) -> int:
        """The interface that leads to the LAN: that of the default route."""
        for route in self._netlink.get_default_routes(family=2):
            return int(route.get_attr("RTA_OIF"))
        raise OSError("this machine has no default route, and so no path to the LAN")
