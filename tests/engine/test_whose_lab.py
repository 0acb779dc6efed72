"""A lab belongs to its owner, wherever another owner runs: nobody else removes it while that one lives."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.engine import Engine
from helpers.lab import Lab, ownership
from helpers.paths import PROJECT, run_dir
from tests.engine.support import Owner, wait_until_empty
from tools.soak.lab_objects import of_lab

StartOwner = Callable[..., Owner]
ANOTHER_LAB = "from helpers.lab import Lab; Lab().close()"
# What a private /tmp hides. The Engine's socket lies in it, and is the only thing that both owners share.
NOTHING_SHARED = """
mount --bind "$ENGINE_DIR" /mnt
mount -t tmpfs none "$RUN_DIR"
export LAB_ENGINE=docker DOCKER_HOST=unix:///mnt/docker.sock XDG_RUNTIME_DIR=/mnt
exec "$@"
"""
ELSEWHERE = {
    "in another PID namespace": "unshare --pid --fork --mount-proc",
    "after a step of the clock": "unshare --time --boottime 86400 --monotonic 86400 --fork",
    "under another host name": "unshare --uts sh -c 'hostname workshop-17 && exec \"$@\"' sh",
    "with nothing shared but the Engine": (
        f"unshare --mount --pid --fork --mount-proc sh -ec {shlex.quote(NOTHING_SHARED)} sh"
    ),
}


@pytest.fixture
def living(owner: StartOwner) -> Owner:
    return owner()


@pytest.mark.parametrize("where", ELSEWHERE)
def test_another_owner_leaves_a_living_lab_alone(where: str, engine: Engine, living: Owner) -> None:
    elsewhere(engine, where)
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
    elsewhere(engine, "under another host name")
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


def elsewhere(engine: Engine, where: str) -> None:
    """Start and close a lab in a process that sees another computer."""
    socket = Path(engine.endpoint.url.removeprefix("unix://"))
    places = [f"ENGINE_DIR={socket.parent}", f"RUN_DIR={run_dir()}"]
    command = [*shlex.split(ELSEWHERE[where]), sys.executable, "-c", ANOTHER_LAB]
    subprocess.run(["env", *places, *command], cwd=PROJECT, check=True, timeout=300)
