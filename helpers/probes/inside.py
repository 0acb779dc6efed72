"""Where a probe starts: inside a container, or on the machine itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from helpers import scripts
from helpers.answers import understood
from helpers.engine.refusals import FAILURES, said
from helpers.errors import LabError

if TYPE_CHECKING:
    from docker.models.containers import Container

    from helpers.lab import Machine

P = ParamSpec("P")
R = TypeVar("R")

# Field and record separators (ASCII 31 and 30): no program prints them, so no text can be mistaken for one.
FIELD, RECORD = "\x1f", "\x1e"

NOT_FOUND = 127  # a shell's exit code if there is no such program
TIMED_OUT = (124, 143)  # the exit codes of coreutils' and busybox's `timeout`


def probe(measure: Callable[P, R]) -> Callable[P, R]:
    """Mark a public probe: if the Engine goes away during it, it raises a `LabError`.

    Probes parse what they read within `understood`, so an unreadable answer is a `BadAnswer`. Any other
    exception is passed on unchanged: it is a mistake, in the call or in the probe.
    """

    @wraps(measure)
    def measured(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return measure(*args, **kwargs)
        except FAILURES as error:
            raise _engine_gone(measure.__name__, error) from error

    return measured


def _engine_gone(probe: str, error: Exception) -> LabError:
    return LabError(
        f"Measuring with probes.{probe}",
        said(error),
        "Run the cell again. If that fails too, restart the kernel and run the chapter from the top.",
    )


def run(machine: Machine, source: str | None, argv: Sequence[str], *, timeout: float) -> str:
    """Run a program in the container ``source`` (None: on the machine) and return its output.

    The program limits its own run time (see :func:`bounded`); ``timeout`` (seconds) is a second limit, which
    the machine enforces. A program that fails is a finding for the probe, not an error here.

    Raises
    ------
    LabError
        If the container is not running, or has no shell.
    """
    if source is None:
        return machine.run(scripts.line(argv), timeout=timeout).stdout
    done = machine.run(scripts.line(entering(machine.container(source), argv)), timeout=timeout)
    if done.exit_code == NOT_FOUND and FIELD not in done.stdout:
        raise LabError(
            f"Probing from container {source} on {machine.name}",
            done.stderr or done.stdout or "no shell",
            "A probe needs a shell in its source: choose a container that has one, such as busybox.",
        )
    return done.stdout


def entering(container: Container, argv: Sequence[str]) -> list[str]:
    """The command with which the machine runs a program in all of a container's namespaces.

    Like ``docker exec``, but without its four calls to the Engine, which take seconds under emulation.

    Raises
    ------
    LabError
        If the container is not running.
    """
    return ["nsenter", "-t", str(process(container)), *"-m -u -i -n -p --".split(), *argv]


@understood("the Engine's description of a container")
def process(container: Container) -> int:
    """The PID of the container's first process, as the machine sees it.

    Raises
    ------
    LabError
        If the container is not running.
    """
    pid = int(container.attrs["State"]["Pid"])
    if not pid:
        raise LabError(
            f"Probing from container {container.name}",
            f"it is not running: {container.attrs['State'].get('Status', 'no process')}",
            f"Start it (docker start {container.name}), or choose another source.",
        )
    return pid


def listings(machine: Machine, what: str, processes: Sequence[int | None]) -> list[list[dict[str, Any]]]:
    """What ``ip -j`` lists in each process's network namespace (None: the machine's), in one round trip.

    Raises
    ------
    BadAnswer
        If the output is not such a list.
    """
    places = " ".join("-" if process is None else str(process) for process in processes)
    command = scripts.command(__package__, "ip_of_namespaces.sh", places, *what.split())
    printed = machine.run(command).stdout if processes else ""
    with understood("what `ip -j` printed"):
        return [listing(text) for text, _ in records(printed)]


@understood("what `ip -j` printed")
def listing(text: str) -> list[dict[str, Any]]:
    """Parse what ``ip -j`` printed: nothing, if the namespace has disappeared or has no such entry."""
    found: list[dict[str, Any]] = json.loads(text or "[]")
    return found


def bounded(argv: Sequence[str], seconds: float) -> list[str]:
    """The same command, ended after at most ``seconds``."""
    return ["timeout", str(whole(seconds)), *argv]


def whole(seconds: float) -> int:
    """A limit that every ``timeout`` accepts: busybox's takes whole seconds, and 0 means no limit."""
    return max(1, round(seconds))


def records(output: str) -> list[list[str]]:
    """Split what a script wrote with separators into records, each a list of fields.

    Anything after the last record separator is an incomplete record, and is left out.
    """
    return [record.split(FIELD) for record in output.split(RECORD)[:-1]]


def complaint(text: str, exit_code: int, bound: float) -> str:
    """One line that says why a program failed: the last one that it printed, if any.

    Raises
    ------
    LabError
        If the program itself is missing, which says nothing about the network.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if exit_code == NOT_FOUND:
        raise LabError(
            "Starting the probe's program in its source",
            lines[-1] if lines else "command not found",
            "Probe from a container whose image has the program, such as busybox.",
        )
    if exit_code in TIMED_OUT:
        return f"no answer within {bound:g} s"
    return lines[-1] if lines else f"exit code {exit_code}"
