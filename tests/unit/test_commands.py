from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import helpers.commands
import tools.commands
from helpers import command_line, programs
from helpers.command_line import Verb
from helpers.errors import LabError
from helpers.paths import NAME, PROJECT
from helpers.setup import environment
from helpers.unsupported import obstacle

PACKAGES = {"helpers": helpers.commands, "tools": tools.commands}
VERBS = [(package, verb.name) for package, module in PACKAGES.items() for verb in module.VERBS]


@pytest.mark.parametrize("package", PACKAGES)
def test_without_a_verb_there_is_help(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert PACKAGES[package].main([]) == 0
    helped = capsys.readouterr().out
    assert all(verb.name in helped for verb in PACKAGES[package].VERBS)


@pytest.mark.parametrize("arguments", [["frobnicate"], ["clean", "--all"], ["stop", "01"]])
def test_unknown_verbs_and_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        helpers.commands.main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_foreseeable_error_prints_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(package: str, verb: Verb, arguments: list[str]) -> int:
        raise LabError(f"{verb.name} {arguments}", "a wall", "Walk around it.")

    monkeypatch.setattr(command_line, "carry_out", fail)
    assert helpers.commands.main(["run", "01", "02"]) == 1
    assert capsys.readouterr().err == "\nrun ['01', '02']\n  seen: a wall\n  next: Walk around it.\n"


def test_an_interruption_prints_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(package: str, verb: Verb, arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "carry_out", interrupt)
    assert helpers.commands.main(["lab"]) == 130
    assert capsys.readouterr().err.strip() == "Stopped. Run `python3 -m helpers lab` again to continue."


def test_options_of_pytest_and_jupyterlab_pass_through(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def record(package: str, verb: Verb, arguments: list[str]) -> int:
        seen.extend([verb.name, *arguments])
        return 0

    monkeypatch.setattr(command_line, "carry_out", record)
    assert helpers.commands.main(["test", "-x", "--lf", "tests/unit"]) == 0
    assert helpers.commands.main(["lab", "--no-browser", "--ServerApp.port=9999"]) == 0
    assert (
        helpers.commands.main(["lab", "--update", "--port", "9", "--reset", "02", "03", "--no-browser"]) == 0
    )
    assert helpers.commands.main(["stop", "--delete"]) == 0
    assert helpers.commands.main(["stop"]) == 0
    assert " ".join(seen) == (
        "test -x --lf tests/unit lab --no-browser --ServerApp.port=9999 "
        "lab --port 9 --no-browser --update --reset 02 03 stop --delete stop"
    )


def test_windows_and_old_pythons_are_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert obstacle() == ""
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert "3.11 or newer" in obstacle()
    monkeypatch.setattr(os, "name", "nt")
    assert "wsl --install" in obstacle()


def test_stop_and_sweep_do_not_create_an_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "usable", lambda: None)
    monkeypatch.setattr(environment, "isolate", lambda: None)
    assert helpers.commands.main(["stop"]) == 0
    assert "nothing has been started" in capsys.readouterr().err


@pytest.mark.parametrize(("package", "verb"), [("helpers", "doctor"), ("tools", "regenerate")])
def test_the_command_line_starts_with_the_standard_library_alone(package: str, verb: str) -> None:
    bare = [sys.executable, "-S", "-m", package, "--help"]
    done = subprocess.run(bare, cwd=PROJECT, env={}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert verb in done.stdout


@pytest.mark.parametrize(("package", "verb"), VERBS)
def test_every_verb_has_its_module_and_its_target(package: str, verb: str) -> None:
    assert (PROJECT / package / "commands" / f"{verb}.py").is_file()
    dry = f"make --no-print-directory --dry-run --always-make {verb} PYTHON=some-python".split()
    done = programs.run([*dry, "ARGS=01 02"], timeout_s=30, cwd=PROJECT)
    assert done.stdout.splitlines()[-1] == f"some-python -m {package} {verb} 01 02"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_of_a_verb_has_its_verb(package: str) -> None:
    modules = {path.stem for path in (PROJECT / package / "commands").glob("*.py")}
    assert modules - {"__init__", "engines"} == {verb for of, verb in VERBS if of == package}


def test_make_help_shows_the_learners_verbs_and_then_the_maintainers() -> None:
    make = ["make", "--no-print-directory", "help", f"PYTHON={sys.executable}"]
    done = programs.run(make, timeout_s=60, cwd=PROJECT)
    shown = [word for line in done.stdout.splitlines() for word in line.split()[:1] if line[:4] == "    "]
    assert [word for word in shown if (word in {verb for _, verb in VERBS})] == [verb for _, verb in VERBS]


def test_the_development_container_runs_an_existing_verb() -> None:
    container = json.loads((PROJECT / ".devcontainer" / "devcontainer.json").read_text())
    *python, verb, chapter = container["postCreateCommand"].split()
    assert python == ["python3", "-m", "helpers"]
    assert ("helpers", verb) in VERBS
    assert list((PROJECT / "notebooks").glob(f"{chapter}_*.ipynb"))


def test_the_development_container_keeps_a_learners_copies_in_a_volume() -> None:
    container = json.loads((PROJECT / ".devcontainer" / "devcontainer.json").read_text())
    state = container["containerEnv"]["XDG_STATE_HOME"]
    assert f"target={state},type=volume" in container["mounts"][0]
    assert container["onCreateCommand"].endswith(f" {state}")
    assert f"{state}/{NAME}/notebooks" in (PROJECT / "docs" / "platforms.md").read_text()
