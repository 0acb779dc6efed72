"""What the Engine asked the driver, and what the driver answered and did, from its call log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.answers import UNREADABLE, understood
from helpers.errors import BadAnswer
from helpers.probes.frame import typed
from helpers.waiting import NotYet, wait_until

if TYPE_CHECKING:
    from helpers.lab import Machine

COLUMNS = {"call": "str", "status": "int64", "error": "str", "done": "str"}
SOCKET = "/var/log/{name}.jsonl"  # the log of a driver started as a process; below, that of an installed one
MANAGED = "/var/lib/docker/plugins/{id}/rootfs/var/log/wire.jsonl"


class CallLog:
    """The call log of a driver, read incrementally.

    Parameters
    ----------
    machine, path:
        Where it is; see `of_socket_plugin` and `of_managed_plugin`.
    """

    def __init__(self, machine: Machine, path: str) -> None:
        self._machine, self._path = machine, path
        self._read = 0

    def new(self) -> pd.DataFrame:
        """The calls since the last read, in chronological order.

        Returns
        -------
        DataFrame
            call (without "NetworkDriver.") · status (HTTP) · error ("" if none) · done (what was changed in
            the kernel, "" if nothing) · request, answer (dict).
        """
        text = self._machine.run(f"tail -n +{self._read + 1} {self._path} 2>/dev/null").stdout
        rows = parse(text)
        self._read += len(rows)
        return rows

    def wait_for(self, call: str, timeout_s: float = 60) -> pd.DataFrame:
        """Wait until `call` is among the calls since the last read, and return those calls.

        Raises
        ------
        LabError
            If it does not come in time; with the calls that came.
        """
        pieces: list[pd.DataFrame] = []

        def look() -> pd.DataFrame | NotYet:
            pieces.append(self.new())
            rows = pd.concat(pieces, ignore_index=True)
            if call in set(rows["call"]):
                return rows
            return NotYet(f"the calls so far: {', '.join(rows['call']) or 'none'}")

        return wait_until(
            look,
            tried=f"Waiting for the call {call} on {self._machine.name}",
            within_s=timeout_s,
            next_step="See `docker plugin ls` and /var/log/dockerd.log on the machine.",
            every_s=0.5,
        )


def messages(story: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The calls of several steps as messages, for a sequence figure.

    Parameters
    ----------
    story:
        What was done, and the calls that it triggered, in chronological order.

    Returns
    -------
    DataFrame
        step · sender, receiver ("Engine" and "wire" for a call, "wire" and "kernel" for each change) ·
        message · ok (bool).
    """
    rows = []
    for step, calls in story.items():
        for call in calls.to_dict("records"):
            rows.append((step, "Engine", "wire", call["call"], not call["error"]))
            rows += [(step, "wire", "kernel", done, True) for done in call["done"].split(", ") if done]
    return pd.DataFrame(rows, columns=["step", "sender", "receiver", "message", "ok"])


def by_machine(**calls: pd.DataFrame) -> pd.DataFrame:
    """Which kinds of call the drivers of several machines have received.

    Parameters
    ----------
    calls:
        The calls on each machine, by its name.

    Returns
    -------
    DataFrame
        call (in order of first occurrence) · for each machine, whether it received that call (bool).
    """
    kinds = pd.concat(calls.values())["call"].drop_duplicates().reset_index(drop=True)
    return pd.DataFrame({"call": kinds} | {name: kinds.isin(rows["call"]) for name, rows in calls.items()})


def discoveries(**calls: pd.DataFrame) -> pd.DataFrame:
    """What the drivers of several machines were told about their surroundings, in calls of DiscoverNew.

    Parameters
    ----------
    calls:
        The calls on each machine, by its name.

    Returns
    -------
    DataFrame
        machine · type (int: 1 for a node, 3 and 4 for keys of encrypted overlays) · fields (the names of what
        the call contains; not the values, which may be keys), one row per call.

    Source: moby, libnetwork/discoverapi.
    """
    with understood("the calls of DiscoverNew"):
        rows = [
            {
                "machine": machine,
                "type": request["DiscoveryType"],
                "fields": ", ".join(sorted(request["DiscoveryData"])),
            }
            for machine, received in calls.items()
            for request in received.query("call == 'DiscoverNew'")["request"]
        ]
        return typed(rows, {"machine": "str", "type": "int64", "fields": "str"})


def of_socket_plugin(machine: Machine, name: str) -> CallLog:
    """The log of the driver that was started as `name`."""
    return CallLog(machine, SOCKET.format(name=name))


def of_managed_plugin(machine: Machine, name: str) -> CallLog:
    """The log of an installed plugin: it is in the plugin's file system, which the machine can read."""
    return CallLog(machine, MANAGED.format(id=managed_id(machine, name)))


def managed_id(machine: Machine, name: str) -> str:
    """The id that the machine's Engine has given to an installed plugin."""
    plugins: Any = machine.docker.plugins  # docker-py's own types leave this part out
    return str(plugins.get(name).id)


def parse(text: str) -> pd.DataFrame:
    """Parse lines of JSON into a frame; a line that is still being written is left out.

    Raises
    ------
    BadAnswer
        If a line was not written by the driver.
    """
    try:
        rows = [_row(json.loads(line)) for line in text.split("\n")[:-1]]
        return typed(rows, {**COLUMNS, "request": "object", "answer": "object"})
    except UNREADABLE as error:
        raise BadAnswer(
            "Reading the call log of a driver",
            f"{type(error).__name__}: {error}",
            "Look at the log on the machine: something else has written to it, or a driver was killed.",
        ) from error


def _row(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "call": line["call"].removeprefix("NetworkDriver."),
        "status": line["status"],
        "error": line["answer"].get("Err", ""),
        "done": ", ".join(line["done"]),
        "request": line["request"],
        "answer": line["answer"],
    }
