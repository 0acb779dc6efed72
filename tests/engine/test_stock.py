"""The stock of booted machines: claimed in any state, and completed after its filler was killed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from helpers.engine import Engine, stock
from helpers.engine.images import LABEL
from helpers.lab import Lab
from tests.engine.support import wait_until_empty

USUAL_SHARES = 1024
FILLER = "import sys; from helpers.engine import stock; stock.fill(sys.argv[1])"


@pytest.fixture(autouse=True)
def full_stock(embedded_engine: Engine) -> None:
    stock.fill(embedded_engine.endpoint.url, 240)  # the process that the previous lab started may be doing it


def test_a_machine_that_is_still_booting_is_claimed_like_the_others(engine: Engine) -> None:
    kill_the_filler_while_it_boots_one(engine)
    with Lab(machines=3, engine=engine) as lab:
        for machine in lab.machines.values():
            container = engine.client.containers.get(machine.id)
            assert list(container.attrs["NetworkSettings"]["Networks"]) == [lab.lan.name]
            assert container.attrs["HostConfig"]["CpuShares"] == USUAL_SHARES
            interfaces = machine.run("ls /sys/class/net").stdout.split()
            assert interfaces == ["docker0", "eth0", "lo"]
            others = " ".join(lab.machines)
            known = machine.run(f"for name in {others}; do getent ahostsv4 $name; done; hostname").stdout
            assert known.split()[-1] == machine.name
            assert {one.address for one in lab.machines.values()} <= set(known.split())


def test_a_machine_whose_filler_died_is_prepared_by_the_next(engine: Engine) -> None:
    kill_the_filler_while_it_boots_one(engine)
    stock.fill(engine.endpoint.url)
    assert [is_ready(one) for one in blanks(engine)] == [True] * stock.SIZE
    for one in blanks(engine):
        inspected = engine.client.api.inspect_container(one["Id"])
        assert inspected["HostConfig"]["CpuShares"] == USUAL_SHARES


def kill_the_filler_while_it_boots_one(engine: Engine) -> None:
    engine.client.api.remove_container(blanks(engine)[0]["Id"], force=True, v=True)
    filler = subprocess.Popen([sys.executable, "-c", FILLER, engine.endpoint.url])
    try:
        assert not wait_until_empty(lambda: not any(map(boots, blanks(engine))), 60)
    finally:
        filler.kill()
        filler.wait(20)


def blanks(engine: Engine) -> list[dict[str, Any]]:
    found = engine.client.api.containers(all=True, filters={"label": f"{LABEL}={stock.KIND}"})
    return [one for one in found if one["Names"][0].startswith("/blank-")]


def is_ready(blank: dict[str, Any]) -> bool:
    """Whether it has left the network on which machines boot."""
    return blank["State"] == "running" and not blank["NetworkSettings"]["Networks"]


def boots(blank: dict[str, Any]) -> bool:
    return blank["State"] == "running" and not is_ready(blank)
