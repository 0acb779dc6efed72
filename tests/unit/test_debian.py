from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.errors import LabError
from helpers.paths import PROJECT
from helpers.setup import debian

Answer = subprocess.CompletedProcess[str]
PLAN = """\
0 upgraded, 3 newly installed, 0 to remove and 7 not upgraded.
Need to get 12.3 MB/14.0 MB of archives.
After this operation, 71.2 MB of additional disk space will be used.
"""


@pytest.fixture
def apt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[dict[str, tuple[int, str]]], list[list[str]]]:
    """Replace apt-get: answer according to its first argument; return the list of calls."""

    def answer_with(answers: dict[str, tuple[int, str]]) -> list[list[str]]:
        calls: list[list[str]] = []

        def apt_get(*arguments: str) -> Answer:
            calls.append(list(arguments))
            code, output = answers.get(arguments[1], (0, "")) if len(arguments) > 1 else answers["update"]
            err = "".join(line for line in output.splitlines(keepends=True) if line.startswith(("E:", "W:")))
            return Answer(list(arguments), code, output.replace(err, ""), err)

        monkeypatch.setattr(debian, "_apt", apt_get)
        return calls

    monkeypatch.setattr(debian, "missing", lambda packages: [name for name in packages if name != "bash"])
    monkeypatch.setattr(debian, "authenticate", lambda tried, next_step: None)
    monkeypatch.setattr(debian, "cache_dir", lambda: tmp_path)
    return answer_with


def set_release(monkeypatch: pytest.MonkeyPatch, **fields: str) -> None:
    """Let the system describe itself with these fields of os-release(5); without any, it has no such file."""

    def release() -> dict[str, str]:
        if not fields:
            raise FileNotFoundError("/etc/os-release")
        return fields

    monkeypatch.setattr(platform, "freedesktop_os_release", release)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"ID": "debian"}, True),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, True),
        ({"ID": "fedora"}, False),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, False),
        ({}, False),
    ],
)
def test_debian_is_known_by_os_release(
    fields: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    set_release(monkeypatch, **fields)
    assert debian.is_debian() is expected


def test_without_apt_get_it_is_not_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    set_release(monkeypatch, ID="debian")
    assert not debian.is_debian()


def test_root_needs_no_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert debian.as_root(["ip", "link"]) == ["ip", "link"]
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(debian, "_has_terminal", lambda: True)
    assert debian.as_root(["ip", "link"]) == ["sudo", "ip", "link"]
    monkeypatch.setattr(debian, "_has_terminal", lambda: False)
    assert debian.as_root(["ip", "link"]) == ["sudo", "-n", "ip", "link"]


def test_without_root_or_sudo_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(LabError, match="no sudo") as caught:
        debian.as_root(["apt-get", "update"])
    assert "apt-get update" in caught.value.tried


@pytest.fixture
def sudo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[str]]:
    """Be an ordinary user whose sudo wants a password, or does not; return what it was called with."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def start(*, password: bool, terminal: bool, allowed: bool = True) -> list[str]:
        program, calls = tmp_path / "sudo", tmp_path / "calls"
        script = ["#!/bin/sh", f'echo "$*" >> {calls}']
        if password:
            script.append('case "$1" in -n) echo "sudo: a password is required" >&2; exit 1; esac')
        program.write_text("\n".join([*script, f"exit {int(not allowed)}", ""]))
        program.chmod(0o755)
        monkeypatch.setattr(debian, "_has_terminal", lambda: terminal)
        try:
            debian.authenticate("Building it", "Ask an administrator.")
        finally:
            called = calls.read_text().splitlines()
            calls.unlink()
            assert called[0] == "-n true"
        return called

    return start


@pytest.mark.parametrize("terminal", [True, False])
def test_a_sudo_without_password_is_not_asked_to_authenticate(
    sudo: Callable[..., list[str]], terminal: bool
) -> None:
    assert sudo(password=False, terminal=terminal) == ["-n true"]


def test_sudo_asks_for_its_password_on_a_terminal_alone(sudo: Callable[..., list[str]]) -> None:
    assert sudo(password=True, terminal=True) == ["-n true", "-v"]
    with pytest.raises(LabError, match="sudo: a password is required") as caught:
        sudo(password=True, terminal=False)
    assert (caught.value.tried, caught.value.next_step) == ("Building it", "Ask an administrator.")
    assert "rights of root" in caught.value.gist


def test_whom_sudo_refuses_after_its_question_reads_why(sudo: Callable[..., list[str]]) -> None:
    with pytest.raises(LabError, match="rights of root; you are user 1000, and sudo refuses"):
        sudo(password=True, terminal=True, allowed=False)


def test_without_sudo_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(LabError, match="there is no sudo on this machine"):
        debian.authenticate("Building it", "Ask an administrator.")


def test_a_process_in_a_session_of_its_own_has_no_terminal() -> None:
    code = "from helpers.setup import debian; print(debian._has_terminal())"
    alone = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert alone.stdout.strip() == "False"


def test_installed_packages_are_not_installed_again(
    apt: Callable[[dict[str, tuple[int, str]]], list[list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    calls = apt({})
    debian.install(["bash"], why="The embedded engine")
    assert calls == []
    assert capsys.readouterr().err == ""


def test_what_why_and_how_much_is_printed_before_installing(
    apt: Callable[[dict[str, tuple[int, str]]], list[list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    broken_source = (100, "Err:1 https://example.invalid stable InRelease\nE: Failed to fetch")
    calls = apt({"update": broken_source, "--assume-no": (1, PLAN)})
    debian.install(["bash", "qemu-system-x86"], why="The embedded engine")
    said = capsys.readouterr().err
    assert "The embedded engine needs Debian packages that are not installed yet: qemu-system-x86" in said
    assert "Installing 3 packages: 12.3 MB to download, 71.2 MB of disk space" in said
    assert calls[-1] == ["install", "qemu-system-x86"]
    assert debian.installed_by_us() == []  # the stand-in installs nothing, so it is still missing


def test_a_failure_also_quotes_why_the_lists_could_not_be_read(
    apt: Callable[[dict[str, tuple[int, str]]], list[list[str]]],
) -> None:
    unreachable = (0, "Err:1 http://deb.debian.org trixie InRelease\nW: Failed to fetch InRelease\n")
    apt({"update": unreachable, "--simulate": (100, "E: Unable to locate package qemu-system-x86\n")})
    with pytest.raises(LabError) as caught:
        debian.install(["qemu-system-x86"], why="The embedded engine")
    assert {line.split()[0] for line in caught.value.seen.splitlines()} == {"Err:1", "W:", "E:"}


def test_a_failure_quotes_apts_own_message(
    apt: Callable[[dict[str, tuple[int, str]]], list[list[str]]],
) -> None:
    apt({"update": (0, ""), "--simulate": (100, "Reading…\nE: Unable to locate package qemu-system-x86\n")})
    with pytest.raises(LabError) as caught:
        debian.install(["qemu-system-x86"], why="The embedded engine")
    assert caught.value.seen == "E: Unable to locate package qemu-system-x86"
