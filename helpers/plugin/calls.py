"""What the Engine asked the driver, and what the driver answered and did, from its call log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine

COLUMNS = {"call": "str", "status": "int64", "error": "str", "done": "str"}
MANAGED = "/var/lib/docker/plugins/{id}/rootfs/var/log/wire.jsonl"


class CallLog:
    """The call log of a driver, read piece by piece.

    Parameters
    ----------
    machine, path:
        Where it is; see `of_socket_plugin` and `of_managed_plugin`.
    """

    def __init__(self, machine: Machine, path: str) -> None:
        self._machine, self._path = machine, path
        self._read = 0

    def new(self) -> pd.DataFrame:
        """The calls since the last look, in the order in which they came.

        Returns
        -------
        DataFrame
            call (without "NetworkDriver.") · status (HTTP) · error ("" when there was none) · done (what was
            changed in the kernel, "" for nothing) · request, answer (dict).
        """
        text = self._machine.run(f"tail -n +{self._read + 1} {self._path} 2>/dev/null").stdout
        rows = parse(text)
        self._read += len(rows)
        return rows


def of_socket_plugin(machine: Machine, name: str) -> CallLog:
    """The log of the driver that was started as `name`."""
    return CallLog(machine, f"/var/log/{name}.jsonl")


def of_managed_plugin(machine: Machine, name: str) -> CallLog:
    """The log of an installed plugin: it writes into its own file system, which the machine sees."""
    plugins: Any = machine.docker.plugins  # docker-py's own types leave this part out
    return CallLog(machine, MANAGED.format(id=plugins.get(name).id))


def parse(text: str) -> pd.DataFrame:
    """Lines of JSON as a frame; a line that is still being written is left out."""
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return typed([_row(line) for line in lines], {**COLUMNS, "request": "object", "answer": "object"})


def _row(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "call": line["call"].removeprefix("NetworkDriver."),
        "status": line["status"],
        "error": line["answer"].get("Err", ""),
        "done": ", ".join(line["done"]),
        "request": line["request"],
        "answer": line["answer"],
    }
