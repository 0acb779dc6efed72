"""The clinic: its cases, admitting a patient, following a request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from docker.errors import APIError

from helpers.errors import LabError
from helpers.figures import caption, last_seen
from helpers.lab import Lab
from helpers.learning import clinic
from helpers.learning.clinic import admission, following
from helpers.learning.clinic.case import Case
from helpers.learning.clinic.cases import CASES, find
from helpers.learning.clinic.scene import Container, Network, Scene

each_case = pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])


@each_case
def test_a_case_has_a_source_wrong_cures_and_more_than_one_right_one(case: Case) -> None:
    assert "https://github.com/" in case.text
    assert len(case.wrong) >= 2
    assert case.other not in (case.solution, *case.wrong.values())
    assert len(case.checks) >= 4


@each_case
def test_a_case_names_only_its_own_machines(case: Case) -> None:
    scene = case.scene
    named = {case.way.machine, case.way.on, *scene.before, *scene.after, *scene.undo}
    named |= {network.machine for network in scene.networks.values()}
    named |= {container.machine for container in scene.containers.values()}
    for cure in (case.solution, case.other, *case.wrong.values()):
        named |= set(cure)
    assert named <= set(scene.machines)


@each_case
def test_a_container_is_on_networks_of_the_scene(case: Case) -> None:
    for container in case.scene.containers.values():
        assert container.networks.keys() <= case.scene.networks.keys()


def test_an_unknown_case_lists_the_known_ones() -> None:
    with pytest.raises(LabError, match="there are 09-1, 09-2"):
        clinic.admit("09-99")


class Recorder:
    """docker-py's low-level client, as far as an admission uses it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def called(*arguments: Any, **options: Any) -> dict[str, str]:
            self.calls.append((name, (*arguments, options)))
            return {"Id": "c0ffee"}

        return called


class Patient:
    """A lab with one machine."""

    id = "lab-1"
    closed = False

    def __init__(self) -> None:
        self.api, self.ran = Recorder(), list[str]()
        self.machines = {"host": self}
        self.docker = SimpleNamespace(api=self.api)
        self.name, self.address = "host", "192.168.99.100"
        self.lan = SimpleNamespace(gateway="192.168.99.1")
        self.exit_code = 0

    def __getitem__(self, name: str) -> Patient:
        return self.machines[name]

    def run(self, command: str, timeout: float = 60) -> Any:
        self.ran.append(command)

        def checked(tried: str) -> None:
            if self.exit_code:
                raise LabError(tried, "exit code 1", "Again.")

        return SimpleNamespace(checked=checked, exit_code=self.exit_code)

    def container(self, name: str) -> Any:
        return SimpleNamespace(name=name, attrs={"State": {"Pid": 4711}})

    def close(self) -> None:
        self.closed = True


class Opened:
    """In place of `Lab`."""

    current: Any = None


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Patient:
    made = Patient()
    monkeypatch.setattr(clinic, "Lab", Opened)
    monkeypatch.setattr(Opened, "current", None)
    monkeypatch.setattr(Opened, "__new__", lambda *_, **__: made)
    monkeypatch.setattr(admission, "_PATIENTS", {})
    return made


def test_a_scene_is_put_in_order(patient: Any) -> None:
    scene = Scene(
        networks={"inner": Network("10.7.0.0/24", internal=True), "outer": Network()},
        containers={"web": Container("nginx", {"inner": ("www",), "outer": ()}, ports=["127.0.0.1:8080:80"])},
        before={"host": "first"},
        after={"host": "last"},
    )
    admission.put(patient, scene)
    first, waited, last = patient.ran
    assert (first, last) == ("iptables-save >/run/before-the-scene || exit\nfirst", "last")
    assert waited.endswith(" wait_for_servers.sh 400 4711")
    names = [name for name, _ in patient.api.calls]
    assert names == ["create_network"] * 2 + ["create_container", "connect_container_to_network", "start"]
    inner, outer, web, joined, _ = [arguments for _, arguments in patient.api.calls]
    assert inner[-1]["ipam"]["Config"][0]["Subnet"] == "10.7.0.0/24"
    assert (inner[-1]["internal"], outer[-1]["ipam"]) == (True, None)
    assert web[-1]["host_config"]["PortBindings"] == {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}
    assert web[-1]["networking_config"] == {"EndpointsConfig": {"inner": {"Aliases": ["www"]}}}
    assert joined[:2] == ("c0ffee", "outer")


