"""Probes: measured attempts and live inspection, each as a tidy DataFrame."""

from helpers.probes.comparison import in_turns, ratio
from helpers.probes.dns import resolve
from helpers.probes.http import http_get
from helpers.probes.icmp import ping
from helpers.probes.inspection import endpoints, lan, links, networks
from helpers.probes.iproute import addresses, neighbours, routes
from helpers.probes.nat import connections, nat_rules
from helpers.probes.over_time import reachability_timeline
from helpers.probes.reachability import reach, who_reaches_whom

__all__ = [
    "addresses",
    "connections",
    "endpoints",
    "http_get",
    "in_turns",
    "lan",
    "links",
    "nat_rules",
    "neighbours",
    "networks",
    "ping",
    "ratio",
    "reach",
    "reachability_timeline",
    "resolve",
    "routes",
    "who_reaches_whom",
]
