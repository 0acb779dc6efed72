"""The name of an image identifies its content."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import docker.errors
import pytest

from helpers.engine import images

OLD, USED = "docker-networking-lab/machine:trixie-000000000000", images.MACHINE_IMAGE


@pytest.fixture
def definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "images"
    shutil.copytree(images.DEFINITIONS, copy)
    monkeypatch.setattr(images, "DEFINITIONS", copy)
    return copy


def test_the_key_depends_only_on_content(definitions: Path) -> None:
    before = images.key("machine")
    for path in definitions.rglob("*"):
        path.touch()
    assert images.key("machine") == before


@pytest.mark.parametrize("name", ["packages.txt", "customize.sh", "rootfs/usr/local/bin/machine"])
def test_the_key_changes_with_every_input(definitions: Path, name: str) -> None:
    before, other = images.key("machine"), images.key("vm")
    path = definitions / "machine" / name
    path.write_text(path.read_text() + "\n")
    assert images.key("machine") != before
    assert images.key("vm") == other


def test_the_key_changes_with_the_executable_bit(definitions: Path) -> None:
    before = images.key("machine")
    (definitions / "machine/rootfs/usr/local/bin/machine").chmod(0o644)
    assert images.key("machine") != before


def test_package_lists_are_sorted_and_without_duplicates() -> None:
    for definition in ("machine", "vm"):
        names = images.packages(definition)
        assert names == sorted(set(names))


def test_every_version_of_the_machine_image_is_removed_except_one_in_use() -> None:
    def remove(tag: str) -> None:
        if tag == USED:
            raise docker.errors.APIError("a container is made from it")
        removed.append(tag)

    removed: list[str] = []
    there = [SimpleNamespace(tags=[OLD]), SimpleNamespace(tags=[USED]), SimpleNamespace(tags=[])]
    client = SimpleNamespace(images=SimpleNamespace(list=lambda name, filters: there, remove=remove))
    assert images.remove(client) == [USED]  # type: ignore[arg-type]
    assert removed == [OLD]
