"""The lab that a notebook is using."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.errors import LabError

if TYPE_CHECKING:
    from helpers.lab import Lab


def engine_of_lab() -> str:
    """Return the version of the Engine on the first machine of the newest open lab; "" if none is open."""
    from helpers.lab import Lab

    return next(iter(Lab.current.machines.values())).version if Lab.current else ""


def open_lab(tried: str, next_step: str) -> Lab:
    """Return the newest open lab of this notebook.

    Raises
    ------
    LabError
        If none is open; with what was `tried`, and the `next_step`.
    """
    from helpers.lab import Lab

    if Lab.current is None:
        raise LabError(tried, "no lab is open in this notebook", next_step)
    return Lab.current