@pytest.mark.parametrize(
    "refusal",
    [
        "attaching to network failed, […]: context deadline exceeded",
        "network vkad98j3c2s1dc01ov2dhcmpi not found",
    ],
)
def test_a_swarm_that_was_slow_is_asked_once_more(patient: Any, refusal: str) -> None:
    starts: list[str] = []

    def start(container: str) -> None:
        starts.append(container)
        if len(starts) == 1:
            raise APIError("500", explanation=refusal)

    patient.api.start = start
    admission.put(patient, Scene(containers={"app": Container()}))
    assert starts == ["c0ffee", "c0ffee"]


def test_a_start_that_is_refused_for_another_reason_is_not_repeated(patient: Any) -> None:
    def start(container: str) -> None:
        raise APIError("404", explanation="network inner not found")

    patient.api.start = start
    with pytest.raises(LabError, match="network inner not found"):
        admission.put(patient, Scene(containers={"app": Container()}))


def test_a_patient_that_cannot_be_admitted_is_discharged(patient: Any) -> None:
    patient.exit_code = 1
    with pytest.raises(LabError, match="Preparing host for a patient"):
        clinic.admit("09-1")
    assert patient.closed


def test_admitting_the_next_discharges_the_one_before(patient: Any) -> None:
    clinic.admit("09-1")
    assert not patient.closed
    Opened.current = patient
    clinic.admit("09-2")
    assert patient.closed


def test_a_check_of_another_case_says_who_the_patient_is(patient: Any) -> None:
    clinic.admit("09-1")
    with pytest.raises(LabError, match=r"the patient in this notebook's newest lab is 09-1"):
        find("09-2").look(patient)


def test_following_needs_a_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lab, "current", None)
    with pytest.raises(LabError, match=r'Admit a patient first: clinic\.admit\("09-1"\)'):
        clinic.follow()
    monkeypatch.setattr(Lab, "current", SimpleNamespace(id="a lab of the learner's"))
    with pytest.raises(LabError, match="is not one"):
        clinic.follow()


def test_places_are_found_by_the_machines_interfaces(patient: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.admit("09-1")
    monkeypatch.setattr(Lab, "current", patient)
    monkeypatch.setattr(following, "here", lambda lab, text: text)
    monkeypatch.setattr(
        following, "_interfaces", lambda machine: {"shop": ["br-1"], "web": ["veth1"], "till": ["veth2"]}
    )
    passed = pd.DataFrame({"interface": ["lo", "br-1"], "packets": [1, 2]})
    monkeypatch.setattr(following, "passed_during", lambda act, machine, expression: (act(), passed))
    patient.exit_code = 56
    way = clinic.follow()
    assert list(way["place"]) == ["the machine's loopback", "the bridge", "web's port", "the answer"]
    assert list(way["packets"]) == [1, 2, 0, 0]
    assert list(way["reached"]) == [True, True, False, False]


def test_the_figure_says_where_each_request_was_last_seen() -> None:
    rows = [("09-1", "lo", 1), ("09-1", "web", 1), ("09-1", "the answer", 0), ("09-2", "app", 0)]
    frame = pd.DataFrame(
        [
            {"case": case, "step": 0, "place": place, "packets": count, "reached": count > 0}
            for case, place, count in rows
        ]
    )
    ax = last_seen(frame, title="Where it was last seen")
    assert caption(ax) == "09-1: last seen at web · 09-2: seen nowhere"
    markers = {line.get_gid(): line.get_marker() for line in ax.lines if "|" in str(line.get_gid())}
    assert markers == {"09-1|lo": "o", "09-1|web": "o", "09-1|the answer": "X", "09-2|app": "X"}
