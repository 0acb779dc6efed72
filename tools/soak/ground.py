"""The setting of the campaign: a separate embedded engine, and the user's things that must not change."""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import docker.errors
from docker.types import Mount

from helpers import copies
from helpers.engine import connect, embedded, images, reachable
from helpers.engine.vm import VirtualMachine
from helpers.errors import LabError
from helpers.lab import Lab
from helpers.learning import record
from helpers.paths import ENGINE, copies_dir, engine_dir
from helpers.steps import say
from tools.soak import lab_objects

BOUND_S = 120  # README: "its lab is gone within two minutes"
INSTANCE = f"{ENGINE}-soak"
_OF_THE_USER = "of-the-user"
_POLL_S = 0.5
_QUIET_S = 3  # objects count as gone after this time without any: one may still be being created


@dataclass(frozen=True)
class Outcome:
    """The effect of one fault.

    Attributes
    ----------
    fault:
        The name of the fault.
    objects:
        Containers, networks and volumes of the lab when the fault struck.
    gone_s:
        Seconds until none of them was left on the Engine; infinite if some were left after `BOUND_S`.
    next_lab_s:
        Seconds that the next lab took to start; infinite if it failed.
    intact:
        Whether the user's files, and the user's objects on the Engine, are unchanged.
    seen:
        What the learner saw.
    """

    fault: str
    objects: int
    gone_s: float
    next_lab_s: float
    intact: bool
    seen: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing was lost and nothing was left behind."""
        return self.intact and self.gone_s <= BOUND_S and self.next_lab_s < math.inf


@contextmanager
def prepared(state: Path) -> Iterator[str]:
    """Set up a separate engine, and a learner's files; yield the engine's version, then stop it."""
    os.environ |= {"LAB_ENGINE": "embedded", "LAB_INSTANCE": INSTANCE, "XDG_STATE_HOME": str(state)}
    copies.prepare()
    record.note_done("01", "01-1")
    try:
        engine = connect()
        engine.close()
        yield engine.version
    finally:
        embedded.stop(INSTANCE)


@contextmanager
def client() -> Iterator[docker.DockerClient | None]:
    """Yield a client for the Engine, or None if no Engine is running: then it has no objects either."""
    endpoint = embedded.running()
    opened = reachable.open_client(endpoint) if endpoint else None
    try:
        yield opened
    finally:
        if opened:
            opened.close()


def machine_of_the_engine() -> tuple[Path, VirtualMachine]:
    """Return the cache entry and the virtual machine of the campaign's engine."""
    return Path((engine_dir() / "entry").read_text()), VirtualMachine(engine_dir())


def belongings() -> dict[str, str]:
    """Return digests of what belongs to the user: notebooks, progress, objects on the running Engine."""
    files = [*sorted(copies_dir().glob("*.ipynb")), record.path()]
    found = {"files": _digest(b"".join(path.read_bytes() for path in files))}
    with client() as engine:
        if engine:
            told = json.dumps(_objects_of_the_user(engine), sort_keys=True)
            found[f"objects on the engine of process {_qemu()}"] = _digest(told.encode())
    return found


def intact(before: Mapping[str, str]) -> bool:
    """Whether the user's things are unchanged; objects on an engine that has stopped do not count."""
    now = belongings()
    return all(now[name] == before[name] for name in now.keys() & before.keys())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _qemu() -> str:
    return (engine_dir() / "qemu.pid").read_text().strip()


def settle_user() -> None:
    """Create a container, a network and a volume of the user's on the Engine, unless they exist.

    They disappear with the embedded engine, whose disk is deleted.
    """
    with client() as engine:
        if engine and not _objects_of_the_user(engine):
            engine.networks.create(_OF_THE_USER)
            engine.volumes.create(_OF_THE_USER)
            engine.containers.create(
                images.MACHINE_IMAGE,
                ["true"],
                name=_OF_THE_USER,
                network=_OF_THE_USER,
                mounts=[Mount("/data", _OF_THE_USER)],
            )


def _objects_of_the_user(engine: docker.DockerClient) -> list[Any]:
    api = engine.api
    looks = (api.inspect_container, api.inspect_network, api.inspect_volume)
    try:
        return [look(_OF_THE_USER) for look in looks]
    except docker.errors.NotFound:
        return []


def count(labs: Callable[[docker.DockerClient], set[str]] = lab_objects.labs) -> int:
    """How many objects these labs (by default all) have on the Engine now."""
    with client() as engine:
        return sum(len(lab_objects.of_lab(engine, lab)) for lab in labs(engine)) if engine else 0


def seconds_until_gone(labs: Callable[[docker.DockerClient], set[str]] = lab_objects.labs) -> float:
    """Wait until these labs have no objects left; infinite if that takes longer than the bound."""
    started = time.monotonic()
    last_seen = started
    while (now := time.monotonic()) - last_seen < _QUIET_S:
        if count(labs):
            last_seen = time.monotonic()
        if now - started > BOUND_S:
            return math.inf
        time.sleep(_POLL_S)
    return last_seen - started


def seconds_of_next_lab() -> float:
    """Start a lab as the next notebook does, use its machine, and close it; infinite if that fails."""
    started = time.monotonic()
    try:
        with Lab() as lab:
            took = time.monotonic() - started
            lab["host"].run("docker run --rm busybox true", timeout=120).checked("Using the next lab")
    except LabError as error:
        say(str(error))
        return math.inf
    return took


def say_of(error: LabError) -> str:
    """The error in one line."""
    return f"LabError: {error.gist}"[:120]
