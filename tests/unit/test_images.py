"""The name of an image identifies its content."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import docker.errors
import pytest

from helpers.engine import images
from helpers.errors import LabError

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


def test_a_failed_build_is_told_by_the_last_lines_that_it_printed() -> None:
    def refuse(name: str) -> None:
        raise docker.errors.ImageNotFound(name)

    red = [f"\x1b[91m{part}\x1b[0m" for part in ("E:", " ", "Failed to fetch http://deb.example/InRelease\n")]
    printed = [{"status": "Pulling from library/debian"}, *({"stream": f"line {n}\n"} for n in range(20))]
    messages = [*printed, *({"stream": part} for part in red), {"error": "returned a non-zero code: 100"}]
    client = SimpleNamespace(
        images=SimpleNamespace(get=refuse), api=SimpleNamespace(build=lambda **_: iter(messages))
    )
    with pytest.raises(LabError) as caught:
        images.ensure(client, "unix:///var/run/docker.sock")  # type: ignore[arg-type]
    seen = caught.value.seen.splitlines()
    assert seen[0] == "line 11"
    assert seen[-2:] == ["E: Failed to fetch http://deb.example/InRelease", "returned a non-zero code: 100"]


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
