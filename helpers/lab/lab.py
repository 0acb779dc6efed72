"""A lab: machines on a LAN, owned by this process, gone when it ends."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import zip_longest
from types import TracebackType
from typing import Any, ClassVar

from helpers.engine import Engine, connect, stock
from helpers.errors import LabError
from helpers.lab import labels, lan, reaper
from helpers.lab.machine import Machine
from helpers.steps import step

_NAMES = {1: ["host"], 2: ["manager", "machine1"], 3: ["manager", "machine1", "machine2"]}
_MOST = 100  # the LAN has addresses from .100 on
# A host name (RFC 952), and the last part of a container's name, which begins with the lab's id and a hyphen;
# and its socket's path may not exceed 107 bytes.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")


class Lab:
    """An isolated set of machines on one LAN. Ready when the constructor returns.

    Use it in a ``with`` statement, or call `close` at the end. If this process dies, its lab is removed all
    the same: by the watch (`helpers.lab.reaper`), and each machine ends when its heartbeat stream does.

    Parameters
    ----------
    machines:
        Names, or a number: 1 is ``["host"]``, 3 is ``["manager", "machine1", "machine2"]``. A name has
        1 to 20 letters and digits, and begins with a letter.
    engine:
        Default: `helpers.engine.connect`, which obeys LAB_ENGINE.

    Attributes
    ----------
    machines:
        The machines by name; ``lab["host"]`` is the short form.
    lan:
        The LAN: subnet, gateway.
    current:
        The newest open lab of this process, or None.

    Raises
    ------
    LabError
        If there is no Engine, no free /24, or a machine does not come up. Nothing is left behind then.
    """

    current: ClassVar[Lab | None] = None

    def __init__(self, machines: int | Sequence[str] = 1, engine: Engine | None = None) -> None:
        names = _names(machines)
        self.id = f"{labels.PREFIX}{secrets.token_hex(4)}"
        with step(f"Starting {len(names)} machine{'s' * (len(names) > 1)}: {', '.join(names)}", about="20 s"):
            self._owns_engine = engine is None
            self.engine = engine or connect()
            self._has_stock = self.engine.endpoint.backend == "embedded"
            self._watch = reaper.Watch(self.engine.endpoint, self.id)
            try:
                reaper.sweep(self.engine.client)
                self._start(names)
            except BaseException as error:
                self.close()
                if isinstance(error, Exception) and not isinstance(error, LabError):
                    raise _engine_failed(self.engine, error) from error
                raise
        if self._has_stock:
            stock.refill(self.engine.endpoint.url)
        Lab.current = self

    def _start(self, names: Sequence[str]) -> None:
        mine = labels.for_lab(self.id)
        client = self.engine.client
        self.lan = lan.create(client, self.id, mine)
        addresses = {name: self.lan.address(index) for index, name in enumerate(names)}
        sockets = reaper.sockets(self.id)
        claimed: list[tuple[str, Any]] = []
        if self._has_stock:
            claimed = stock.claim(client.api, [f"{self.id}-{name}" for name in names])
        self.machines = {
            name: Machine(client, name, address, sockets / f"{name}.sock")
            for name, address in addresses.items()
        }
        with ThreadPoolExecutor(len(names)) as pool:
            booting = [
                pool.submit(machine.start, self.lan, self.id, mine, addresses, from_stock)
                for machine, from_stock in zip_longest(self.machines.values(), claimed)
            ]
            try:
                for machine in booting:
                    machine.result()
            except BaseException:  # a machine that failed, or Ctrl-C: the others need not boot to the end
                while wait(booting, timeout=0.2).not_done:
                    for other in self.machines.values():
                        other.close()
                raise

    def __getitem__(self, name: str) -> Machine:
        try:
            return self.machines[name]
        except (KeyError, TypeError):
            raise LabError(
                f"Looking for the machine {name!r}",
                f"this lab has {', '.join(self.machines)}",
                "Use one of those.",
            ) from None

    def __repr__(self) -> str:
        engine = f"Engine: {self.engine.version} ({self.engine.endpoint.source})"
        addresses = [f"{machine.name}: {machine.address}" for machine in self.machines.values()]
        return "\n".join([engine, f"LAN: {self.lan.subnet}", *addresses])

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the machines, their volumes and the LAN. May be called twice."""
        if Lab.current is self:
            Lab.current = None
        for machine in getattr(self, "machines", {}).values():
            machine.close()
        with suppress(Exception):  # an Engine that is gone, or talks nonsense: the watch tries once more
            reaper.remove_lab(self.engine.client, self.id)
        self._watch.end()
        if self._owns_engine:
            self.engine.close()


def _names(machines: int | Sequence[str]) -> list[str]:
    if isinstance(machines, int):
        if machines not in _NAMES:
            raise LabError(
                f"Starting a lab of {machines} machines", "a number is 1, 2 or 3", "Or give their names."
            )
        return _NAMES[machines]
    names = [machines] if isinstance(machines, str) else machines
    if not isinstance(names, Sequence) or not 1 <= len(names) <= _MOST:
        seen = f"a number, or 1 to {_MOST} names, were expected"
    elif wrong := [name for name in names if not isinstance(name, str) or not _NAME.fullmatch(name)]:
        seen = f"not 1 to 20 letters and digits, a letter first: {wrong}"
    elif len({name.lower() for name in names}) < len(names):
        seen = "two of the names are the same"
    else:
        return list(names)
    raise LabError(f"Starting a lab of the machines {names!r}", seen, "Change the names.")


def _engine_failed(engine: Engine, error: Exception) -> LabError:
    return LabError(
        f"Starting a lab on the Engine at {engine.endpoint.url}",
        str(getattr(error, "explanation", None) or f"{type(error).__name__}: {error}"),
        "Run `python3 -m helpers doctor`, then repeat.",
    )
