"""Machines of several generations of Docker: which engine and which images a lab takes. Needs no Engine."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

import helpers.engine as engine_package
from helpers import suites
from helpers.engine import connect, requirements, stock, variants
from helpers.engine.images import LABEL, MACHINE_IMAGE, SUITE, machine_image
from helpers.engine.reachable import Endpoint
from helpers.engine.variants import GENERATIONS, PLAIN, Variant
from helpers.errors import LabError
from helpers.lab import Lab
from helpers.lab.wanted import suites_by_name
from tests.unit.engine_double import in_use, listening, reply

OTHER, THIRD = (suite for suite in suites.ENGINES if suite != SUITE)
VERSIONS = {"then": "20.10", "now": "26.1", "next": "28.5"}
MINE = {LABEL: "lab"}


def test_a_number_and_names_mean_the_chosen_suite() -> None:
    for machines in (1, 2, 3, "alone", ["a", "b"]):
        asked = suites_by_name(machines)
        assert set(asked.values()) == {SUITE}
        assert variants.for_machines(asked.values()) is PLAIN
    assert variants.for_machines([]) is PLAIN


def test_versions_mean_suites_and_only_other_ones_need_the_other_engine() -> None:
    assert suites_by_name(VERSIONS) == {"then": "bookworm", "now": "trixie", "next": "forky"}
    assert variants.for_machines([SUITE, OTHER]) is GENERATIONS
    assert variants.for_machines([OTHER]) is GENERATIONS
    assert variants.for_machines(suites_by_name({"now": suites.ENGINES[SUITE]}).values()) is PLAIN
    assert PLAIN.suites == (SUITE,)
    assert GENERATIONS.suites[0] == suites.DEFAULT
    assert sorted(GENERATIONS.suites) == sorted(suites.ENGINES)


# ---- engines


@pytest.mark.parametrize(
    ("machines", "variant"), [([], PLAIN), ([SUITE] * 3, PLAIN), ([SUITE, OTHER], GENERATIONS)]
)
def test_the_embedded_engine_is_the_variant_that_has_the_machines(
    machines: list[str], variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def start(variant: Variant, machines: list[str], using: None) -> Endpoint:
        asked.extend([variant, machines])
        return Endpoint("unix:///run/engine/docker.sock", "embedded engine", "embedded")

    monkeypatch.setattr(engine_package.embedded, "use", asked.append)
    monkeypatch.setattr(engine_package.embedded, "start", start)
    monkeypatch.setattr(engine_package, "_open", lambda endpoint, _: endpoint)
    connect("embedded", machines=machines)
    assert asked == [variant, variant, machines]


def test_a_users_engine_gets_the_image_of_each_machine_once_and_always_that_of_the_chosen_suite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ensured: list[str] = []
    engine = SimpleNamespace(
        client="its client", endpoint=Endpoint("unix:///x", "default socket"), close=lambda: None
    )
    monkeypatch.setattr(engine_package.reachable, "resolve", lambda: None)
    monkeypatch.setattr(engine_package, "_open", lambda _: engine)
    monkeypatch.setattr(engine_package.images, "ensure", lambda client, url, suite: ensured.append(suite))
    monkeypatch.setattr(requirements, "quick", lambda _: [])
    monkeypatch.setattr(requirements, "recall", lambda _: [])
    connect("docker")
    assert ensured == [SUITE]
    ensured.clear()
    connect("docker", machines=[OTHER, OTHER, THIRD])
    assert ensured == [SUITE, OTHER, THIRD]


# ---- stock


class Api:
    """An Engine's API with machines in stock, as far as `stock` asks it."""

    def __init__(self, *images: str, tags: tuple[str, ...] = (MACHINE_IMAGE,)) -> None:
        self._blanks = [
            {
                "Id": f"id-{number}",
                "Names": [f"/blank-{number}"],
                "Image": image,
                "State": "running",
                "NetworkSettings": {"Networks": {}},
            }
            for number, image in enumerate(images)
        ]
        self._tags = tags
        self.renamed: dict[str, str] = {}

    def containers(self, **_: Any) -> list[dict[str, Any]]:
        return self._blanks

    def images(self, _: str) -> list[dict[str, Any]]:
        return [{"RepoTags": list(self._tags)}, {"RepoTags": None}]

    def create_volume(self, _: str, labels: dict[str, str]) -> dict[str, Any]:
        return {"Labels": labels}

    def attach_socket(self, container: str, **_: Any) -> str:
        return f"stream of {container}"

    def rename(self, container: str, name: str) -> None:
        self.renamed[name] = container


