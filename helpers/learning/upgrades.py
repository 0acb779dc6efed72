"""What changes for containers' networks when an Engine is upgraded, and how to see whether it concerns you.

Sources: Docker's release notes, moby's, and what chapter 10 measures.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from helpers.errors import LabError
from helpers.learning.claims import release

COLUMNS = ("since", "change", "look")


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes
    ----------
    since:
        The first Engine version that has it.
    change:
        What is different from then on.
    look:
        What to look for on a machine of one's own, before the upgrade.
    statement:
        What turns true or false with it, in the words of chapter 10; "" if it is not measured there.
    """

    since: str
    change: str
    look: str
    statement: str = ""


CHANGES = (
    Change(
        "25.0",
        "a subnet with host bits, such as 10.20.0.5/24, is refused",
        "--subnet in scripts, subnet: in Compose files",
        "A subnet with host bits is accepted",
    ),
    Change(
        "25.0",
        "a container on an internal network alone has no default route: it fails at once, instead of hanging",
        "docker network ls, and internal: true in Compose files; programs that treat a timeout as normal",
        "On an internal network, a container has a default route",
    ),
    Change(
        "26.0",
        "on internal networks alone, names outside are no longer resolved",
        "containers on internal networks that look up names of other machines",
        "On an internal network, the names of other machines are resolved",
    ),
    Change(
        "26.0",
        "inspect lists the names that Docker's resolver has for a container, as DNSNames",
        "programs that read Aliases for the container's id",
        "inspect lists a container's DNSNames",
    ),
    Change(
        "28.0",
        "a container's MAC address is random: before, it was derived from its IP address",
        "DHCP reservations, licences and firewall rules by MAC address: set --mac-address",
        "A MAC address is derived from the IP address",
    ),
    Change(
        "28.0",
        "ports published to 127.0.0.1 are closed to neighbours on the LAN",
        "docker ps: what has 127.0.0.1 there was open to whoever added a route",
        "A neighbour reaches a port published to 127.0.0.1",
    ),
    Change(
        "28.0",
        "a container is no longer reached by routing to it, whatever the policy of FORWARD is",
        "routes to docker0's subnet on other machines: they need the gateway mode nat-unprotected",
        "A neighbour reaches an unpublished port, if forwarding is allowed",
    ),
    Change(
        "28.0",
        "the raw table has a rule for each container, which drops what comes from outside",
        "firewall scripts that flush or restore the table raw",
        "The raw table drops what comes for a container from outside",
    ),
    Change(
        "28.0",
        "--gw-priority decides which of several networks has the default route",
        "network names chosen so that the right one comes first",
        "--gw-priority decides which network is the way out",
    ),
    Change(
        "28.0.1",
        "Docker's rules stand in chains of their own, which FORWARD calls: DOCKER-FORWARD and others",
        "scripts that insert rules into DOCKER or FORWARD, instead of DOCKER-USER",
        "FORWARD calls a chain DOCKER-FORWARD",
    ),
    Change(
        "29.0",
        "NetworkSettings.IPAddress, .Gateway and .MacAddress are gone",
        "docker inspect -f '{{.NetworkSettings.IPAddress}}': read .NetworkSettings.Networks",
    ),
    Change(
        "29.0", "a macvlan network has a gateway only if you give one", "--driver macvlan without --gateway"
    ),
)


@dataclass(frozen=True)
class Checklist:
    """What to look for before an upgrade; shown as text, and as a table in JupyterLab.

    Attributes
    ----------
    old, new:
        The two versions.
    changes:
        What the upgrade changes, oldest first.
    """

    old: str
    new: str
    changes: tuple[Change, ...]

    def frame(self) -> pd.DataFrame:
        """Return since (the first version that has the change), change, look (str), one row per change."""
        rows = [(one.since, one.change, one.look) for one in self.changes]
        return pd.DataFrame(rows, columns=COLUMNS, dtype="str")

    def _heading(self) -> str:
        count = len(self.changes) or "nothing"
        things = f" thing{'s' * (count != 1)}" if self.changes else ""
        return f"From Engine {self.old} to {self.new}, {count}{things} to look for"

    def __repr__(self) -> str:
        told = [f"[{one.since}] {one.change}\n    look for: {one.look}" for one in self.changes]
        return "\n".join([self._heading(), *told])

    def _repr_html_(self) -> str:
        heading = f"<p><strong>{html.escape(self._heading())}</strong></p>"
        with pd.option_context("display.max_colwidth", None):
            shown = self.frame().rename(columns={"look": "what to look for"})
            return heading + shown.to_html(index=False, border=0, justify="left")


def checklist(old: str, new: str) -> Checklist:
    """Return what to look for when an Engine is upgraded from one version to another.

    Parameters
    ----------
    old, new:
        Versions such as "26.1.5": see ``docker version --format '{{.Server.Version}}'``, and
        ``apt-cache policy docker-ce`` for what an upgrade would install.

    Raises
    ------
    LabError
        If the second version is not later than the first.
    """
    return Checklist(old, new, tuple(_between(old, new)))


def statements(old: str, new: str) -> list[str]:
    """Return what turns true or false with an upgrade, in the words of chapter 10 (see `checklist`)."""
    return [one.statement for one in _between(old, new) if one.statement]


def _between(old: str, new: str) -> list[Change]:
    if release(new) <= release(old):
        raise LabError(
            f"Looking for what changes from Engine {old} to {new}",
            f"{new} is not later than {old}",
            'Give the older version first, such as checklist("26.1", "28.5").',
        )
    return [one for one in CHANGES if release(old) < release(one.since) <= release(new)]
