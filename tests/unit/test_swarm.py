"""A swarm is ready when all machines know each other; if not, the error says what is missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from helpers.errors import LabError
from helpers.lab import swarm

ADDRESSES = {"manager": "192.168.99.100", "machine1": "192.168.99.101", "machine2": "192.168.99.102"}


class Docker:
    """The part of docker-py's client that a swarm needs; all machines of a swarm share `joined`."""

    def __init__(self, name: str, joined: list[str], blind: bool = False) -> None:
        self.name, self.joined, self.blind = name, joined, blind
        self.api = self.swarm = self
        self.attrs = {"JoinTokens": {"Worker": "token"}}
        self.asked: list[dict[str, Any]] = []
        self.slow = False

    def init(self, **asked: Any) -> None:
        self.asked.append(asked)
        self.joined.append(self.name)

    def reload(self) -> None:
        pass

    def join(self, **asked: Any) -> None:
        if self.name in self.joined:
            raise docker.errors.APIError("503", explanation="This node is already part of a swarm")
        self.asked.append(asked)
        self.joined.append(self.name)
        if self.slow:
            said = "Timeout was reached before node joined. It will continue in the background."
            raise docker.errors.APIError("503", explanation=said)

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Description": {"Hostname": name}, "Status": {"State": "ready"}} for name in self.joined]

    def inspect_network(self, name: str) -> dict[str, Any]:
        if self.name not in self.joined:
            raise docker.errors.NotFound("404", explanation=f"network {name} not found")
        peers = [self.name] if self.blind else self.joined
        return {"Peers": [{"IP": ADDRESSES[peer]} for peer in peers], "Containers": {"ingress-sbox": {}}}


def machines(blind: str = "") -> list[Any]:
    joined: list[str] = []
    return [
        SimpleNamespace(name=name, address=address, docker=Docker(name, joined, blind=name == blind))
        for name, address in ADDRESSES.items()
    ]


def test_every_machine_advertises_its_own_address() -> None:
    found = machines()
    swarm.form(*found)
    for machine in found:
        (asked,) = machine.docker.asked
        assert (asked["advertise_addr"], asked["data_path_addr"]) == (machine.address, machine.address)
    assert found[1].docker.asked[0]["remote_addrs"] == ["192.168.99.100:2377"]
    assert found[0].docker.asked[0]["dispatcher_heartbeat_period"] == 30_000_000_000  # nanoseconds


@pytest.mark.parametrize(
    ("blind", "workers", "missing"),
    [
        ("", 1, r"manager lists machine2 as no member(?s:.*)machine2: network ingress not found"),
        (
            "machine1",
            2,
            r"seen: machine1 has not found manager\n +machine1 has not found machine2\n +after 0 s",
        ),
    ],
    ids=["one has not joined", "one sees nobody"],
)
def test_the_wait_names_what_is_missing(
    blind: str, workers: int, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swarm, "_READY_S", 0)
    manager, *others = machines(blind)
    manager.docker.init()
    swarm.join(manager, *others[:workers])
    with pytest.raises(LabError, match=missing):
        swarm.wait_until_ready(manager, *others)


def test_a_machine_belongs_to_at_most_one_swarm() -> None:
    manager, worker, _ = machines()
    manager.docker.init()
    swarm.join(manager, worker)
    with pytest.raises(LabError, match=r"(?s)on machine1.*already part of a swarm"):
        swarm.join(manager, worker)


def test_an_engine_that_is_slow_to_join_is_waited_for() -> None:
    found = machines()
    found[1].docker.slow = True
    swarm.form(*found)
    assert set(found[0].docker.joined) == set(ADDRESSES)
