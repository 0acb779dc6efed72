"""A lab belongs to its owner, wherever another owner runs: nobody else removes it while that one lives."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from helpers.engine import Engine
from helpers.lab import Lab, ownership
from tests.engine.support import Owner, wait_until_empty
from tools.soak import neighbours
from tools.soak.lab_objects import of_lab

StartOwner = Callable[..., Owner]


@pytest.fixture
def living(owner: StartOwner) -> Owner:
    return owner()


@pytest.mark.parametrize("where", neighbours.ELSEWHERE)
def test_another_owner_leaves_a_living_lab_alone(where: str, engine: Engine, living: Owner) -> None:
    neighbours.start_lab(engine, where)
    machine = engine.client.containers.get(f"{living.lab_id}-host")
    assert machine.status == "running"
    assert machine.exec_run(["docker", "ps"]).exit_code == 0
    assert engine.client.networks.list(names=[living.lab_id])


def test_what_a_killed_lab_left_is_removed_after_the_computers_name_has_changed(
    engine: Engine, owner: StartOwner
) -> None:
    killed = owner()
    for watch in killed.watches():
        watch.kill()
    killed.kill()
    neighbours.start_lab(engine, neighbours.RENAMED)
    assert wait_until_empty(lambda: of_lab(engine.client, killed.lab_id), 30) == {}
    assert not ownership.directory(killed.lab_id).exists()


def test_what_is_left_of_a_lab_whose_owner_nobody_sees_is_removed_after_the_bound(
    engine: Engine, owner: StartOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = owner()
    for watch in killed.watches():
        watch.kill()
    killed.kill()
    (ownership.directory(killed.lab_id) / "owner.lock").unlink()  # as if it had been on another computer

    def machines() -> list[str]:
        names = [one["Names"][0] for one in engine.client.api.containers(all=True)]
        return [name for name in names if killed.lab_id in name]

    assert wait_until_empty(machines, 60) == []  # the dead-man's switch
    assert killed.lab_id not in ownership.dead_labs(engine.client.api)
    monkeypatch.setattr(ownership, "BOUND_S", 1)
    time.sleep(2)
    assert killed.lab_id in ownership.dead_labs(engine.client.api)
    with Lab(engine=engine):
        pass
    assert wait_until_empty(lambda: of_lab(engine.client, killed.lab_id), 30) == {}
