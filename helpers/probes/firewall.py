"""The machine's firewall: its chains with their number of rules, and which rules drop packets."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

_COLUMNS = dict.fromkeys(("machine", "chain", "rule"), "str") | {"packets": "int64", "matched": "bool"}
_CHAINS = dict.fromkeys(("machine", "table", "chain"), "str") | {"rules": "int64"}
_SAVED = re.compile(r"^(?:\*(?P<table>\w+)|:(?P<chain>\S+) .*|-A (?P<rule_of>\S+) .*)$", flags=re.MULTILINE)
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


@inside.probe
def chains(*machines: Machine) -> pd.DataFrame:
    """The chains of each machine's iptables, with the number of rules in them.

    Returns
    -------
    DataFrame
        machine, table, chain · rules (int, 0 for an empty chain), one row per chain, as iptables-save lists
        them. A table that was never used is not listed.

    Source: iptables-save(8).
    """
    rows = []
    for machine in machines:
        saved = machine.run("iptables-save").stdout
        with understood("what iptables-save printed"):
            rows += [
                {"machine": machine.name, "table": table, "chain": chain, "rules": rules}
                for (table, chain), rules in _count(saved).items()
            ]
    return typed(rows, _CHAINS)


def _count(saved: str) -> Counter[tuple[str, str]]:
    """The number of rules by table and chain."""
    table, rules = "", Counter[tuple[str, str]]()
    for line in _SAVED.finditer(saved):
        table = line["table"] or table
        if line["chain"]:
            rules[table, line["chain"]] = 0
        elif line["rule_of"]:
            rules[table, line["rule_of"]] += 1
    return rules
