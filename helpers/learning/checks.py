"""What an exercise asks for, as checks of a lab's current state, each with a hint.

A check does not prescribe how something is done: the CLI, docker-py and a shell on the machine all count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docker.errors

from helpers import probes
from helpers.errors import LabError
from helpers.lab import NoSuchContainer
from helpers.learning.claims import as_text, same

if TYPE_CHECKING:
    from helpers.lab import Lab

HOST = "host"


@dataclass(frozen=True)
class Check:
    """One condition that must hold.

    Attributes
    ----------
    text:
        The condition as a statement, such as "web runs on host". ``{host}`` in it stands for that machine's
        address, ``{lan}`` for the first three numbers of the LAN's addresses.
    expected:
        What `see` returns if the condition holds.
    see:
        Inspects the lab; that something does not exist is also a result.
    hint:
        What a learner can try next: what to think about, not what to type.
    """

    text: str
    expected: Any
    see: Callable[[Lab], Any]
    hint: str

    def look(self, lab: Lab) -> Seen:
        """Inspect the lab now."""
        text = here(lab, self.text)
        try:
            observed = self.see(lab)
        except NoSuchContainer as error:
            hint = "The container does not exist yet: start it, with that name and on that machine."
            return Seen(text, False, error.seen, hint)
        except LabError as error:  # no such machine or network, or the container does not run
            return Seen(text, False, error.gist, self.hint)
        except docker.errors.APIError as error:
            return Seen(text, False, str(error.explanation or error), self.hint)
        now = ", ".join(as_text(observed).splitlines()) or "nothing"
        return Seen(text, same(self.expected, observed), now, self.hint)


@dataclass(frozen=True)
class Seen:
    """What a check found: whether the condition holds, the current state in words, and the hint."""

    text: str
    ok: bool
    now: str
    hint: str

    def __str__(self) -> str:
        return f"✓ {self.text}" if self.ok else f"✗ {self.text} (now: {self.now})"


def runs(container: str, *, machine: str = HOST, hint: str = "") -> Check:
    """The container exists and is running."""
    return Check(
        f"{container} runs on {machine}",
        "running",
        lambda lab: lab[machine].container(container).status,
        hint or f"`docker ps -a` on {machine} lists all containers, including those that have exited.",
    )


def attached(
    container: str, networks: set[str], *, exactly: bool = False, machine: str = HOST, hint: str = ""
) -> Check:
    """The container is connected to these networks (`exactly`: and to no other)."""

    def see(lab: Lab) -> set[str]:
        found = set(_networks(lab, machine, container))
        return found if exactly or not networks <= found else networks

    only = "only " if exactly else ""
    return Check(
        f"{container} is connected {only}to {as_text(networks)}",
        networks,
        see,
        hint or f"`docker inspect {container}` lists its networks.",
    )


def has_network(name: str, *, machine: str = HOST, hint: str = "", **facts: Any) -> Check:
    """A network of this name exists; `facts` are columns of `probes.networks` with their values."""

    def see(lab: Lab) -> dict[str, Any]:
        found = probes.networks(lab[machine]).set_index("name")
        if name not in found.index:
            raise LabError("", f"networks there: {as_text(list(found.index))}", "")
        return {fact: found.loc[name, fact] for fact in facts}

    told = f" ({as_text(facts)})" if facts else ""
    return Check(
        f"there is a network {name}{told}",
        facts,
        see,
        hint or "`docker network create --help` lists the options that a network can have.",
    )


def has_address(container: str, network: str, address: str, *, machine: str = HOST, hint: str = "") -> Check:
    """The container has this IPv4 address on that network."""

    def see(lab: Lab) -> str:
        told = _networks(lab, machine, container).get(network, {})
        found = str(told.get("IPAddress", f"not connected to {network}"))
        return address if found == here(lab, address) else found

    return Check(
        f"{container} has the address {address} on {network}",
        address,
        see,
        hint or "The Engine assigns addresses in order, unless you request a specific one.",
    )


def reaches(
    source: str | None, target: str, *, answered: bool = True, machine: str = HOST, hint: str = ""
) -> Check:
    """A ping from the container `source` (None: from the machine) is answered, or is not."""
    who = source or machine
    verb = "reaches" if answered else "does not reach"

    def see(lab: Lab) -> str:
        row = probes.ping(lab[machine], source, here(lab, target), count=1).iloc[0]
        return "an answer" if row["ok"] else str(row["error"]) if answered else "no answer"

    return Check(
        f"{who} {verb} {target}",
        "an answer" if answered else "no answer",
        see,
        hint or f"Try it by hand: `ping -c 1 {target}` in {who}.",
    )


def resolves(source: str, name: str, *, machine: str = HOST, hint: str = "", addresses: int = 1) -> Check:
    """The container resolves the name, to this number of addresses."""

    def see(lab: Lab) -> int | str:
        row = probes.resolve(lab[machine], source, name).iloc[0]
        return len(str(row["addresses"]).split(", ")) if row["ok"] else str(row["error"])

    plural = "es" * (addresses != 1)
    return Check(
        f"{source} resolves {name} to {addresses} address{plural}",
        addresses,
        see,
        hint or f"Try it by hand: `nslookup {name}` in {source}.",
    )


def answers(
    url: str, *, source: str | None = None, machine: str = HOST, status: int = 200, hint: str = ""
) -> Check:
    """An HTTP GET from there is answered with this status (0: it is not answered)."""

    def see(lab: Lab) -> int | str:
        return int(probes.http_get(lab[machine], source, here(lab, url))["status"].item()) or "no answer"

    who = source or machine
    outcome = f"is answered with {status}" if status else "is not answered"
    return Check(
        f"{url} {outcome} when requested from {who}",
        status or "no answer",
        see,
        hint or "Try it by hand with `curl -I`, and find out how far the request gets.",
    )


def says(
    text: str, command: str, expected: str, *, machine: str = HOST, hint: str, timeout: float = 60
) -> Check:
    """A shell command on the machine prints this; for conditions that no other check covers."""
    return Check(text, expected, lambda lab: lab[machine].run(command, timeout=timeout).stdout.strip(), hint)


def _networks(lab: Lab, machine: str, container: str) -> dict[str, dict[str, Any]]:
    """What the Engine reports about each network that the container is on."""
    found: dict[str, dict[str, Any]] = lab[machine].container(container).attrs["NetworkSettings"]["Networks"]
    return found


def here(lab: Lab, text: str) -> str:
    """Fill in this lab's addresses: ``{host}`` and ``{lan}``, as in `Check.text`."""
    addresses = {name: machine.address for name, machine in lab.machines.items()}
    return text.format_map(addresses | {"lan": lab.lan.gateway.rpartition(".")[0]})
