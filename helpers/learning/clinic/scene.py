"""What a patient is made of: machines, networks, containers and rules, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Network:
    """A network that the scene creates.

    Attributes
    ----------
    driver:
        "bridge", "macvlan" or "overlay"; an overlay is attachable, and `machine` manages the swarm.
    subnet:
        Such as "10.7.0.0/24"; by default, the Engine chooses one. ``{lan}`` stands for the first three
        numbers of the LAN's addresses.
    internal:
        Whether it is without a way out.
    options:
        The driver's options, as after ``docker network create --opt``.
    machine:
        Where it is created.
    """

    subnet: str = ""
    driver: str = "bridge"
    internal: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    machine: str = "host"


@dataclass(frozen=True)
class Container:
    """A container that the scene starts, with a terminal, so that busybox's shell keeps running.

    Attributes
    ----------
    image:
        One of the two that every machine has.
    networks:
        Its networks in the order in which it is connected to them, each with its aliases there.
    address:
        On its first network; by default, the Engine chooses one. ``{lan}`` as above.
    ports:
        Published ports, as after ``-p``: "8080:80" or "127.0.0.1:8080:80".
    volumes:
        What is mounted, as after ``-v``.
    dns:
        Name servers, as after ``--dns``.
    command:
        For ``sh -c``; by default, the image's own command.
    machine:
        Where it runs.
    """

    image: str = "busybox"
    networks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    address: str = ""
    ports: Sequence[str] = ()
    volumes: Sequence[str] = ()
    dns: Sequence[str] = ()
    command: str = ""
    machine: str = "host"


@dataclass(frozen=True)
class Scene:
    """A small network in which something is wrong.

    Attributes
    ----------
    networks, containers:
        By name; containers are started in this order, after `before`.
    machines:
        The names of the lab's machines.
    swarm:
        Whether the machines form one; the first is its manager.
    before, after:
        Shell scripts, by machine, that run before the networks are created and after the last container has
        started: programs and rules of the machine's own.
    undo:
        Shell scripts, by machine, that undo both, once networks and containers are gone. The machine's
        packet filter is restored in any case.
    """

    networks: Mapping[str, Network] = field(default_factory=dict)
    containers: Mapping[str, Container] = field(default_factory=dict)
    machines: Sequence[str] = ("host",)
    swarm: bool = False
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    undo: Mapping[str, str] = field(default_factory=dict)
