"""The image as a room uses it: a learner without any privilege, and without a network."""

from __future__ import annotations

import json
import tarfile
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.room.docker_host import DockerHost
from tools.room import image

GIB = 2**30
KVM = Path("/dev/kvm")
UNPRIVILEGED = {
    "user": "1000:1000",
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "network_mode": "none",
    "mem_limit": 4 * GIB,
}
CHAPTER_S = 1200


def test_it_is_small_enough(host: DockerHost) -> None:
    assert host.client.images.get(image.NAME).attrs["Size"] <= 3.5e9


@pytest.mark.timeout(CHAPTER_S)
@pytest.mark.parametrize(
    "chapter", ["00", pytest.param("06", marks=pytest.mark.soak), pytest.param("07", marks=pytest.mark.soak)]
)
def test_a_chapter_needs_neither_privilege_nor_network_nor_more_than_4_gib(
    host: DockerHost, chapter: str
) -> None:
    peak, _ = run(host, chapter, **UNPRIVILEGED)
    assert peak <= 3.5 * GIB, f"{peak / GIB:.2f} GiB"


@pytest.mark.timeout(CHAPTER_S)
def test_a_chapter_writes_nowhere_but_in_the_home_and_tmp(host: DockerHost) -> None:
    volumes = {"a-home": {"bind": "/home/learner", "mode": "rw"}}
    run(host, "00", **UNPRIVILEGED, read_only=True, tmpfs={"/tmp": "mode=1777"}, volumes=volumes)


@pytest.mark.soak
@pytest.mark.timeout(CHAPTER_S)
def test_a_kvm_that_runs_no_guest_costs_30_s_at_most(host: DockerHost) -> None:
    if not KVM.exists():
        pytest.skip(f"this computer has no {KVM}")
    _, said = run(host, "00", **UNPRIVILEGED, devices=[f"{host.open_to_all(KVM)}:{KVM}:rwm"])
    at = {line: datetime.fromisoformat(moment[:26]) for moment, _, line in (s.partition(" ") for s in said)}
    tried = next(moment for line, moment in at.items() if "(kvm)" in line)
    runs = next(moment for line, moment in at.items() if line.startswith("Engine: "))
    assert (runs - tried).total_seconds() <= 30, said


def run(host: DockerHost, chapter: str, **how: Any) -> tuple[int, list[str]]:
    """Run a chapter, which fails if a verdict does.

    Return the most bytes of memory that it held, and the lines that it printed, each with its time.
    """
    container = host.client.containers.run(image.NAME, ["run", chapter], detach=True, **how)
    held: list[int] = []
    watch = threading.Thread(target=_watch, args=(container, held))
    watch.start()
    try:
        ended = container.wait(timeout=CHAPTER_S)
        said = container.logs(timestamps=True).decode()
        container.reload()
    finally:
        container.remove(force=True, v=True)
    watch.join()
    assert "1 passed, 0 failed" in said, said
    assert (ended["StatusCode"], container.attrs["State"]["OOMKilled"]) == (0, False)
    return max(held), said.splitlines()


def _watch(container: Any, held: list[int]) -> None:
    """Note what Kubernetes counts: without cached files, which can be dropped at any time."""
    for sample in container.stats(stream=True, decode=True):
        if memory := sample.get("memory_stats"):
            files = memory["stats"].get("total_inactive_file", memory["stats"].get("inactive_file", 0))
            held.append(memory["usage"] - files)


def test_other_tools_read_the_archive_and_it_has_no_secret_but_the_engines_key(tmp_path: Path) -> None:
    if not image.ARCHIVE.exists():
        pytest.skip("there is no image: python3 -m tools image")
    with tarfile.open(image.ARCHIVE) as archive:
        index = _json(archive, "index.json")
        (described,) = index["manifests"]
        manifest = _json(archive, f"blobs/{described['digest'].replace(':', '/')}")
        (layer,) = manifest["layers"]
        file = archive.extractfile(f"blobs/{layer['digest'].replace(':', '/')}")
        assert file
        with tarfile.open(fileobj=file) as root:
            keys = [one.name for one in root if one.isfile() and _looks_secret(one.name)]
    # Tornado's own tests come with a key that everybody has.
    assert [Path(one).name for one in keys if "/tornado/test/" not in one] == ["ssh_key"]


def _json(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(name)
    assert file
    return json.load(file)


def _looks_secret(name: str) -> bool:
    base = Path(name).name
    return base.endswith((".key", "_key")) or base in {
        ".netrc",
        "pip.conf",
        "credentials",
        "shadow-",
        "id_rsa",
    }