def claim(api: Api, **wanted: str) -> dict[str, tuple[str, Any]]:
    return stock.claim(api, wanted, MINE)  # type: ignore[arg-type]


def test_a_machine_in_stock_is_claimed_for_a_name_of_its_own_version() -> None:
    api = Api(MACHINE_IMAGE, machine_image(OTHER), machine_image(THIRD))
    wanted = {"then": machine_image(THIRD), "now": MACHINE_IMAGE, "next": machine_image(OTHER)}
    claimed = claim(api, **wanted)
    assert {name: container for name, (container, _) in claimed.items()} == api.renamed
    assert api.renamed == {"then": "id-2", "now": "id-0", "next": "id-1"}
    assert claimed["then"][1] == "stream of id-2"


def test_what_is_not_in_stock_is_left_to_be_booted_and_what_is_not_wanted_stays() -> None:
    api = Api(MACHINE_IMAGE, MACHINE_IMAGE, machine_image(OTHER))
    claimed = claim(api, a=machine_image(OTHER), b=machine_image(OTHER), c=machine_image(THIRD))
    assert claimed.keys() == api.renamed.keys() == {"a"}
    assert api.renamed["a"] == "id-2"


def test_a_lab_of_the_chosen_suite_claims_as_many_as_it_has_names() -> None:
    api = Api(*[MACHINE_IMAGE] * 3)
    assert list(claim(api, manager=MACHINE_IMAGE, machine1=MACHINE_IMAGE)) == ["manager", "machine1"]
    assert len(set(api.renamed.values())) == 2


def test_a_full_stock_has_the_machine_images_of_the_engine_in_turn() -> None:
    def full(*tags: str) -> list[str]:
        return list(stock._places(Api(tags=tags)).values())  # type: ignore[arg-type]

    others = sorted([machine_image(OTHER), machine_image(THIRD)])
    assert full(MACHINE_IMAGE) == [MACHINE_IMAGE] * stock.SIZE
    assert full(*reversed(others), MACHINE_IMAGE) == [MACHINE_IMAGE, *others]
    assert full(MACHINE_IMAGE, others[0]) == [MACHINE_IMAGE, others[0], MACHINE_IMAGE]


# ---- labs


def test_each_machine_is_created_from_the_image_of_its_version() -> None:
    with listening() as double, in_use(double):
        with Lab(machines=VERSIONS) as started:
            assert list(started.machines) == list(VERSIONS)
        created = [
            json.loads(one.partition("\n\n")[2]) for one in double.received if "containers/create" in one
        ]
    images = {one["Hostname"].rpartition("-")[2]: one["Image"] for one in created}
    assert images == {name: machine_image(suites.of_engine(version)) for name, version in VERSIONS.items()}


def test_an_engine_that_was_given_without_an_image_is_told_as_such() -> None:
    missing = reply(b'{"message": "No such image"}', "404 Not Found")
    with listening() as double, in_use(double):
        engine = connect("docker")
        double.changed = {"POST /containers/create": missing}
        with pytest.raises(LabError, match=f"does not have {machine_image('bookworm')}") as caught:
            Lab(machines={"then": "20.10"}, engine=engine)
        assert "connect(machines=…)" in caught.value.next_step
        engine.close()


def shown(*versions: str) -> str:
    machines = {
        name: SimpleNamespace(name=name, address=f"192.168.99.{100 + index}", version=version)
        for index, (name, version) in enumerate(zip(VERSIONS, versions, strict=True))
    }
    engine = SimpleNamespace(version="26.1.5", endpoint=SimpleNamespace(source="embedded engine"))
    lan = SimpleNamespace(subnet="192.168.99.0/24")
    return Lab.__repr__(SimpleNamespace(machines=machines, engine=engine, lan=lan))  # type: ignore[arg-type]


def test_a_lab_shows_the_versions_of_its_machines_if_they_differ() -> None:
    assert "Docker" not in shown("26.1.5", "26.1.5", "26.1.5")
    assert shown("20.10.24", "26.1.5", "28.5.2").splitlines()[2:] == [
        "then: 192.168.99.100 (Docker 20.10.24)",
        "now: 192.168.99.101 (Docker 26.1.5)",
        "next: 192.168.99.102 (Docker 28.5.2)",
    ]
