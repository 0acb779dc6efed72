"""What keeps the embedded engine from returning to its saved state."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from helpers import suites
from helpers.engine import renewal, stock
from helpers.engine.images import LABEL, MACHINE_IMAGE, SUITE, machine_image

OTHER_IMAGE = next(machine_image(suite) for suite in suites.ENGINES if suite != SUITE)
READY: dict[str, Any] = {
    "Id": "1",
    "Image": MACHINE_IMAGE,
    "Names": ["/blank-0"],
    "State": "running",
    "NetworkSettings": {"Networks": {}},
}
BOOTS = {**READY, "Id": "2", "Names": ["/blank-1"], "NetworkSettings": {"Networks": {stock.KIND: {}}}}
OTHER = {**READY, "Id": "3", "Names": ["/web"], "State": "exited"}
NOTHING: dict[str, Any] = {
    "containers": [READY, BOOTS],
    "networks": [{"Name": name} for name in ("bridge", "host", "none", stock.KIND)],
    "volumes": {"Volumes": [{"Labels": {LABEL: stock.KIND}}]},
    "images": [{"Id": "sha256:1", "RepoTags": [MACHINE_IMAGE]}],
    "plugins": [],
    "info": {"Swarm": {"LocalNodeState": "inactive"}},
}


@pytest.fixture
def holding(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The answers of an Engine that a test can change."""
    answers = dict(NOTHING)
    api = SimpleNamespace(**{name: lambda name=name, **_: answers[name] for name in answers})
    client = SimpleNamespace(api=api, close=lambda: None)
    monkeypatch.setattr(renewal, "Client", lambda *_: client)
    return answers


def test_it_is_due_if_there_are_fewer_machines_and_nothing_else(holding: dict[str, Any]) -> None:
    wanted = [[MACHINE_IMAGE] * number for number in (1, 2, 3)]
    assert [renewal.is_due("unix:///x", machines) for machines in wanted] == [False, True, True]


def test_it_is_due_if_a_machine_of_another_generation_is_not_ready(holding: dict[str, Any]) -> None:
    holding["images"] = [*NOTHING["images"], {"Id": "sha256:2", "RepoTags": [OTHER_IMAGE]}]
    assert renewal.is_due("unix:///x", [OTHER_IMAGE])
    holding["containers"] = [READY, {**READY, "Image": OTHER_IMAGE}]
    assert not renewal.is_due("unix:///x", [MACHINE_IMAGE, OTHER_IMAGE])
    assert renewal.is_due("unix:///x", [OTHER_IMAGE, OTHER_IMAGE])


def test_it_is_not_due_if_the_stock_is_full(holding: dict[str, Any]) -> None:
    holding["containers"] = [READY] * stock.SIZE  # a saved state has no more of them
    assert not renewal.is_due("unix:///x", [MACHINE_IMAGE] * (stock.SIZE + 1))
    assert not renewal.is_due("unix:///x", [OTHER_IMAGE])


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("containers", [READY, BOOTS, OTHER]),
        ("networks", [*NOTHING["networks"], {"Name": "shop"}]),
        ("volumes", {"Volumes": [{"Labels": None}]}),
        ("images", [*NOTHING["images"], {"Id": "sha256:2", "RepoTags": ["nginx:latest"]}]),
        ("images", [*NOTHING["images"], {"Id": "sha256:2", "RepoTags": None}]),
        ("plugins", [{"Name": "vieux/sshfs"}]),
        ("info", {"Swarm": {"LocalNodeState": "active"}}),
    ],
)
def test_it_is_not_due_if_anything_would_be_missed(holding: dict[str, Any], kind: str, answer: Any) -> None:
    holding[kind] = answer
    assert not renewal.is_due("unix:///x", [MACHINE_IMAGE] * 3)


def test_it_is_not_due_if_the_engine_does_not_answer() -> None:
    assert not renewal.is_due("unix:///nobody", [MACHINE_IMAGE])
