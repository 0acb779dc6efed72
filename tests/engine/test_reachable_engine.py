"""The requirements, measured on the Engine on which the other tests run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpers.engine import contents, images, requirements
from helpers.engine.reachable import open_client
from tests.engine.support import wait_until_empty

if TYPE_CHECKING:
    from helpers.engine import Engine

LABELS = {"docker-networking-lab.test": "probe"}


def test_the_endpoint_can_be_opened_again(engine: Engine) -> None:
    client = open_client(engine.endpoint)
    assert client.info()["ID"] == engine.client.info()["ID"]
    client.close()


def test_every_requirement_is_measured_and_met(engine: Engine) -> None:
    rows = requirements.check(engine.client, images.MACHINE_IMAGE, LABELS)
    assert [(row.name, row.evidence) for row in rows if not row.ok and row.fatal] == []
    assert not [row for row in rows if "not measured" in row.evidence]


def test_the_probe_leaves_nothing_behind(engine: Engine) -> None:
    requirements.check(engine.client, images.MACHINE_IMAGE, LABELS)
    ours: dict[str, Any] = {"label": [f"{key}={value}" for key, value in LABELS.items()]}
    assert engine.client.containers.list(all=True, filters=ours) == []
    assert engine.client.volumes.list(filters=ours) == []


def test_the_images_list_their_own_contents(engine: Engine) -> None:
    machine = contents.of_image(engine.client, images.MACHINE_IMAGE)
    assert set(images.packages("machine")) <= machine.keys()
    if engine.endpoint.backend == "embedded":
        system = contents.of_engine(engine.client, images.MACHINE_IMAGE)
        assert set(images.packages("vm")) <= system.keys()
        assert system != machine
        assert engine.version in system["docker.io"]
    ours: dict[str, Any] = {"label": f"{images.LABEL}=contents"}
    # The Engine removes containers that have ended after a while.
    assert wait_until_empty(lambda: engine.client.containers.list(all=True, filters=ours), 20) == []
