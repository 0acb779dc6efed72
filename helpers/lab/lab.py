"""A lab: machines on a LAN that this process owns and that are removed when it ends."""

from __future__ import annotations

import ipaddress
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, ClassVar

from helpers.answers import understood
from helpers.engine import Engine, connect, routes, stock
from helpers.engine.images import MACHINE_IMAGE, machine_image
from helpers.engine.refusals import FAILURES, said
from helpers.errors import BadAnswer, LabError
from helpers.lab import boot, labels, lan, ownership, reaper, wanted
from helpers.lab.machine import Machine
from helpers.lab.stream import Stream
from helpers.steps import step

_log = logging.getLogger(__name__)


class Lab:
    """An isolated set of machines on one LAN, ready to use when the constructor returns.

    Use it in a ``with`` statement, or call `close` at the end. If this process dies, its lab is removed too:
    by the watch (`helpers.lab.reaper`), and because each machine ends when its heartbeat stream ends.

    Parameters
    ----------
    machines:
        Names, or a number: 1 is ``["host"]``, 3 is ``["manager", "machine1", "machine2"]``. A name has
        1 to 20 letters and digits, and begins with a letter. For machines of several generations of Docker,
        the version of each one's Engine by name: ``{"then": "20.10", "now": "26.1", "next": "28.5"}``.
    engine:
        Default: `helpers.engine.connect`, which obeys LAB_ENGINE.
    chapter:
        Such as "07", for one that needs more of the Engine than the others do (see the table in chapter 00).

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
    CannotRunHere
        If the Engine lacks what the `chapter` needs, and there is no other one.
    LabError
        If there is no Engine or no free /24, or a machine does not start. Nothing is left behind.
    """

    current: ClassVar[Lab | None] = None

    def __init__(
        self,
        machines: int | Sequence[str] | Mapping[str, str] = 1,
        engine: Engine | None = None,
        chapter: str = "",
    ) -> None:
        suites = wanted.suites_by_name(machines)
        names = list(suites)
        self.id = f"{labels.PREFIX}{secrets.token_hex(4)}"
        self.machines: dict[str, Machine] = {}
        with step(f"Starting {len(names)} machine{'s' * (len(names) > 1)}: {', '.join(names)}", about="20 s"):
            self._owns_engine = engine is None
            self.engine = engine or connect(chapter=chapter, machines=list(suites.values()))
            self._ownership = ownership.hold(self.id)
            self._watch, self._settled = reaper.Watch(self.engine.endpoint, self.id), False
            try:
                reaper.sweep(self.engine.client)
                mine = labels.for_lab(self.id)
                self.lan = lan.create(self.engine.client, self.id, mine, self._routes())
                addresses = {name: self.lan.address(index) for index, name in enumerate(names)}
                images = {name: machine_image(suite) for name, suite in suites.items()}
                self._boot(boot.Plan(self.id, mine, self.lan, addresses, images, reaper.sockets(self.id)))
            except FAILURES as error:
                self.close()
                raise _engine_failed(self.engine, error) from error
            except BaseException:
                self.close()
                raise
        self._settled = True
        if self._has_stock:
            stock.refill(self.engine.endpoint.url)
        Lab.current = self

    @property
    def _has_stock(self) -> bool:
        return self.engine.endpoint.backend == "embedded"

    def _routes(self) -> list[ipaddress.IPv4Network]:
        """What the Engine's host has a route to; of the embedded engine's, only what Docker made itself."""
        return [] if self._has_stock else routes.of_engine(self.engine.client, MACHINE_IMAGE)

    def _boot(self, plan: boot.Plan) -> None:
        api, names = self.engine.client.api, list(plan.addresses)
        containers = {name: f"{self.id}-{name}" for name in names}
        claimed: dict[str, tuple[str, Any]] = {}
        if self._has_stock:
            with understood("the Engine's list of machines in stock"):
                images = {containers[name]: plan.images[name] for name in names}
                claimed = stock.claim(api, images, plan.labels)
        heartbeats: list[Stream] = []
        with ThreadPoolExecutor(len(names)) as pool:
            booting = [
                pool.submit(boot.boot, api, name, plan, claimed.get(container), heartbeats.append)
                for name, container in containers.items()
            ]
            try:
                self.machines = {name: one.result() for name, one in zip(names, booting, strict=True)}
            except BaseException:  # a machine failed, or Ctrl-C: stop booting the others
                while wait(booting, timeout=0.2).not_done:
                    _close(heartbeats)
                _close(heartbeats)
                _close([one.result() for one in booting if not one.exception()])
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
        machines = self.machines.values()
        differ = len({machine.version for machine in machines}) > 1
        told = [
            f"{machine.name}: {machine.address}" + (f" (Docker {machine.version})" if differ else "")
            for machine in machines
        ]
        return "\n".join([engine, f"LAN: {self.lan.subnet}", *told])

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the machines, their volumes and the LAN. Calling it again does nothing."""
        if Lab.current is self:
            Lab.current = None
        _close(self.machines.values())
        try:
            reaper.remove_lab(self.engine.client, self.id)
        except (BadAnswer, *FAILURES) as error:  # the watch tries again
            _log.debug("%s is not removed yet: %s", self.id, error)
        if self._settled:
            reaper.forget(self.id)
        self._watch.end(self._settled)
        self._ownership.close()
        if self._owns_engine:
            self.engine.close()


def _close(connections: Iterable[Stream | Machine]) -> None:
    for one in connections:
        one.close()


def _engine_failed(engine: Engine, error: Exception) -> LabError:
    return LabError(
        f"Starting a lab on the Engine at {engine.endpoint.url}",
        said(error),
        "Run `python3 -m helpers doctor`, then repeat.",
    )
