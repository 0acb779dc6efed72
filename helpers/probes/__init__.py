"""Probes: measured attempts and live inspection, each as a tidy DataFrame."""

from helpers.probes.access_logs import clients, count_by_replica, requests_by_replica
from helpers.probes.balancer import ipvs
from helpers.probes.burst import http_burst, http_mesh
from helpers.probes.comparison import in_turns, ratio
from helpers.probes.discovery import service_names
from helpers.probes.dns import resolve
from helpers.probes.failures import link_failure, power_failure
from helpers.probes.frame import answered
from helpers.probes.http import http_get
from helpers.probes.icmp import ping, ping_in_turns
from helpers.probes.inspection import endpoints, lan, links, networks
from helpers.probes.iproute import addresses, interfaces, neighbours, routes
from helpers.probes.load import http_timeline
from helpers.probes.logs import accesses, overheard
from helpers.probes.namespaces import namespaces
from helpers.probes.nat import connections, nat_rules
from helpers.probes.over_time import reachability_timeline
from helpers.probes.overlay import (
    overlay_self_test,
    overlays,
    ping_unfragmented,
    reach_across,
    wait_until_reached,
)
from helpers.probes.published import ways_to_port
from helpers.probes.reachability import reach, reach_among, who_reaches_whom
from helpers.probes.refusals import refusal
from helpers.probes.senders import arp, senders
from helpers.probes.services import (
    nodes,
    replica,
    service_networks,
    tasks,
    wait_until_balanced,
    wait_until_running,
)
from helpers.probes.wire import capture, conversation, layers, revealed

__all__ = [
    "accesses",
    "addresses",
    "answered",
    "arp",
    "capture",
    "clients",
    "connections",
    "conversation",
    "count_by_replica",
    "endpoints",
    "http_burst",
    "http_get",
    "http_mesh",
    "http_timeline",
    "in_turns",
    "interfaces",
    "ipvs",
    "lan",
    "layers",
    "link_failure",
    "links",
    "namespaces",
    "nat_rules",
    "neighbours",
    "networks",
    "nodes",
    "overheard",
    "overlay_self_test",
    "overlays",
    "ping",
    "ping_in_turns",
    "ping_unfragmented",
    "power_failure",
    "ratio",
    "reach",
    "reach_across",
    "reach_among",
    "reachability_timeline",
    "refusal",
    "replica",
    "requests_by_replica",
    "resolve",
    "revealed",
    "routes",
    "senders",
    "service_names",
    "service_networks",
    "tasks",
    "wait_until_balanced",
    "wait_until_reached",
    "wait_until_running",
    "ways_to_port",
    "who_reaches_whom",
]
