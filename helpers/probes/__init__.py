"""Probes: measured attempts and live inspection, each as a tidy DataFrame."""

from helpers.probes.dns import resolve
from helpers.probes.http import http_get
from helpers.probes.icmp import ping
from helpers.probes.inspection import endpoints, lan, links, networks
from helpers.probes.over_time import reachability_timeline
from helpers.probes.reachability import who_reaches_whom

__all__ = [
    "endpoints",
    "http_get",
    "lan",
    "links",
    "networks",
    "ping",
    "reachability_timeline",
    "resolve",
    "who_reaches_whom",
]
