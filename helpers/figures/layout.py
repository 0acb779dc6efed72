"""The layout of the topology figure. Lengths are in inches, text sizes in points."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from helpers.figures.style import KINDS, Kind, kind, text_width
from helpers.text import natural

EDGE = 0.15  # around and between machines
PAD = 0.18  # inside a machine's frame
HEAD = 0.46  # a machine's name
BAR = 0.34  # height of a network's bar
BAR_GAP = 0.16
SWATCH = 0.34  # the hatched end of a bar
TEXT_GAP = 0.12
PORT_SPACE = 0.62  # between the lowest bar and the containers: interface and address
BOX = 0.42  # height of a container
BOX_GAP = 0.2
LAN_SPACE = 0.55  # between the LAN and the machines below it
LAN_SPACE_UPRIGHT = 1.45  # between the LAN and the machines beside it
WIDEST = 11.5  # of a row of machines
NAME, SMALL = 10, 9

# From the LAN's side to the containers' side.
ORDER = ("ingress", "overlay", "macvlan", "ipvlan", "host", "default bridge", "user-defined bridge", "none")


@dataclass
class NetworkBar:
    """One network of one machine."""

    name: str
    kind: Kind
    subnet: str
    note: str
    members: list[str]
    bottom: float = 0.0

    @property
    def least_width(self) -> float:
        """The width that its text needs."""
        name, subnet = text_width(self.name, NAME, "bold"), text_width(self.subnet, NAME)
        words = name + subnet + text_width(self.note, SMALL)
        return words + 5 * TEXT_GAP + (SWATCH if self.kind.hatch else 0)


@dataclass
class Port:
    """A container's attachment to a network; ``bar`` is None if there is nothing to attach to."""

    label: str
    bar: NetworkBar | None
    x: float = 0.0

    @property
    def width(self) -> float:
        """The width that its label and its line need."""
        return max(text_width(line, SMALL) for line in self.label.splitlines()) + 0.26


@dataclass
class ContainerBox:
    """One container."""

    name: str
    ports: list[Port]
    left: float = 0.0
    bottom: float = 0.0

    @property
    def width(self) -> float:
        """The width that its name and its ports need."""
        ports = sum(port.width for port in self.ports)
        return max(text_width(self.name, NAME, "bold") + 0.3, ports + 0.06)


@dataclass
class MachineFrame:
    """One machine with its networks from top to bottom and its containers from left to right."""

    name: str
    uplink: str
    bars: list[NetworkBar]
    boxes: list[ContainerBox]
    left: float = 0.0
    top: float = 0.0
    width: float = field(init=False)
    height: float = field(init=False)

    def __post_init__(self) -> None:
        inner = sum(box.width + BOX_GAP for box in self.boxes) - BOX_GAP
        words = text_width(self.name, NAME + 1, "bold")
        self.width = max([inner, words, *(bar.least_width for bar in self.bars)]) + 2 * PAD
        below = PORT_SPACE + BOX if self.boxes else -BAR_GAP
        self.height = HEAD + len(self.bars) * (BAR + BAR_GAP) + below + (PAD - (BAR_GAP if self.boxes else 0))

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top - self.height

    def place(self, left: float, top: float) -> None:
        """Place the frame and its contents; containers are spread over the frame's width."""
        self.left, self.top = left, top
        for number, bar in enumerate(self.bars):
            bar.bottom = top - HEAD - number * (BAR + BAR_GAP) - BAR
        spare = self.width - 2 * PAD - sum(box.width for box in self.boxes)
        gap = spare / (len(self.boxes) + 1) if self.boxes else 0.0
        x = left + PAD + gap
        for box in self.boxes:
            box.left, box.bottom = x, self.bottom + PAD
            port_x = x + (box.width - sum(port.width for port in box.ports)) / 2 + 0.1
            for port in box.ports:
                port.x = port_x
                port_x += port.width
            x += box.width + gap


@dataclass(frozen=True)
class LanBar:
    """The LAN: a bar above a row of machines, or an upright bar beside a column of machines."""

    subnet: str
    left: float
    bottom: float
    width: float
    height: float
    upright: bool


@dataclass(frozen=True)
class Plan:
    """The layout of the whole figure."""

    width: float
    height: float
    machines: list[MachineFrame]
    lan: LanBar | None


