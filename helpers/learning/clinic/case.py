"""One case of the clinic: an exercise that begins with something broken."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from helpers import scripts
from helpers.errors import LabError
from helpers.learning.checks import Seen
from helpers.learning.clinic import admission
from helpers.learning.clinic.scene import Scene
from helpers.learning.exercise import Exercise

if TYPE_CHECKING:
    from helpers.lab import Lab

Cure = Mapping[str, str]  # shell scripts, by the machine that runs them


@dataclass(frozen=True)
class Way:
    """The attempt that the complaint is about, and where its packets should pass.

    Attributes
    ----------
    attempt:
        A shell command that succeeds if there is an answer.
    expression:
        Which packets belong to the attempt, as in pcap-filter(7): those of the request, not of the answer.
    places:
        Labels in the order of the way, each with the interface that the packets pass there: "eth0" or "lo"
        of the machine, the name of a network (its bridge), or of a container (its ports on bridges).
    machine, on:
        Where the attempt starts, and where the places are.
    """

    attempt: str
    expression: str
    places: Mapping[str, str]
    machine: str = "host"
    on: str = "host"


@dataclass(frozen=True, kw_only=True)
class Case(Exercise):
    """A case. Its `text` is the complaint; its `checks` are that nothing hurts and nothing was given up.

    Attributes
    ----------
    scene:
        What is admitted.
    way:
        The attempt that the complaint is about.
    other:
        A cure by other means than `solution`, which the checks must accept.
    wrong:
        Cures that are often recommended and that the checks must refuse, each by what it does.
    undo:
        Empty: the scene is removed and put there again.
    """

    scene: Scene
    way: Way
    other: Cure
    wrong: Mapping[str, Cure]
    undo: Cure = field(default_factory=dict)

    @property
    def beginning(self) -> str:
        """What to do first, in words for a learner whose lab is another one, or none."""
        return f'Admit this patient: lab = clinic.admit("{self.id}").'

    def look(self, lab: Lab) -> list[Seen]:
        """Carry out each check now.

        Raises
        ------
        LabError
            If the lab is not this patient.
        """
        if (other := admission.patient_of(lab)) != self.id:
            raise LabError(
                f"Checking case {self.id}",
                f"the patient in this notebook's newest lab is {other}",
                self.beginning,
            )
        return super().look(lab)


def source(label: str, address: str) -> str:
    """The end of a complaint: where people ask this, in Markdown."""
    return f" (Asked in [{label}]({address}).)"


def serve(address: str, port: int) -> str:
    """The command that serves a page on a machine, as a program of its own."""
    return shlex.join(scripts.argv(__package__, "serve.sh", address, port))


def updated(container: str, network: str) -> str:
    """The command after which a container is on its network as after an update, with another address."""
    return shlex.join(scripts.argv(__package__, "update.sh", container, network))
