"""Each learner's container has a network of its own, on which there is nobody else but this host.

That learners cannot reach one another on a common bridge would depend on a kernel module (br_netfilter).
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from typing import Any

from docker.types import IPAMConfig, IPAMPool
from dockerspawner import DockerSpawner
from traitlets import Bool, Integer

from tools.room.hub.settings import BRIDGE

LABEL = "docker-networking-room"
_NETWORKS = list(ipaddress.IPv4Network("10.213.0.0/16").subnets(new_prefix=29))


class RoomSpawner(DockerSpawner):  # type: ignore[misc]
    """Makes the network before the container starts, and removes it after the container has gone."""

    internet = Bool(False, help="Whether the container reaches more than the hub.").tag(config=True)
    hub_port = Integer(help="The port of the hub, on every address of this host.").tag(config=True)

    async def start(self) -> Any:
        """Start the container, which reaches the hub at its network's gateway."""
        gateway = await self._in_turn(self._provide_network)
        self.network_name = self.container_name
        self.hub_connect_url = f"http://{gateway}:{self.hub_port}"
        return await super().start()

    async def stop(self, now: bool = False) -> None:
        """End the container, then remove its network."""
        await super().stop(now)
        await self._in_turn(self._remove_network)

    async def _in_turn(self, work: Callable[[], Any]) -> Any:
        """Run it in the spawner's one thread: two networks cannot choose the same addresses."""
        return await asyncio.wrap_future(self.executor.submit(work))

    def _provide_network(self) -> str:
        """Return the gateway's address in the learner's network."""
        self._remove_network()  # left by a hub that was killed
        taken = {
            config["Subnet"]
            for network in self.client.networks()
            for config in network["IPAM"]["Config"] or ()
        }
        number, subnet = next((n, one) for n, one in enumerate(_NETWORKS) if str(one) not in taken)
        gateway = str(subnet[1])
        self.client.create_network(
            self.container_name,
            driver="bridge",
            internal=not self.internet,
            ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet), gateway=gateway)]),
            options={"com.docker.network.bridge.name": f"{BRIDGE}{number}"},
            labels={LABEL: "learner"},
        )
        return gateway

    def _remove_network(self) -> None:
        for network in self.client.networks(names=[self.container_name], filters={"label": LABEL}):
            if network["Name"] == self.container_name:  # the Engine compares beginnings
                self.client.remove_network(network["Id"])
