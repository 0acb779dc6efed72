"""Machines of several generations of Docker in one lab, on an engine beside the one of other labs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers.engine import Engine, embedded, stock
from helpers.engine.images import LABEL
from helpers.engine.variants import GENERATIONS
from helpers.lab import Lab
from helpers.suites import ENGINES

VERSIONS = dict(zip(("then", "now", "next"), ENGINES.values(), strict=True))
FROM_EACH_TO_EACH = [(source, target) for source in VERSIONS for target in VERSIONS if source != target]


@pytest.fixture(scope="module")
def generations() -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as environment:
        # Debian's testing suite expires after a week, and the mirror here may be older.
        environment.setenv("LAB_APT_OPTIONS", "Acquire::Check-Valid-Until=false")
        embedded.stop(GENERATIONS.directory.name)  # this lab is the first on it
        with Lab(machines=VERSIONS) as started:
            yield started
    embedded.stop(GENERATIONS.directory.name)


@pytest.mark.timeout(2400)  # it builds an engine with three machine images, if there is none
def test_each_machine_has_the_version_that_was_asked_for(generations: Lab) -> None:
    told = repr(generations)
    for name, version in VERSIONS.items():
        machine = generations[name]
        answered = str(machine.docker.version()["Version"]).split("+")[0]
        assert answered.startswith(f"{version}.")
        assert machine.version == answered
        assert f"{name}: {machine.address} (Docker {answered})" in told


def test_containers_run_on_each_and_the_others_reach_them_by_name_over_the_lan(generations: Lab) -> None:
    for name in VERSIONS:
        script = (
            f"echo {name} > /page; docker run -d -p 80:80 -v /page:/usr/share/nginx/html/index.html nginx"
        )
        assert generations[name].run(script).exit_code == 0
    for source, target in FROM_EACH_TO_EACH:
        ask = f"curl -sS --max-time 10 --retry 20 --retry-delay 1 --retry-connrefused http://{target}/"
        done = generations[source].run(ask)
        assert done.stdout == f"{target}\n", (source, done.stderr)


def test_the_engine_of_other_labs_is_another_one_and_goes_on(
    embedded_engine: Engine, lab: Lab, generations: Lab
) -> None:
    assert generations.engine.endpoint.url != embedded_engine.endpoint.url
    assert generations.engine.client.info()["ID"] != embedded_engine.client.info()["ID"]
    assert lab["host"].run("true").exit_code == 0
    assert "(Docker" not in repr(lab)


def test_one_machine_of_each_generation_is_in_stock_when_the_engine_starts(generations: Lab) -> None:
    machines = generations.machines.values()
    claimed = [generations.engine.client.containers.get(one.id).labels for one in machines]
    assert [labels[LABEL] for labels in claimed] == [stock.KIND] * len(VERSIONS)
