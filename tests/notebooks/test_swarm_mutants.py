"""Chapter 07 fails if its swarm is wrong: a missing worker, host mode, one replica too few."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.paths import NOTEBOOKS
from tests.notebooks.mutation import assert_caught, in_experiment, mutant, nbval

JOIN = "swarm.join(manager, machine1, machine2)"
PUBLISH = "published=8080,target=80 nginx"


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        pytest.param(JOIN, "swarm.join(manager, machine1)", "manager lists machine2 as no member", id="join"),
        pytest.param(
            PUBLISH, "published=8080,target=80,mode=host nginx", "no port in ingress mode", id="host"
        ),
        pytest.param("--replicas 3", "--replicas 2", "Cell outputs differ", id="replicas"),
    ],
)
def test_a_swarm_broken_on_purpose_is_caught(old: str, new: str, because: str, tmp_path: Path) -> None:
    broken = mutant(NOTEBOOKS / "07_swarm_ingress.ipynb", tmp_path, in_experiment(old, new))
    assert_caught(nbval(broken), because)
