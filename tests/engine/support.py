"""What the tests on a real Engine share: a process that owns a lab, and a look at what is on the Engine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import docker
import psutil

from helpers.engine import stock
from helpers.lab import labels
from helpers.paths import PROJECT

_OWNER = "from helpers.lab import Lab; print(Lab().id, flush=True); input()"


class Owner:
    """A process that owns a lab of one machine."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = python(_OWNER, environment, stdin=subprocess.PIPE)
        assert self.process.stdout
        self.lab_id = self.process.stdout.readline().strip()
        assert self.lab_id.startswith("lab-"), "the lab did not start: see its message above"

    def watches(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "helpers.lab.reaper" in child.cmdline()]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


def python(code: str, environment: Mapping[str, str], stdin: int | None = None) -> subprocess.Popen[str]:
    """Run Python in another process, with this project's helpers."""
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
    )


def objects(client: docker.DockerClient, label: str, value: str) -> dict[str, Mapping[str, str]]:
    """Return the labels of each container, volume and network whose `label` is `value`, by kind and name."""
    only = {"label": f"{label}={value}"}
    api = client.api
    found: dict[str, Mapping[str, str]] = {}
    found |= {f"container {one['Names'][0]}": one["Labels"] for one in api.containers(all=True, filters=only)}
    found |= {f"volume {one['Name']}": one["Labels"] for one in api.volumes(filters=only)["Volumes"] or []}
    found |= {f"network {one['Name']}": one["Labels"] for one in api.networks(filters=only)}
    return found


def of_lab(client: docker.DockerClient, lab_id: str) -> dict[str, Mapping[str, str]]:
    """Return what a lab has on the Engine: labelled objects, machines from the stock, volumes without one."""
    found = objects(client, labels.LAB, lab_id)
    stocked = {"label": f"{labels.KIND}={stock.KIND}"}
    for one in client.api.containers(all=True, filters=stocked):
        if (carried := labels.of(one)).get(labels.LAB) == lab_id:
            found[f"container {one['Names'][0]}"] = carried
    orphans = client.api.volumes(filters={**stocked, "dangling": True})["Volumes"] or []
    return found | {f"volume {one['Name']}": one["Labels"] for one in orphans}


def wait_until_empty(remaining: Callable[[], object], timeout_s: float) -> object:
    """Wait until `remaining` returns something empty; return what it returned last."""
    deadline = time.monotonic() + timeout_s
    while (left := remaining()) and time.monotonic() < deadline:
        time.sleep(1)
    return left


def mode(path: Path) -> str:
    return oct(path.lstat().st_mode & 0o777)
