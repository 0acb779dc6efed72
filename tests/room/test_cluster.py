"""The pod that a cluster would run: valid for Kubernetes, and without any privilege. No cluster is needed."""

from __future__ import annotations

import copy
import json
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers import programs
from helpers.paths import PROJECT
from helpers.setup import uv

VALUES = PROJECT / "deploy" / "z2jh-values.yaml"
HERE = Path(__file__).resolve().parent

Pod = dict[str, Any]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Pod]:
    place = tmp_path_factory.mktemp("cluster")
    venv.create(place, symlinks=True)
    program = uv.provide(lambda _: None)
    assert program
    uv.install(program, place / "bin" / "python", [HERE / "cluster.lock"])

    def make(values: Path) -> Pod:
        command = [str(place / "bin" / "python"), str(HERE / "pod.py"), str(values)]
        pod: Pod = json.loads(programs.run(command, timeout_s=120).stdout)
        return pod

    return make


def objections(pod: Pod) -> Iterator[str]:
    """Yield what a pod may do, or lacks, that a learner's must not."""
    spec = pod["spec"]
    containers = [*spec["containers"], *spec.get("initContainers", [])]
    for container in containers:
        security = container.get("securityContext", {})
        if security.get("privileged"):
            yield "privileged"
        if security.get("runAsUser") != 1000:
            yield "runs as another user than 1000"
        if security.get("allowPrivilegeEscalation") is not False:
            yield "may gain privileges"
        if security.get("capabilities") != {"drop": ["ALL"]}:
            yield "has capabilities"
        if {"cpu", "memory"} - container.get("resources", {}).get("limits", {}).keys():
            yield "has no limits"
    if any("hostPath" in volume for volume in spec.get("volumes", [])):
        yield "sees files of the node"
    if any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "is in a namespace of the node"
    if spec.get("automountServiceAccountToken") is not False:
        yield "can talk to the cluster"


@pytest.fixture(scope="session")
def pod(made: Callable[[Path], Pod]) -> Pod:
    return made(VALUES)


def test_the_pod_has_no_privilege(pod: Pod) -> None:
    assert list(objections(pod)) == []


MUTATIONS: dict[str, Callable[[Pod], Any]] = {
    "privileged": lambda pod: security(pod).update(privileged=True),
    "runs as another user than 1000": lambda pod: security(pod).update(runAsUser=0),
    "may gain privileges": lambda pod: security(pod).pop("allowPrivilegeEscalation"),
    "has capabilities": lambda pod: security(pod).update(capabilities={"add": ["NET_ADMIN"]}),
    "has no limits": lambda pod: pod["spec"]["containers"][0]["resources"].pop("limits"),
    "sees files of the node": lambda pod: pod["spec"]["volumes"].append({"hostPath": {"path": "/"}}),
    "is in a namespace of the node": lambda pod: pod["spec"].update(hostNetwork=True),
    "can talk to the cluster": lambda pod: pod["spec"].pop("automountServiceAccountToken"),
}


def security(pod: Pod) -> dict[str, Any]:
    found: dict[str, Any] = pod["spec"]["containers"][0]["securityContext"]
    return found


@pytest.mark.parametrize("objection", MUTATIONS)
def test_a_pod_with_a_privilege_is_noticed(objection: str, pod: Pod) -> None:
    mutant = copy.deepcopy(pod)
    MUTATIONS[objection](mutant)
    assert list(objections(mutant)) == [objection]


def test_what_kubernetes_does_not_know_is_refused(made: Callable[[Path], Pod], tmp_path: Path) -> None:
    values = yaml.safe_load(VALUES.read_text())
    values["singleuser"]["extraPodConfig"]["securityContext"]["runAsNobody"] = True
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))
    with pytest.raises(Exception, match="runAsNobody"):
        made(tmp_path / "values.yaml")


def test_the_chart_adds_nothing_privileged() -> None:
    values = yaml.safe_load(VALUES.read_text())
    assert values["singleuser"]["cloudMetadata"]["blockWithIptables"] is False
