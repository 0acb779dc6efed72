"""``doctor``: what this machine has, what the lab needs, and which Engine would be used; changes nothing."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from helpers import line_ends
from helpers.errors import LabError
from helpers.paths import VENV
from helpers.setup import environment, installation

if TYPE_CHECKING:
    from helpers.engine.contents import Manifest
    from helpers.engine.reachable import Endpoint
    from helpers.engine.requirements import Requirement


def command(arguments: list[str]) -> int:
    """Print the diagnosis; the exit code is 1 if the Engine that would be used cannot run the course.

    With ``--packages``, list all Debian packages in the lab's images, not only the main ones.
    """
    every = "--packages" in arguments
    ready = environment.enter_if_made()
    print(f"Python       {sys.version.split()[0]} at {sys.executable}")
    print(f"Environment  {_environment(ready)}")
    if not ready:
        print("Engine       not checked yet: that requires the environment")
        return 0
    try:
        line_ends.check()
    except LabError as error:
        print(f"Project      {error}")
        return 1
    choice = os.environ.get("LAB_ENGINE", "auto")
    if choice != "embedded":
        code = _docker(choice == "docker", every)
        if code is not None:
            return code
    return _embedded(every)


def _environment(ready: bool) -> str:
    if not ready:
        return f"not made yet: `make lab` installs it in {VENV} (about {installation.SIZE_MB} MB)"
    if not environment.lacking(environment.dependencies()):
        return f"{sys.prefix}, with every dependency"
    return f"{sys.prefix}, older than requirements.lock: `make lab` rebuilds it"


def _docker(is_only_choice: bool, every: bool) -> int | None:
    """Diagnose the existing Engine; None if `make lab` would not use it."""
    from helpers.engine import reachable, requirements

    try:
        endpoint = reachable.resolve()
        rows = _measure(endpoint)
    except LabError as error:
        print(f"Docker       {error}")
        return 1 if is_only_choice else None
    suffices = requirements.suffices(rows)
    verdict = "would be used" if suffices or is_only_choice else "would not be used: it cannot run a lab"
    print(f"Docker       {endpoint.url} ({endpoint.source}) {verdict}")
    _show(rows)
    if suffices:
        _say_what_is_missed(rows)
        _show_contents(endpoint, every)
        _show_generations_of(endpoint)
        return 0
    return 1 if is_only_choice else None


def _say_what_is_missed(rows: list[Requirement]) -> None:
    """Say which chapters need something that this Engine lacks, and what happens to them."""
    missed = {chapter for row in rows if row.fatal and not row.ok for chapter in row.needed_by.split(", ")}
    if missed:
        print(f"Missed       chapters {', '.join(sorted(missed))}: they need the rows with ✗.")
        print("             `make lab` uses the embedded engine for them if that is possible.")


def _embedded(every: bool) -> int:
    from helpers.engine import embedded, requirements, variants

    if reason := embedded.why_impossible():
        print(f"Embedded     not possible here: {reason}")
        print("Next step    start or install Docker, then run this again")
        return 1
    endpoint, code = embedded.running(), 0
    if endpoint is None:
        print(f"Embedded     would be used; `make lab` would {embedded.plan()}")
    else:
        rows = _measure(endpoint)
        print(f"Embedded     would be used; it is running at {endpoint.url}")
        _show(rows)
        _show_contents(endpoint, every)
        code = 0 if requirements.suffices(rows) else 1
    if beside := embedded.running(variants.GENERATIONS):
        print(f"Generations  for labs of several Docker versions, another one is running at {beside.url}")
    else:
        print(f"Generations  a lab of several Docker versions would {embedded.plan(variants.GENERATIONS)}")
    return code


def _measure(endpoint: Endpoint) -> list[Requirement]:
    """Measure everything that can be measured without building the machine image first."""
    from helpers.engine import images, reachable, requirements

    client = reachable.open_client(endpoint)
    try:
        if client.images.list(images.MACHINE_IMAGE):
            return requirements.check(client, images.MACHINE_IMAGE, {images.LABEL: "requirements"})
        return requirements.quick(client)
    finally:
        client.close()


def _show(rows: list[Requirement]) -> None:
    width = max(len(row.name) for row in rows)
    for row in rows:
        mark = "✓" if row.ok else "✗" if row.fatal else "–"
        print(f"  {mark} {row.name:{width}}  {row.evidence}")
        if not row.ok:
            print(f"    {'':{width}}  needed by {row.needed_by}. {row.hint}")


def _show_contents(endpoint: Endpoint, every: bool) -> None:
    """Print which packages the machine image and our own engine's system contain."""
    from helpers.engine import contents, images, reachable

    client = reachable.open_client(endpoint)
    try:
        if not client.images.list(images.MACHINE_IMAGE):
            return  # not built yet
        _show_manifest("Machine", "machine", contents.of_image(client, images.MACHINE_IMAGE), every)
        if endpoint.backend == "embedded":
            _show_manifest("Engine", "vm", contents.of_engine(client, images.MACHINE_IMAGE), every)
    finally:
        client.close()
    if not every:
        print("             to list all of them: python3 -m helpers doctor --packages")


def _show_generations_of(endpoint: Endpoint) -> None:
    """Print for which versions of Docker an existing Engine has a machine image."""
    from helpers import suites
    from helpers.engine import images, reachable

    client = reachable.open_client(endpoint)
    try:
        there = [
            version
            for suite, version in suites.ENGINES.items()
            if client.images.list(images.machine_image(suite))
        ]
    finally:
        client.close()
    print(f"Generations  it has machine images of Docker {', '.join(there) or '(none yet)'};")
    print("             a lab that asks for another version builds its image first")


def _show_manifest(title: str, definition: str, manifest: Manifest, every: bool) -> None:
    from helpers.engine import images

    shown = sorted(manifest if every else set(manifest) & set(images.packages(definition)))
    print(f"{title:12} {len(manifest)} Debian packages" + ("" if every else f", the {len(shown)} asked for:"))
    for package in shown:
        print(f"             {package} {manifest[package]}")
