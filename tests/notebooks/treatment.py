"""Carrying out every cure of a case on its patient: the wrong ones must be refused, the others accepted."""

from __future__ import annotations

import time

from helpers.lab import Lab
from helpers.learning.clinic import admission
from helpers.learning.clinic.case import Case, Cure

_SETTLES_S = 20  # a server that was just started has to listen
_HELPS_S = 5  # a wrong cure that seems to help is to be refused for what it gives up
_CURE_S = 120


def treat(lab: Lab, case: Case) -> None:
    """Check that the symptom is there, then carry out each cure on the scene as it was admitted.

    Raises
    ------
    AssertionError
        If nothing hurts, a wrong cure is accepted, or a right one is not.
    """
    assert _fault(lab, case), f"{case.id}: nothing hurts"
    for what, cure in case.wrong.items():
        _carry_out(lab, cure)
        _wait_until_it_seems_to_help(lab, case)
        assert _fault(lab, case), f"{case.id}: this wrong cure is accepted: {what}"
        _admit_again(lab, case)
    _carry_out(lab, case.other)
    _assert_cured(lab, case, "the other cure")
    _admit_again(lab, case)
    _carry_out(lab, case.solution)
    _assert_cured(lab, case, "the solution")


def _fault(lab: Lab, case: Case) -> str:
    """The first check that fails, with what is there; "" if all pass."""
    return next((str(seen) for check in case.checks if not (seen := check.look(lab)).ok), "")


def _assert_cured(lab: Lab, case: Case, cure: str) -> None:
    deadline = time.monotonic() + _SETTLES_S
    while (fault := _fault(lab, case)) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert not fault, f"{case.id}: {cure} is refused: {fault}"


def _wait_until_it_seems_to_help(lab: Lab, case: Case) -> None:
    deadline = time.monotonic() + _HELPS_S
    while not case.checks[0].look(lab).ok and time.monotonic() < deadline:
        time.sleep(0.5)


def _admit_again(lab: Lab, case: Case) -> None:
    """Take off what the scene and a cure have put there, and put the scene there again."""
    # A manager removes an overlay only when the workers no longer use it.
    for machine in reversed(lab.machines.values()):
        api = machine.docker.api  # to start docker's own client is dear under emulation
        for container in api.containers(all=True):
            api.remove_container(container["Id"], v=True, force=True)
        api.prune_networks()  # type: ignore[no-untyped-call]
        _carry_out(lab, {machine.name: f"iptables-restore <{admission.RULES_BEFORE}"})
        if undo := case.scene.undo.get(machine.name):
            # A cure may have removed something already; what is left makes the admission fail.
            machine.run(undo, timeout=_CURE_S)
    admission.put(lab, case.scene)


def _carry_out(lab: Lab, cure: Cure) -> None:
    for machine, script in cure.items():
        lab[machine].run(f"set -e\n{script}", timeout=_CURE_S).checked(f"Carrying out on {machine}: {script}")
