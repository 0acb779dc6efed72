"""Probes: measured attempts and live inspection, each as a tidy DataFrame."""

from helpers.probes.access_logs import clients, count_by_replica, requests_by_replica
from helpers.probes.balanced import wait_until_balanced
from helpers.probes.balancer import ipvs
from helpers.probes.burst import http_burst, http_mesh, http_to
from helpers.probes.by_address import reach_endpoints
from helpers.probes.by_route import http_by_route
from helpers.probes.capturing import capture
from helpers.probes.comparison import in_turns, ratio
from helpers.probes.compose import compose_services, reach_services
from helpers.probes.discovery import service_names
from helpers.probes.dns import resolve
from helpers.probes.failures import link_failure, power_failure
from helpers.probes.firewall import chains, drop_rules
from helpers.probes.frame import answered
from helpers.probes.http import http_get, http_reach
from helpers.probes.icmp import ping, ping_in_turns
from helpers.probes.inspection import endpoints, lan, links, networks
from helpers.probes.iproute import addresses, interfaces, ipv6_addresses, neighbours, routes
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
from helpers.probes.request_path import request_path, rewritings
from helpers.probes.senders import arp, senders
from helpers.probes.services import (
    nodes,
    replica,
    service_networks,
    tasks,
    wait_until_running,
)
from helpers.probes.ways_out import way_out
from helpers.probes.wire import conversation, layers, revealed

__all__ = [
    "accesses",
    "addresses",
    "answered",
    "arp",
    "capture",
    "chains",
    "clients",
    "compose_services",
    "connections",
    "conversation",
    "count_by_replica",
    "drop_rules",
    "endpoints",
    "http_burst",
    "http_by_route",
    "http_get",
    "http_mesh",
    "http_reach",
    "http_timeline",
    "http_to",
    "in_turns",
    "interfaces",
    "ipv6_addresses",
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
    "reach_endpoints",
    "reach_services",
    "reachability_timeline",
    "refusal",
    "replica",
    "request_path",
    "requests_by_replica",
    "resolve",
    "revealed",
    "rewritings",
    "routes",
    "senders",
    "service_names",
    "service_networks",
    "tasks",
    "wait_until_balanced",
    "wait_until_reached",
    "wait_until_running",
    "way_out",
    "ways_to_port",
    "who_reaches_whom",
]
