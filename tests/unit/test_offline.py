"""The workshop kit as set-up uses it, with kits created by the tests."""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import docker.errors
import pytest

from helpers import suites
from helpers.engine import images
from helpers.errors import LabError
from helpers.setup import debian, offline
from tools.publish import kit


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "a kit"
    directory.mkdir()
    (directory / offline.ABOUT).write_text(json.dumps(offline.this_computer()))
    monkeypatch.setenv(offline.VARIABLE, str(directory))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return directory


def test_without_a_kit_everything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(offline.VARIABLE, raising=False)
    monkeypatch.delenv(offline.STORE, raising=False)
    assert offline.kit() is None
    assert offline.index_options() == offline.apt_options() == []
    assert offline.machine_image(images.SUITE) is None
    assert offline.engine_store() is None


def test_a_missing_kit_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(offline.VARIABLE, str(tmp_path))
    with pytest.raises(LabError, match=r"about\.json"):
        offline.kit()


@pytest.mark.parametrize(
    ("fields", "system"),
    [
        ({"ID": "debian", "VERSION_ID": "12", "NAME": "Debian GNU/Linux"}, "debian 12"),
        ({"ID": "arch"}, "arch"),
        (None, platform.system()),
    ],
)
def test_a_kit_is_for_one_release_of_a_system(
    fields: dict[str, str] | None, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def release() -> dict[str, str]:
        if fields is None:
            raise FileNotFoundError("/etc/os-release")
        return fields

    monkeypatch.setattr(platform, "freedesktop_os_release", release)
    assert offline.this_computer()["system"] == system


@pytest.mark.parametrize("what", ["system", "processor", "python"])
def test_a_kit_for_another_computer_is_refused(workshop: Path, what: str) -> None:
    assert offline.kit() == workshop
    (workshop / offline.ABOUT).write_text(json.dumps(offline.this_computer() | {what: "another"}))
    with pytest.raises(LabError, match=r"it is for .*another.*; this is"):
        offline.kit()


def test_pip_takes_packages_only_from_the_kit(workshop: Path) -> None:
    assert offline.index_options() == ["--no-index", f"--find-links={workshop / offline.WHEELS}"]


def test_the_engine_is_used_where_it_lies(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(offline.STORE, raising=False)
    assert offline.engine_store() == workshop / offline.ENGINE
    monkeypatch.setenv(offline.STORE, "/opt/engines")
    assert offline.engine_store() == Path("/opt/engines")


OTHER = next(suite for suite in suites.ENGINES if suite != images.SUITE)


@pytest.mark.parametrize("suite", [images.SUITE, OTHER])
@pytest.mark.parametrize("is_right", [True, False])
def test_an_engine_loads_the_machine_image(workshop: Path, suite: str, is_right: bool) -> None:
    def get(name: str) -> None:
        if name not in there:
            raise docker.errors.ImageNotFound(f"no {name}")

    def load(file: IO[bytes]) -> None:
        there.append(file.read().decode())

    there: list[str] = []
    holds = images.machine_image(suite) if is_right else "another/image"
    (workshop / offline.image_file(suite)).write_text(holds)
    client = SimpleNamespace(images=SimpleNamespace(get=get, load=load))
    if is_right:
        images.ensure(client, "unix:///engine.sock", suite)  # type: ignore[arg-type]
        assert there == [holds]
    else:
        with pytest.raises(LabError, match="another image"):
            images.ensure(client, "unix:///engine.sock", suite)  # type: ignore[arg-type]


def test_a_kit_without_the_machines_of_a_suite_says_how_to_make_one_that_has_them(workshop: Path) -> None:
    (workshop / offline.image_file(images.SUITE)).touch()
    with pytest.raises(LabError, match=f"it has {offline.image_file(images.SUITE)}") as caught:
        offline.machine_image(OTHER)
    assert "bundle --generations" in caught.value.next_step


@pytest.mark.skipif(not debian.is_debian(), reason="apt-get is Debian's")
def test_apt_finds_only_the_kits_packages(workshop: Path, tmp_path: Path) -> None:
    repository = workshop / offline.DEBIAN
    repository.mkdir()
    for name, needs in (("lab-above", "lab-below"), ("lab-below", "")):
        control = tmp_path / name / "DEBIAN" / "control"
        control.parent.mkdir(parents=True)
        control.write_text(
            f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\n"
            + (f"Depends: {needs}\n" if needs else "")
            + "Description: only a test\n"
        )
        built = repository / f"{name}_1_all.deb"
        subprocess.run(["dpkg-deb", "--build", control.parent.parent, built], check=True, capture_output=True)
    kit.write_index(repository)
    assert _apt("update").returncode == 0
    planned = _apt("install", "--simulate", "lab-above")
    assert planned.returncode == 0, planned.stdout
    assert "Inst lab-below" in planned.stdout
    assert _apt("install", "--simulate", "qemu-system-sparc", "mmdebstrap-of-elsewhere").returncode != 0


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["apt-get", "--quiet", "--option=Debug::NoLocking=true", *offline.apt_options(), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