def plan(
    endpoints: pd.DataFrame, networks: pd.DataFrame | None, lan: pd.DataFrame | None, least_width: float = 0
) -> Plan:
    """Lay out everything that the three frames contain, at least as wide as the title."""
    frames = [frame for frame in (lan, networks, endpoints) if frame is not None]
    names = list(dict.fromkeys(name for frame in frames for name in frame["machine"]))
    machines = [_machine(name, endpoints, networks, lan) for name in names]
    row = sum(machine.width + EDGE for machine in machines) + EDGE
    upright = row > WIDEST and len(machines) > 1
    beside = BAR + LAN_SPACE_UPRIGHT if lan is not None and upright else 0.0
    above = BAR + LAN_SPACE if lan is not None and not upright else 0.0
    tallest = max(machine.height for machine in machines)
    if upright:
        widest = max(machine.width for machine in machines)
        width = max(least_width, widest + beside + 2 * EDGE)
        height = sum(machine.height + EDGE for machine in machines) + EDGE
    else:
        width, height = max(least_width, row), tallest + above + 2 * EDGE
    left, top = EDGE + beside, height - EDGE - above
    for machine in machines:
        if upright:
            machine.width = width - EDGE - left
        else:
            machine.width += (width - row) / len(machines)
            machine.height = tallest
        machine.place(left, top)
        left, top = (left, top - machine.height - EDGE) if upright else (left + machine.width + EDGE, top)
    bar = None
    if lan is not None:
        subnet = str(lan["subnet"].iloc[0])
        if upright:
            bar = LanBar(subnet, EDGE, EDGE, BAR, height - 2 * EDGE, upright)
        else:
            bar = LanBar(subnet, EDGE, height - EDGE - BAR, width - 2 * EDGE, BAR, upright)
    return Plan(width, height, machines, bar)


def _machine(
    machine: str, endpoints: pd.DataFrame, networks: pd.DataFrame | None, lan: pd.DataFrame | None
) -> MachineFrame:
    mine = endpoints[endpoints["machine"] == machine]
    bars = _bars(mine, None if networks is None else networks[networks["machine"] == machine])
    by_name = {bar.name: bar for bar in bars}
    boxes = [
        ContainerBox(
            name, [_port(row, by_name) for row in mine.to_dict("records") if row["container"] == name]
        )
        for name in sorted(mine["container"].unique(), key=natural)
    ]
    uplink = (
        ""
        if lan is None
        else "\n".join(
            f"{row['interface']}\n{row['address']}"
            for row in lan[lan["machine"] == machine].to_dict("records")
        )
    )
    return MachineFrame(machine, uplink, bars, boxes)


def _bars(endpoints: pd.DataFrame, networks: pd.DataFrame | None) -> list[NetworkBar]:
    known = {} if networks is None else {str(row["name"]): row for _, row in networks.iterrows()}
    drivers = {name: str(row["driver"]) for name, row in known.items()}
    drivers |= dict(zip(endpoints["network"], endpoints["driver"], strict=True))
    bars = []
    for name, driver in drivers.items():
        what = kind(name, driver)
        members = sorted(endpoints.loc[endpoints["network"] == name, "container"], key=natural)
        # Every Engine has host and none: next to containers, host has a bar only if used, and none never has.
        if len(endpoints) and (what is KINDS["none"] or (what is KINDS["host"] and not members)):
            continue
        row = known.get(name)
        subnet = _subnet(endpoints[endpoints["network"] == name]) if row is None else str(row["subnet"])
        bars.append(NetworkBar(name, what, subnet, _note(name, what, row), members))
    return sorted(bars, key=lambda bar: (_rank(bar.kind), bar.name))


def _rank(what: Kind) -> int:
    return ORDER.index(what.label) if what.label in ORDER else len(ORDER)


def _note(name: str, what: Kind, row: pd.Series | None) -> str:
    if what is KINDS["host"]:
        return "the machine's own interfaces"
    if what is KINDS["none"]:
        return "loopback only"
    words = ["overlay" if what is KINDS["ingress"] else what.label]
    if name == "docker_gwbridge":  # created by the swarm, not by the user
        words = ["bridge"]
    if row is not None and row["internal"]:
        words.append("internal")
    if row is not None and row["interface"] not in ("", name) and not row["interface"].startswith("br-"):
        words.append(row["interface"])  # br-… is a random id, which tells a reader nothing
    return " · ".join(words)


def _subnet(endpoints: pd.DataFrame) -> str:
    found = {
        str(ipaddress.ip_interface(f"{row['ipv4']}/{row['prefix']}").network)
        for row in endpoints.to_dict("records")
        if row["ipv4"]
    }
    return ", ".join(sorted(found))


def _port(row: dict[Any, Any], bars: dict[str, NetworkBar]) -> Port:
    bar = bars.get(row["network"])
    if bar is None:
        return Port("lo\nnothing else", None)
    return Port(f"{row['interface']}\n{row['ipv4']}" if row["ipv4"] else "same as\nmachine", bar)
