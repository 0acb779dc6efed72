"""Address translation for published ports: the rules, their counters, and the tracked connections."""

from __future__ import annotations

import re
import shlex
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


@understood("what conntrack printed", ElementTree.ParseError)
def _flows(listed: str) -> pd.DataFrame:
    rows = []
    for flow in ElementTree.fromstring(listed).iter("flow") if listed.strip() else []:
        original, reply = (flow.find(f"meta[@direction='{way}']") for way in ("original", "reply"))
        if original is None or reply is None:
            raise ValueError("a flow without one of its directions")
        rows.append(
            {
                "client": original.findtext("layer3/src"),
                "asked": f"{original.findtext('layer3/dst')}:{original.findtext('layer4/dport')}",
                "answers": f"{reply.findtext('layer3/src')}:{reply.findtext('layer4/sport')}",
            }
        )
    return typed(rows, dict.fromkeys(_CONNECTIONS, "str"))
