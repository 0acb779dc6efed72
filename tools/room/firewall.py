"""What a learner's container reaches of this host: the hub, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helpers import programs
from helpers.setup import debian
from tools.room.hub.settings import BRIDGE, HUB_PORT

_CHAIN = "DOCKER-NETWORKING-ROOM"
_FROM_LEARNERS = ["--in-interface", f"{BRIDGE}+"]
_HUB = ["--protocol", "tcp", "--dport", str(HUB_PORT)]
_RULES = [
    [*_FROM_LEARNERS, *_HUB, "--jump", "ACCEPT"],
    # Answers to the proxy, which asks their servers.
    [*_FROM_LEARNERS, "--match", "conntrack", "--ctstate", "ESTABLISHED", "--jump", "ACCEPT"],
    [*_FROM_LEARNERS, "--jump", "REJECT"],
    # Other computers reach the proxy, not the hub behind it.
    ["!", "--in-interface", "lo", *_HUB, "--jump", "REJECT"],
]


@contextmanager
def closed() -> Iterator[None]:
    """Keep the rules in force, in a chain of their own.

    Raises
    ------
    LabError
        If this user may not become root, or iptables fails.
    """
    debian.install(["iptables"], "The room's firewall")
    debian.authenticate("Setting the firewall's rules for the room", "Run the hub on a computer of your own.")
    _remove()  # left by a hub that was killed
    try:
        _iptables("--new-chain", _CHAIN)
        for rule in _RULES:
            _iptables("--append", _CHAIN, *rule)
        _iptables("--insert", "INPUT", "--jump", _CHAIN)
        yield
    finally:
        _remove()


def _remove() -> None:
    for change in (["--delete", "INPUT", "--jump", _CHAIN], ["--flush", _CHAIN], ["--delete-chain", _CHAIN]):
        _iptables(*change, check=False)


def _iptables(*arguments: str, check: bool = True) -> None:
    programs.run(debian.as_root(["iptables", "--wait", *arguments]), timeout_s=60, check=check)
