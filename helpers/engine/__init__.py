"""The Docker Engine that runs the lab: one that is reachable, or the embedded one."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker

from helpers import line_ends
from helpers.answers import understood
from helpers.engine import embedded, images, reachable, refusals, requirements, variants
from helpers.engine.client import Closable
from helpers.engine.reachable import Endpoint
from helpers.errors import LabError
from helpers.steps import say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CannotRunHere", "Endpoint", "Engine", "connect"]

_log = logging.getLogger(__name__)

CHOICES = ("auto", "docker", "embedded")


@dataclass(frozen=True)
class Engine:
    """An Engine that can run a lab, with the machine images on it that were asked for.

    Attributes
    ----------
    client:
        docker-py's client for it.
    endpoint:
        Where it listens, and where that address came from.
    version:
        E.g. "26.1.5".
    """

    client: docker.DockerClient
    endpoint: Endpoint
    version: str

    def requirements(self) -> pd.DataFrame:
        """Measure what the chapters need: columns name, needed_by, ok, evidence, hint."""
        return requirements.as_frame(requirements.check(self.client, images.MACHINE_IMAGE))

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


class CannotRunHere(LabError):
    """The Engine can run a lab, but lacks what this chapter needs."""


def connect(choice: str | None = None, chapter: str = "", machines: Sequence[str] = ()) -> Engine:
    """Return the Engine for this run; start or build the embedded one if that is the choice.

    Parameters
    ----------
    choice:
        "docker" for the Engine that DOCKER_HOST, the current context or the default socket names;
        "embedded" for our own; "auto" for the first that can run a lab. Default: $LAB_ENGINE, else "auto".
    chapter:
        Such as "07": the Engine must have what that chapter needs beyond what all do.
    machines:
        The suites of those that a lab wants from it at once, e.g. ``["trixie", "trixie"]``.

    Raises
    ------
    CannotRunHere
        If the Engine lacks what that chapter alone needs, and there is no other one.
    LabError
        If there is no such Engine, or it cannot run a lab; with evidence and the next step.
    """
    choice = choice or os.environ.get("LAB_ENGINE") or "auto"
    if choice not in CHOICES:
        raise LabError(
            f"Choosing the Engine with LAB_ENGINE={choice}",
            "there is no such choice",
            f"Use one of {', '.join(CHOICES)}.",
        )
    _log.debug("the choice of the Engine is %s", choice)
    line_ends.check()
    if choice == "embedded":
        return _embedded(machines)
    if choice == "docker":
        return _reachable(chapter, machines)
    try:
        return _reachable(chapter, machines)
    except LabError as unusable:
        _log.debug("no Engine that is already there can be used: %s", unusable)
        if embedded.why_impossible():
            raise
        if not embedded.running(variants.for_machines(machines)):
            missed = f"Chapter {chapter} needs what this Docker Engine lacks"
            why = missed if isinstance(unusable, CannotRunHere) else "No usable Docker Engine"
            say(f"{why} ({unusable.gist}): using the embedded engine")
    return _embedded(machines)  # outside: what fails there is not a consequence of the above


def beside() -> Engine | None:
    """Return the embedded engine for labs of several generations, if it is running."""
    endpoint = embedded.running(variants.GENERATIONS)
    return _open(endpoint) if endpoint else None


def _embedded(machines: Sequence[str]) -> Engine:
    variant = variants.for_machines(machines)
    using = embedded.use(variant)
    try:
        return _open(embedded.start(variant, machines, using), using)
    except BaseException:
        using.close()
        raise


def _reachable(chapter: str, machines: Sequence[str]) -> Engine:
    engine = _open(reachable.resolve())
    try:
        with _explained(engine.endpoint):
            _refuse_if_lacking(engine, requirements.quick(engine.client), chapter)
            for suite in dict.fromkeys([images.SUITE, *machines]):
                images.ensure(engine.client, engine.endpoint.url, suite)
            measured = requirements.recall(engine.client)
            if measured is None:
                labels = {images.LABEL: "requirements"}
                measured = requirements.check(engine.client, images.MACHINE_IMAGE, labels)
                requirements.remember(engine.client, measured)
            _refuse_if_lacking(engine, measured, chapter)
    except BaseException:
        engine.close()
        raise
    return engine


def _refuse_if_lacking(engine: Engine, rows: list[requirements.Requirement], chapter: str) -> None:
    if lacking := requirements.lacking(rows):
        # What could not be measured, because something else failed first, would only hide that.
        measured = [row for row in lacking if row.evidence != requirements.UNMEASURED]
        raise LabError(f"Checking that {_named(engine)} can run a lab", *_told(measured))
    if lacking := requirements.lacking(rows, chapter):
        raise CannotRunHere(f"Checking that {_named(engine)} can run chapter {chapter}", *_told(lacking))


def _named(engine: Engine) -> str:
    return f"the Engine at {engine.endpoint.url} ({engine.endpoint.source})"


def _told(lacking: list[requirements.Requirement]) -> tuple[str, str]:
    """What was seen of the rows that are lacking, and what to do."""
    return (
        "\n".join(f"{row.name}: {row.evidence}" for row in lacking),
        " ".join(dict.fromkeys(f"{row.hint.rstrip('.')}." for row in lacking)),
    )


def _open(endpoint: Endpoint, way: Closable | None = None) -> Engine:
    client = reachable.open_client(endpoint, way=way)
    with _explained(endpoint), understood("the Engine's version"):
        version = str(client.version()["Version"]).split("+")[0]
    _log.debug("Engine %s at %s (%s)", version, endpoint.url, endpoint.source)
    return Engine(client, endpoint, version)


def _explained(endpoint: Endpoint) -> AbstractContextManager[None]:
    tried = f"Asking the Docker Engine at {endpoint.url} ({endpoint.source}) what it can do"
    return refusals.explained(tried, endpoint.url, reachable.REQUEST_S)
