"""The machine's firewall: which rules of the filter table drop packets, and whether any packet met them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

_COLUMNS = dict.fromkeys(("machine", "chain", "rule"), "str") | {"packets": "int64", "matched": "bool"}
_DROP = re.compile(r"^-A (\S+) (.*) -c (\d+) \d+ -j DROP$", flags=re.MULTILINE)


@inside.probe
def drop_rules(machine: Machine, *chains: str) -> pd.DataFrame:
    """The rules in these chains of the filter table that drop packets, with their counters.

    Returns
    -------
    DataFrame
        machine, chain, rule (what it matches, as iptables writes it) · packets (int, dropped so far), matched
        (bool: at least one). One row per rule, chain by chain, in the order in which they are consulted.

    Source: iptables(8); Docker's chain for the administrator's rules is called DOCKER-USER.
    """
    listed = [machine.run(f"iptables -S {chain} -v").stdout for chain in chains]
    with understood("what iptables printed"):
        rows = [
            {
                "machine": machine.name,
                "chain": chain,
                "rule": rule,
                "packets": int(packets),
                "matched": int(packets) > 0,
            }
            for text in listed
            for chain, rule, packets in _DROP.findall(text)
        ]
        return typed(rows, _COLUMNS)
