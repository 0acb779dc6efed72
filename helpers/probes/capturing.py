"""Capturing what passes a machine's interface, while a command runs on it or something happens elsewhere."""

from __future__ import annotations

import base64
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import inside, wire
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

T = TypeVar("T")
_START_S = 20.0  # until tcpdump listens


@inside.probe
def capture(
    machine: Machine,
    source: str,
    command: str,
    *,
    expression: str,
    interface: str = "eth0",
    timeout: float = 60,
) -> pd.DataFrame:
    """Run a command in a container, and capture what the machine's interface sends and receives meanwhile.

    Parameters
    ----------
    machine, interface:
        Where the capture runs, and on which interface.
    source, command:
        The container (on this machine), and a script for its shell.
    expression:
        A filter as in pcap-filter(7), such as "udp port 4789 or esp".
    timeout:
        Seconds allowed for the command.

    Returns
    -------
    DataFrame
        As :func:`helpers.probes.wire.decode` returns them, one row per frame, in the order of capture.

    Raises
    ------
    LabError
        If the capture does not start.
    """
    entered = inside.entering(machine.container(source), ["sh", "-c", command])
    return wire.decode(_capture(machine, entered, expression, interface, timeout))


@inside.probe
def capture_during(
    act: Callable[[], T],
    machine: Machine,
    *,
    expression: str,
    interface: str = "eth0",
    timeout: float = 60,
) -> tuple[T, pd.DataFrame]:
    """Capture on one machine while something happens elsewhere.

    Parameters
    ----------
    act:
        What happens: called once the capture has started; the capture ends after it.
    machine, interface, expression, timeout:
        As for `capture`; ``timeout`` is for `act`.

    Returns
    -------
    T, DataFrame
        What `act` returned, and the frames as `capture` returns them.

    Raises
    ------
    LabError
        If the capture does not start.
    """
    acted, captured = _during(act, machine, expression, interface, timeout)
    return acted, wire.decode(captured)


@inside.probe
def passed_during(
    act: Callable[[], T], machine: Machine, *, expression: str, timeout: float = 60
) -> tuple[T, pd.DataFrame]:
    """Which of a machine's interfaces packets pass while something happens.

    Parameters
    ----------
    act, machine, expression, timeout:
        As for `capture_during`.

    Returns
    -------
    T, DataFrame
        What `act` returned; and machine, interface (str), packets (int), one row per interface that at least
        one packet passed, in the order of the first.

    Raises
    ------
    LabError
        If the capture does not start.
    """
    acted, captured = _during(act, machine, expression, "any", timeout)
    names = {link["ifindex"]: link["ifname"] for link in inside.listing(machine.run("ip -j link").stdout)}
    counts = Counter(names.get(index, f"interface {index}") for index in wire.interfaces(captured))
    rows = [{"machine": machine.name, "interface": one, "packets": counts[one]} for one in counts]
    return acted, typed(rows, {"machine": "str", "interface": "str", "packets": "int64"})


def _during(
    act: Callable[[], T], machine: Machine, expression: str, interface: str, timeout: float
) -> tuple[T, bytes]:
    started, ended = (f"/tmp/capture-{uuid.uuid4().hex}-{what}" for what in ("started", "ended"))
    meanwhile = scripts.argv(__package__, "wait_for_file.sh", ended, started)
    with ThreadPoolExecutor(1) as pool:
        capturing = pool.submit(_capture, machine, meanwhile, expression, interface, timeout)
        machine.run(scripts.command(__package__, "wait_for_file.sh", started), timeout=_START_S)
        try:
            acted = act()
        finally:
            machine.run(f"touch {ended}")
        captured = capturing.result()
    machine.run(f"rm -f {started} {ended}")
    return acted, captured


def _capture(
    machine: Machine, program: Sequence[str], expression: str, interface: str, timeout: float
) -> bytes:
    arguments = [interface, expression, round(_START_S * 10), f"{timeout:g}", *program]
    script = scripts.command(__package__, "capture.sh", *arguments)
    done = machine.run(script, timeout=timeout + _START_S + 20)
    if done.exit_code or not done.stdout:
        raise LabError(
            f"Capturing on {interface} of {machine.name}",
            done.stderr.strip() or "nothing",
            f"Check with `ip link` whether {interface} exists.",
        )
    with understood("what tcpdump captured"):
        return base64.b64decode(done.stdout)
