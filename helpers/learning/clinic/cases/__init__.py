"""The cases, one module per subject, and finding one by its name."""

from __future__ import annotations

from helpers.errors import LabError
from helpers.learning.clinic.case import Case
from helpers.learning.clinic.cases import lan, names, ports, updates, ways

CASES = (
    ports.RESETS,
    ways.SERVICE_ON_THE_HOST,
    ports.PAST_THE_FIREWALL,
    names.TWO_PROJECTS,
    ways.SUBNET_TAKEN,
    names.DEAD_NAME_SERVER,
    ways.WRONG_WAY_OUT,
    names.ONE_NAME_FOR_TWO,
    lan.NOT_FROM_ITS_OWN_MACHINE,
    lan.NO_TUNNEL,
    lan.PAGES_HANG,
    updates.A_PROXY_REMEMBERS,
)


def find(name: str) -> Case:
    """Return the case of that name.

    Raises
    ------
    LabError
        If there is none; with the names of all cases.
    """
    for case in CASES:
        if case.id == name:
            return case
    raise LabError(
        f"Looking for the case {name!r}",
        f"there are {', '.join(case.id for case in CASES)}",
        'Write, for example, clinic.admit("09-1").',
    )
