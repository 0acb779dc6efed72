"""However a lab ends, nothing of it is left; only our own dead labs are ever cleaned up."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import pytest
from docker.errors import NotFound

from helpers.engine import Engine, connect
from helpers.errors import LabError
from helpers.lab import Lab, boot, labels, ownership, reaper
from helpers.paths import run_dir
from tests.engine.support import Owner, wait_until_empty
from tools.soak.lab_objects import objects, of_lab

TWO_MINUTES = 120
BUSY_S = 8
StartOwner = Callable[..., Owner]


def test_close_leaves_nothing_behind(engine: Engine) -> None:
    previous = Lab.current
    lab = Lab(engine=engine)
    try:
        assert Lab.current is lab
        assert len(of_lab(engine.client, lab.id)) >= 2
    finally:
        lab.close()
    # The machine may be shutting down by itself while it is removed; the watcher then looks a second time.
    assert wait_until_empty(lambda: of_lab(engine.client, lab.id), 30) == {}
    assert wait_until_empty(lambda: lab._watch._process.poll() is None, 30) is False
    assert not (run_dir() / "labs" / lab.id).exists()
    lab.close()
    Lab.current = previous


def test_a_lab_that_fails_halfway_leaves_nothing_behind(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A machine from the stock has printed long ago what is waited for.
    monkeypatch.setattr(boot, "_BOOTED", re.compile("(?!)"))
    monkeypatch.setattr(boot, "_READY_S", 0.01)
    before = _objects_of_this_process(engine)
    with pytest.raises(LabError, match="Booting the machine host"):
        Lab(engine=engine)
    assert wait_until_empty(lambda: _objects_of_this_process(engine).keys() - before.keys(), 30) == set()


def test_a_killed_owner_leaves_nothing_behind(engine: Engine, owner: StartOwner) -> None:
    killed = owner()
    assert len(of_lab(engine.client, killed.lab_id)) >= 2
    killed.kill()
    assert wait_until_empty(lambda: of_lab(engine.client, killed.lab_id), TWO_MINUTES) == {}
    assert wait_until_empty((run_dir() / "labs" / killed.lab_id).exists, 60) is False


def test_what_the_engine_was_still_creating_when_the_owner_died_is_removed(engine: Engine) -> None:
    lab_id = "lab-0000dead"
    watch = reaper.Watch(engine.endpoint, lab_id)
    watch.end(settled=False)
    time.sleep(BUSY_S)  # no two quiet looks a second apart, as before, would have seen the LAN
    # The client's own `create` also asks what it has created, and the watch may have removed it by then.
    engine.client.api.create_network(lab_id, labels=labels.for_lab(lab_id))
    assert wait_until_empty(lambda: of_lab(engine.client, lab_id), TWO_MINUTES) == {}


def test_without_its_watcher_the_machine_shuts_itself_down(engine: Engine, owner: StartOwner) -> None:
    killed = owner(**_as_a_docker_of_the_user(engine))
    (watch,) = killed.watches()
    watch.kill()
    killed.kill()

    def machines() -> list[str]:
        return [name for name in of_lab(engine.client, killed.lab_id) if not name.startswith("network")]

    assert wait_until_empty(machines, TWO_MINUTES) == []
    # The LAN has no process that could end with its owner: the next lab's sweep removes it.
    reaper.sweep(engine.client)
    assert of_lab(engine.client, killed.lab_id) == {}


def test_the_engine_can_also_be_used_as_the_users_docker(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in _as_a_docker_of_the_user(engine).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("docker.APIClient.build", None)  # the image exists: nothing is built
    reached = connect()
    try:
        assert (reached.endpoint.backend, reached.endpoint.source) == ("docker", "DOCKER_HOST")
        assert reached.client.info()["ID"] == engine.client.info()["ID"]
        table = reached.requirements()
        assert table.loc[~table["ok"], "name"].isin(["ipvlan"]).all()
    finally:
        reached.close()


def test_the_sweep_removes_the_machines_of_a_dead_lab_wherever_they_came_from(
    engine: Engine, owner: StartOwner
) -> None:
    killed = owner()
    machine_id = str(engine.client.containers.get(f"{killed.lab_id}-host").id)
    (watch,) = killed.watches()
    watch.suspend()  # it would otherwise be as quick as the sweep
    try:
        killed.kill()
        reaper.sweep(engine.client)
        assert wait_until_empty(lambda: of_lab(engine.client, killed.lab_id), 30) == {}
        with pytest.raises(NotFound):
            engine.client.containers.get(machine_id)
    finally:
        watch.resume()


@pytest.fixture
def volumes(engine: Engine) -> Iterator[Callable[[Mapping[str, str]], str]]:
    created: list[str] = []

    def create(carried: Mapping[str, str]) -> str:
        created.append(engine.client.api.create_volume(labels=dict(carried))["Name"])
        return created[-1]

    yield create
    for name in created:
        with suppress(NotFound):  # the sweep has already removed it
            engine.client.api.remove_volume(name, force=True)


def of_another_lab(suffix: str) -> dict[str, str]:
    """Labels as another owner's lab has them, whose lock is not to be seen from here."""
    return labels.for_lab(f"lab-{suffix}") | {labels.OWNER: "of somebody else"}


def test_the_sweep_removes_dead_labs_and_nothing_else(
    engine: Engine, volumes: Callable[[Mapping[str, str]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    released, held = "lab-released", "lab-held"
    ownership.hold(released).close()
    with ownership.hold(held):
        names = {
            "its owner has ended": volumes(labels.for_lab(released)),
            "its owner lives": volumes(labels.for_lab(held)),
            "young, of an owner out of sight": volumes(of_another_lab("young")),
            "of a learner": volumes({}),
            "of another kind": volumes({**labels.for_lab(released), labels.KIND: "image"}),
        }
        assert reaper.sweep(engine.client) >= 1
        assert gone(engine, names) == {"its owner has ended"}

        # The same objects, once they have been without a machine for longer than the bound.
        monkeypatch.setattr(ownership, "BOUND_S", -1)
        reaper.sweep(engine.client)
        assert gone(engine, names) == {"its owner has ended", "young, of an owner out of sight"}
    for lab_id in (released, held):
        shutil.rmtree(ownership.directory(lab_id), ignore_errors=True)


def test_sweeping_everything_spares_other_users(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, volumes: Callable[[Mapping[str, str]], str]
) -> None:
    # As another user: this test must not remove the labs that are running on this Engine.
    monkeypatch.setattr(labels, "identity", lambda: "tester of the sweep")
    names = {
        "mine": volumes(labels.for_lab("lab-sweep-all")),
        "of another user": volumes(of_another_lab("spared")),
        "of a learner": volumes({"keep": "me"}),
    }
    assert reaper.sweep(engine.client, everything=True) == 1
    assert gone(engine, names) == {"mine"}


def gone(engine: Engine, names: Mapping[str, str]) -> set[str]:
    present = {one["Name"] for one in engine.client.api.volumes()["Volumes"]}
    return {what for what, name in names.items() if name not in present}


def _objects_of_this_process(engine: Engine) -> dict[str, Mapping[str, str]]:
    return objects(engine.client, f"{labels.PID}={os.getpid()}")


def _as_a_docker_of_the_user(engine: Engine) -> dict[str, str]:
    if engine.endpoint.tls:
        pytest.skip("this Engine uses certificates: DOCKER_HOST alone is not enough to reach it")
    return {"LAB_ENGINE": "docker", "DOCKER_HOST": engine.endpoint.url}
