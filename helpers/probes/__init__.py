"""Probes: measured attempts and live inspection, each as a tidy DataFrame."""

from helpers.probes.balancer import ipvs
from helpers.probes.burst import http_burst, http_mesh
from helpers.probes.comparison import in_turns, ratio
from helpers.probes.dns import resolve
from helpers.probes.http import http_get
from helpers.probes.icmp import ping
from helpers.probes.inspection import endpoints, lan, links, networks
from helpers.probes.iproute import addresses, neighbours, routes
from helpers.probes.load import http_timeline
from helpers.probes.nat import connections, nat_rules
from helpers.probes.over_time import reachability_timeline
from helpers.probes.overlay import overlay_self_test, reach_across, wait_until_reached
from helpers.probes.reachability import reach, who_reaches_whom
from helpers.probes.services import requests_by_replica, tasks, wait_until_balanced, wait_until_running
from helpers.probes.wire import capture, layers, readable

__all__ = [
    "addresses",
    "capture",
    "connections",
    "endpoints",
    "http_burst",
    "http_get",
    "http_mesh",
    "http_timeline",
    "in_turns",
    "ipvs",
    "lan",
    "layers",
    "links",
    "nat_rules",
    "neighbours",
    "networks",
    "overlay_self_test",
    "ping",
    "ratio",
    "reach",
    "reach_across",
    "reachability_timeline",
    "readable",
    "requests_by_replica",
    "resolve",
    "routes",
    "tasks",
    "wait_until_balanced",
    "wait_until_reached",
    "wait_until_running",
    "who_reaches_whom",
]
