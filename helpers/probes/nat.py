"""Address translation for published ports: the rules, their counters, and the tracked connections."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pandas as pd

from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

_RULES = dict.fromkeys(("machine", "port", "to"), "str") | dict.fromkeys(("packets", "bytes"), "int64")
_CONNECTIONS = ("client", "asked", "answers")
_DNAT = re.compile(r"--dport (\d+) .*-c (\d+) (\d+) -j DNAT --to-destination (\S+)")


@inside.probe
def nat_rules(machine: Machine, *, since: pd.DataFrame | None = None) -> pd.DataFrame:
    """The destination NAT rule of each port that the machine's Engine publishes.

    Only the first packet of a connection traverses the ``nat`` table; for the others, the kernel uses its
    connection tracking (`connections`). So ``packets`` counts connections.

    Parameters
    ----------
    machine:
        Where the Engine runs.
    since:
        What this probe returned earlier: only what has been counted since then is returned.

    Returns
    -------
    DataFrame
        machine, port (published), to (address:port of the container) · packets, bytes (int, since the rule
        was added, or since the earlier count), one row per rule.

    Source: iptables(8), iptables-extensions(8) "DNAT"; Docker's chain is called DOCKER.
    """
    listed = machine.run("iptables -t nat -S DOCKER -v").stdout
    with understood("what iptables printed"):
        rows = [
            {"machine": machine.name, "port": port, "to": to, "packets": int(packets), "bytes": int(octets)}
            for port, packets, octets, to in _DNAT.findall(listed)
        ]
        rules = typed(rows, _RULES)
    if since is not None:
        rule = ["machine", "port", "to"]
        earlier = since.set_index(rule).reindex(pd.MultiIndex.from_frame(rules[rule]), fill_value=0)
        counts = ["packets", "bytes"]
        rules[counts] -= earlier[counts].to_numpy()
    return rules


@inside.probe
def connections(machine: Machine, port: int, *, client: str) -> pd.DataFrame:
    """TCP connections from ``client`` to ``port``, as listed by the machine's connection tracking.

    Returns
    -------
    DataFrame
        client, asked ("192.168.99.100:8080": the destination that the client addressed), answers (where the
        answers come from: without translation, from there), one row per connection.

    Source: conntrack(8), its XML output.
    """
    command = ["conntrack", "-L", "-p", "tcp", "--orig-src", client, "--orig-port-dst", str(port)]
    return _flows(machine.run(f"{shlex.join(command)} -o xml 2>/dev/null").stdout)


def _flows(listed: str) -> pd.DataFrame:
    rows = [
        {"client": flow.source.partition(":")[0], "asked": flow.target, "answers": flow.answers}
        for flow in flows(listed)
    ]
    return typed(rows, dict.fromkeys(_CONNECTIONS, "str"))


@dataclass(frozen=True)
class Flow:
    """One tracked connection, its ends as "address:port".

    Attributes
    ----------
    source, target:
        From where to where its first packet went when it arrived.
    answers, receives:
        From where to where the answers go when they arrive: what the packets that leave have instead.
    """

    source: str
    target: str
    answers: str
    receives: str

    @property
    def number(self) -> str:
        """The port of the source."""
        return self.source.rpartition(":")[2]


@understood("what conntrack printed", ElementTree.ParseError)
def flows(listed: str) -> list[Flow]:
    """Parse the XML that conntrack lists; nothing, if it lists no connection."""
    found = []
    for flow in ElementTree.fromstring(listed).iter("flow") if listed.strip() else []:
        original, reply = (flow.find(f"meta[@direction='{way}']") for way in ("original", "reply"))
        if original is None or reply is None:
            raise ValueError("a flow without one of its directions")
        found.append(Flow(*_ends(original), *_ends(reply)))
    return found


def _ends(meta: ElementTree.Element) -> tuple[str, str]:
    source, target = (
        f"{meta.findtext(f'layer3/{end}')}:{meta.findtext(f'layer4/{port}')}"
        for end, port in (("src", "sport"), ("dst", "dport"))
    )
    return source, target
