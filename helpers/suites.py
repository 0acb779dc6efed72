"""The Debian suites that a lab can be built from: each carries one generation of Docker's Engine."""

from __future__ import annotations

import os

from helpers.errors import LabError

VARIABLE = "LAB_SUITE"
DEFAULT = "trixie"
ENGINES = {"bookworm": "20.10", "trixie": "26.1", "forky": "28.5"}  # the Engine's version, oldest first


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
