"""The Debian suites that a lab can be built from: each carries one generation of Docker's Engine."""

from __future__ import annotations

import os

from helpers.errors import LabError

VARIABLE = "LAB_SUITE"
DEFAULT = "trixie"
ENGINES = {"bookworm": "20.10", "trixie": "26.1", "forky": "28.5"}  # the Engine's version, oldest first
VERSIONS = ", ".join(f'"{version}"' for version in ENGINES.values())  # as one writes them


def chosen() -> str:
    """Return the suite that LAB_SUITE names; without it, `DEFAULT`.

    Raises
    ------
    LabError
        If no lab can be built from a suite of that name.
    """
    name = os.environ.get(VARIABLE) or DEFAULT
    if name not in ENGINES:
        choices = ", ".join(f"{suite} (Docker {version})" for suite, version in ENGINES.items())
        raise LabError(
            f"Choosing the Debian suite with {VARIABLE}={name}", "there is no such choice", f"Use {choices}."
        )
    return name


def of_engine(version: object) -> str:
    """Return the suite that has the Engine `version`, such as "20.10".

    Raises
    ------
    LabError
        If no suite has it.
    """
    suites = {engine: suite for suite, engine in ENGINES.items()}
    if not isinstance(version, str) or version not in suites:
        seen = "there is no such choice" if isinstance(version, str) else "a version is text, in quotes"
        raise LabError(f"Choosing Docker {version!r} for a machine", seen, f"Use {VERSIONS}.")
    return suites[version]
