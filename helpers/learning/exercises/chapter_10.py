"""Exercises for chapter 10: what an upgrade changes, and how to have it the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers import probes
from helpers.lab import NoSuchContainer
from helpers.learning.checks import Check, answers, says
from helpers.learning.exercise import Exercise

if TYPE_CHECKING:
    from helpers.lab import Lab

_MAC = "02:42:0a:00:00:63"
_MODE = "com.docker.network.bridge.gateway_mode_ipv4"
_PING_FROM_QUIET = """address=$(getent ahostsv4 now | awk 'NR == 1 {print $1}')
nsenter -n -t $(docker inspect -f '{{.State.Pid}}' quiet) ping -qc1 -W2 $address >/dev/null &&
  echo an answer"""
_GUARD = "PREROUTING -i eth0 -d 172.17.0.0/16 -j DROP"


def _by_route(client: str, container: str, router: str, *, reached: bool, hint: str) -> Check:
    """The container's own address is reached along a route through its machine, or is not."""

    def see(lab: Lab) -> str:
        try:
            page = probes.http_by_route(lab[client], lab[router], container)
        except NoSuchContainer:  # whose list would have tasks of the service, which have random names
            return "no such container"
        return "an answer" if page["ok"].item() else "no answer"

    verb = "reaches" if reached else "does not reach"
    text = f"by a route through {router}, {client} {verb} {container}"
    return Check(text, "an answer" if reached else "no answer", see, hint)


def _only_on(container: str, network: str) -> Check:
    """The container on `next` is connected to this network and to no other."""
    return says(
        f"{container} is connected only to {network}",
        "docker inspect -f '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' " + container,
        network,
        machine="next",
        hint=f"Start {container} on `next`; `docker inspect {container}` lists its networks.",
    )


EXERCISES = [
    Exercise(
        "10-1",
        "easy",
        "A licence is bound to a MAC address. Run busybox as `licensed` on `next`, so that its address is"
        f" `{_MAC}`, also after a restart.",
        checks=[
            _only_on("licensed", "bridge"),
            says(
                f"eth0 of licensed has the address {_MAC} after a restart",
                "docker restart -t 0 licensed >/dev/null &&"
                " docker exec licensed cat /sys/class/net/eth0/address",
                _MAC,
                machine="next",
                hint="`docker run --help | grep mac`: an address that you give is not random.",
            ),
        ],
        solution={"next": f"docker run -dit --name licensed --mac-address {_MAC} busybox"},
        undo={"next": "docker rm -f licensed"},
    ),
    Exercise(
        "10-2",
        "real life",
        "You cannot upgrade `then` yet. Close its containers to neighbours who route to them, as a newer"
        " Engine does: `now` must reach neither `web` nor `quiet` at its own address. `then` must still get"
        " the page on its port 8080, and its containers must still get out.",
        checks=[
            _by_route(
                "now",
                "web",
                "then",
                reached=False,
                hint="Docker's own rule lets a published port through before the policy of FORWARD is asked."
                " Which table drops such packets on `next`?",
            ),
            _by_route(
                "now",
                "quiet",
                "then",
                reached=False,
                hint="One rule can stand for all containers on docker0: `ip route` on `then` has the subnet.",
            ),
            answers("http://127.0.0.1:8080/", machine="then"),
            says(
                "quiet still gets an answer from now",
                _PING_FROM_QUIET,
                "an answer",
                machine="then",
                hint="Drop only what comes in by eth0, not what the containers send.",
            ),
        ],
        solution={"then": f"iptables -t raw -I {_GUARD}"},
        undo={"then": f"iptables -t raw -D {_GUARD}"},
    ),
    Exercise(
        "10-3",
        "hard",
        "On `next`, one server is meant to be reached by routing: the routers of your network know the way."
        " Run nginx as `routed` on a network `campus` of its own, so that `then` reaches it at its own"
        " address. `web` must stay closed.",
        checks=[
            _only_on("routed", "campus"),
            _by_route(
                "then",
                "routed",
                "next",
                reached=True,
                hint="The bridge driver has the option com.docker.network.bridge.gateway_mode_ipv4: which of"
                " its modes drops nothing?",
            ),
            _by_route(
                "then",
                "web",
                "next",
                reached=False,
                hint="Change one network, not the machine: raw still needs a rule for each other container.",
            ),
        ],
        solution={
            "next": f"docker network create -o {_MODE}=nat-unprotected campus\n"
            "docker run -dit --name routed --network campus nginx"
        },
        undo={"next": "docker rm -f routed\ndocker network rm campus"},
    ),
]
