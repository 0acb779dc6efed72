"""The name of an image identifies its content."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import docker.errors
import pytest

from helpers import suites
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


@pytest.mark.parametrize("suite", suites.ENGINES)
def test_package_lists_are_sorted_and_without_duplicates(suite: str) -> None:
    for definition in ("machine", "vm"):
        names = images.packages(definition, suite)
        assert names == sorted(set(names))
        assert not [name for name in names if set(name) & set("[!]")]


def test_a_package_is_left_out_of_a_suite_that_lacks_it() -> None:
    in_all, *others = (set(images.packages("machine", suite)) for suite in suites.ENGINES)
    assert {"docker.io", "nginx-light"} < in_all
    for more in others:
        assert more - in_all == {"docker-cli", "docker-compose"}
        assert in_all < more


def test_options_for_apt_become_lines_of_its_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LAB_APT_OPTIONS", raising=False)
    usual = images.apt_settings()
    given = [
        "Acquire::Check-Valid-Until=false",
        "'Acquire::http::User-Agent=a lab; // a room'",
        "APT::Empty=",
    ]
    monkeypatch.setenv("LAB_APT_OPTIONS", " ".join(given))
    settings = images.apt_settings()
    assert settings[: len(usual)] == usual
    configuration = tmp_path / "apt.conf"
    configuration.write_text("".join(f"{setting};\n" for setting in settings))
    for name, value in {
        "Acquire::Retries": "2",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::http::User-Agent": "a lab; // a room",
        "APT::Empty": "",
    }.items():
        assert apt_reads(configuration, name) == value


def apt_reads(configuration: Path, name: str) -> str:
    program = shutil.which("apt-config")
    if not program:
        pytest.skip("only Debian has apt")
    command = [program, f"--config-file={configuration}", "dump", "--format=%f=%v%n", name]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in printed.splitlines())[name]


@pytest.mark.parametrize(
    "given", ["false", "=false", "--option A=b", 'A="b', "'A=\"b\"'", "A{}=b", "'A=b\nc'"]
)
def test_options_of_another_form_are_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_APT_OPTIONS", given)
    with pytest.raises(LabError, match="LAB_APT_OPTIONS") as caught:
        images.apt_settings()
    assert "NAME=VALUE" in caught.value.next_step


def test_each_suite_has_a_machine_image_of_its_own() -> None:
    names = {suite: images.machine_image(suite) for suite in suites.ENGINES}
    assert names[images.SUITE] == images.MACHINE_IMAGE
    for suite, name in names.items():
        assert name.startswith(f"{images.REPOSITORY}:{suite}-")
    assert len({name.rpartition("-")[2] for name in names.values()}) == len(names)


@pytest.mark.parametrize("suite", suites.ENGINES)
def test_a_build_gets_the_suite_its_packages_and_the_settings_of_apt(
    monkeypatch: pytest.MonkeyPatch, suite: str
) -> None:
    def refuse(name: str) -> None:
        raise docker.errors.ImageNotFound(name)

    def build(buildargs: dict[str, str], tag: str, **_: object) -> list[dict[str, str]]:
        arguments.update(buildargs)
        tags.append(tag)
        return []

    arguments: dict[str, str] = {}
    tags: list[str] = []
    monkeypatch.setenv("LAB_APT_OPTIONS", "Acquire::Check-Valid-Until=false")
    client = SimpleNamespace(images=SimpleNamespace(get=refuse), api=SimpleNamespace(build=build))
    images.ensure(client, "unix:///var/run/docker.sock", suite)  # type: ignore[arg-type]
    assert tags == [images.machine_image(suite)]
    assert arguments["SUITE"] == suite
    asked_for = {line.split()[1].split("=")[0] for line in dockerfile() if line.startswith("ARG ")}
    assert asked_for <= arguments.keys()
    assert arguments["PACKAGES"].split() == images.packages("machine", suite)
    assert arguments["APT_SETTINGS"].splitlines()[-1] == 'Acquire::Check-Valid-Until "false";'


def dockerfile() -> list[str]:
    return (images.DEFINITIONS / "machine" / "Dockerfile").read_text().splitlines()


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
    further = [images.machine_image(suite) for suite in suites.ENGINES if suite != images.SUITE]
    there = [SimpleNamespace(tags=tags) for tags in ([OLD], [USED], [], *([one] for one in further))]
    client = SimpleNamespace(images=SimpleNamespace(list=lambda name, filters: there, remove=remove))
    assert images.remove(client) == [USED]  # type: ignore[arg-type]
    assert removed == [OLD, *further]
