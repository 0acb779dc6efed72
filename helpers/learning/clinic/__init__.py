"""The clinic: broken networks to examine and to cure, each in a lab of its own."""

from __future__ import annotations

from helpers.lab import Lab
from helpers.learning.clinic import admission, cases
from helpers.learning.clinic.following import follow
from helpers.learning.clinic.toolbox import toolbox
from helpers.steps import step

__all__ = ["admit", "follow", "toolbox"]


def admit(name: str) -> Lab:
    """Start a lab in which the network of a case is broken, and return it. ``check`` decides about a cure.

    The patient that was admitted before is discharged.

    Parameters
    ----------
    name:
        The case, such as "09-3".

    Raises
    ------
    LabError
        If there is no such case, or its lab cannot be started. Nothing is left behind.
    """
    case = cases.find(name)
    if Lab.current and admission.is_patient(Lab.current):
        Lab.current.close()
    lab = Lab(machines=list(case.scene.machines))
    try:
        with step(f"Admitting the patient {case.id}", about="15 s"):
            admission.admit(lab, case.id, case.scene)
    except BaseException:
        lab.close()
        raise
    return lab
