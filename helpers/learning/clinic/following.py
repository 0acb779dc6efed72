"""Where on its way a request was last seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from helpers import probes
from helpers.learning.checks import here
from helpers.learning.clinic import admission, cases
from helpers.learning.current import open_lab
from helpers.probes.capturing import passed_during
from helpers.probes.frame import typed
from helpers.steps import step

if TYPE_CHECKING:
    from helpers.lab import Machine

_COLUMNS = {"case": "str", "step": "int64", "place": "str", "packets": "int64", "reached": "bool"}
ANSWER = "the answer"


def follow() -> pd.DataFrame:
    """Repeat the attempt of the patient's complaint, and look at every place that its packets should pass.

    Returns
    -------
    DataFrame
        case, step (int, from 0), place, packets (how many passed there), reached (bool). One row per place in
        the order of the way, and a last one, "the answer", with 1 or 0 packets.

    Raises
    ------
    LabError
        If no patient is admitted, or the capture does not start.
    """
    lab = open_lab("Following a request", 'Admit a patient first: clinic.admit("09-1").')
    case = cases.find(admission.patient_of(lab))
    way, machine = case.way, lab[case.way.on]
    attempt = here(lab, way.attempt)
    with step(f"Repeating the attempt of {case.id}, and watching its way", about="10 s"):
        done, passed = passed_during(
            lambda: lab[way.machine].run(attempt), machine, expression=here(lab, way.expression)
        )
        interfaces = _interfaces(machine)
    seen = passed.set_index("interface")["packets"]
    counts = {place: int(seen.reindex(interfaces.get(at, [at])).sum()) for place, at in way.places.items()}
    counts[ANSWER] = int(done.exit_code == 0)
    rows = [
        {"case": case.id, "step": step, "place": place, "packets": count, "reached": count > 0}
        for step, (place, count) in enumerate(counts.items())
    ]
    return typed(rows, _COLUMNS)


def _interfaces(machine: Machine) -> dict[str, list[str]]:
    """The machine's interfaces of each network, and of each container on all of its networks."""
    networks = probes.networks(machine).groupby("name")["interface"]
    ports = probes.links(machine).groupby("container")["veth"]
    return {name: list(found) for name, found in (*networks, *ports)}
