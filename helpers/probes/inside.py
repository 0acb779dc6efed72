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

NOT_FOUND = 127  # what a shell answers when there is no such program
TIMED_OUT = (124, 143)  # what coreutils and busybox `timeout` answer


def probe(measure: Callable[P, R]) -> Callable[P, R]:
    """Mark a public probe: an Engine that goes away meanwhile is a `LabError`.

    What a probe reads it reads in `understood`, so an answer that nobody can read is a `BadAnswer`. All else
    comes through as it is: it is a mistake, in a call or in the probe.
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
        "Run the cell again. If it comes again, restart the kernel and run the chapter from the top.",
    )


def run(machine: Machine, source: str | None, argv: Sequence[str], *, timeout: float) -> str:
    """Run a program in the container ``source`` (None: on the machine); its standard output.

    The program bounds itself (see :func:`bounded`); ``timeout`` (seconds) is the machine's own second line
    of defence. A program that fails is a finding for the probe, not an error here.

    Raises
    ------
    LabError
        If the container does not run, or has no shell.
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
    """What the machine runs so that a program runs in the container's namespaces, file system included.

    That is ``docker exec`` without its four calls to the Engine: under emulation, seconds each time.

    Raises
    ------
    LabError
        If the container does not run.
    """
    return ["nsenter", "-t", str(process(container)), *"-m -u -i -n -p --".split(), *argv]


@understood("the Engine's description of a container")
def process(container: Container) -> int:
    """The container's first process, by its number on the machine.

    Raises
    ------
    LabError
        If the container does not run.
    """
    pid = int(container.attrs["State"]["Pid"])
    if not pid:
        raise LabError(
            f"Probing from container {container.name}",
            f"it does not run: {container.attrs['State'].get('Status', 'no process')}",
            f"Start it (docker start {container.name}), or choose another source.",
        )
    return pid


def listings(machine: Machine, what: str, processes: Sequence[int | None]) -> list[list[dict[str, Any]]]:
    """What ``ip -j`` lists in each process's network namespace (None: the machine's), in one round trip.

    Raises
    ------
    BadAnswer
        If that is no such list.
    """
    places = " ".join("-" if process is None else str(process) for process in processes)
    command = scripts.command(__package__, "ip_of_namespaces.sh", places, *what.split())
    printed = machine.run(command).stdout if processes else ""
    with understood("what `ip -j` printed"):
        return [listing(text) for text, _ in records(printed)]


@understood("what `ip -j` printed")
def listing(text: str) -> list[dict[str, Any]]:
    """What ``ip -j`` printed: nothing at all where a namespace has gone meanwhile, or has no such entry."""
    found: list[dict[str, Any]] = json.loads(text or "[]")
    return found


def bounded(argv: Sequence[str], seconds: float) -> list[str]:
    """The same program, ended after ``seconds`` at the latest."""
    return ["timeout", str(whole(seconds)), *argv]


def whole(seconds: float) -> int:
    """A bound as every ``timeout`` takes it: busybox's takes whole seconds, and 0 is no bound."""
    return max(1, round(seconds))


def records(output: str) -> list[list[str]]:
    """What a script wrote with separators, as a list of records, each a list of fields.

    What follows the last record separator is a record still on its way, and left out.
    """
    return [record.split(FIELD) for record in output.split(RECORD)[:-1]]


def complaint(text: str, exit_code: int, bound: float) -> str:
    """The one line that says why a program failed, as the program said it where it said anything.

    Raises
    ------
    LabError
        If the program itself is missing: that says nothing about the network.
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
